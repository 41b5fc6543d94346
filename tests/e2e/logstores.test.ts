/** Collected output, from the job to the search: whole programs, crashes included. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type {
  LogRecordPage,
  LogRecordView,
  LogStoreView,
} from '../../src/dialects/native/views/logstore.ts';
import { type Program, startProgram } from '../support/program.ts';
import {
  createKey,
  dataFolder,
  longshore,
  type RunningServer,
  startServer,
} from '../support/server.ts';
import type { Cleanup } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

async function call<T>(
  { url, dataDir }: RunningServer,
  path: string,
  options: { method?: string; body?: unknown; authorization?: string } = {},
): Promise<Answer<T>> {
  const { method = 'GET', body } = options;
  const token = (await readFile(join(dataDir, 'operator.token'), 'utf8')).trim();
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: options.authorization ?? `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
}

/** Makes a template that collects, runs it, and gives both ids. */
async function run(
  server: RunningServer,
  name: string,
  script: string,
  more: object,
): Promise<{ readonly template: string; readonly run: string }> {
  const body = { name, command: ['sh', '-c', script], ...more };
  const made = await call<{ id: string }>(server, '/templates', { method: 'POST', body });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const runs = `/templates/${made.body.id}/runs`;
  const answer = await call<{ run: { id: string } }>(server, runs, { method: 'POST', body: {} });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return { template: made.body.id, run: answer.body.run.id };
}

async function ended(server: RunningServer, id: string): Promise<void> {
  await until(`the end of ${id}`, async () => {
    const { body } = await call<{ state: string }>(server, `/runs/${id}?waitMs=5000`);
    return /^(succeeded|failed|canceled)$/.test(body.state);
  });
}

/** All lines that fit, page by page. */
async function records(
  server: RunningServer,
  logStore: string,
  query: Readonly<Record<string, string>> = {},
): Promise<LogRecordView[]> {
  const rows: LogRecordView[] = [];
  let cursor: string | undefined;
  for (let more = true; more;) {
    const parameters = new URLSearchParams({
      order: 'oldest',
      limit: '500',
      ...query,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const path = `/logstores/${logStore}/records?${parameters}`;
    const { status, body } = await call<LogRecordPage>(server, path);
    if (status === 404) return [];
    assert.equal(status, 200, JSON.stringify(body));
    rows.push(...body.rows);
    ({ cursor, more } = body);
  }
  return rows;
}

const texts = (rows: readonly LogRecordView[]): string[] => rows.map(({ text }) => text);

async function collected(
  server: RunningServer,
  logStore: string,
  lines: number,
  query: Readonly<Record<string, string>> = {},
): Promise<LogRecordView[]> {
  return until(`${lines} lines in ${logStore}`, async () => {
    const rows = await records(server, logStore, query);
    return rows.length >= lines ? rows : null;
  });
}

/** Nothing more will be collected of the attempt: the journal says so, or has forgotten it. */
async function finished({ dataDir }: RunningServer, attempt: string): Promise<void> {
  const file = join(dataDir, 'logstores', '.collecting');
  await until(`all of ${attempt} is collected`, async () => {
    const journal = await readFile(file, 'utf8');
    return journal.includes(`{"done":"${attempt}"}`) || !journal.includes(`"${attempt}"`);
  });
}

const stores = async (server: RunningServer): Promise<LogStoreView[]> =>
  (await call<{ rows: LogStoreView[] }>(server, '/logstores')).body.rows;

async function started(cleanup: Cleanup, ...flags: string[]): Promise<RunningServer> {
  return startServer(cleanup, await dataFolder(cleanup), flags);
}

function follow(cleanup: Cleanup, dataDir: string): Program {
  const main = join(import.meta.dirname, '..', '..', 'bin', 'longshore');
  return startProgram(cleanup, main, ['logstores', 'search', 'p', 's', '-f', '--data', dataDir]);
}

suite('log stores', () => {
  test('both streams of every instance are collected while they run, and to their last byte', async (t) => {
    const server = await started(t);
    const { run: id } = await run(
      server,
      'shop',
      'echo begun; printf "bad\\r\\n" >&2; until [ -e go ]; do sleep 0.05; done; printf "no line end"',
      { replicas: 2, collect: [{ project: 'shop', logstore: 'out' }] },
    );
    const early = await collected(server, 'shop/out', 4);
    assert.deepEqual(texts(early).toSorted(), ['bad', 'bad', 'begun', 'begun']);
    for (const index of [0, 1]) {
      const folder = join(server.dataDir, 'attempts', `${id}.${index}.1`, 'work');
      await writeFile(join(folder, 'go'), '');
    }
    await ended(server, id);
    const rows = await collected(server, 'shop/out', 6);
    assert.equal(rows.length, 6);
    for (const index of [0, 1]) {
      const own = rows.filter((row) => row.index === index);
      const by = (source: string): string[] => texts(own.filter((row) => row.source === source));
      assert.deepEqual(by('stdout'), ['begun', 'no line end']);
      assert.deepEqual(by('stderr'), ['bad']);
      for (const row of own) {
        assert.deepEqual([row.runId, row.attempt, row.templateName], [id, 1, 'shop']);
      }
    }
    await finished(server, `${id}.1.1`);
  });

  test('kill -9 again and again in the middle: every line once, in its order', async (t) => {
    const dataDir = await dataFolder(t);
    let server = await startServer(t, dataDir);
    const lines = 6_000;
    // Slow enough for crashes in the middle; the last line is too long for one record.
    const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; [ $((i % 30)) = 0 ] && sleep 0.02; done; head -c 40000 /dev/zero | tr "\\0" x; echo`;
    const { template, run: id } = await run(server, 'counter', script, { collect: [{}] });
    const logStore = `sae-${template}/stdout`;
    for (const share of [0.1, 0.3, 0.5]) {
      await collected(server, logStore, lines * share);
      await server.crash();
      server = await startServer(t, dataDir);
    }
    // A crash right at the end, too: what was not collected by then is collected afterwards.
    await ended(server, id);
    await server.crash();
    server = await startServer(t, dataDir);
    const rows = await collected(server, logStore, lines + 3);
    assert.deepEqual(
      texts(rows.slice(0, lines)),
      Array.from({ length: lines }, (_, index) => `line ${index + 1}`),
    );
    const long = rows.slice(lines);
    assert.equal(texts(long).join(''), 'x'.repeat(40_000));
    assert.deepEqual(
      long.map(({ continues }) => continues),
      [true, true, false],
    );
    await finished(server, `${id}.0.1`);
    // Nothing is collected again in the next life.
    await server.crash();
    server = await startServer(t, dataDir);
    assert.equal((await records(server, logStore)).length, lines + 3);
  });

  test('search finds by text, run, template and time, newest first; pages go on by cursor', async (t) => {
    const server = await started(t);
    const into = { collect: [{ project: 'p', logstore: 's' }] };
    const first = await run(server, 'first', 'for i in 1 2 3 4 5; do echo "Order $i"; done', into);
    await collected(server, 'p/s', 5);
    const betweenMs = Date.now() + 1;
    await until('the next millisecond', () => Date.now() > betweenMs);
    const second = await run(server, 'second', 'echo ORDER 6 failed', into);
    await collected(server, 'p/s', 6);
    const find = async (query: Record<string, string>): Promise<string[]> =>
      texts(await records(server, 'p/s', query));
    assert.deepEqual(await find({ query: 'order 6' }), ['ORDER 6 failed']);
    assert.deepEqual(await find({ run: second.run }), ['ORDER 6 failed']);
    assert.deepEqual(await find({ template: 'first', query: '3' }), ['Order 3']);
    assert.equal((await find({ template: first.template })).length, 5);
    assert.deepEqual(await find({ from: String(betweenMs) }), ['ORDER 6 failed']);
    assert.equal((await find({ to: String(betweenMs) })).length, 5);
    assert.equal((await find({ limit: '2', order: 'newest' }))[0], 'ORDER 6 failed');
    assert.equal((await find({ limit: '2', order: 'newest' })).length, 6);
    const refused = await call<{ code: string }>(server, '/logstores/p/s/records?cursor=nonsense');
    assert.deepEqual([refused.status, refused.body.code], [400, 'invalid-argument']);
    const missing = await call<{ code: string }>(server, '/logstores/p/none/records');
    assert.deepEqual([missing.status, missing.body.code], [404, 'log-not-found']);
  });

  test('a log store that goes with its template goes when it is deleted; a named one stays', async (t) => {
    const server = await started(t);
    const { template, run: id } = await run(server, 'job', 'echo said; sleep 60', {
      graceMs: 100,
      collect: [{}, { project: 'kept', logstore: 'here' }],
    });
    await collected(server, `sae-${template}/stdout`, 1);
    await collected(server, 'kept/here', 1);
    assert.deepEqual(
      (await stores(server)).map((store) => [store.project, store.logstore, store.templateId]),
      [
        ['kept', 'here', null],
        [`sae-${template}`, 'stdout', template],
      ],
    );
    assert.equal((await call(server, `/templates/${template}`, { method: 'DELETE' })).status, 204);
    await until('only the named one is left', async () => (await stores(server)).length === 1);
    const folders = await readdir(join(server.dataDir, 'logstores'));
    assert.deepEqual(
      folders.filter((name) => !name.startsWith('.')),
      ['kept'],
    );
    assert.deepEqual(texts(await records(server, 'kept/here', { run: id })), ['said']);
    assert.equal((await call(server, '/logstores/kept/here', { method: 'DELETE' })).status, 204);
    assert.equal((await call(server, '/logstores/kept/here', { method: 'DELETE' })).status, 404);
    assert.deepEqual(await stores(server), []);
  });

  test('bytes of a log store are bounded; its newest lines stay', async (t) => {
    const server = await started(t, '--set', 'logStores.maxBytes=1048576');
    const script =
      'i=0; while [ $i -lt 8000 ]; do i=$((i+1)); echo "$i aaaaaaaaaaaaaaaaaaaaaaaaaaa"; done';
    await run(server, 'much', script, { collect: [{ project: 'p', logstore: 's' }] });
    await until(
      'the last line',
      async () => (await records(server, 'p/s', { query: '8000 ' })).length > 0,
    );
    const [store] = await stores(server);
    assert.ok((store?.bytes ?? 0) <= 1024 * 1024, `${store?.bytes} bytes`);
    const rows = await records(server, 'p/s');
    const numbers = rows.map(({ text }) => Number(text.split(' ')[0]));
    assert.ok(numbers.length > 2_000 && numbers.length < 8_000, `${numbers.length} lines`);
    const [oldest = 0] = numbers;
    assert.deepEqual(
      numbers,
      Array.from({ length: 8_001 - oldest }, (_, index) => oldest + index),
    );
  });

  test('policies decide who may read which project', async (t) => {
    const server = await started(t);
    await run(server, 'job', 'echo secret', { collect: [{ project: 'mine', logstore: 's' }] });
    await collected(server, 'mine/s', 1);
    const document = (project: string): object => ({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'longshore:SearchLogStore',
          Resource: `acs:longshore:*:*:logstores/${project}`,
        },
      ],
    });
    for (const [name, project] of [
      ['reads-mine', 'mine'],
      ['reads-other', 'other'],
    ] as const) {
      const body = { document: document(project) };
      await call(server, `/policies/${name}`, { method: 'PUT', body });
      const key = await createKey(t, server.dataDir, ['--user', name, '--policy', name]);
      const authorization = `Basic ${btoa(`${key.id}:${key.secret}`)}`;
      const read = await call(server, '/logstores/mine/s/records', { authorization });
      assert.equal(read.status, project === 'mine' ? 200 : 403);
      assert.equal((await call(server, '/logstores', { authorization })).status, 403);
      const method = 'DELETE';
      assert.equal(
        (await call(server, '/logstores/mine/s', { method, authorization })).status,
        403,
      );
    }
  });

  test('what names a log store of the service, or half of one, is refused', async (t) => {
    const server = await started(t);
    for (const collect of [
      [{ project: 'sae-x', logstore: 's' }],
      [{ project: 'p' }],
      [{ logstore: 's' }],
      [{ project: '../p', logstore: 's' }],
      [{ file: 'relative.log' }],
    ]) {
      const body = { name: 'x', command: ['true'], collect };
      const { status } = await call(server, '/templates', { method: 'POST', body });
      assert.equal(status, 400, JSON.stringify(collect));
    }
  });

  test('the command line lists, searches, follows and deletes', async (t) => {
    const server = await started(t);
    const { dataDir } = server;
    const command = (...args: string[]) => longshore(t, dataDir, ['logstores', ...args]);
    const { run: id } = await run(server, 'job', 'echo one; echo two; printf "\\033[2J\\n"', {
      collect: [{ project: 'p', logstore: 's' }],
    });
    await collected(server, 'p/s', 3);
    assert.match(await command(), /^PROJECT .*\np +s +\d+ .*$/);
    const printed = await command('search', 'p', 's');
    assert.match(printed, /job#0 \| one\n.* job#0 \| two\n.* job#0 \| \\x1b\[2J$/);
    assert.match(await command('search', 'p', 's', '--limit', '2', '--query', 'O'), /one\n.*two$/);
    const json = JSON.parse(
      await command('search', 'p', 's', '--run', id, '--from', '1h', '--json'),
    ) as LogRecordView[];
    assert.deepEqual(texts(json).slice(0, 2), ['one', 'two']);

    const follower = follow(t, dataDir);
    await follower.line((line) => line.endsWith('| two'));
    await call(server, '/templates/job/runs', {
      method: 'POST',
      body: { command: ['echo', 'three'] },
    });
    await follower.line((line) => line.endsWith('| three'));
    follower.kill('SIGINT');
    await follower.ended();
    assert.equal(follower.lines.length, 4);
    assert.equal(await command('delete', 'p', 's'), 'p/s: deleted');
    await assert.rejects(command('search', 'p', 's'), /there is no log store p\/s/);
    // A template that is updated goes on collecting.
    await longshore(t, dataDir, ['templates', 'update', 'job', '--retries', '1']);
    const { body } = await call<{ collect: unknown }>(server, '/templates/job');
    assert.deepEqual(body.collect, [{ project: 'p', logstore: 's' }]);
  });
});
