/** Policies that let a user at one job or one link only, through the CDM API. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Closing } from '../contract/connector/files-adapter-remote.ts';
import { failureOf } from '../dialects/huawei/harness.ts';
import { job, shareLink, sqliteLink } from '../dialects/cdm/program.ts';
import {
  type CdmCall,
  type RemoteProgram,
  type Row,
  seed,
  startRemoteProgram,
} from './transfers-remote/program.ts';

describe('users with one job or one link', () => {
  const closing = new Closing();
  let program: RemoteProgram;
  const allow = (actions: readonly string[], things: readonly string[]): object => ({
    Effect: 'Allow',
    Action: actions,
    Resource: things.map((thing) => `cdm:cluster/${program.clusterId}/${thing}`),
  });
  const userOf = async (name: string, ...statements: readonly object[]): Promise<CdmCall> =>
    program.callAs(await program.userWith(name, statements));
  const denied = async (call: Promise<unknown>, words: RegExp): Promise<void> => {
    const failure = await failureOf(call);
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [403, 'Cdm.0032']);
    assert.match(failure.errorMsg, words);
  };

  const wire = (name: string, from = 'shop', to = 'files'): Row =>
    job(
      name,
      { from, to },
      {
        from: { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' },
        to: {
          'toJobConfig.outputDirectory': `out/${name}`,
          'toJobConfig.outputFormat': 'CSV_FILE',
        },
      },
    );

  before(async () => {
    program = await startRemoteProgram(closing);
    seed(program, 'shop', 'orders', 10);
    seed(program, 'secret', 'orders', 10);
    const links = [sqliteLink('shop', 'shop.db'), sqliteLink('secret', 'secret.db')];
    await program.cdm('POST', '/link', { links: [...links, shareLink('files')] });
    await program.cdm('POST', '/job', { jobs: [wire('theirs')] });
  });
  after(() => closing.close());

  test('one job: it is made, changed, started, read and deleted; others are not there for the user', async () => {
    const own = await userOf(
      'jobber',
      allow(['cdm:job:*'], ['job/mine']),
      allow(['cdm:link:use'], ['link/shop', 'link/files']),
    );
    await own('POST', '/job', { jobs: [wire('mine')] });
    await denied(own('POST', '/job', { jobs: [wire('other')] }), /cdm:job:create/);
    await denied(own('POST', '/job', { jobs: [wire('mine'), wire('other')] }), /cdm:job:create/);
    await own('PUT', '/job/mine', { jobs: [{ ...wire('mine'), enabled: true }] });
    await denied(own('PUT', '/job/mine', { jobs: [wire('renamed')] }), /cdm:job:update/);
    await own('PUT', '/job/mine/start');
    const last = await program.over('mine');
    assert.equal(last['status'], 'SUCCEEDED', JSON.stringify(last));
    assert.equal(last['creation-user'], 'jobber');
    const read = await own('GET', '/job/mine');
    assert.equal(read['total'], 1);
    for (const path of ['/job/mine/status', '/submissions']) {
      const query = path === '/submissions' ? { jname: 'mine' } : {};
      const { submissions } = await own('GET', path, undefined, query);
      assert.equal((submissions as readonly unknown[]).length, 1, path);
    }
    for (const [method, path, query] of [
      ['GET', '/job/theirs', {}],
      ['GET', '/job/all', {}],
      ['GET', '/job/theirs/status', {}],
      ['GET', '/submissions', {}],
      ['GET', '/submissions', { jname: 'theirs' }],
      ['PUT', '/job/theirs/start', {}],
      ['PUT', '/job/theirs/stop', {}],
      ['DELETE', '/job/theirs', {}],
      ['GET', '/link/shop', {}],
      ['DELETE', '/link/shop', {}],
    ] as const) {
      await denied(own(method, path, undefined, query), /cdm:(job|link):/);
    }
    await denied(own('PUT', '/job/theirs', { jobs: [wire('theirs')] }), /cdm:job:update/);
    await own('DELETE', '/job/mine');
  });

  test('a job moves nothing by links that its maker may not use', async () => {
    const own = await userOf(
      'careful',
      allow(['cdm:job:*'], ['job/*']),
      allow(['cdm:link:use'], ['link/shop', 'link/files']),
    );
    const secret = /cdm:link:use on link secret/;
    await denied(own('POST', '/job', { jobs: [wire('steal', 'secret')] }), secret);
    await denied(own('POST', '/job', { jobs: [wire('steal', 'nowhere')] }), /link nowhere/);
    const dirty = {
      ...wire('steal'),
      'driver-config-values': {
        configs: [
          {
            name: 'throttlingConfig',
            inputs: [
              { name: 'throttlingConfig.recordDirtyData', value: 'true' },
              { name: 'throttlingConfig.writeToLink', value: 'secret' },
              { name: 'throttlingConfig.dirtyDataDirectory', value: 'dirty' },
            ],
          },
        ],
      },
    };
    await denied(own('POST', '/job', { jobs: [dirty] }), secret);
    await own('POST', '/job', { jobs: [wire('fine')] });
    await denied(own('PUT', '/job/fine', { jobs: [wire('fine', 'secret')] }), secret);
    await own('PUT', '/job/fine/start');
    assert.equal((await program.over('fine'))['status'], 'SUCCEEDED');
  });

  test('a job that others made is started by who may start it, whatever links it uses', async () => {
    const own = await userOf('starter', allow(['cdm:job:start', 'cdm:job:get'], ['job/theirs']));
    await own('PUT', '/job/theirs/start');
    assert.equal((await program.over('theirs'))['status'], 'SUCCEEDED');
    await denied(own('PUT', '/job/theirs', { jobs: [wire('theirs')] }), /cdm:job:update/);
  });

  test('one link: it is made, changed and deleted; others are not there for the user', async () => {
    const own = await userOf('linker', allow(['cdm:link:*'], ['link/mine']));
    const link = (name: string): object => ({ links: [sqliteLink(name, 'shop.db')] });
    await own('POST', '/link', link('mine'));
    await denied(own('POST', '/link', link('other')), /cdm:link:create/);
    await own('PUT', '/link/mine', link('mine'));
    await denied(own('PUT', '/link/mine', link('renamed')), /cdm:link:update/);
    assert.equal(((await own('GET', '/link/mine'))['links'] as readonly unknown[]).length, 1);
    for (const name of ['shop', 'all']) await denied(own('GET', `/link/${name}`), /cdm:link:get/);
    await denied(own('PUT', '/link/shop', link('shop')), /cdm:link:update/);
    await denied(own('DELETE', '/link/shop'), /cdm:link:delete/);
    await denied(own('POST', '/job', { jobs: [wire('x')] }), /cdm:job:create/);
    // Tables in a bucket are read with the keys of another link.
    const hive = {
      name: 'mine2',
      'connector-name': 'hive-connector',
      'link-config-values': {
        configs: [
          {
            name: 'linkConfig',
            inputs: [
              { name: 'linkConfig.uri', value: 'obs://lake/x' },
              { name: 'linkConfig.properties', value: { obsLink: 'shop' } },
            ],
          },
        ],
      },
    };
    const other = await userOf('hiver', allow(['cdm:link:create'], ['link/mine2']));
    await denied(other('POST', '/link', { links: [hive] }), /cdm:link:use on link shop/);
    await own('DELETE', '/link/mine');
  });

  test('a Deny of one job or link goes before an Allow of all', async () => {
    const own = await userOf(
      'most',
      { Effect: 'Allow', Action: 'cdm:*', Resource: '*' },
      { ...allow(['cdm:*'], ['job/theirs', 'link/secret']), Effect: 'Deny' },
    );
    assert.equal((await own('GET', '/job/all'))['httpStatusCode'], 200);
    await denied(own('PUT', '/job/theirs/start'), /cdm:job:start/);
    await denied(own('GET', '/submissions', undefined, { jname: 'theirs' }), /cdm:job:get/);
    await denied(own('POST', '/job', { jobs: [wire('theirs')] }), /cdm:job:create/);
    await denied(own('POST', '/job', { jobs: [wire('x', 'secret')] }), /cdm:link:use/);
    await denied(own('GET', '/link/secret'), /cdm:link:get/);
  });
});
