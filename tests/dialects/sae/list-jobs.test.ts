import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createTemplate, exec, finished, refusal } from '../../support/sae.ts';
import {
  assertEnvelope,
  clientCores,
  currentClient,
  rowsOf,
  suiteServer,
} from './operations-clients.ts';

type Query = Readonly<Record<string, string>>;

suite('ListJobs and GetJobHistory', () => {
  const running = suiteServer();

  test('tags filter by key and value, all of them', async () => {
    const server = running();
    const call = currentClient(server);
    const ids: string[] = [];
    for (const tags of [{ a: '1' }, { a: '1', b: '2' }, { a: '2', b: '2' }, {}]) {
      const id = await createTemplate(server.sae, ['true'], { AppName: 'tagged' });
      ids.push(id);
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      if (list.length === 0) continue;
      await call(
        'TagResources',
        'POST',
        '/tags',
        {},
        {
          ResourceType: 'application',
          ResourceIds: JSON.stringify([id]),
          Tags: JSON.stringify(list),
        },
      );
    }
    const found = async (Tags: string) => {
      const query = { AppName: 'tagged', Tags, Reverse: 'true' };
      const answer = await call('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', query);
      const rows = rowsOf(answer['Data'], 'Applications');
      assert.equal(answer['TotalSize'], rows.length);
      return rows.map((row) => ids.indexOf(String(row['AppId'])));
    };
    assert.deepEqual(await found('[{"key":"a","value":"1"}]'), [0, 1]);
    assert.deepEqual(await found('[{"key":"a","value":"1"},{"key":"b","value":"2"}]'), [1]);
    assert.deepEqual(await found('[{"key":"A","value":"1"}]'), []);
    assert.deepEqual(await found('[]'), [0, 1, 2, 3]);
    const wrong = await refusal(found('[{"key":"a"}]'));
    assert.equal(wrong.code, 'InvalidParameter.WithMessage');
  });

  test('a namespace that was made is known, another is not', async () => {
    const server = running();
    const call = currentClient(server);
    const list = (query: Query) => call('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', query);
    const NamespaceId = 'cn-hangzhou:listed';
    const { code, status } = await refusal(list({ NamespaceId }));
    assert.deepEqual([code, status], ['InvalidNamespaceId.NotFound', 404]);
    await call('CreateNamespace', 'POST', '/pop/v1/paas/namespace', {
      NamespaceId,
      NamespaceName: 'listed',
    });
    assert.equal((await list({ NamespaceId }))['TotalSize'], 0);
    await createTemplate(server.sae, ['true'], { NamespaceId });
    assert.equal((await list({ NamespaceId }))['TotalSize'], 1);
  });

  for (const [name, make] of Object.entries(clientCores)) {
    test(`GetJobHistory is DescribeJobHistory without State: ${name}`, async () => {
      const server = running();
      const call = make(server);
      const AppId = await createTemplate(server.sae, ['true']);
      await finished(server.sae, AppId, await exec(server.sae, AppId));
      const query = { AppId, CurrentPage: '1', PageSize: '5' };
      const old = await call('GetJobHistory', 'GET', '/pop/v1/sam/job/getJobHistory', {
        ...query,
        State: '2',
      });
      assertEnvelope(old);
      const path = '/pop/v1/sam/job/describeJobHistory';
      const now = await call('DescribeJobHistory', 'GET', path, query);
      assert.deepEqual(old['Data'], now['Data']);
      assert.equal(rowsOf(old['Data'], 'Jobs').length, 1);
    });
  }
});
