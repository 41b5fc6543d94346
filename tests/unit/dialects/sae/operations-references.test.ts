import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { product } from './product.ts';
import { callOf, region } from './support.ts';

describe('what SAE templates refer to', () => {
  const dialect = 'sae' as const;
  const env = (configMapId: number, key = 'k') =>
    JSON.stringify([{ name: 'A', valueFrom: 'configMapRef', configMapId, key }]);

  async function withCatalog(context: TestContext) {
    const all = await product(context);
    const { catalog, templates, runs } = all.sae.services.context.engine;
    const configMap = async (name: string, namespace = region) =>
      (
        await catalog.createConfigMap({
          dialect,
          namespace,
          name,
          description: '',
          data: { k: 'v' },
          createdAtMs: 1,
        })
      ).id;
    return { ...all, catalog, templates, runs, configMap };
  }

  test('is looked up, kept as references and named by DescribeJob', async (context) => {
    const { create, call, data, catalog, templates, configMap } = await withCatalog(context);
    const id = await configMap('settings');
    const { id: secretId } = await catalog.createSecret(
      {
        dialect,
        namespace: region,
        name: 'registry',
        type: 'kubernetes.io/dockerconfigjson',
        createdAtMs: 1,
      },
      { '.dockerconfigjson': 'e30=' },
    );
    const mount = { configMapId: id, key: 'k', mountPath: '/m' };
    const AppId = await create({
      ImageUrl: 'team/app:1',
      ImagePullSecrets: String(secretId),
      ConfigMapMountDesc: JSON.stringify([mount]),
    });
    const shown = await data('DescribeJob', { AppId });
    assert.deepEqual(shown['ConfigMapMountDesc'], [
      { ConfigMapId: id, ConfigMapName: 'settings', Key: 'k', MountPath: '/m' },
    ]);
    assert.deepEqual((await templates.get(AppId))?.references, [
      { kind: 'config-map', id },
      { kind: 'secret', id: secretId },
    ]);
    await assert.rejects(catalog.deleteConfigMap(dialect, id), { code: 'config-map-in-use' });
    await assert.rejects(catalog.deleteSecret(dialect, secretId), { code: 'secret-in-use' });
    await call('UpdateJob', { AppId, ConfigMapMountDesc: '', ImagePullSecrets: '' });
    assert.deepEqual((await templates.get(AppId))?.references ?? [], []);
    await catalog.deleteConfigMap(dialect, id);
    await catalog.deleteSecret(dialect, secretId);
  });

  test('tags are shown', async (context) => {
    const { create, data, catalog } = await withCatalog(context);
    const AppId = await create();
    await catalog.putTags(dialect, [AppId], [{ key: 'team', value: 'a' }]);
    assert.deepEqual((await data('DescribeJob', { AppId }))['Tags'], [{ Key: 'team', Value: 'a' }]);
  });

  test('ExecJob checks what the request refers to, and only after a known EventId', async (context) => {
    const { create, code, exec, runs, catalog, configMap } = await withCatalog(context);
    const id = await configMap('one');
    const elsewhere = await configMap('one', 'cn-hangzhou:team');
    const AppId = await create({ Envs: env(id) });
    const first = await exec({ AppId, EventId: 'e', Envs: env(id) });
    assert.deepEqual((await runs.get(first))?.spec.task.envFrom, [
      { name: 'A', configMapId: id, key: 'k' },
    ]);
    assert.equal(await exec({ AppId, EventId: 'e', Envs: env(99) }), first);
    assert.equal(await code('ExecJob', { AppId, Envs: env(99) }), 'NotFound.ConfigMap');
    assert.equal(await code('ExecJob', { AppId, Envs: env(elsewhere) }), 'NotFound.ConfigMap');
    assert.equal(await code('ExecJob', { AppId, Envs: env(id, 'x') }), 'NotFound.ConfigMapKey');
    await catalog.updateConfigMap(dialect, id, { data: { other: '' }, atMs: 2 });
    // The template's own reference is read when an attempt starts: a run may still wait for it.
    assert.equal(await code('ExecJob', { AppId }), 'success');
  });

  test('an update is checked by what the template refers to when it is stored', async (context) => {
    const { create, call, code, templates, configMap } = await withCatalog(context);
    const [one, two] = [await configMap('one'), await configMap('two')];
    const AppId = await create();
    const updates = [one, two].flatMap((id) => [
      call('UpdateJob', { AppId, Envs: env(id) }),
      call('UpdateJob', { AppId, BackoffLimit: String(id) }),
      call('UpdateJob', { AppId, Timeout: '60' }),
    ]);
    await Promise.all(updates);
    const template = await templates.get(AppId);
    assert.equal(template?.revision, 7);
    const [source] = template?.spec.task.envFrom ?? [];
    assert.deepEqual(template?.references, [
      { kind: 'config-map', id: source && 'configMapId' in source ? source.configMapId : 0 },
    ]);
    assert.equal(await code('UpdateJob', { AppId, Envs: env(99) }), 'NotFound.ConfigMap');
  });

  test('one that always changes meanwhile is told so', async (context) => {
    const { sae, create, configMap, templates } = await withCatalog(context);
    const ids = [await configMap('one'), await configMap('two')];
    const AppId = await create();
    const { engine } = sae.services.context;
    let turn = 0;
    // Another client is faster each time: between the reading and the storing.
    const catalog = {
      ...engine.catalog,
      secret: async () => {
        turn += 1;
        const update = sae.operations.find((item) => item.name === 'UpdateJob');
        await update?.handle(callOf({ AppId, Envs: env(ids[turn % 2] ?? 0) }), sae.services);
        return null;
      },
    };
    const services = {
      ...sae.services,
      context: { ...sae.services.context, engine: { ...engine, catalog } },
    };
    const update = sae.operations.find((item) => item.name === 'UpdateJob');
    await assert.rejects(
      async () => update?.handle(callOf({ AppId, ImagePullSecrets: '7' }), services),
      { code: 'Application.ChangerOrderRunning' },
    );
    assert.equal((await templates.get(AppId))?.document['ImagePullSecrets'], undefined);
    assert.equal(turn, 5);
  });

  test('a change says which parameters are without effect (U27)', async (context) => {
    const { create, call, templates } = await withCatalog(context);
    const AppId = await create({ VpcId: 'vpc-1', Cpu: '1000' });
    await call('UpdateJob', { AppId, BestEffortType: 'x' });
    const { rows } = await templates.changes(AppId, 0, 10);
    assert.deepEqual(rows.map(({ note }) => note).toSorted(), [
      'accepted without effect: VpcId, Cpu',
      'accepted without effect: VpcId, Cpu, BestEffortType',
    ]);
  });
});
