import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { createKey, dataFolder, type RunningServer, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const secret = 'hunter2-is-no-password';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

suite('links and data jobs of the native API', () => {
  let server: RunningServer;
  let operator: string;
  let region: string;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    const folder = await dataFolder(cleanup);
    const databases = join(folder, 'databases');
    await mkdir(databases);
    const database = new Sqlite(join(databases, 'shop.db'));
    database.exec('create table orders (id integer primary key, name text)');
    database.exec("insert into orders values (1, 'one'), (2, 'two'), (3, 'three')");
    database.close();
    server = await startServer(cleanup, join(folder, 'data'), [
      '--set',
      `transfers.databases=${databases}`,
    ]);
    operator = `Bearer ${(await readFile(join(server.dataDir, 'operator.token'), 'utf8')).trim()}`;
    region = String((await ask('GET', '/info')).body['region']);
    for (const [name, file] of [
      ['shop', 'shop.db'],
      ['copy', 'copy.db'],
    ]) {
      await made('/links', { name, options: { kind: 'sqlite', file } });
    }
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    authorization = operator,
  ): Promise<Answer> {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  }
  async function made(path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await ask('POST', path, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  }
  const definition = (table: string, more: object = {}) => ({
    from: { kind: 'tables', link: 'shop', table: 'orders' },
    to: { kind: 'table', link: 'copy', table, preparation: 'create' },
    ...more,
  });
  async function finished(run: string): Promise<Record<string, unknown>> {
    return until(
      `run ${run} is over`,
      async () => {
        const { body } = await ask('GET', `/runs/${run}?waitMs=10000`);
        return /^(succeeded|failed|canceled)$/.test(String(body['state'])) ? body : null;
      },
      60_000,
    );
  }

  test('a link is made, read, changed and deleted; no answer has its secrets', async () => {
    const options = {
      kind: 'postgres',
      hosts: ['127.0.0.1'],
      port: 1,
      user: 'me',
      password: secret,
      database: 'shop',
    };
    const path = `/links/${region}/secretive`;
    const answers = [
      await ask('POST', '/links', { name: 'secretive', options }),
      await ask('POST', '/links', { name: 'secretive', options }),
      await ask('GET', '/links'),
      await ask('GET', path),
      await ask('POST', `${path}/test`),
      await ask('PUT', path, { options: { ...options, password: undefined, database: 'other' } }),
      await ask('PUT', path, { options: { ...options, password: undefined, user: 'you' } }),
      await ask('PUT', path, { options: { ...options, unknown: secret.length } }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 409, 200, 200, 502, 200, 400, 400],
    );
    for (const { text } of answers) assert.ok(!text.includes(secret), text);
    assert.equal(answers[4]?.body['code'], 'link-unreachable');
    assert.deepEqual(answers[5]?.body['secrets'], ['password'], 'it was kept');
    assert.equal((await ask('DELETE', path)).status, 204);
    assert.equal((await ask('GET', path)).status, 404);
    assert.equal((await ask('DELETE', path)).status, 404);
  });

  test('tables and columns of a link', async () => {
    const tables = await ask('GET', `/links/${region}/shop/tables`);
    assert.deepEqual(tables.body['rows'], [{ schema: '', name: 'orders' }]);
    const columns = await ask('GET', `/links/${region}/shop/tables/orders`);
    assert.deepEqual(
      (columns.body['rows'] as { name: string; keyPosition: number }[]).map(
        ({ name, keyPosition }) => [name, keyPosition],
      ),
      [
        ['id', 1],
        ['name', 0],
      ],
    );
    const none = await ask('GET', `/links/${region}/shop/tables/nothing`);
    assert.deepEqual([none.status, none.body['code']], [422, 'table-missing']);
  });

  test('a data job is stored with its defaults, runs like any template, and is explained', async () => {
    const job = await made('/data-jobs', { name: 'nightly', definition: definition('nightly') });
    const stored = job['definition'] as Record<string, unknown>;
    assert.equal(stored['name'], 'nightly');
    assert.equal(stored['proof'], 'checksums');
    assert.equal(job['concurrency'], 'forbid');
    const read = await ask('GET', '/data-jobs/nightly');
    assert.deepEqual(read.body['definition'], stored);

    const submitted = await made('/templates/nightly/runs', { idempotencyKey: 'a' });
    const { id } = submitted['run'] as { id: string };
    const run = await finished(id);
    const status = await ask('GET', `/runs/${id}/transfer`);
    assert.equal(run['state'], 'succeeded', status.text);
    const report = status.body['report'] as {
      phase: string;
      counters: { rowsWritten: number };
      proof: { outcome: string };
    };
    assert.deepEqual([report.phase, report.counters.rowsWritten], ['done', 3]);
    assert.notEqual(report.proof.outcome, 'mismatch');
    assert.deepEqual((await ask('GET', `/runs/${id}/quarantine`)).body, {
      rows: [],
      total: 0,
      nextCursor: null,
      columns: {},
    });

    const again = await ask('POST', '/data-jobs', { name: 'nightly', definition: definition('x') });
    assert.equal(again.status, 409);
    const changed = await ask('PUT', '/data-jobs/nightly', {
      name: 'nightly',
      definition: definition('nightly', { extractors: 3 }),
      schedule: '0 3 * * *',
    });
    assert.deepEqual([changed.status, changed.body['replicas']], [200, 3]);
    assert.equal(typeof changed.body['nextFiringAtMs'], 'number');
    const used = await ask('DELETE', `/links/${region}/copy`);
    assert.deepEqual([used.status, used.body['code']], [409, 'link-in-use']);
    assert.match(String(used.body['detail']), /nightly/);
  });

  test('variables of a run fill the macros of the definition, and nothing else can be changed', async () => {
    const where = { ...definition('chosen').from, where: 'id <= ${most}' };
    const body = { name: 'chosen', definition: { ...definition('chosen'), from: where } };
    await made('/data-jobs', body);
    const started = await made('/templates/chosen/runs', { variables: { most: '2' } });
    const { id } = started['run'] as { id: string };
    await finished(id);
    const status = await ask('GET', `/runs/${id}/transfer`);
    const report = status.body['report'] as { counters: { rowsWritten: number } } | null;
    assert.equal(report?.counters.rowsWritten, 2, status.text);
    for (const change of [{ command: ['true'] }, { env: { A: 'b' } }, { replicas: 2 }]) {
      const refused = await ask('POST', '/templates/chosen/runs', change);
      assert.equal(refused.status, 400, JSON.stringify(change));
    }
    const command = { name: 'chosen', command: ['true'] };
    assert.match((await ask('PUT', '/templates/chosen', command)).text, /data-jobs/);
    await made('/templates', { name: 'plain', command: ['true'] });
    assert.equal(
      (await ask('POST', '/templates/plain/runs', { variables: { a: 'b' } })).status,
      400,
    );
    assert.equal((await ask('GET', '/data-jobs/plain')).status, 400);
    const plain = (await made('/templates/plain/runs', {}))['run'] as { id: string };
    assert.equal((await ask('GET', `/runs/${plain.id}/transfer`)).status, 400);
    assert.equal((await ask('GET', `/runs/${plain.id}/quarantine`)).status, 400);
  });

  test('keys of ciphers are never shown and stay when they are left out', async () => {
    const cipher = { key: 'ab'.repeat(32), iv: 'cd'.repeat(16) };
    const sealed = (encrypt: object) => ({
      name: 'sealed',
      definition: {
        from: { kind: 'files', link: 'shop', paths: ['a'], format: { kind: 'binary' } },
        to: { kind: 'files', link: 'copy', directory: 'b', format: { kind: 'binary' }, encrypt },
      },
    });
    const refused = await ask('POST', '/data-jobs', sealed({}));
    assert.equal(refused.status, 400);
    assert.match(refused.text, /to\/encrypt must have both/);
    const job = await made('/data-jobs', sealed(cipher));
    const kept = await ask('PUT', '/data-jobs/sealed', sealed({}));
    assert.equal(kept.status, 200, kept.text);
    for (const text of [
      JSON.stringify(job),
      kept.text,
      (await ask('GET', '/data-jobs/sealed')).text,
    ]) {
      assert.ok(!text.includes(cipher.key), text);
      assert.ok(!text.includes(cipher.iv) && !text.includes('sealed:'), text);
      assert.ok(text.includes('"encrypt":{}'), text);
    }
  });

  test('who may make data jobs may use only the links that a policy opens', async () => {
    const statement = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
    const document = {
      Version: '1',
      Statement: [
        statement('longshore:CreateDataJob', '*'),
        statement('longshore:PlanDataJob', '*'),
        statement('longshore:UseLink', `acs:longshore:*:*:links/${region}/shop`),
        statement('longshore:GetLink', `acs:longshore:*:*:links/${region}/shop`),
      ],
    };
    await ask('PUT', '/policies/mover', { document });
    const key = await createKey(cleanup, server.dataDir, ['--user', 'mover', '--policy', 'mover']);
    const mover = `Basic ${btoa(`${key.id}:${key.secret}`)}`;
    const body = { name: 'sneaky', definition: definition('sneaky') };
    for (const path of ['/data-jobs', '/data-jobs/plan']) {
      const refused = await ask('POST', path, body, mover);
      assert.equal(refused.status, 403, refused.text);
      assert.match(refused.text, new RegExp(`longshore:UseLink on .*links/${region}/copy`));
    }
    const own = { ...definition('sneaky'), to: { ...definition('sneaky').to, link: 'shop' } };
    assert.equal(
      (await ask('POST', '/data-jobs/plan', { name: 'own', definition: own }, mover)).status,
      200,
    );
    assert.equal((await ask('GET', `/links/${region}/shop`, undefined, mover)).status, 200);
    assert.equal((await ask('GET', `/links/${region}/copy`, undefined, mover)).status, 403);
    const elsewhere = { ...body, namespace: 'other' };
    assert.equal((await ask('POST', '/data-jobs/plan', elsewhere, mover)).status, 403);
  });

  test('what is wrong with a definition is told by place, each fault', async () => {
    const wrong = { ...definition('x'), proof: 'maybe', to: { kind: 'table' }, nonsense: 1 };
    const { status, body } = await ask('POST', '/data-jobs', { name: 'wrong', definition: wrong });
    assert.deepEqual([status, body['code']], [400, 'invalid-request']);
    assert.deepEqual((body['faults'] as { path: string }[]).map(({ path }) => path).toSorted(), [
      'definition/nonsense',
      'definition/proof',
      'definition/to/link',
    ]);
    for (const odd of [null, [], 'x', 7, undefined]) {
      assert.equal((await ask('POST', '/data-jobs', { name: 'odd', definition: odd })).status, 400);
    }
  });
});
