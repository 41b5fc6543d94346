import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startProgram } from '../support/program.ts';
import { dataFolder, longshore, startServer } from '../support/server.ts';
import { until, within } from '../support/until.ts';

const main = join(import.meta.dirname, '..', '..', 'bin', 'longshore');

suite('one server', { concurrency: 2 }, () => {
  test('answers health and metrics, and keeps its secrets to itself', async (t) => {
    const dataDir = await dataFolder(t);
    const server = await startServer(t, dataDir);
    assert.deepEqual(await (await fetch(`${server.url}/healthz`)).json(), { status: 'ok' });
    const ready = await fetch(`${server.url}/readyz`);
    assert.deepEqual([ready.status, await ready.json()], [200, { ready: true, reason: '' }]);

    await longshore(t, dataDir, ['keys', 'create', '--user', 'm', '--root']);
    const metrics = await fetch(`${server.url}/metrics`);
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain/);
    const text = await metrics.text();
    for (const line of [
      /^longshore_runs_accepted_total 0$/m,
      /^longshore_runs_finished_total 0$/m,
      /^longshore_attempts_started_total 0$/m,
      /^longshore_runs_queued 0$/m,
      /^longshore_attempts_active 0$/m,
      /^longshore_build_info\{version="[^"]+"\} 1$/m,
      /^process_resident_memory_bytes \d+/m,
      /^longshore_http_request_duration_seconds_count\{method="POST",route="\/api\/v1\/keys",status="2xx"\} 1$/m,
    ]) {
      assert.match(text, line);
    }

    const file = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as {
      url: string;
      pid: number;
    };
    assert.deepEqual([file.url, file.pid], [server.url, server.program.pid]);
    for (const name of [
      'server.json',
      'operator.token',
      'master.key',
      'longshore.db',
      'longshore.db-wal',
    ]) {
      assert.equal((await stat(join(dataDir, name))).mode & 0o077, 0, `${name} is private`);
    }
    const token = (await readFile(join(dataDir, 'operator.token'), 'utf8')).trim();
    assert.ok(!server.program.lines.join('\n').includes(token));
    assert.ok(!server.program.stderr().includes(token));
  });

  test('an address nobody serves is answered as the cloud does, below /api as we do', async (t) => {
    const server = await startServer(t, await dataFolder(t));
    const cloud = await fetch(`${server.url}/no/such/path`);
    assert.equal(cloud.status, 404);
    assert.equal(((await cloud.json()) as { Code: string }).Code, 'InvalidApi.NotFound');
    const ours = await fetch(`${server.url}/api/v1/no/such`);
    assert.equal(ours.status, 404);
    assert.equal(((await ours.json()) as { code: string }).code, 'no-such-operation');
  });

  test('has its data folder alone; a second one is refused with words', async (t) => {
    const dataDir = await dataFolder(t);
    const first = await startServer(t, dataDir);
    const second = startProgram(t, main, [
      'up',
      '--data',
      dataDir,
      '--port',
      '0',
      '--log-level',
      'silent',
    ]);
    assert.notEqual((await second.ended()).code, 0);
    assert.match(
      second.stderr(),
      new RegExp(`another server \\(pid ${first.program.pid}\\) is using`),
    );
    assert.equal((await fetch(`${first.url}/readyz`)).status, 200, 'the first is not disturbed');
    assert.equal(await first.stop(), 0);
  });

  test('after kill -9 the next one takes the folder and its keys over', async (t) => {
    const dataDir = await dataFolder(t);
    const first = await startServer(t, dataDir);
    await longshore(t, dataDir, ['keys', 'create', '--user', 'kept']);
    await first.crash();
    await startServer(t, dataDir);
    const keys = JSON.parse(await longshore(t, dataDir, ['keys', 'list', '--json'])) as {
      user: string;
    }[];
    assert.deepEqual(
      keys.map(({ user }) => user),
      ['kept'],
    );
  });

  test('tells its configuration faults all at once, and a used port', async (t) => {
    const dataDir = await dataFolder(t);
    const wrong = startProgram(t, main, [
      'up',
      '--data',
      dataDir,
      '--port',
      'x',
      '--set',
      'log.lvel=info',
    ]);
    assert.equal((await wrong.ended()).code, 2);
    assert.match(wrong.stderr(), /unknown setting log\.lvel .*log\.level/);
    assert.match(wrong.stderr(), /listen\.port = "x"/);
    assert.deepEqual(await readdir(dataDir), [], 'nothing was made');

    const server = await startServer(t, dataDir);
    const other = await dataFolder(t);
    const { port } = new URL(server.url);
    const late = startProgram(t, main, [
      'up',
      '--data',
      other,
      '--port',
      port,
      '--log-level',
      'silent',
    ]);
    assert.notEqual((await late.ended()).code, 0);
    assert.match(late.stderr(), new RegExp(`${port}`));
    const left = await readdir(other);
    assert.ok(!left.includes('server.json'));
    assert.deepEqual(await readdir(join(other, 'lock')), [], 'a start that failed lets go');
  });

  test('does not run processes when told not to, and says so where it matters', async (t) => {
    const dataDir = await dataFolder(t);
    await startServer(t, dataDir, ['--set', 'process.enabled=never']);
    await longshore(t, dataDir, ['templates', 'create', 'job', 'true']);
    const run = JSON.parse(await longshore(t, dataDir, ['run', 'job', '--json'])) as { id: string };
    const shown = await until('the run has failed', async () => {
      const text = await longshore(t, dataDir, ['runs', 'show', run.id, '--json']);
      const now = JSON.parse(text) as { state: string; message: string };
      return now.state === 'failed' ? now : null;
    });
    assert.match(shown.message, /process\.enabled/);
  });
});

suite('SIGTERM', { concurrency: 2 }, () => {
  test('finishes what is under way, ends streams, leaves jobs running, and exits 0', async (t) => {
    const dataDir = await dataFolder(t);
    const server = await startServer(t, dataDir);
    const gate = join(dataDir, 'gate');
    const script = `echo begun; until [ -e ${gate} ]; do sleep 0.05; done; echo done`;
    const token = await readFile(join(dataDir, 'operator.token'), 'utf8');
    const authorization = `Bearer ${token.trim()}`;
    const created = await fetch(`${server.url}/api/v1/templates`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'job', command: ['sh', '-c', script] }),
    });
    assert.equal(created.status, 201);
    const run = JSON.parse(await longshore(t, dataDir, ['run', 'job', '--json'])) as { id: string };
    const waiting = fetch(`${server.url}/api/v1/runs/${run.id}?waitMs=60000`, {
      headers: { authorization },
    });
    const path = `/attempts/${run.id}.0.1/logs/stdout/follow`;
    const stream = await until('the log can be followed', async () => {
      const response = await fetch(`${server.url}/api/v1${path}`, { headers: { authorization } });
      return response.status === 200 ? response : null;
    });
    const streamed = stream.text();
    await until('the job has begun', async () =>
      (await readFile(join(dataDir, 'attempts', `${run.id}.0.1`, 'stdout'), 'utf8')).includes(
        'begun',
      ),
    );

    assert.equal(await server.stop(), 0);
    const answer = await within('the wait is answered', waiting);
    assert.equal(((await answer.json()) as { state: string }).state, 'running');
    assert.doesNotMatch(await within('the stream ends', streamed), /event: end/);
    assert.ok(!(await readdir(dataDir)).includes('server.json'));
    assert.deepEqual(await readdir(join(dataDir, 'lock')), []);

    const next = await startServer(t, dataDir);
    await writeFile(gate, '');
    const ended = await fetch(`${next.url}/api/v1/runs/${run.id}?waitMs=15000`, {
      headers: { authorization },
    });
    assert.equal(((await ended.json()) as { state: string }).state, 'succeeded');
    assert.match(await longshore(t, dataDir, ['logs', run.id]), /begun[^]*done/);
  });

  test('cuts off a request that does not finish within shutdown.drainMs', async (t) => {
    const server = await startServer(t, await dataFolder(t), ['--set', 'shutdown.drainMs=200']);
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    await within('connected', once(socket, 'connect'));
    socket.on('error', () => undefined);
    // A body that never comes keeps the request open.
    socket.write(
      'POST /api/v1/keys HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    await until('the server answers others', async () => (await fetch(`${server.url}/healthz`)).ok);
    const closed = once(socket, 'close');
    assert.equal(await server.stop(), 0);
    await within('the request is cut off', closed);
  });
});
