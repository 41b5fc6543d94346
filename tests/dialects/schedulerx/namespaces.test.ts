import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureOf, newGroup, region, startSchedulerxHost } from '../../support/schedulerx-host.ts';

const RegionId = region;
const post = (query: Readonly<Record<string, string>>) => [query, undefined, 'POST'] as const;

describe('namespaces and regions', () => {
  test('round trip', async (t) => {
    const { call } = await startSchedulerxHost(t);
    const made = await call(
      'CreateNamespace',
      ...post({ RegionId, Name: 'one', Description: 'first', Uid: 'ns-1' }),
    );
    assert.deepEqual(
      [made['Success'], made['Code'], made['Data']],
      [true, 200, { NamespaceUid: 'ns-1' }],
    );
    assert.equal('Message' in made, false);
    assert.match(String(made['RequestId']), /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
    const other = await call('CreateNamespace', ...post({ RegionId, Name: 'two' }));
    const { NamespaceUid } = other['Data'] as { NamespaceUid: string };
    assert.match(NamespaceUid, /^[0-9a-f-]{36}$/);
    const list = async (query: Readonly<Record<string, string>>) =>
      (await call('ListNamespaces', ...post({ RegionId, ...query })))['Data'];
    const one = { UId: 'ns-1', Name: 'one', Description: 'first' };
    assert.deepEqual(await list({ Namespace: 'ns-1' }), { Namespaces: [one] });
    assert.deepEqual(await list({ NamespaceName: 'n' }), { Namespaces: [one] });
    assert.deepEqual(await list({ NamespaceName: 'ONE' }), { Namespaces: [] });
    await call('UpdateNamespace', ...post({ RegionId, Namespace: 'ns-1', NamespaceName: 'eins' }));
    assert.deepEqual(await list({ Namespace: 'ns-1' }), { Namespaces: [{ ...one, Name: 'eins' }] });
    await call('UpdateNamespace', ...post({ RegionId, Namespace: 'ns-1', Description: '' }));
    assert.deepEqual(await list({ Namespace: 'ns-1' }), {
      Namespaces: [{ ...one, Name: 'eins', Description: '' }],
    });
    const gone = await call('DeleteNamespace', ...post({ RegionId, Namespace: 'ns-1' }));
    assert.equal(gone['Success'], true);
    assert.deepEqual(await list({ Namespace: 'ns-1' }), { Namespaces: [] });
  });

  test('regions: this one, at the address that was asked, not in Data', async (t) => {
    const { call, url } = await startSchedulerxHost(t);
    const answer = await call('DescribeRegions', ...post({}));
    assert.deepEqual(answer['Regions'], [
      { RegionId: region, LocalName: region, RegionEndpoint: url.slice('http://'.length) },
    ]);
    assert.equal('Data' in answer, false);
  });

  test('refusals in the words of the contract', async (t) => {
    const host = await startSchedulerxHost(t);
    const { call } = host;
    const refusal = async (action: string, query: Readonly<Record<string, string>>) => {
      const answer = await call(action, ...post({ RegionId, ...query }));
      assert.equal(answer['Success'], false);
      assert.equal('Data' in answer, false);
      return failureOf(answer);
    };
    await call('CreateNamespace', ...post({ RegionId, Name: 'n', Uid: 'test3' }));
    const told = (message: string) => ({ code: 400, message });
    assert.deepEqual(
      await refusal('CreateNamespace', { Name: 'n', Uid: 'test3' }),
      told('namespace=test3 is existed, noting update'),
    );
    assert.deepEqual(
      await refusal('UpdateNamespace', { Namespace: 'default', NamespaceName: 'x' }),
      told('The system namespace cannot be modified'),
    );
    assert.deepEqual(
      await refusal('DeleteNamespace', { Namespace: 'default' }),
      told('The system namespace cannot be deleted'),
    );
    for (const action of ['UpdateNamespace', 'DeleteNamespace']) {
      assert.deepEqual(
        await refusal(action, { Namespace: 'none' }),
        told('namespace can not find namespace: none, namespaceSource:null'),
      );
    }
    assert.deepEqual(
      await refusal('ListGroups', { Namespace: 'none', NamespaceSource: 'schedulerx' }),
      told('namespace can not find namespace: none, namespaceSource:schedulerx'),
    );
    await newGroup(host);
    await call('CreateAppGroup', { Namespace: 'test3', GroupId: 'g', AppName: 'a' });
    assert.deepEqual(
      await refusal('DeleteNamespace', { Namespace: 'test3' }),
      told('namespace=test3 has 1 applications; delete them first'),
    );
    assert.deepEqual(
      await refusal('CreateNamespace', { Name: 'n', Uid: 'a/b' }),
      told('Invalid parameter: Uid=a/b invalid'),
    );
    await assert.rejects(call('CreateNamespace', ...post({ RegionId })), {
      code: 'MissingName',
      message: /MissingName.*Name is mandatory for this action/,
    });
  });
});
