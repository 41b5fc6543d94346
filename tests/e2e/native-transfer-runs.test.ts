import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { DataJobPage } from '../../src/dialects/native/views/data-job.ts';
import type { LinkNamespaceList } from '../../src/dialects/native/views/link.ts';
import type { MappingView } from '../../src/dialects/native/views/mapping.ts';
import type { TransferProgress } from '../../src/dialects/native/views/transfer-progress.ts';
import type { QuarantinePage } from '../../src/dialects/native/views/transfer-report.ts';
import { createKey, dataFolder, type RunningServer, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const sourceRows = 4_000;

interface Answer<T> {
  readonly status: number;
  readonly text: string;
  readonly body: T;
}

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

suite('what the native API tells of data jobs and their runs', () => {
  let server: RunningServer;
  let operator: string;
  let region: string;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    const folder = await dataFolder(cleanup);
    const databases = join(folder, 'databases');
    await mkdir(databases);
    const shop = new Sqlite(join(databases, 'shop.db'));
    shop.exec('create table orders (id integer primary key, buyer_mail text, amount real)');
    shop.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sourceRows})
      insert into orders select i, case when i % 100 = 0 then null else 'm' || i end, i / 3.0 from n`);
    shop.close();
    const copy = new Sqlite(join(databases, 'copy.db'));
    copy.exec(
      'create table strict_orders (id integer primary key, buyerMail text not null, amount integer, extra text)',
    );
    copy.close();
    server = await startServer(cleanup, join(folder, 'data'), [
      '--set',
      `transfers.databases=${databases}`,
    ]);
    operator = `Bearer ${(await readFile(join(server.dataDir, 'operator.token'), 'utf8')).trim()}`;
    region = (await ask<{ region: string }>('GET', '/info')).body.region;
    for (const name of ['shop', 'copy']) {
      await made('/links', { name, options: { kind: 'sqlite', file: `${name}.db` } });
    }
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  async function ask<T>(
    method: string,
    path: string,
    body?: unknown,
    authorization = operator,
  ): Promise<Answer<T>> {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, text, body: (isJson ? JSON.parse(text) : {}) as T };
  }
  async function made<T>(path: string, body: unknown): Promise<T> {
    const answer = await ask<T>('POST', path, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  }
  async function started(name: string): Promise<string> {
    return (await made<{ run: { id: string } }>(`/templates/${name}/runs`, {})).run.id;
  }
  async function finished(run: string): Promise<string> {
    return until(
      `run ${run} is over`,
      async () => {
        const { body } = await ask<{ state: string }>('GET', `/runs/${run}?waitMs=10000`);
        return /^(succeeded|failed|canceled)$/.test(body.state) ? body.state : null;
      },
      60_000,
    );
  }
  /** Events until the stream ends, or `most` of them. */
  async function events(path: string, lastEventId?: string, most = 1_000): Promise<Event[]> {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      headers: {
        authorization: operator,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      signal: AbortSignal.timeout(60_000),
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const found: Event[] = [];
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const member = (name: string): string =>
          new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
        if (member('event') === '') continue;
        found.push({
          event: member('event'),
          id: member('id'),
          data: JSON.parse(member('data')) as unknown,
        });
        if (found.length >= most) return found;
      }
    }
    return found;
  }
  const from = { kind: 'tables', link: 'shop', table: 'orders' };
  const into = (table: string) => ({ kind: 'table', link: 'copy', table, preparation: 'create' });

  test('namespaces of links, and the kinds of links that work', async () => {
    const { body } = await ask<LinkNamespaceList>('GET', '/link-namespaces');
    assert.deepEqual(body.rows, [{ namespace: region, name: '', links: 2 }]);
    assert.ok(body.kinds.includes('sqlite') && body.kinds.includes('postgres'));
  });

  test('options are tried before they are stored; kept secrets are only for who may test the link', async () => {
    const sqlite = { options: { kind: 'sqlite', file: 'shop.db' } };
    const works = await ask<{ tookMs: number }>('POST', '/link-trials', sqlite);
    assert.equal(works.status, 200, works.text);
    assert.equal(typeof works.body.tookMs, 'number');
    const nowhere = {
      kind: 'postgres',
      hosts: ['127.0.0.1'],
      port: 1,
      user: 'me',
      password: 'hunter2-is-no-password',
    };
    const fails = await ask<{ code: string }>('POST', '/link-trials', { options: nowhere });
    assert.deepEqual([fails.status, fails.body.code], [502, 'link-unreachable']);
    await made('/links', { name: 'kept', options: nowhere });
    const moved = { options: { ...nowhere, password: undefined, port: 2 }, link: 'kept' };
    assert.equal((await ask('POST', '/link-trials', moved)).status, 400);
    const document = {
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: 'longshore:TryLink', Resource: '*' }],
    };
    await ask('PUT', '/policies/trier', { document });
    const key = await createKey(cleanup, server.dataDir, ['--user', 'trier', '--policy', 'trier']);
    const trier = `Basic ${btoa(`${key.id}:${key.secret}`)}`;
    assert.equal((await ask('POST', '/link-trials', sqlite, trier)).status, 200);
    const stolen = { options: { ...nowhere, password: undefined }, link: 'kept' };
    const refused = await ask('POST', '/link-trials', stolen, trier);
    assert.equal(refused.status, 403, refused.text);
    assert.match(refused.text, /longshore:TestLink/);
    assert.equal((await ask('POST', '/link-trials', stolen)).status, 502);
  });

  test('columns of two tables are paired, with what may go wrong', async () => {
    const body = {
      from: { link: 'shop', table: 'orders' },
      to: { link: 'copy', table: 'strict_orders' },
    };
    const {
      status,
      body: mapping,
      text,
    } = await ask<MappingView>('POST', '/data-jobs/mapping', body);
    assert.equal(status, 200, text);
    assert.deepEqual(
      mapping.pairs.map(({ source, target, reason, warnings }) => [
        source.name,
        target?.name,
        reason,
        warnings,
      ]),
      [
        ['id', 'id', 'name', []],
        ['buyer_mail', 'buyerMail', 'spelling', ['null-refused']],
        ['amount', 'amount', 'name', ['smaller-number', 'digits-lost']],
      ],
    );
    assert.deepEqual(
      mapping.unfilled.map(({ name }) => name),
      ['extra'],
    );
    const fresh = { ...body, to: { link: 'copy', table: 'not_yet' } };
    const none = await ask<MappingView>('POST', '/data-jobs/mapping', fresh);
    assert.equal(none.body.targetExists, false);
    assert.ok(none.body.pairs.every(({ target }) => target === null));
    const gone = { ...body, from: { link: 'shop', table: 'gone' } };
    assert.equal((await ask('POST', '/data-jobs/mapping', gone)).status, 422);
  });

  test('a run is followed with its history, resumes behind an id, and ends', async () => {
    const definition = { from, to: into('slow'), throttle: { rowsPerSecond: 1_000 } };
    await made('/data-jobs', { name: 'slow', definition });
    const run = await started('slow');
    const path = `/runs/${run}/transfer/follow`;
    const all = await events(path);
    assert.equal(await finished(run), 'succeeded');
    assert.equal(all.at(-1)?.event, 'end');
    const seen = all.filter(({ event }) => event === 'progress');
    const progress = seen.map(({ data }) => data as TransferProgress);
    assert.ok(seen.length >= 3, 'it was told while it ran');
    assert.equal(progress.at(-1)?.report?.phase, 'done');
    assert.deepEqual(
      progress.at(-1)?.shards.map(({ shard, state, rowsWritten }) => [shard, state, rowsWritten]),
      [[0, 'done', sourceRows]],
    );
    const samples = progress.flatMap((one) => one.samples);
    assert.ok(samples.length >= 3, JSON.stringify(samples));
    const times = samples.map(({ atMs }) => atMs);
    assert.deepEqual(
      times,
      [...new Set(times)].toSorted((a, b) => a - b),
      'each once, in order',
    );
    assert.equal(samples.at(-1)?.rowsWritten, sourceRows);

    const middle = times[1] ?? 0;
    const resumed = await events(path, String(middle));
    assert.deepEqual(
      (resumed[0]?.data as TransferProgress | undefined)?.samples.map(({ atMs }) => atMs),
      times.filter((atMs) => atMs > middle),
    );
    const afresh = await events(path, 'nonsense', 1);
    assert.equal((afresh[0]?.data as TransferProgress | undefined)?.samples.length, samples.length);
    const none = await ask('GET', '/runs/nothing/transfer/follow');
    assert.equal(none.status, 404);
  });

  test('what was kept out is paged, filtered, and taken home as CSV', async () => {
    const definition = {
      from: { ...from, columns: ['id', 'buyer_mail'] },
      to: {
        kind: 'table',
        link: 'copy',
        table: 'strict_orders',
        columns: ['id', 'buyerMail'],
      },
      dirtyRows: { tolerate: true },
    };
    await made('/data-jobs', { name: 'picky', definition });
    const run = await started('picky');
    await finished(run);
    const rejected = sourceRows / 100;
    const path = `/runs/${run}/quarantine`;
    const ids: number[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { status, body, text } = await ask<QuarantinePage>('GET', `${path}?limit=15${query}`);
      assert.equal(status, 200, text);
      assert.equal(body.total, rejected);
      assert.deepEqual(body.columns[body.rows[0]?.table ?? ''] ?? ['id', 'buyer_mail'], [
        'id',
        'buyer_mail',
      ]);
      ids.push(...body.rows.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    assert.equal(new Set(ids).size, rejected);
    assert.equal(ids.length, rejected);
    const one = await ask<QuarantinePage>('GET', `${path}?contains=%221200%22`);
    assert.deepEqual(
      one.body.rows.map(({ fields }) => fields),
      [['1200', null]],
      one.text,
    );
    assert.equal((await ask('GET', `${path}?cursor=x`)).status, 400);

    const response = await fetch(`${server.url}/api/v1${path}/csv`, {
      headers: { authorization: operator },
    });
    assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.match(
      response.headers.get('content-disposition') ?? '',
      /^attachment; filename="quarantine-/,
    );
    const lines = (await response.text()).trimEnd().split('\r\n');
    assert.equal(lines.length, rejected + 1);
    assert.match(lines[0] ?? '', /id,shard,table,where,reason,fields$/);
    assert.match(lines[1] ?? '', /,100,$/, 'NULL is empty');
  });

  test('data jobs are listed with where their newest run stands, page by page', async () => {
    await made('/templates', { name: 'no-data', command: ['true'] });
    await made('/data-jobs', { name: 'never-run', definition: { from, to: into('later') } });
    const { body } = await ask<DataJobPage>('GET', '/data-jobs');
    const byName = new Map(body.rows.map((row) => [row.name, row]));
    assert.ok(!byName.has('no-data'));
    assert.equal(body.nextCursor, null);
    const picky = byName.get('picky');
    assert.equal(picky?.latestRun?.state, 'succeeded');
    assert.equal(picky?.progress?.phase, 'done');
    assert.equal(picky?.progress?.rowsRejected, sourceRows / 100);
    assert.deepEqual(picky?.to, { kind: 'table', link: 'copy', what: 'strict_orders' });
    assert.deepEqual(
      [byName.get('never-run')?.latestRun, byName.get('never-run')?.progress],
      [null, null],
    );
    const names: string[] = [];
    for (let cursor: string | null = '0'; cursor !== null;) {
      const page: Answer<DataJobPage> = await ask('GET', `/data-jobs?limit=2&cursor=${cursor}`);
      names.push(...page.body.rows.map(({ name }) => name));
      cursor = page.body.nextCursor;
    }
    assert.deepEqual(
      names,
      body.rows.map(({ name }) => name),
    );
    const some = await ask<DataJobPage>('GET', '/data-jobs?name=ick&dialect=native');
    assert.deepEqual(
      some.body.rows.map(({ name }) => name),
      ['picky'],
    );
  });
});
