import assert from 'node:assert/strict';
import { describe, suite, test } from 'node:test';
import Database from 'better-sqlite3';
import { defaultCatalogLimits } from '../../../src/domain/catalog.ts';
import { refusal } from '../../support/sae.ts';
import {
  assertRefusal,
  type CatalogCall,
  clientNames,
  region,
  startSaeHost,
} from '../../support/sae-host.ts';

const path = '/pop/v1/sam/secret/secret';
const team = `${region}:team`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

type Query = Readonly<Record<string, string>>;
type Body = Parameters<CatalogCall>[4];

/** The operations of sae.md §5.3 by name. */
function secrets(call: CatalogCall) {
  return {
    create: (query: Query, body?: Body) => call('CreateSecret', 'POST', path, query, body),
    update: (query: Query, body?: Body) => call('UpdateSecret', 'PUT', path, query, body),
    remove: (query: Query) => call('DeleteSecret', 'DELETE', path, query),
    describe: (query: Query) => call('DescribeSecret', 'GET', path, query),
    list: (query: Query) => call('ListSecrets', 'GET', '/pop/v1/sam/secret/secrets', query),
  };
}

const idOf = (answer: Record<string, unknown>) =>
  String((answer['Data'] as { SecretId: number }).SecretId);

/** What the current clients make of a Secret's data (sae.md §5.3). */
const wrapped = (data: object) => JSON.stringify({ SecretData: JSON.stringify(data) });

suite('Secrets round trip', () => {
  for (const client of clientNames) {
    test(client, async (t) => {
      const host = await startSaeHost(t);
      const api = secrets(host.clients[client]);
      const data = { '.dockerconfigjson': base64('{"auths":{}}') };
      const named = {
        NamespaceId: region,
        SecretName: 'registry-auth-acree',
        SecretType: 'kubernetes.io/dockerconfigjson',
      };
      const before = Date.now();
      const created = await api.create({ ...named, SecretData: wrapped(data) });
      const { SecretId } = created['Data'] as { SecretId: unknown };
      assert.ok(Number.isSafeInteger(SecretId));
      const one = { NamespaceId: region, SecretId: String(SecretId) };
      const described = (await api.describe(one))['Data'] as {
        CreateTime: number;
        UpdateTime: number;
      };
      const { CreateTime, UpdateTime } = described;
      const shown = { SecretId, ...named, CreateTime, RelateApps: [] };
      assert.deepEqual(described, { ...shown, UpdateTime, SecretData: data });
      assert.ok(CreateTime >= before && CreateTime <= Date.now() && UpdateTime === CreateTime);

      const next = { '.dockerconfigjson': base64('{}') };
      const updated = await api.update({ ...one, SecretData: wrapped(next) });
      assert.deepEqual(updated['Data'], { SecretId });
      const after = (await api.describe(one))['Data'] as { SecretData: object; UpdateTime: number };
      assert.deepEqual(after.SecretData, next);
      const listed = (await api.list({ NamespaceId: region }))['Data'] as { Secrets: object[] };
      assert.deepEqual(listed.Secrets, [{ ...shown, UpdateTime: after.UpdateTime }]);

      assert.deepEqual((await api.remove(one))['Data'], { SecretId });
      await assert.rejects(api.describe(one), /does not exist/);
      assert.deepEqual(host.errors, []);
    });
  }
});

describe('Secrets', () => {
  test('SecretData is taken wrapped and bare, from query, form and JSON body', async (t) => {
    const { call } = await startSaeHost(t);
    const api = secrets(call);
    const data = { k: 'dg==', other: 'not base64 é' };
    const forms: readonly (readonly [string, Query, Body])[] = [
      ['wrapped', { SecretData: wrapped(data) }, undefined],
      ['bare', { SecretData: JSON.stringify(data) }, undefined],
      ['form', {}, { form: { SecretData: JSON.stringify(data) } }],
      ['wrappedForm', {}, { form: { SecretData: wrapped(data) } }],
      ['json', {}, { json: { SecretData: JSON.stringify(data) } }],
      ['jsonObject', {}, { json: { SecretData: data } }],
      ['objectWrapper', {}, { json: { SecretData: { SecretData: data } } }],
    ];
    for (const [SecretName, query, body] of forms) {
      const place = { NamespaceId: region, SecretType: 'Opaque', SecretName };
      const SecretId = idOf(await api.create({ ...place, ...query }, body));
      const shown = await api.describe({ NamespaceId: region, SecretId });
      const { SecretData } = shown['Data'] as { SecretData: object };
      assert.deepEqual(SecretData, data, SecretName);
    }
  });

  test('data lies sealed in the store', async (t) => {
    const memory = new Database(':memory:');
    const { call } = await startSaeHost(t, { memory });
    const api = secrets(call);
    const SecretData = wrapped({ password: 'cGFzc3dvcmQtb2YtdGhlLXJlZ2lzdHJ5' });
    const place = { NamespaceId: region, SecretName: 'a', SecretType: 'Opaque' };
    const SecretId = idOf(await api.create({ ...place, SecretData }));
    await api.update({ NamespaceId: region, SecretId, SecretData });
    assert.ok(memory.serialize().includes('Opaque'));
    assert.equal(memory.serialize().includes('cGFzc3dvcmQtb2Yt'), false);
  });

  test('one that cannot be opened any more is replaced and deleted', async (t) => {
    const memory = new Database(':memory:');
    const { call } = await startSaeHost(t, { memory });
    const api = secrets(call);
    const place = { NamespaceId: region, SecretType: 'Opaque', SecretData: wrapped({ k: 'dg==' }) };
    const [replaced, deleted] = [
      idOf(await api.create({ ...place, SecretName: 'replaced' })),
      idOf(await api.create({ ...place, SecretName: 'deleted' })),
    ];
    // What another master key sealed is as unreadable as this.
    const sealed = memory.prepare('update secrets set sealed_data = zeroblob(64)').run();
    assert.equal(sealed.changes, 2);
    const one = { NamespaceId: region, SecretId: replaced };
    await assert.rejects(api.describe(one), /cannot be opened/);

    await api.update({ ...one, SecretData: wrapped({ k: 'bmV3' }) });
    const { SecretData } = (await api.describe(one))['Data'] as { SecretData: object };
    assert.deepEqual(SecretData, { k: 'bmV3' });
    await api.remove({ NamespaceId: region, SecretId: deleted });
    const listed = (await api.list({ NamespaceId: region }))['Data'] as { Secrets: object[] };
    assert.equal(listed.Secrets.length, 1);
  });

  test('a template that pulls with one is told of and holds it', async (t) => {
    const { call } = await startSaeHost(t);
    const api = secrets(call);
    const SecretId = idOf(
      await api.create({
        NamespaceId: region,
        SecretName: 'pull',
        SecretType: 'kubernetes.io/dockerconfigjson',
        SecretData: wrapped({ '.dockerconfigjson': base64('{}') }),
      }),
    );
    const one = { NamespaceId: region, SecretId };
    const created = await call('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
      AppName: 'user',
      Workload: 'job',
      PackageType: 'Image',
      ImageUrl: 'team/app:1',
      Replicas: '1',
      ImagePullSecrets: SecretId,
    });
    const { AppId } = created['Data'] as { AppId: string };
    const { RelateApps } = (await api.describe(one))['Data'] as { RelateApps: object[] };
    assert.deepEqual(RelateApps, [{ AppId, AppName: 'user' }]);
    const listed = (await api.list({ NamespaceId: region }))['Data'] as {
      Secrets: { RelateApps: object[] }[];
    };
    assert.deepEqual(listed.Secrets[0]?.RelateApps, RelateApps);
    assertRefusal(
      await refusal(api.remove(one)),
      400,
      'DeleteFail.SecretReferenced',
      'Failed to delete the Secret. It has been used by other applications.',
    );
    await call('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId });
    await api.remove(one);
  });

  test('refusals', async (t) => {
    const { call, errors } = await startSaeHost(t, { settings: { namespaces: [team] } });
    const api = secrets(call);
    const opaque = { NamespaceId: region, SecretName: 'a', SecretType: 'Opaque' };
    const SecretData = wrapped({ k: 'dg==' });
    const SecretId = idOf(await api.create({ ...opaque, SecretName: 'taken', SecretData }));
    const tls = idOf(
      await api.create({
        NamespaceId: region,
        SecretName: 'tls',
        SecretType: 'kubernetes.io/tls',
        SecretData: wrapped({ 'tls.crt': 'dg==', 'tls.key': 'dg==' }),
      }),
    );
    const refusals: readonly (readonly [() => Promise<unknown>, string, string])[] = [
      ...(['NamespaceId', 'SecretName', 'SecretType', 'SecretData'] as const).map(
        (name) =>
          [
            () => api.create({ ...opaque, SecretData, [name]: '' }),
            'InvalidParameter.NotEmpty',
            `You must specify the parameter ${name}.`,
          ] as const,
      ),
      [
        () => api.create({ ...opaque, SecretData, SecretName: '1a' }),
        'InvalidParameter.Obviously',
        'The specified parameter is invalid {SecretName}.',
      ],
      ...['opaque', 'toString'].map(
        (SecretType) =>
          [
            () => api.create({ ...opaque, SecretData, SecretType }),
            'InvalidParameter.Obviously',
            'The specified parameter is invalid {SecretType}.',
          ] as const,
      ),
      [
        () => api.create({ ...opaque, SecretData, SecretName: 'taken' }),
        'InvalidParameter.WithMessage',
        'The parameter is invalid {SecretName}: the namespace has a Secret taken already',
      ],
      [
        () => api.create({ ...opaque, SecretData, SecretType: 'kubernetes.io/dockerconfigjson' }),
        'InvalidParameter.WithMessage',
        '{SecretData}: a Secret of type kubernetes.io/dockerconfigjson needs the key .dockerconfigjson',
      ],
      [
        () => api.update({ NamespaceId: region, SecretId: tls, SecretData }),
        'InvalidParameter.WithMessage',
        '{SecretData}: a Secret of type kubernetes.io/tls needs the key tls.crt',
      ],
      ...['x', '[]', '{"SecretData":"x"}', '{"SecretData":[]}', '{"SecretData":null}'].map(
        (text) =>
          [
            () => api.create({ ...opaque, SecretData: text }),
            'InvalidParameter.WithMessage',
            'The parameter is invalid {SecretData}: ',
          ] as const,
      ),
      [
        () => api.create(opaque, { json: { SecretData: { k: 'é'.repeat(600_000) } } }),
        'InvalidParameter.WithMessage',
        'The parameter is invalid {SecretData}: keys and values take 1200001 bytes',
      ],
      [
        () =>
          api.update(
            { NamespaceId: region, SecretId },
            { json: { SecretData: { k: 'é'.repeat(600_000) } } },
          ),
        'InvalidParameter.WithMessage',
        'The parameter is invalid {SecretData}: keys and values take 1200001 bytes',
      ],
      ...[api.describe, api.remove, api.update].flatMap((operation) => [
        [
          () => operation({ SecretId, SecretData }),
          'InvalidParameter.NotEmpty',
          'You must specify the parameter NamespaceId.',
        ] as const,
        [
          () => operation({ NamespaceId: region, SecretData }),
          'InvalidParameter.NotEmpty',
          'You must specify the parameter SecretId.',
        ] as const,
        [
          () => operation({ NamespaceId: region, SecretId: 'x', SecretData }),
          'InvalidParameter.Obviously',
          'The specified parameter is invalid {SecretId}.',
        ] as const,
        [
          () => operation({ NamespaceId: region, SecretId: '4711', SecretData }),
          'NotFound.Secret',
          'The Secret object (ID: 4711) does not exist.',
        ] as const,
        // That of another namespace is as unknown.
        [
          () => operation({ NamespaceId: team, SecretId, SecretData }),
          'NotFound.Secret',
          `The Secret object (ID: ${SecretId}) does not exist.`,
        ] as const,
      ]),
      [
        () => api.update({ NamespaceId: region, SecretId }),
        'InvalidParameter.NotEmpty',
        'You must specify the parameter SecretData.',
      ],
      [() => api.list({}), 'InvalidParameter.NotEmpty', 'the parameter NamespaceId.'],
    ];
    for (const [work, code, message] of refusals) {
      const error = await refusal(work());
      assertRefusal(error, 400, code, message);
    }
    const nowhere = { NamespaceId: `${region}:nowhere`, SecretId, SecretData };
    for (const work of [
      () => api.create({ ...opaque, ...nowhere }),
      () => api.update(nowhere),
      () => api.describe(nowhere),
      () => api.remove(nowhere),
      () => api.list(nowhere),
    ]) {
      assertRefusal(
        await refusal(work()),
        404,
        'InvalidNamespaceId.NotFound',
        'The specified NamespaceId does not exist.',
      );
    }
    assert.deepEqual(errors, []);
  });

  test('no refusal repeats what was to be kept secret', async (t) => {
    const { call } = await startSaeHost(t);
    const api = secrets(call);
    for (const SecretData of [
      'hunter2',
      '{"k":"hunter2"',
      '["hunter2"]',
      '"hunter2"',
      '{"SecretData":"hunter2"}',
      JSON.stringify({ k: 'hunter2\0' }),
      JSON.stringify({ '/': 'hunter2' }),
    ]) {
      const place = { NamespaceId: region, SecretName: 'a', SecretType: 'Opaque' };
      const { code, message } = await refusal(api.create({ ...place, SecretData }));
      assert.equal(code, 'InvalidParameter.WithMessage', SecretData);
      assert.equal(message.includes('hunter2'), false, message);
    }
  });

  test('the quota', async (t) => {
    const { call } = await startSaeHost(t, {
      limits: { ...defaultCatalogLimits, secretsPerNamespace: 1 },
    });
    const api = secrets(call);
    const place = { NamespaceId: region, SecretType: 'Opaque', SecretData: '{}' };
    await api.create({ ...place, SecretName: 'a' });
    assertRefusal(
      await refusal(api.create({ ...place, SecretName: 'b' })),
      400,
      'Exceed.Secret',
      'Too many Secret objects have been created in the namespace.',
    );
  });
});
