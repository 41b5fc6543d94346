/** Links through the vendor's client core, on the whole program (cdm.md §3.13, §4.3). */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { failureOf, type Answer } from '../huawei/harness.ts';
import { job, send, shareLink, sqliteLink, startCdmProgram, values } from './program.ts';

interface WireLink {
  readonly name: string;
  readonly 'link-config-values': {
    readonly configs: readonly {
      readonly inputs: readonly { readonly name: string; readonly value: unknown }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const linksOf = (answer: Answer): readonly WireLink[] => answer['links'] as readonly WireLink[];

const valueOf = (link: WireLink | undefined, name: string): unknown =>
  link?.['link-config-values'].configs
    .flatMap(({ inputs }) => inputs)
    .find((input) => input.name === name)?.value;

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function mysqlLink(name: string, port: number, extra: Record<string, unknown> = {}): object {
  return {
    name,
    'connector-name': 'generic-jdbc-connector',
    'link-config-values': values({
      'linkConfig.databaseType': 'MYSQL',
      'linkConfig.host': '127.0.0.1',
      'linkConfig.port': port,
      'linkConfig.database': 'shop',
      'linkConfig.username': 'ann',
      'linkConfig.password': 'geheim%2042',
      ...extra,
    }),
    enabled: true,
    'creation-user': null,
  };
}

test('links', async (t) => {
  const program = await startCdmProgram(t);
  const refused = (body: unknown, query: Record<string, string> = {}) =>
    failureOf(program.cdm('POST', '/link', body, query));

  await t.test('a link is made, shown, sent back unchanged, renamed and deleted', async () => {
    const made = await program.cdm('POST', '/link', { links: [sqliteLink('shop', 'my shop.db')] });
    assert.equal(made['name'], 'shop');
    assert.deepEqual(made['validation-result'], [{}]);
    const shown = await program.cdm('GET', '/link/shop');
    const [link] = linksOf(shown);
    assert.equal(valueOf(link, 'linkConfig.database'), 'my%20shop.db');
    assert.equal(shown['fromTo-unMapping'], '');
    assert.equal(link?.['creation-user'], 'tester');
    assert.equal(typeof link?.['creation-date'], 'number');
    assert.equal(link?.['enabled'], true);
    const back = await program.cdm('PUT', '/link/shop', { links: [link] });
    assert.deepEqual(back['validation-result'], [{}]);
    const again = linksOf(await program.cdm('GET', '/link/shop'));
    assert.deepEqual(again[0]?.['link-config-values'], link?.['link-config-values']);
    assert.equal(again[0]?.['id'], link?.['id']);
    await program.cdm('PUT', '/link/shop', { links: [sqliteLink('shop 二', 'shop.db')] });
    assert.equal((await failureOf(program.cdm('GET', '/link/shop'))).errorCode, 'Cdm.0101');
    const path = `/link/${encodeURIComponent('shop 二')}`;
    assert.equal(linksOf(await program.cdm('GET', path)).length, 1);
    const { httpStatusCode, ...body } = await program.cdm('DELETE', path);
    assert.deepEqual([httpStatusCode, body], [200, {}]);
    const gone = await failureOf(program.cdm('DELETE', path));
    assert.deepEqual([gone.httpStatusCode, gone.errorCode], [404, 'Cdm.0101']);
  });

  await t.test(
    'a connection that fails answers 500 with its reason and makes nothing',
    async () => {
      const port = await closedPort();
      const failure = await refused({ links: [mysqlLink('far', port)] });
      assert.equal(failure.httpStatusCode, 500);
      assert.equal(failure.errorCode, 'Cdm.0901');
      assert.doesNotMatch(JSON.stringify(failure), /geheim/);
      const { cdm, server, projectId, clusterId, key } = program;
      const raw = await send(server.url, {
        method: 'POST',
        path: `/v1.1/${projectId}/clusters/${clusterId}/cdm/link`,
        headers: { 'x-auth-token': key.id, 'content-type': 'application/json' },
        body: '{}',
      });
      assert.equal(raw.status, 401);
      assert.equal((await failureOf(cdm('GET', '/link/far'))).httpStatusCode, 404);
    },
  );

  await t.test('validate=true checks and connects and makes nothing', async () => {
    const body = { links: [sqliteLink('try', 'try.db')] };
    const answer = await program.cdm('POST', '/link', body, { validate: 'true' });
    assert.equal(answer.httpStatusCode, 200);
    assert.equal((await failureOf(program.cdm('GET', '/link/try'))).httpStatusCode, 404);
    const port = await closedPort();
    const failure = await refused({ links: [mysqlLink('try', port)] }, { validate: 'true' });
    assert.equal(failure.httpStatusCode, 500);
  });

  await t.test('several links are made all or none', async () => {
    const two = [sqliteLink('one', 'one.db'), sqliteLink('one', 'two.db')];
    assert.equal((await refused({ links: two })).errorCode, 'Cdm.0315');
    assert.equal((await failureOf(program.cdm('GET', '/link/one'))).httpStatusCode, 404);
    const good = [sqliteLink('one', 'one.db'), shareLink('two')];
    assert.equal((await program.cdm('POST', '/link', { links: good }))['name'], 'one');
    const all = linksOf(await program.cdm('GET', '/link/all')).map(({ name }) => name);
    assert.ok(all.includes('one') && all.includes('two'));
    assert.equal((await refused({ links: good })).errorCode, 'Cdm.0315');
  });

  await t.test('what is wrong is told by its code and name', async () => {
    const wrong: readonly [string, RegExp, unknown][] = [
      ['Cdm.0238', /links/, {}],
      ['Cdm.0238', /links\[0\]\.name/, { links: [{ ...sqliteLink('', 'a.db') }] }],
      ['Cdm.0014', /must not hold/, { links: [sqliteLink('a/b', 'a.db')] }],
      ['Cdm.0014', /all/, { links: [sqliteLink('all', 'a.db')] }],
      ['Cdm.0102', /nope/, { links: [{ ...sqliteLink('x', 'a.db'), 'connector-name': 'nope' }] }],
      ['Cdm.0238', /connector-name/, { links: [{ name: 'x' }] }],
      ['Cdm.0317', /below the folder/, { links: [sqliteLink('x', '../a.db')] }],
      [
        'Cdm.0024',
        /databaseType/,
        { links: [mysqlLink('x', 1, { 'linkConfig.databaseType': 'DBASE' })] },
      ],
      [
        'Cdm.0055',
        /ORACLE/,
        { links: [mysqlLink('x', 1, { 'linkConfig.databaseType': 'oracle' })] },
      ],
      ['Cdm.0010', /linkConfig\.port/, { links: [mysqlLink('x', 70_000)] }],
      [
        'Cdm.0004',
        /linkConfig\.port/,
        { links: [mysqlLink('x', 1, { 'linkConfig.port': 'one' })] },
      ],
      ['Cdm.0004', /useSSL/, { links: [mysqlLink('x', 1, { 'linkConfig.useSSL': 'yes' })] }],
      ['Cdm.0238', /linkConfig\.host/, { links: [mysqlLink('x', 1, { 'linkConfig.host': ' ' })] }],
      [
        'Cdm.0317',
        /allowLoadLocalInfile/,
        {
          links: [
            mysqlLink('x', 1, { 'linkConfig.jdbcProperties': { allowLoadLocalInfile: 'true' } }),
          ],
        },
      ],
      [
        'Cdm.0018',
        /configs/,
        { links: [{ ...sqliteLink('x', 'a.db'), 'link-config-values': { configs: 1 } }] },
      ],
    ];
    for (const [code, message, body] of wrong) {
      const failure = await refused(body);
      assert.equal(failure.errorCode, code, JSON.stringify(body));
      assert.match(failure.errorMsg, message);
      assert.equal(failure.httpStatusCode, 400);
    }
  });

  await t.test('connectors that are only declared are refused in words', async () => {
    for (const connector of ['mongodb', 'redis', 'kafka', 'hbase', 'dli', 'elasticsearch']) {
      const link = {
        name: 'x',
        'connector-name': `${connector}-connector`,
        'link-config-values': values(),
      };
      const failure = await refused({ links: [link] });
      assert.equal(failure.errorCode, 'Cdm.0055');
      assert.match(
        failure.errorMsg,
        new RegExp(`${connector}-connector is declared and not installed`),
      );
    }
  });

  await t.test('a share that nobody mapped cannot be reached', async () => {
    const link = {
      name: 'x',
      'connector-name': 'nas-connector',
      'link-config-values': values({
        'linkConfig.protocol': 'smb',
        'linkConfig.server': '\\\\\\\\far\\\\dir',
      }),
    };
    const failure = await refused({ links: [link] });
    assert.equal(failure.httpStatusCode, 500);
    assert.equal(failure.errorCode, 'Cdm.0411');
  });

  await t.test('a link that a job uses is not deleted, and jobs follow its new name', async () => {
    const { cdm } = program;
    await cdm('POST', '/link', { links: [sqliteLink('used', 'used.db')] });
    const inputs = {
      from: { 'fromJobConfig.tableName': 't' },
      to: { 'toJobConfig.tableName': 'u' },
    };
    await cdm('POST', '/job', { jobs: [job('user', { from: 'used', to: 'used' }, inputs)] });
    const failure = await failureOf(cdm('DELETE', '/link/used'));
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0321']);
    assert.match(failure.errorMsg, /\[user\]/);
    await cdm('PUT', '/link/used', { links: [sqliteLink('renamed', 'used.db')] });
    const shown = (await cdm('GET', '/job/user')) as unknown as {
      jobs: readonly Record<string, unknown>[];
    };
    assert.equal(shown.jobs[0]?.['from-link-name'], 'renamed');
    assert.equal(shown.jobs[0]?.['to-link-name'], 'renamed');
    assert.equal((await failureOf(cdm('DELETE', '/link/renamed'))).errorCode, 'Cdm.0321');
    await cdm('DELETE', '/job/user');
    await cdm('DELETE', '/link/renamed');
  });

  await t.test('the connector of a link stays, and only what is there is updated', async () => {
    const { cdm } = program;
    await cdm('POST', '/link', { links: [sqliteLink('fixed', 'fixed.db')] });
    const changed = await failureOf(cdm('PUT', '/link/fixed', { links: [shareLink('fixed')] }));
    assert.equal(changed.errorCode, 'Cdm.0317');
    const absent = await failureOf(cdm('PUT', '/link/nobody', { links: [shareLink('nobody')] }));
    assert.deepEqual([absent.httpStatusCode, absent.errorCode], [400, 'Cdm.0316']);
  });

  await t.test('inputs without effect are kept, shown, and named as warnings', async () => {
    const link = {
      name: 'odd',
      'connector-name': 'generic-jdbc-connector',
      'link-config-values': values({
        'llinkConfig.databaseType': 'sqlite',
        'linkConfig.database': 'odd.db',
        'linkConfig.isRds': 'false',
        'linkConfig.newInTheCloud': 'x y',
      }),
    };
    const made = await program.cdm('POST', '/link', { links: [link] });
    assert.match(JSON.stringify(made['validation-result']), /newInTheCloud.*WARNING/);
    const [shown] = linksOf(await program.cdm('GET', '/link/odd'));
    assert.equal(valueOf(shown, 'linkConfig.newInTheCloud'), 'x%20y');
    assert.equal(valueOf(shown, 'llinkConfig.databaseType'), 'sqlite');
  });
});

test('secrets are placeholders, and placeholders keep them', async (t) => {
  const { cdm } = await startCdmProgram(t, { testLinks: false });
  await cdm('POST', '/link', { links: [mysqlLink('db', 3306)] });
  const [link] = linksOf(await cdm('GET', '/link/db'));
  assert.equal(valueOf(link, 'linkConfig.password'), 'Add%20password%20here');
  assert.equal(valueOf(link, 'linkConfig.port'), '3306');
  // Without its password it would be refused.
  await cdm('PUT', '/link/db', { links: [link] });
  const blank = await failureOf(
    cdm('POST', '/link', {
      links: [mysqlLink('db2', 3306, { 'linkConfig.password': 'Add password here' })],
    }),
  );
  assert.equal(blank.errorCode, 'Cdm.0238');
  assert.match(blank.errorMsg, /linkConfig\.password/);
});
