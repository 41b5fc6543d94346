import assert from 'node:assert/strict';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { dataFolder, type RunningServer, startServer } from '../support/server.ts';
import { type Cleanup, temporaryFolder } from '../support/temporary-folder.ts';
import { until, within } from '../support/until.ts';

interface Row {
  readonly id: string;
  readonly state: string;
  readonly templateName: string;
}

interface Listing {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
  readonly total?: number;
}

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly rows?: readonly Row[]; readonly gone?: readonly string[] };
}

/** A folder that jobs of another system user can write to. */
async function sharedFolder(cleanup: Cleanup): Promise<string> {
  const folder = await temporaryFolder(cleanup);
  await chmod(folder, 0o777);
  return folder;
}

suite('native API: runs and their output', () => {
  let server: RunningServer;
  let authorization: string;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    server = await startServer(cleanup, await dataFolder(cleanup));
    const token = await readFile(join(server.dataDir, 'operator.token'), 'utf8');
    authorization = `Bearer ${token.trim()}`;
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}/api/v1${path}`, {
      signal: AbortSignal.timeout(20_000),
      ...init,
      headers: {
        authorization,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...init.headers,
      },
    });
  const get = async <T>(path: string, status = 200): Promise<T> => {
    const response = await send(path);
    const text = await response.text();
    assert.equal(response.status, status, text);
    return JSON.parse(text) as T;
  };
  const post = async <T>(path: string, body: unknown = {}, status = 201): Promise<T> => {
    const response = await send(path, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    assert.equal(response.status, status, text);
    return JSON.parse(text) as T;
  };
  const create = (name: string, script: string, more: object = {}): Promise<unknown> =>
    post('/templates', { name, command: ['sh', '-c', script], ...more });
  const submit = async (name: string, body: object = {}): Promise<string> =>
    (await post<{ run: Row }>(`/templates/${name}/runs`, body)).run.id;
  const ended = (run: string): Promise<Row & Record<string, unknown>> =>
    get(`/runs/${run}?waitMs=15000`);
  const output = async (run: string, index: number): Promise<string> =>
    (await send(`/attempts/${run}.${index}.1/logs/stdout`)).text();

  test('lists by cursor, with names and filters; totals only by offset', async () => {
    await create('good', 'true');
    await create('bad', 'exit 3');
    const ids = [await submit('good'), await submit('bad'), await submit('good')];
    for (const id of ids) await ended(id);
    const first = await get<Listing>('/runs?limit=2');
    assert.equal(first.total, undefined);
    assert.deepEqual(
      first.rows.map(({ id, templateName }) => [id, templateName]),
      [
        [ids[2], 'good'],
        [ids[1], 'bad'],
      ],
    );
    const second = await get<Listing>(`/runs?limit=2&cursor=${first.nextCursor}`);
    assert.deepEqual(
      second.rows.map(({ id }) => id),
      [ids[0]],
    );
    assert.equal(second.nextCursor, null);
    const idsOf = async (query: string): Promise<readonly string[]> =>
      (await get<Listing>(`/runs?${query}`)).rows.map(({ id }) => id);
    assert.deepEqual(await idsOf('state=failed,canceled'), [ids[1]]);
    assert.deepEqual(await idsOf('template=good&limit=1'), [ids[2]]);
    assert.deepEqual(await idsOf('search=ba'), [ids[1]]);
    assert.deepEqual(await idsOf(`search=${ids[0]}`), [ids[0]]);
    assert.deepEqual(await idsOf('trigger=schedule,webhook'), []);
    assert.deepEqual(await idsOf('createdFromMs=0&createdUntilMs=1000'), []);
    assert.deepEqual(await idsOf('dialect=sae'), []);
    const counted = await get<Listing>('/runs?offset=1&limit=1');
    assert.deepEqual([counted.total, counted.rows.length], [3, 1]);
    for (const query of ['state=odd', 'cursor=7', 'offset=0&search=x', 'state=failed,']) {
      await get(`/runs?${query}`, 400);
    }
  });

  test('a rerun repeats the run; failed ones only with their numbers and total', async (t) => {
    const folder = await sharedFolder(t);
    const script = `echo "$LONGSHORE_INSTANCE_INDEX of $LONGSHORE_REPLICAS $COLOUR"
      [ "$LONGSHORE_INSTANCE_INDEX" = 0 ] && { touch ${folder}/zero; exit 0; }
      while [ ! -e ${folder}/zero ]; do sleep 0.05; done
      sleep 0.2
      [ -e ${folder}/mended ]`;
    await create('shards', script, { replicas: 4, env: { COLOUR: 'red' } });
    const run = await submit('shards', { env: { COLOUR: 'blue' } });
    assert.equal((await ended(run)).state, 'failed');

    // What had not ended when another failed was stopped: it did not succeed either.
    const { rows: instances } = await get<{ rows: { index: number; state: string }[] }>(
      `/runs/${run}/instances`,
    );
    const left = instances.filter(({ state }) => state !== 'succeeded').map(({ index }) => index);
    assert.deepEqual([left.includes(0), left.includes(1)], [false, true]);
    const again = await post<Row>(`/runs/${run}/rerun`, { failedOnly: true });
    assert.match(again.id, /^rerun-/);
    const failed = await ended(again.id);
    assert.equal(failed.state, 'failed');
    assert.deepEqual(failed['rerun'], { of: run, total: 4, indexes: left });
    assert.equal(failed['replicas'], left.length);
    assert.equal(await output(again.id, 0), '1 of 4 blue\n');

    await writeFile(join(folder, 'mended'), '');
    const third = await post<Row>(`/runs/${run}/rerun`, { failedOnly: true });
    const done = await ended(third.id);
    assert.equal(done.state, 'succeeded');
    for (const [at, index] of left.entries()) {
      assert.equal(await output(third.id, at), `${index} of 4 blue\n`);
    }
    await post(`/runs/${third.id}/rerun`, { failedOnly: true }, 400);

    const whole = await post<Row>(`/runs/${run}/rerun`);
    const { state, trigger, replicas, rerun } = await ended(whole.id);
    assert.deepEqual([state, trigger, replicas], ['succeeded', 'retry', 4]);
    assert.deepEqual(rerun, { of: run, total: 4, indexes: null });
    assert.equal(await output(whole.id, 2), '2 of 4 blue\n');
    await post('/runs/unknown/rerun', {}, 404);
  });

  test('the environment is shown, secrets are not', async () => {
    const env = { COLOUR: 'red', DB_PASSWORD: 'hunter2', API_TOKEN: 't', sshKey: 'k' };
    await create('secretive', 'true', { env, replicas: 2 });
    const run = await submit('secretive');
    await ended(run);
    const text = await (await send(`/runs/${run}/environment?index=1`)).text();
    assert.ok(!text.includes('hunter2'));
    const { rows } = JSON.parse(text) as {
      rows: { name: string; value: string | null; masked: boolean; origin: string }[];
    };
    const of = new Map(
      rows.map(({ name, value, masked, origin }) => [name, [value, masked, origin]]),
    );
    assert.deepEqual(of.get('COLOUR'), ['red', false, 'definition']);
    for (const name of ['DB_PASSWORD', 'API_TOKEN', 'sshKey']) {
      assert.deepEqual(of.get(name), [null, true, 'definition']);
    }
    assert.deepEqual(of.get('LONGSHORE_INSTANCE_INDEX'), ['1', false, 'fact']);
    await get(`/runs/${run}/environment?index=2`, 404);
  });

  test('changes of runs arrive as they happen, and after a break from where it was', async (t) => {
    const folder = await sharedFolder(t);
    await create('watched', `while [ ! -e ${folder}/go ]; do sleep 0.05; done`);
    const feed = async (lastEventId: string | null, wanted: (event: Event) => boolean) => {
      const abort = new AbortController();
      const response = await fetch(`${server.url}/api/v1/runs/follow?template=watched`, {
        headers: {
          authorization,
          ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
        },
        signal: abort.signal,
      });
      assert.equal(response.headers.get('content-type'), 'text/event-stream');
      const body = response.body ?? assert.fail('no body');
      const decoder = new TextDecoder();
      let text = '';
      const found = (async (): Promise<Event> => {
        for await (const piece of body) {
          text += decoder.decode(piece as Uint8Array, { stream: true });
          const blocks = text.split('\n\n');
          text = blocks.pop() ?? '';
          for (const block of blocks) {
            const [, event = '', id = '', data] =
              /^event: (.*)\nid: (.*)\ndata: (.*)$/m.exec(block) ?? [];
            if (data === undefined) continue;
            const told: Event = { event, id, data: JSON.parse(data) as Event['data'] };
            if (wanted(told)) return told;
          }
        }
        throw new Error('the feed ended');
      })();
      return within('the change', found).finally(() => abort.abort());
    };
    const isState = (id: () => string, state: string) => (event: Event) =>
      event.data.rows?.some((row) => row.id === id() && row.state === state) === true;
    let run = '';
    const running = feed(
      null,
      isState(() => run, 'running'),
    );
    run = await submit('watched');
    const { id: position } = await running;
    await writeFile(join(folder, 'go'), '');
    assert.equal((await ended(run)).state, 'succeeded');
    await feed(
      position,
      isState(() => run, 'succeeded'),
    );
    await rm(join(folder, 'go'));
    const doomed = await submit('watched');
    let told = '';
    const hidden = feed(null, ({ data }) => {
      if (data.rows?.some(({ id }) => id === doomed) === true) told = doomed;
      return data.gone?.includes(doomed) === true;
    });
    await until('it is told', () => told === doomed);
    await send(`/runs/${doomed}`, { method: 'DELETE' });
    await hidden;
  });

  test('output is searched, read from its end, and downloaded in parts', async () => {
    const script =
      'seq 1 2000; echo "<b>Needle</b> one"; seq 1 5; echo needle two; echo NEEDLE >&2';
    await create('chatty', script, { replicas: 2 });
    const run = await submit('chatty');
    await ended(run);
    const log = `/attempts/${run}.0.1/logs/stdout`;
    type Found = { rows: { line: string; offset: number }[]; next: number | null; size: number };
    const lines = async (query: string): Promise<readonly string[]> =>
      (await get<Found>(`${log}/search?${query}`)).rows.map(({ line }) => line);
    assert.deepEqual(await lines('q=needle'), ['needle two']);
    assert.deepEqual(await lines('q=needle&ignoreCase=true'), ['<b>Needle</b> one', 'needle two']);
    assert.deepEqual(await lines('q=needle&ignoreCase=true&backwards=true&limit=1'), [
      'needle two',
    ]);
    const first = await get<Found>(`${log}/search?q=999&limit=1`);
    assert.ok(first.next !== null);
    assert.deepEqual(await lines(`q=999&from=${first.next}`), ['1999']);
    await get(`${log}/search?q=`, 400);

    const found: string[] = [];
    let cursor: string | null = null;
    for (let calls = 0; calls < 20; calls += 1) {
      const more: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: { rows: { attempt: string; stream: string }[]; nextCursor: string | null } =
        await get(`/runs/${run}/logs/search?q=needle&ignoreCase=true&limit=2${more}`);
      found.push(
        ...page.rows.map(({ attempt, stream }) => `${attempt.slice(run.length)} ${stream}`),
      );
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    assert.deepEqual(found, [
      '.0.1 stdout',
      '.0.1 stdout',
      '.0.1 stderr',
      '.1.1 stdout',
      '.1.1 stdout',
      '.1.1 stderr',
    ]);

    const whole = await (await send(log)).text();
    assert.equal(await (await send(`${log}?fromEnd=11`)).text(), 'needle two\n');
    const file = await send(`${log}/download`);
    assert.equal(file.headers.get('content-type'), 'application/octet-stream');
    assert.match(
      file.headers.get('content-disposition') ?? '',
      /^attachment; filename="[\w.-]+\.stdout\.log"$/,
    );
    assert.equal(file.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(await file.text(), whole);
    const part = await send(`${log}/download`, { headers: { range: 'bytes=2-5' } });
    assert.deepEqual(
      [part.status, part.headers.get('content-range'), await part.text()],
      [206, `bytes 2-5/${whole.length}`, whole.slice(2, 6)],
    );
    const tail = await send(`${log}/download`, { headers: { range: 'bytes=-4' } });
    assert.equal(await tail.text(), 'two\n');
    await get(`/attempts/${run}.7.1/logs/stdout/download`, 404);
  });

  test('a line reaches a follower soon after it was written', async (t) => {
    const folder = await sharedFolder(t);
    // The job says when it writes; both clocks are this machine's.
    await create(
      'ticking',
      `for i in 1 2 3 4 5 6 7 8; do sleep 0.21; date +%s%3N; done; touch ${folder}/x`,
    );
    const run = await submit('ticking');
    await until('an attempt', async () => {
      const { rows } = await get<{ rows: { attempts: unknown[] }[] }>(`/runs/${run}/instances`);
      return rows[0]?.attempts.length === 1;
    });
    const response = await send(`/attempts/${run}.0.1/logs/stdout/follow`);
    const lags: number[] = [];
    const read = (async () => {
      for await (const piece of response.body ?? assert.fail()) {
        const nowMs = Date.now();
        const text = Buffer.from(piece as Uint8Array).toString();
        for (const [, data = ''] of text.matchAll(/"base64":"([^"]*)"/g)) {
          const lines = Buffer.from(data, 'base64').toString().trim().split('\n');
          lags.push(nowMs - Number(lines.at(-1)));
        }
      }
    })();
    await within('the end of the stream', read);
    t.diagnostic(`lags in ms: ${lags.join(' ')}`);
    assert.ok(lags.length >= 4, `${lags.length} pieces`);
    assert.ok((lags.toSorted((a, b) => a - b)[Math.floor(lags.length / 2)] ?? 9e9) < 300);
  });

  test('the overview counts what ended, lists what failed, and tells the room', async () => {
    type Overview = {
      now: { running: number };
      failed: Row[];
      total: { succeeded: number; failed: number; p50Ms: number | null };
      buckets: { succeeded: number }[];
      complete: boolean;
      executors: { name: string; maxConcurrent: number }[];
    };
    const earlier = await get<Overview>('/overview?buckets=24');
    await create('counted', 'true');
    await create('counted-bad', 'exit 1');
    await ended(await submit('counted'));
    const bad = await submit('counted-bad');
    await ended(bad);
    const now = await get<Overview>('/overview?buckets=24');
    assert.equal(now.complete, true);
    assert.equal(now.total.succeeded, earlier.total.succeeded + 1);
    assert.equal(now.total.failed, earlier.total.failed + 1);
    assert.ok((now.total.p50Ms ?? 0) > 0);
    assert.ok(now.buckets.length > 0 && now.buckets.length <= 25);
    assert.equal(
      now.buckets.reduce((sum, { succeeded }) => sum + succeeded, 0),
      now.total.succeeded,
    );
    assert.equal(now.failed[0]?.id, bad);
    assert.ok(
      now.executors.some(({ name, maxConcurrent }) => name === 'process' && maxConcurrent > 0),
    );
    await get('/overview?sinceMs=5&untilMs=5', 400);
  });
});
