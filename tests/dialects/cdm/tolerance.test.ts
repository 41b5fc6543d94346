/** What clients really send, and what they must be allowed for it, through the vendor's core. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureOf, type HuaweiHost, sdkClient, startHuaweiHost } from '../huawei/harness.ts';
import { job, sqliteLink } from './program.ts';

type Row = Readonly<Record<string, unknown>>;

const inputs = {
  from: { 'fromJobConfig.schemaName': 'main', 'fromJobConfig.tableName': 'orders' },
  to: { 'toJobConfig.schemaName': 'main', 'toJobConfig.tableName': 'copied' },
};

/** A call below the project. */
function calls(host: HuaweiHost, key = host.rootKey) {
  const call = sdkClient(host.url, key, { projectId: host.projectId });
  return (method: string, path: string, body?: unknown, query = {}) =>
    call(method, `/v1.1/${host.projectId}${path}`, { body, query });
}

const clustersOf = async (host: HuaweiHost): Promise<readonly Row[]> =>
  (await calls(host)('GET', '/clusters'))['clusters'] as readonly Row[];

describe('clients that write more than they mean', () => {
  test('parameters of a query without a value are absent', async (t) => {
    const host = await startHuaweiHost(t);
    const [cluster] = await clustersOf(host);
    const api = calls(host);
    const path = `/clusters/${String(cluster?.['id'])}/cdm`;
    const empty = { page_no: '', page_size: '', jobType: '', filter: '' };
    const answer = await api('GET', `${path}/job/all`, undefined, empty);
    assert.deepEqual([answer['page_no'], answer['page_size']], [1, 10]);
    const links = { links: [sqliteLink('made', 'a.db')] };
    await api('POST', `${path}/link`, links, { validate: '' });
    const shown = await api('GET', `${path}/link/made`);
    assert.equal((shown['links'] as Row[]).length, 1);
    const failure = await failureOf(api('GET', `${path}/job/all`, undefined, { page_size: 'x' }));
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0004']);
  });

  test('members of a new cluster without a value are absent, and twenty addresses fit', async (t) => {
    const host = await startHuaweiHost(t);
    const email = Array.from({ length: 20 }, (_, at) => `somebody.${at}@a-long-host.example.test`);
    const created = await calls(host)('POST', '/clusters', {
      cluster: {
        name: 'two',
        vpcId: 'vpc',
        datastore: { type: '', version: '' },
        isScheduleBootOff: true,
        scheduleBootTime: '08:00:00',
        scheduleOffTime: '20:00:00',
      },
      email: email.join(','),
    });
    assert.equal((created['datastore'] as Row)['type'], 'cdm');
    const detail = await calls(host)('GET', `/clusters/${String(created['id'])}`);
    // The Terraform provider reads them back; without them it plans a change for ever.
    assert.deepEqual(
      [detail['scheduleBootTime'], detail['scheduleOffTime']],
      ['08:00:00', '20:00:00'],
    );
    const change = { email: email.join(','), phoneNum: email.join(',') };
    await calls(host)('POST', `/cluster/modify/${String(created['id'])}`, change);
  });

  test('a link whose name ends in a space is the one that a job names', async (t) => {
    const host = await startHuaweiHost(t);
    const [cluster] = await clustersOf(host);
    const api = calls(host);
    const path = `/clusters/${String(cluster?.['id'])}/cdm`;
    await api('POST', `${path}/link`, { links: [sqliteLink('a ', 'a.db')] });
    const named = (link: string) => ({ jobs: [job('j', { from: link, to: link }, inputs)] });
    const failure = await failureOf(api('POST', `${path}/job`, named('a')));
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [400, 'Cdm.0101']);
    await api('POST', `${path}/job`, named('a '));
    const shown = await api('GET', `${path}/job/j`);
    assert.equal((shown['jobs'] as Row[])[0]?.['from-link-name'], 'a ');
    const blank = await failureOf(api('POST', `${path}/job`, named(' ')));
    assert.equal(blank.errorCode, 'Cdm.0238');
  });
});

test('a job in a random cluster takes the right to make it and to start it, in all of them', async (t) => {
  const host = await startHuaweiHost(t);
  const api = calls(host);
  await api('POST', '/clusters', { cluster: { name: 'two', vpcId: 'vpc' } });
  const ids = (await clustersOf(host)).map(({ id }) => String(id));
  const [one = '', two = ''] = ids;
  for (const id of ids) {
    await api('POST', `/clusters/${id}/cdm/link`, { links: [sqliteLink('a', 'a.db')] });
  }
  const body = (name: string, clusters: readonly string[]) => ({
    jobs: [job(name, { from: 'a', to: 'a' }, inputs)],
    clusters,
  });
  const userOf = async (actions: readonly string[], clusters: readonly string[]) => {
    const Resource = clusters.map((id) => `cdm:cluster/${id}/*`);
    const Statement = [{ Effect: 'Allow', Action: actions, Resource }];
    return calls(host, (await host.userWith({ Version: '1', Statement })).key);
  };
  const maker = await userOf(['cdm:job:create', 'cdm:link:use'], ids);
  const both = ['cdm:job:create', 'cdm:link:use', 'cdm:job:start'];
  const starter = await userOf(both, [one]);
  const denied = async (call: Promise<unknown>, action: RegExp): Promise<void> => {
    const failure = await failureOf(call);
    assert.deepEqual([failure.httpStatusCode, failure.errorCode], [403, 'Cdm.0032']);
    assert.match(failure.errorMsg, action);
  };
  await denied(maker('POST', '/clusters/job', body('m', ids)), /cdm:job:start/);
  await denied(starter('POST', '/clusters/job', body('s', ids)), /cdm:job:create/);
  await denied(starter('POST', '/clusters/job', body('s', [two])), /cdm:job:create/);
  const started = await starter('POST', '/clusters/job', body('s', [one]));
  assert.equal((started['submissions'] as Row[])[0]?.['job-name'], 's');
});
