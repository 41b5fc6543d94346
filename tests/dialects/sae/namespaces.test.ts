import assert from 'node:assert/strict';
import { describe, suite, test } from 'node:test';
import { defaultCatalogLimits } from '../../../src/domain/catalog.ts';
import { refusal } from '../../support/sae.ts';
import {
  assertRefusal,
  accountId,
  type CatalogCall,
  clientNames,
  region,
  startSaeHost,
} from '../../support/sae-host.ts';

const path = '/pop/v1/paas/namespace';
const id = `${region}:test`;

/** The operations of sae.md §5.1 by name. */
function namespaces(call: CatalogCall) {
  const sam = '/pop/v1/sam/namespace';
  type Query = Readonly<Record<string, string>>;
  return {
    create: (query: Query) => call('CreateNamespace', 'POST', path, query),
    update: (query: Query) => call('UpdateNamespace', 'PUT', path, query),
    remove: (query: Query) => call('DeleteNamespace', 'DELETE', path, query),
    describe: (query: Query) => call('DescribeNamespace', 'GET', path, query),
    page: (query: Query) => call('DescribeNamespaces', 'GET', '/pop/v1/paas/namespaces', query),
    list: (query: Query) =>
      call('DescribeNamespaceList', 'GET', `${sam}/describeNamespaceList`, query),
    resources: (query: Query) =>
      call('DescribeNamespaceResources', 'GET', `${sam}/describeNamespaceResources`, query),
    vpc: (query: Query) => call('UpdateNamespaceVpc', 'POST', `${sam}/updateNamespaceVpc`, query),
    sls: (query: Query) =>
      call(
        'UpdateNamespaceSlsConfigs',
        'POST',
        '/pop/cas/namespace/updateNamespaceSlsConfigs',
        query,
      ),
  };
}

async function createJob(call: CatalogCall, NamespaceId: string): Promise<string> {
  const created = await call('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
    AppName: 'inside',
    Workload: 'job',
    PackageType: 'Image',
    ImageUrl: 'longshore/host',
    Replicas: '1',
    NamespaceId,
  });
  return (created['Data'] as { AppId: string }).AppId;
}

const deleteJob = (call: CatalogCall, AppId: string) =>
  call('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId });

suite('namespaces round trip', () => {
  for (const client of clientNames) {
    test(client, async (t) => {
      const host = await startSaeHost(t);
      const ns = namespaces(host.clients[client]);
      const shown = {
        NamespaceId: id,
        NameSpaceShortId: 'test',
        NamespaceName: 'namé 夜',
        NamespaceDescription: '',
        RegionId: region,
        EnableMicroRegistration: false,
      };
      const created = await ns.create({
        NamespaceId: id,
        NamespaceName: 'namé 夜',
        EnableMicroRegistration: 'false',
      });
      assert.deepEqual(created['Data'], shown);
      assert.deepEqual((await ns.describe({ NameSpaceShortId: 'test' }))['Data'], shown);

      const changed = {
        ...shown,
        NamespaceName: 'b',
        NamespaceDescription: 'd',
        EnableMicroRegistration: true,
      };
      const update = await ns.update({
        NamespaceId: id,
        NamespaceName: 'b',
        NamespaceDescription: 'd',
        EnableMicroRegistration: 'true',
      });
      assert.deepEqual(update['Data'], changed);
      // Absent stays, empty clears.
      await ns.update({ NamespaceId: id, NamespaceName: 'b' });
      assert.deepEqual((await ns.describe({ NamespaceId: id }))['Data'], changed);
      await ns.update({ NamespaceId: id, NamespaceName: 'b', NamespaceDescription: '' });
      assert.deepEqual((await ns.describe({ NamespaceId: id }))['Data'], {
        ...changed,
        NamespaceDescription: '',
      });

      const page = await ns.page({ CurrentPage: '1', PageSize: '10' });
      const empty = { TenantId: '', AccessKey: '', SecretKey: '', AddressServerHost: '' };
      assert.deepEqual(page['Data'], {
        CurrentPage: 1,
        PageSize: 10,
        TotalSize: 2,
        Namespaces: [
          {
            NamespaceId: region,
            NameSpaceShortId: '',
            NamespaceName: 'default',
            NamespaceDescription: '',
            RegionId: region,
            ...empty,
          },
          {
            NamespaceId: id,
            NameSpaceShortId: 'test',
            NamespaceName: 'b',
            NamespaceDescription: '',
            RegionId: region,
            ...empty,
          },
        ],
      });

      const vpc = await ns.vpc({ NamespaceId: id, VpcId: 'vpc-1' });
      assert.equal('Data' in vpc, false);
      assert.deepEqual(
        [vpc['Code'], vpc['Message'], vpc['Success'], vpc['ErrorCode']],
        ['200', 'success', true, ''],
      );
      const list = await ns.list({ ContainCustom: 'true', HybridCloudExclude: 'true' });
      assert.deepEqual(list['Data'], [
        {
          NamespaceId: region,
          NameSpaceShortId: '',
          NamespaceName: 'default',
          RegionId: region,
          Current: true,
          Custom: false,
          HybridCloudEnable: false,
        },
        {
          NamespaceId: id,
          NameSpaceShortId: 'test',
          NamespaceName: 'b',
          RegionId: region,
          VpcId: 'vpc-1',
          Current: false,
          Custom: true,
          HybridCloudEnable: false,
        },
      ]);
      assert.equal(((await ns.list({}))['Data'] as unknown[]).length, 1);

      const SlsConfigs = '[{"logDir":"","logType":"stdout"}]';
      const sls = await ns.sls({ NamespaceId: id, SlsConfigs, SlsLogEnvTags: 'a,b' });
      assert.equal('Data' in sls, false);
      // The client core adds no member of its own: this is what was sent.
      assert.match(String(sls['requestId']), /^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-/);
      assert.equal('RequestId' in sls, false);
      const resources = await ns.resources({ NamespaceId: id });
      assert.deepEqual(resources['Data'], {
        NamespaceId: id,
        NameSpaceShortId: 'test',
        NamespaceName: 'b',
        Description: '',
        BelongRegion: region,
        VpcId: 'vpc-1',
        SlsConfigs,
        UserId: accountId,
        AppCount: 0,
        LastChangeOrderStatus: 'READY',
        LastChangeOrderRunning: false,
        NotificationExpired: false,
      });

      const removed = await ns.remove({ NamespaceId: id });
      assert.equal('Data' in removed, false);
      await assert.rejects(
        ns.describe({ NamespaceId: id }),
        /specified NamespaceId does not exist/,
      );
      assert.deepEqual(host.errors, []);
    });
  }
});

describe('namespaces', () => {
  test('templates inside hold the namespace and its VPC', async (t) => {
    const { call } = await startSaeHost(t);
    const ns = namespaces(call);
    await ns.create({ NameSpaceShortId: 'test', NamespaceName: 'a' });
    await ns.vpc({ NamespaceId: id, VpcId: 'vpc-1' });
    const appId = await createJob(call, id);
    const resources = (await ns.resources({ NameSpaceShortId: 'test' }))['Data'] as {
      AppCount: number;
      LastChangeOrderId: string;
      LastChangeOrderStatus: string;
    };
    assert.deepEqual([resources.AppCount, resources.LastChangeOrderStatus], [1, 'SUCCESS']);
    assert.match(resources.LastChangeOrderId, /^[0-9a-f-]{36}$/);
    for (const work of [
      () => ns.remove({ NamespaceId: id }),
      () => ns.vpc({ NamespaceId: id, VpcId: 'vpc-2' }),
    ]) {
      assertRefusal(
        await refusal(work()),
        400,
        'Namespace.AppExists',
        'Please delete the application first.',
      );
    }
    // The same VPC is no change.
    await ns.vpc({ NamespaceId: id, VpcId: 'vpc-1' });
    await deleteJob(call, appId);
    await ns.vpc({ NamespaceId: id, VpcId: 'vpc-2' });
    await ns.remove({ NamespaceId: id });
  });

  test('a namespace goes with its ConfigMaps and Secrets', async (t) => {
    const { call, engine } = await startSaeHost(t);
    const ns = namespaces(call);
    await ns.create({ NamespaceId: id, NamespaceName: 'a' });
    const createdAtMs = Date.now();
    const place = { dialect: 'sae', namespace: id, createdAtMs } as const;
    await engine.catalog.createConfigMap({ ...place, name: 'c', description: '', data: {} });
    await engine.catalog.createSecret({ ...place, name: 's', type: 'Opaque' }, {});
    await ns.remove({ NamespaceId: id });
    assert.deepEqual(await engine.catalog.configMapsOf('sae', id), []);
    assert.deepEqual(await engine.catalog.secretsOf('sae', id), []);
  });

  test('configured ones exist without being stored, and are stored with their first change', async (t) => {
    const team = `${region}:team`;
    const { call, engine } = await startSaeHost(t, { settings: { namespaces: [team] } });
    const ns = namespaces(call);
    const listed = async () =>
      (
        (await ns.page({ CurrentPage: '1', PageSize: '10' }))['Data'] as {
          Namespaces: { NamespaceId: string }[];
        }
      ).Namespaces.map((row) => row.NamespaceId);
    assert.deepEqual(await listed(), [region, team]);
    assert.equal(
      ((await ns.describe({ NamespaceId: team }))['Data'] as { NamespaceName: string })
        .NamespaceName,
      'team',
    );
    assert.equal(await engine.catalog.namespace('sae', team), null);
    await createJob(call, team);
    // Two first changes at once: both are there.
    await Promise.all([
      ns.update({ NamespaceId: team, NamespaceName: 'renamed' }),
      ns.sls({ NamespaceId: team, SlsLogEnvTags: 'a' }),
    ]);
    const stored = await engine.catalog.namespace('sae', team);
    assert.deepEqual([stored?.name, stored?.document['SlsLogEnvTags']], ['renamed', 'a']);
    assert.ok((stored?.createdAtMs ?? 0) > 0);
    assert.deepEqual(await listed(), [region, team]);
    assertRefusal(
      await refusal(ns.create({ NamespaceId: team, NamespaceName: 'a' })),
      400,
      'InstanceExist.NamespaceId',
      'The specified namespace ID already exists.',
    );
    assertRefusal(
      await refusal(ns.remove({ NamespaceId: team })),
      400,
      'InvalidParameter.WithMessage',
      '{NamespaceId}',
      'sae.namespaces',
    );
  });

  test('pages', async (t) => {
    const { call } = await startSaeHost(t);
    const ns = namespaces(call);
    for (const short of ['c', 'a', 'b']) {
      await ns.create({ NameSpaceShortId: short, NamespaceName: short });
    }
    const page = async (CurrentPage: string, PageSize: string) => {
      const data = (await ns.page({ CurrentPage, PageSize }))['Data'] as {
        TotalSize: number;
        Namespaces: { NameSpaceShortId: string }[];
      };
      return [data.TotalSize, ...data.Namespaces.map((row) => row.NameSpaceShortId)];
    };
    assert.deepEqual(await page('1', '3'), [4, '', 'a', 'b']);
    assert.deepEqual(await page('2', '3'), [4, 'c']);
    assert.deepEqual(await page('3', '3'), [4]);
    assert.deepEqual(await page('1', '0'), [4]);
  });

  test('policies name a namespace by its applications', async (t) => {
    const { call, userWith } = await startSaeHost(t);
    const ns = namespaces(call);
    await ns.create({ NamespaceId: id, NamespaceName: 'a' });
    await ns.create({ NameSpaceShortId: 'other', NamespaceName: 'a' });
    const limited = namespaces(
      await userWith({
        Version: '1',
        Statement: [
          { Effect: 'Allow', Action: 'sae:*', Resource: `acs:sae:*:*:application/${id}/*` },
        ],
      }),
    );
    await limited.describe({ NamespaceId: id });
    await limited.describe({ NameSpaceShortId: 'test' });
    for (const work of [
      () => limited.describe({ NameSpaceShortId: 'other' }),
      () => limited.remove({ NamespaceId: `${region}:other` }),
      () => limited.describe({}),
      () => limited.list({}),
      // The long id decides, for the policy as for the operation.
      () => limited.remove({ NamespaceId: `${region}:other`, NameSpaceShortId: 'test' }),
    ]) {
      assert.deepEqual(
        [(await refusal(work())).code].map((code) => code.includes('NoPermission')),
        [true],
      );
    }
  });

  const long = 'x'.repeat(65);
  const wrongIds: readonly (readonly [string, string, string])[] = [
    ['no-region', 'InvalidNamespaceId.Format', 'The specified NamespaceId is invalid.'],
    ['cn-beijing:test', 'InvalidNamespaceId.Format', 'The specified NamespaceId is invalid.'],
    [`${region}:`, 'InvalidNamespaceId.Format', 'The specified NamespaceId is invalid.'],
    [
      `${region}:${'a'.repeat(21)}`,
      'InvalidNamespaceId.Format',
      'The specified NamespaceId is invalid.',
    ],
    [
      `${region}:a_b`,
      'InvalidNamespaceIdSuffix.Format',
      'NamespaceId can only contain alphabetical letters or numbers.',
    ],
    [
      `${region}:-a`,
      'InvalidNamespaceIdSuffix.Format',
      'NamespaceId can only contain alphabetical letters or numbers.',
    ],
    [`${region}:Test`, 'InvalidNamespace.WithUppercase', 'because it contains uppercase letters.'],
    [region, 'InstanceExist.NamespaceId', 'The specified namespace ID already exists.'],
    [id, 'InstanceExist.NamespaceId', 'The specified namespace ID already exists.'],
  ];

  test('refusals of CreateNamespace and UpdateNamespace', async (t) => {
    const { call } = await startSaeHost(t);
    const ns = namespaces(call);
    await ns.create({ NamespaceId: id, NamespaceName: 'a' });
    await ns.create({ NameSpaceShortId: 'a-1', NamespaceName: 'x'.repeat(64) });
    for (const [wrongId, code, text] of wrongIds) {
      const error = await refusal(ns.create({ NamespaceId: wrongId, NamespaceName: 'a' }));
      assertRefusal(error, 400, code, text);
    }
    const named = { NamespaceId: id, NamespaceName: 'a' };
    for (const [query, code, text] of [
      [{ NamespaceId: id }, 'InvalidParameter.NotEmpty', 'parameter NamespaceName.'],
      [{ NamespaceName: 'a' }, 'InvalidParameter.NotEmpty', 'parameter NamespaceId.'],
      [
        { ...named, NamespaceName: long },
        'InvalidNamespaceName.Format',
        'The specified NamespaceName is invalid. The name of the namespace cannot exceed 63 characters in length.',
      ],
      [
        { ...named, NamespaceName: 'a\0' },
        'InvalidParameter.Obviously',
        'The specified parameter is invalid {NamespaceName}.',
      ],
      [
        { ...named, NamespaceDescription: 'x'.repeat(101) },
        'InvalidParameter.Obviously',
        'The specified parameter is invalid {NamespaceDescription}.',
      ],
      [
        { ...named, EnableMicroRegistration: 'yes' },
        'InvalidParameter.Obviously',
        'The specified parameter is invalid {EnableMicroRegistration}.',
      ],
    ] as const) {
      for (const work of [() => ns.create(query), () => ns.update(query)]) {
        assertRefusal(await refusal(work()), 400, code, text);
      }
    }
    assertRefusal(
      await refusal(ns.update({ ...named, EnableMicroRegistration: 'false' })),
      400,
      'InvalidParameter.WithMessage',
      '{EnableMicroRegistration}',
      'cannot be turned off',
    );
  });

  test('the default and unknown namespaces cannot be taken singly', async (t) => {
    const { call } = await startSaeHost(t);
    const ns = namespaces(call);
    for (const NamespaceId of [region, `${region}:nowhere`, 'x', '*', 'a\0']) {
      for (const work of [
        () => ns.describe({ NamespaceId }),
        () => ns.update({ NamespaceId, NamespaceName: 'a' }),
        () => ns.remove({ NamespaceId }),
        () => ns.resources({ NamespaceId }),
        () => ns.vpc({ NamespaceId, VpcId: 'v' }),
        () => ns.sls({ NamespaceId, SlsConfigs: '' }),
      ]) {
        assertRefusal(
          await refusal(work()),
          404,
          'InvalidNamespaceId.NotFound',
          'The specified NamespaceId does not exist.',
        );
      }
    }
    await createJob(call, region);
  });

  test('refusals of the other operations', async (t) => {
    const { call } = await startSaeHost(t);
    const ns = namespaces(call);
    await ns.create({ NamespaceId: id, NamespaceName: 'a' });
    for (const work of [ns.describe, ns.remove, ns.resources, ns.sls].map(
      (operation) => () => operation({}),
    )) {
      assertRefusal(await refusal(work()), 400, 'InvalidParameter.NotEmpty', 'NamespaceId');
    }
    for (const [work, code, text] of [
      [() => ns.vpc({ NamespaceId: id }), 'InvalidParameter.NotEmpty', 'VpcId'],
      [() => ns.vpc({ NamespaceId: id, VpcId: 'a b' }), 'InvalidParameter.Obviously', '{VpcId}'],
      [
        () => ns.sls({ NamespaceId: id, SlsConfigs: '{' }),
        'InvalidParameter.WithMessage',
        'SlsConfigs',
      ],
      [
        () => ns.sls({ NamespaceId: id, SlsConfigs: '[{"logDir":"x"}]' }),
        'LogService.LogDirInvalid',
        'The log collection path is invalid.',
      ],
      [() => ns.page({ PageSize: '1' }), 'InvalidParameter.NotEmpty', 'CurrentPage'],
      [() => ns.page({ CurrentPage: '1' }), 'InvalidParameter.NotEmpty', 'PageSize'],
      [
        () => ns.page({ CurrentPage: '1', PageSize: '10001' }),
        'InvalidParameter.Obviously',
        '{PageSize}',
      ],
      [() => ns.list({ ContainCustom: 'x' }), 'InvalidParameter.Obviously', '{ContainCustom}'],
    ] as const) {
      assertRefusal(await refusal(work()), 400, code, text);
    }
  });

  test('the quota', async (t) => {
    const { call } = await startSaeHost(t, {
      limits: { ...defaultCatalogLimits, namespaces: 1 },
      settings: { namespaces: [`${region}:team`] },
    });
    const ns = namespaces(call);
    await ns.create({ NamespaceId: id, NamespaceName: 'a' });
    for (const work of [
      () => ns.create({ NameSpaceShortId: 'b', NamespaceName: 'a' }),
      () => ns.update({ NameSpaceShortId: 'team', NamespaceName: 'a' }),
    ]) {
      assertRefusal(
        await refusal(work()),
        400,
        'Exceed.Namespace',
        'Too many namespaces have been created.',
      );
    }
  });
});
