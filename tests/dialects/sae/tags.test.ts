import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createTemplate, refusal } from '../../support/sae.ts';
import {
  assertEnvelope,
  clientCores,
  currentClient,
  type OperationCall,
  rowsOf,
  suiteServer,
} from './operations-clients.ts';

type Query = Readonly<Record<string, string>>;

const common = { RegionId: 'cn-hangzhou', ResourceType: 'application' };

async function list(call: OperationCall, query: Query) {
  const answer = await call('ListTagResources', 'GET', '/tags', { ...common, ...query });
  assertEnvelope(answer);
  const data = answer['Data'] as Record<string, unknown>;
  return {
    next: String(data['NextToken']),
    rows: rowsOf(data, 'TagResources').map((row) => {
      assert.equal(row['ResourceType'], 'ALIYUN::SAE::APPLICATION');
      return `${row['ResourceId']} ${row['TagKey']}=${row['TagValue']}`;
    }),
  };
}

async function tag(call: OperationCall, ids: readonly string[], tags: Query, more: Query = {}) {
  const Tags = JSON.stringify(Object.entries(tags).map(([key, value]) => ({ key, value })));
  const form = { ...common, ResourceIds: JSON.stringify(ids), Tags, ...more };
  const answer = await call('TagResources', 'POST', '/tags', {}, form);
  assertEnvelope(answer);
  assert.equal(answer['Data'], true);
}

async function untag(call: OperationCall, query: Query) {
  const answer = await call('UntagResources', 'DELETE', '/tags', { ...common, ...query });
  assertEnvelope(answer);
  assert.equal(answer['Data'], true);
}

suite('tags', () => {
  const running = suiteServer();

  for (const [name, make] of Object.entries(clientCores)) {
    test(`set, found, shown and taken off: ${name}`, async () => {
      const server = running();
      const call = make(server);
      // Ids in the order of the list.
      const ids = [
        await createTemplate(server.sae, ['true']),
        await createTemplate(server.sae, ['true']),
      ];
      const [one = '', two = ''] = ids.toSorted();
      await tag(call, [one, two], { team: '夜班 & *~+', Team: 'b' });
      await tag(call, [two], { team: 'other' });
      assert.deepEqual((await list(call, { ResourceIds: JSON.stringify([one]) })).rows, [
        `${one} Team=b`,
        `${one} team=夜班 & *~+`,
      ]);
      assert.deepEqual((await list(call, { ResourceIds: `${one},${two}` })).rows, [
        `${one} Team=b`,
        `${one} team=夜班 & *~+`,
        `${two} Team=b`,
        `${two} team=other`,
      ]);
      const withTag = JSON.stringify([{ key: 'team', value: 'other' }]);
      assert.deepEqual((await list(call, { Tags: withTag, ResourceIds: `${one},${two}` })).rows, [
        `${two} Team=b`,
        `${two} team=other`,
      ]);
      const anyValue = JSON.stringify([{ key: 'team' }]);
      const found = await list(call, { Tags: anyValue, ResourceIds: `${one},${two}` });
      assert.equal(found.rows.length, 4);

      const listed = await call('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', {
        FieldType: 'appIds',
        FieldValue: `${one},${two}`,
        Tags: withTag,
      });
      const jobs = rowsOf(listed['Data'], 'Applications');
      assert.deepEqual(
        jobs.map((job) => [job['AppId'], job['Tags']]),
        [
          [
            two,
            [
              { Key: 'Team', Value: 'b' },
              { Key: 'team', Value: 'other' },
            ],
          ],
        ],
      );

      await untag(call, { ResourceIds: JSON.stringify([one]), TagKeys: '["team","none"]' });
      assert.deepEqual((await list(call, { ResourceIds: one })).rows, [`${one} Team=b`]);
      await untag(call, { ResourceIds: `${one},${two}`, TagKeys: 'Team' });
      assert.deepEqual((await list(call, { ResourceIds: one })).rows, []);
      await untag(call, { ResourceIds: two, DeleteAll: 'true' });
      assert.deepEqual(await list(call, { ResourceIds: two }), { next: '', rows: [] });
    });
  }

  test('a long list goes on by its token', async () => {
    const server = running();
    const call = currentClient(server);
    const tags = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`k${String(index).padStart(2, '0')}`, 'v']),
    );
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push(await createTemplate(server.sae, ['true']));
    await tag(call, ids, tags);
    const Tags = JSON.stringify([{ key: 'k00', value: 'v' }]);
    const first = await list(call, { Tags });
    const second = await list(call, { Tags, NextToken: first.next });
    assert.deepEqual([first.rows.length, second.rows.length, second.next], [50, 50, '']);
    assert.equal(new Set([...first.rows, ...second.rows]).size, 100);
  });

  test('wrong tags and resources are refused', async () => {
    const server = running();
    const call = currentClient(server);
    const AppId = await createTemplate(server.sae, ['true']);
    const told = async (work: Promise<unknown>) => {
      const { code, status } = await refusal(work);
      assert.equal(status, 400);
      return code;
    };
    for (const key of ['', 'aliyun.x', 'acs:x', 'x http://y', 'https://y', 'k'.repeat(129)]) {
      assert.equal(await told(tag(call, [AppId], { [key]: 'v' })), 'InvalidParameter.TagKey', key);
    }
    for (const value of ['', 'v'.repeat(129)]) {
      assert.equal(await told(tag(call, [AppId], { k: value })), 'InvalidParameter.TagValue');
    }
    await tag(call, [AppId], { ['K'.repeat(128)]: '夜'.repeat(128) });
    const wrong = 'InvalidParameter.WithMessage';
    assert.equal(await told(tag(call, Array(51).fill(AppId), { k: 'v' })), wrong);
    assert.equal(await told(tag(call, [], { k: 'v' })), wrong);
    const twice = JSON.stringify([
      { key: 'k', value: 'a' },
      { key: 'k', value: 'b' },
    ]);
    assert.equal(await told(tag(call, [AppId], {}, { Tags: twice })), wrong);
    const none = 'InvalidParameter.NotEmpty';
    assert.equal(await told(tag(call, [AppId], {})), none);
    assert.equal(await told(untag(call, { ResourceIds: AppId })), none);
    assert.equal(await told(untag(call, { TagKeys: 'k' })), none);
    assert.equal(await told(list(call, {})), none);
    const obviously = 'InvalidParameter.Obviously';
    assert.equal(
      await told(list(call, { ResourceIds: AppId, ResourceType: 'instance' })),
      obviously,
    );
    for (const NextToken of ['x', 'e30']) {
      assert.equal(await told(list(call, { ResourceIds: AppId, NextToken })), obviously);
    }
    const unknown = [AppId, '00000000-0000-4000-8000-000000000000'];
    assert.equal(await told(tag(call, unknown, { k: 'v' })), 'InvalidApplication.NotFound');
    // Refused as a whole: the one that exists got nothing either.
    assert.equal((await list(call, { ResourceIds: AppId })).rows.length, 1);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, 'v']));
    assert.equal(await told(tag(call, [AppId], many)), wrong);
  });
});
