import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  createKey,
  dataFolder,
  type PrintedKey,
  type RunningServer,
  startServer,
} from '../support/server.ts';
import { PATIENCE_MS } from '../support/until.ts';

interface Answer {
  readonly status: number;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- the shape is what is tested
}

suite('templates in the native API: lists, pasts and days', () => {
  let server: RunningServer;
  let key: PrintedKey;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    server = await startServer(cleanup, await dataFolder(cleanup));
    key = await createKey(cleanup, server.dataDir);
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const reply = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
  };
  const names = async (query: string): Promise<string[]> => {
    const { status, body } = await ask('GET', `/templates?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.rows.map(({ name }: { name: string }) => name);
  };
  const make = (name: string, command: string[], more: object = {}): Promise<Answer> =>
    ask('POST', '/templates', { name, command, ...more });

  test('a page leads to the next; filters go with it; the total is told where nothing narrows', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await make(name, ['true']);
    const first = await ask('GET', '/templates?limit=2');
    assert.deepEqual([first.body.rows.length, first.body.total], [2, 3]);
    const second = await ask('GET', `/templates?limit=2&cursor=${first.body.nextCursor}`);
    assert.deepEqual(
      [second.body.rows.map(({ name }: { name: string }) => name), second.body.nextCursor],
      [['page-1'], null],
    );
    assert.equal('total' in second.body, false);
    assert.deepEqual(await names('search=PAGE-&dialect=native&limit=1'), ['page-3']);
    assert.deepEqual(await names('search=PAGE-&dialect=cdm'), []);
    assert.deepEqual(await names('name=page&offset=1&limit=1'), ['page-2']);
  });

  test('suspended and failing are found by their state', async () => {
    const idle = (await make('state-idle', ['true'])).body;
    await ask('POST', `/templates/${idle.id}/suspend`);
    const bad = (await make('state-bad', ['false'])).body;
    const { run } = (await ask('POST', `/templates/${bad.id}/runs`, {})).body;
    await ask('GET', `/runs/${run.id}?waitMs=${PATIENCE_MS}`);
    assert.deepEqual(await names('state=suspended&search=state-'), ['state-idle']);
    assert.deepEqual(await names('state=failing'), ['state-bad']);
    assert.deepEqual(await names('state=active&search=state-'), ['state-bad']);
  });

  test('a query that makes no sense is refused', async () => {
    for (const query of [
      'cursor=-1',
      'cursor=1;drop',
      `cursor=${'9'.repeat(30)}`,
      'state=odd',
      'tag=',
      'cursor=&offset=3',
      'name=x&search=y',
      'limit=100000',
      `search=${'x'.repeat(300)}`,
    ]) {
      const { status, body } = await ask('GET', `/templates?${query}`);
      assert.deepEqual([query, status, body.code], [query, 400, 'invalid-request']);
    }
    assert.deepEqual(await names('cursor=0'), []);
  });

  test('a revision is what was sent then; what is no revision is told so', async () => {
    const { id } = (await make('past', ['echo', 'one'], { env: { A_TOKEN: 't0ken' } })).body;
    await ask('PUT', `/templates/${id}`, { name: 'past', command: ['echo', 'two'], retries: 4 });
    const [one, two] = await Promise.all(
      ['1', '2'].map((n) => ask('GET', `/templates/past/revisions/${n}`)),
    );
    assert.deepEqual(one?.body.document, {
      name: 'past',
      command: ['echo', 'one'],
      env: { A_TOKEN: '******' },
    });
    assert.deepEqual([two?.body.spec.task.argv, two?.body.spec.retry.limit], [['echo', 'two'], 4]);
    assert.ok(!JSON.stringify([one?.body, two?.body]).includes('t0ken'));
    for (const odd of ['0', '3', '-1', '1e3', '999999999999', 'x', '%00']) {
      const { status, body } = await ask('GET', `/templates/${id}/revisions/${odd}`);
      assert.deepEqual([odd, status, body.code], [odd, 400, 'invalid-argument']);
    }
    const gone = await ask('GET', '/templates/nobody/revisions/1');
    assert.deepEqual([gone.status, gone.body.code], [404, 'template-not-found']);
  });

  test('days of a schedule lie one behind the other, in its zone', async () => {
    const schedule = {
      timing: { kind: 'cron', expression: '0 6 * * *' },
      zone: 'America/New_York',
    };
    const { id } = (await make('days', ['true'], { schedule })).body;
    const { body } = await ask('GET', `/templates/${id}/schedule/days?days=40`);
    assert.deepEqual([body.templateId, body.zone, body.days.length], [id, schedule.zone, 40]);
    const days = body.days as { fromMs: number; untilMs: number; fires: number; date: string }[];
    days.slice(1).forEach(({ fromMs, fires }, index) => {
      assert.equal(fromMs, days[index]?.untilMs);
      assert.equal(fires, 1);
    });
    const none = (await make('no-days', ['true'])).body;
    const empty = await ask('GET', `/templates/${none.id}/schedule/days`);
    assert.deepEqual([empty.body.zone, empty.body.days], [null, []]);
    const many = await ask('GET', `/templates/${id}/schedule/days?days=1000`);
    assert.equal(many.status, 400);
  });
});
