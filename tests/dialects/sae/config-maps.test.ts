import assert from 'node:assert/strict';
import { describe, suite, test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { defaultCatalogLimits } from '../../../src/domain/catalog.ts';
import { refusal } from '../../support/sae.ts';
import {
  assertRefusal,
  type CatalogCall,
  clientNames,
  region,
  startSaeHost,
} from '../../support/sae-host.ts';

const path = '/pop/v1/sam/configmap/configMap';

type Query = Readonly<Record<string, string>>;
type Body = Parameters<CatalogCall>[4];

/** The operations of sae.md §5.2 by name. */
function configMaps(call: CatalogCall) {
  return {
    create: (query: Query, body?: Body) => call('CreateConfigMap', 'POST', path, query, body),
    update: (query: Query, body?: Body) => call('UpdateConfigMap', 'PUT', path, query, body),
    remove: (query: Query) => call('DeleteConfigMap', 'DELETE', path, query),
    describe: (query: Query) => call('DescribeConfigMap', 'GET', path, query),
    list: (query: Query) =>
      call(
        'ListNamespacedConfigMaps',
        'GET',
        '/pop/v1/sam/configmap/listNamespacedConfigMaps',
        query,
      ),
  };
}

const idOf = (answer: Record<string, unknown>) =>
  String((answer['Data'] as { ConfigMapId: number }).ConfigMapId);

interface ConfigMapData {
  readonly Data: Record<string, string>;
  readonly CreateTime: number;
  readonly UpdateTime: number;
  readonly RelateApps: readonly { readonly AppId: string; readonly AppName: string }[];
}
const dataOf = (answer: Record<string, unknown>) => answer['Data'] as ConfigMapData;

suite('ConfigMaps round trip', () => {
  for (const client of clientNames) {
    test(client, async (t) => {
      const host = await startSaeHost(t);
      const maps = configMaps(host.clients[client]);
      const place = { NamespaceId: region, Name: 'test-configmap' };
      const before = Date.now();
      const created = await maps.create(
        { ...place, Description: 'd' },
        { json: { Data: '{"k":"v 1&é"}' } },
      );
      const { ConfigMapId } = created['Data'] as { ConfigMapId: unknown };
      assert.ok(Number.isSafeInteger(ConfigMapId));
      const id = String(ConfigMapId);
      const shown = dataOf(await maps.describe({ ConfigMapId: id }));
      const { CreateTime, UpdateTime, ...rest } = shown;
      assert.deepEqual(rest, {
        ConfigMapId,
        ...place,
        Description: 'd',
        Data: { k: 'v 1&é' },
        RelateApps: [],
      });
      assert.ok(CreateTime >= before && CreateTime <= Date.now());
      assert.equal(UpdateTime, CreateTime);

      const updated = await maps.update({ ConfigMapId: id }, { json: { Data: { other: 'w' } } });
      assert.deepEqual(updated['Data'], { ConfigMapId: id });
      const listed = (await maps.list({ NamespaceId: region }))['Data'] as {
        ConfigMaps: (ConfigMapData & { Description: string })[];
      };
      assert.equal(listed.ConfigMaps.length, 1);
      assert.deepEqual(listed.ConfigMaps[0]?.Data, { other: 'w' });
      // An absent description stays.
      assert.equal(listed.ConfigMaps[0]?.Description, 'd');
      assert.equal(listed.ConfigMaps[0]?.CreateTime, CreateTime);
      assert.ok(listed.ConfigMaps[0]?.UpdateTime >= CreateTime);

      assert.deepEqual((await maps.remove({ ConfigMapId: id }))['Data'], { ConfigMapId });
      await assert.rejects(maps.describe({ ConfigMapId: id }), /does not exist/);
      assert.deepEqual(host.errors, []);
    });
  }
});

describe('ConfigMaps', () => {
  test('Data is taken from a JSON body, a form and the query, as text or as an object', async (t) => {
    const { call, clients } = await startSaeHost(t);
    const maps = configMaps(call);
    const text = '{"a":"1","n":2,"b":true,"o":{"x":[1]},"z":null}';
    const stored = { a: '1', n: '2', b: 'true', o: '{"x":[1]}', z: 'null' };
    const bodies: readonly (readonly [string, Query, Body])[] = [
      ['jsonText', {}, { json: { Data: text } }],
      ['jsonObject', {}, { json: { Data: JSON.parse(text) as unknown } }],
      ['form', {}, { form: { Data: text } }],
      ['query', { Data: text }, undefined],
    ];
    for (const [Name, query, body] of bodies) {
      const created = await maps.create({ NamespaceId: region, Name, ...query }, body);
      const shown = await maps.describe({ ConfigMapId: idOf(created) });
      assert.deepEqual(dataOf(shown).Data, stored, Name);
    }
    const created = await configMaps(clients.classic).create(
      { NamespaceId: region, Name: 'classic' },
      { form: { Data: text } },
    );
    assert.deepEqual(dataOf(await maps.describe({ ConfigMapId: idOf(created) })).Data, stored);
  });

  test('any pairs come back as they were sent', async (t) => {
    const { call } = await startSaeHost(t);
    const maps = configMaps(call);
    const ConfigMapId = idOf(
      await maps.create({ NamespaceId: region, Name: 'a' }, { json: { Data: {} } }),
    );
    const key = fc.oneof(
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 20 })
        .filter((text) => !/[/\0]/.test(text) && !/^\.\.?$/.test(text)),
      fc.constantFrom('__proto__', 'constructor', 'toString', '%s', ' ', '...'),
    );
    const value = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/\0/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, value), { maxLength: 8 }), async (pairs) => {
        const data = Object.fromEntries(pairs);
        await maps.update({ ConfigMapId }, { json: { Data: JSON.stringify(data) } });
        const shown = dataOf(await maps.describe({ ConfigMapId })).Data;
        assert.deepEqual(Object.entries(shown).toSorted(), Object.entries(data).toSorted());
      }),
      { numRuns: 60 },
    );
  });

  test('names, ids and times of several namespaces stay apart', async (t) => {
    const { call } = await startSaeHost(t, { settings: { namespaces: [`${region}:team`] } });
    const maps = configMaps(call);
    const body = { json: { Data: {} } };
    const first = await maps.create({ NamespaceId: region, Name: 'a' }, body);
    const second = await maps.create({ NamespaceId: `${region}:team`, Name: 'a' }, body);
    assert.notEqual(idOf(first), idOf(second));
    const listed = (await maps.list({ NamespaceId: `${region}:team` }))['Data'] as {
      ConfigMaps: { ConfigMapId: number }[];
    };
    assert.deepEqual(
      listed.ConfigMaps.map((item) => String(item.ConfigMapId)),
      [idOf(second)],
    );
    // The id of one that is gone is never used again.
    await maps.remove({ ConfigMapId: idOf(second) });
    const third = await maps.create({ NamespaceId: `${region}:team`, Name: 'a' }, body);
    assert.ok(Number(idOf(third)) > Number(idOf(second)));
  });

  test('a template that uses one is told of and holds it', async (t) => {
    const { call } = await startSaeHost(t);
    const maps = configMaps(call);
    const ConfigMapId = idOf(
      await maps.create({ NamespaceId: region, Name: 'a' }, { json: { Data: { k: 'v' } } }),
    );
    const created = await call('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
      AppName: 'user',
      Workload: 'job',
      PackageType: 'Image',
      ImageUrl: 'longshore/host',
      Replicas: '1',
      Envs: `[{"name":"A","valueFrom":"configMapRef","configMapId":${ConfigMapId},"key":"k"}]`,
    });
    const { AppId } = created['Data'] as { AppId: string };
    const related = [{ AppId, AppName: 'user' }];
    assert.deepEqual(dataOf(await maps.describe({ ConfigMapId })).RelateApps, related);
    const listed = (await maps.list({ NamespaceId: region }))['Data'] as {
      ConfigMaps: ConfigMapData[];
    };
    assert.deepEqual(listed.ConfigMaps[0]?.RelateApps, related);
    assertRefusal(
      await refusal(maps.remove({ ConfigMapId })),
      400,
      'DeleteFail.ConfigMapReferenced',
      'Failed to delete the ConfigMap. It has been used by other applications.',
    );
    await maps.update({ ConfigMapId }, { json: { Data: { k: 'w' } } });
    await call('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId });
    await maps.remove({ ConfigMapId });
  });

  test('refusals', async (t) => {
    const { call, errors } = await startSaeHost(t);
    const maps = configMaps(call);
    const place = { NamespaceId: region, Name: 'a' };
    const data = (value: unknown): Body => ({ json: { Data: value } });
    const id = idOf(await maps.create({ ...place, Name: 'taken' }, data({})));
    const long = 'k'.repeat(251);
    const refusals: readonly (readonly [() => Promise<unknown>, string, string])[] = [
      [
        () => maps.create({ Name: 'a' }, data({})),
        'InvalidParameter.NotEmpty',
        'You must specify the parameter NamespaceId.',
      ],
      [
        () => maps.create({ NamespaceId: region }, data({})),
        'InvalidParameter.NotEmpty',
        'You must specify the parameter Name.',
      ],
      [() => maps.create(place), 'InvalidParameter.NotEmpty', 'the parameter Data.'],
      [() => maps.create(place, data('')), 'InvalidParameter.NotEmpty', 'the parameter Data.'],
      ...['1a', 'a b', 'é', 'a.b', 'x'.repeat(64)].map(
        (Name) =>
          [
            () => maps.create({ NamespaceId: region, Name }, data({})),
            'InvalidParameter.Obviously',
            'The specified parameter is invalid {Name}.',
          ] as const,
      ),
      [
        () => maps.create({ ...place, Description: 'x'.repeat(1025) }, data({})),
        'InvalidParameter.Obviously',
        'The specified parameter is invalid {Description}.',
      ],
      [
        () => maps.create({ ...place, Name: 'taken' }, data({})),
        'InvalidParameter.WithMessage',
        'The parameter is invalid {Name}: the namespace has a ConfigMap taken already',
      ],
      ...['[]', '"x"', 'null', '1', '{', '{"a":1} '.repeat(2)].map(
        (text) =>
          [
            () => maps.create(place, data(text)),
            'InvalidParameter.WithMessage',
            'The parameter is invalid {Data}: ',
          ] as const,
      ),
      ...['', 'a/b', '.', '..', 'a\0', '\ud800', long].map(
        (key) =>
          [
            () => maps.create(place, data(JSON.stringify({ [key]: 'v' }))),
            'InvalidParameter.WithMessage',
            'key',
          ] as const,
      ),
      ...['a\0', '\udfff'].map(
        (value) =>
          [
            () => maps.create(place, data(JSON.stringify({ k: value }))),
            'InvalidParameter.WithMessage',
            'the value of k holds',
          ] as const,
      ),
      [
        () => maps.create(place, data({ a: 'é'.repeat(512 * 1024), b: '' })),
        'InvalidParameter.WithMessage',
        'at most 1048576 fit',
      ],
      ...['0', '-1', '1.5', 'x', '99999999999999999999', '9007199254740993'].map(
        (ConfigMapId) =>
          [
            () => maps.describe({ ConfigMapId }),
            'InvalidParameter.Obviously',
            'The specified parameter is invalid {ConfigMapId}.',
          ] as const,
      ),
      ...[maps.describe, maps.remove, maps.update].map(
        (operation) =>
          [
            () => operation({}, data({})),
            'InvalidParameter.NotEmpty',
            'You must specify the parameter ConfigMapId.',
          ] as const,
      ),
      ...[maps.describe, maps.remove, maps.update].map(
        (operation) =>
          [
            () => operation({ ConfigMapId: '4711' }, data({})),
            'NotFound.ConfigMap',
            'The ConfigMap object (ID: 4711) does not exist.',
          ] as const,
      ),
      [() => maps.update({ ConfigMapId: id }), 'InvalidParameter.NotEmpty', 'parameter Data.'],
      [() => maps.list({}), 'InvalidParameter.NotEmpty', 'the parameter NamespaceId.'],
    ];
    for (const [work, code, message] of refusals) {
      assertRefusal(await refusal(work()), 400, code, message);
    }
    for (const NamespaceId of [`${region}:nowhere`, 'x\0']) {
      for (const work of [
        () => maps.create({ NamespaceId, Name: 'a' }, data({})),
        () => maps.list({ NamespaceId }),
      ]) {
        assertRefusal(
          await refusal(work()),
          404,
          'InvalidNamespaceId.NotFound',
          'The specified NamespaceId does not exist.',
        );
      }
    }
    assert.deepEqual(errors, []);
  });

  test('a store that is full', async (t) => {
    const memory = new Database(':memory:');
    const { call } = await startSaeHost(t, { memory });
    const maps = configMaps(call);
    const ConfigMapId = idOf(
      await maps.create({ NamespaceId: region, Name: 'a' }, { json: { Data: {} } }),
    );
    const pages = memory.pragma('page_count', { simple: true }) as number;
    memory.pragma(`max_page_count = ${pages}`);
    const body = { json: { Data: { k: 'v'.repeat(200_000) } } };
    for (const work of [
      () => maps.create({ NamespaceId: region, Name: 'b' }, body),
      () => maps.update({ ConfigMapId }, body),
    ]) {
      assertRefusal(
        await refusal(work()),
        500,
        'OperationFailed.RPCError',
        'Internal RPC request processing error.',
      );
    }
    memory.pragma('max_page_count = 1000000');
    await maps.update({ ConfigMapId }, body);
  });

  test('the quota', async (t) => {
    const { call } = await startSaeHost(t, {
      limits: { ...defaultCatalogLimits, configMapsPerNamespace: 1 },
    });
    const maps = configMaps(call);
    const body = { json: { Data: {} } };
    await maps.create({ NamespaceId: region, Name: 'a' }, body);
    assertRefusal(
      await refusal(maps.create({ NamespaceId: region, Name: 'b' }, body)),
      400,
      'Exceed.ConfigMap',
      'Too many ConfigMap objects have been created in the namespace.',
    );
  });
});
