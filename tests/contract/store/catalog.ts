import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { StoreAdapter } from './adapter.ts';
import {
  configMap,
  limits,
  namespace,
  place,
  refusals,
  refusedWith,
  repeat,
  secret,
} from './catalog-fixtures.ts';
import { Bench, rejectsWith, t0 } from './fixtures.ts';

/** Callers that want the same thing at the same time. */
const RACERS = 12;

/** Namespaces, ConfigMaps and Secrets by themselves. */
export function catalogContract(adapter: StoreAdapter): void {
  describe('namespaces', () => {
    test('are kept whole, in their dialect, and listed by id', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const whole = namespace('cn-hangzhou:b', {
        name: 'β',
        description: 'two\nlines',
        document: { EnableMicroRegistration: true, deep: [null] },
        updatedAtMs: t0 + 1,
      });
      await store.createNamespace(whole, limits);
      for (const id of ['cn-hangzhou:a', 'cn-hangzhou:B', 'cn-hangzhou:_']) {
        await store.createNamespace(namespace(id), limits);
      }
      await store.createNamespace(namespace('cn-hangzhou:b', { dialect: 'cdm' }), limits);
      await bench.reopen();
      assert.deepEqual(await bench.store.namespace('sae', whole.id), whole);
      assert.equal(await bench.store.namespace('sae', 'unknown'), null);
      assert.equal(await bench.store.namespace('native', whole.id), null);
      const all = await bench.store.namespaces('sae', 0, 10);
      assert.deepEqual(
        all.rows.map(({ id }) => id),
        ['cn-hangzhou:B', 'cn-hangzhou:_', 'cn-hangzhou:a', 'cn-hangzhou:b'],
        'by their bytes, whatever the language of the database',
      );
      const page = await bench.store.namespaces('sae', 3, 2);
      assert.deepEqual(page, { rows: [whole], total: 4 });
    });

    test('are revised from what is stored', async (t) => {
      const { store } = await Bench.open(adapter, t);
      await store.createNamespace(namespace('n', { document: { count: 0 } }), limits);
      await Promise.all(
        repeat(RACERS, () =>
          store.updateNamespace('sae', 'n', (now) => ({
            ...now,
            name: 'new',
            document: { count: Number(now.document['count']) + 1 },
            updatedAtMs: t0 + 9,
          })),
        ),
      );
      assert.deepEqual(
        await store.namespace('sae', 'n'),
        namespace('n', { name: 'new', document: { count: RACERS }, updatedAtMs: t0 + 9 }),
      );
      await rejectsWith(
        store.updateNamespace('cdm', 'n', (now) => now),
        'namespace-not-found',
      );
    });

    test('one id is one namespace, and the limit is exact, however many ask', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const same = repeat(RACERS, () => store.createNamespace(namespace('one'), limits));
      assert.deepEqual(
        await refusals(same),
        repeat(RACERS - 1, () => 'already-exists'),
      );
      const few = { ...limits, namespaces: 4 };
      const many = repeat(RACERS, (n) => store.createNamespace(namespace(`n${n}`), few));
      assert.deepEqual(
        await refusals(many),
        repeat(RACERS - 3, () => 'catalog-quota-exceeded'),
      );
      assert.equal((await store.namespaces('sae', 0, 0)).total, 4);
      await refusedWith(store.createNamespace(namespace('more'), few), 'catalog-quota-exceeded', {
        kind: 'namespace',
        limit: 4,
      });
      await store.createNamespace(namespace('one', { dialect: 'cdm' }), few);
    });

    test('go with what is in them, unless a template is', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      await store.createNamespace(namespace(place), limits);
      const map = await store.createConfigMap(configMap('m'), limits);
      const { id } = await store.createSecret(secret('s'), randomBytes(8), limits);
      const other = await store.createConfigMap(configMap('m', { namespace: 'other' }), limits);
      const inside = await bench.template({}, { namespace: place });
      await rejectsWith(store.deleteNamespace('sae', place), 'namespace-in-use');
      await store.deleteTemplate(inside.id, 'sae', bench.context());

      const references = [{ kind: 'config-map', id: map.id }] as const;
      const outside = await bench.template({}, { namespace: 'other', references });
      await rejectsWith(store.deleteNamespace('sae', place), 'namespace-in-use');
      await store.deleteTemplate(outside.id, 'sae', bench.context());

      await store.deleteNamespace('sae', place);
      assert.equal(await store.namespace('sae', place), null);
      assert.deepEqual(await store.configMaps('sae', [map.id, other.id]), [other]);
      assert.equal(await store.secret('sae', id), null);
      await rejectsWith(store.deleteNamespace('sae', place), 'namespace-not-found');
    });
  });

  describe('ConfigMaps', () => {
    test('are kept whole and listed by namespace', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const wanted = configMap('settings', {
        description: 'all of them',
        data: { 'a.b': 'line\nline', __proto__x: '', é: '日本\u0000' },
      });
      const made = await store.createConfigMap(wanted, limits);
      assert.ok(Number.isSafeInteger(made.id) && made.id > 0);
      assert.deepEqual(made, { ...wanted, id: made.id, updatedAtMs: t0 });
      const second = await store.createConfigMap(configMap('another'), limits);
      await store.createConfigMap(configMap('settings', { namespace: 'other' }), limits);
      await store.createConfigMap(configMap('settings', { dialect: 'cdm' }), limits);
      await bench.reopen();
      assert.deepEqual(await bench.store.configMapsOf('sae', place), [made, second]);
      assert.deepEqual(await bench.store.configMapsOf('sae', 'none'), []);
      const asked = [second.id, 987_654, -1, 0.5, 1e300, made.id];
      const found = await bench.store.configMaps('sae', asked);
      assert.deepEqual(
        found.toSorted((a, b) => a.id - b.id),
        [made, second],
      );
      assert.deepEqual(await bench.store.configMaps('cdm', [made.id]), []);
      await assert.rejects(
        bench.store.configMaps(
          'sae',
          repeat(1_001, (n) => n + 1),
        ),
        RangeError,
      );
    });

    test('data is replaced, a description only when there is one', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const { id } = await store.createConfigMap(
        configMap('m', { description: 'first', data: { a: '1', b: '2' } }),
        limits,
      );
      const changed = await store.updateConfigMap('sae', id, { data: { c: '3' }, atMs: t0 + 5 });
      assert.deepEqual(changed.data, { c: '3' });
      assert.deepEqual([changed.description, changed.updatedAtMs], ['first', t0 + 5]);
      const empty = { data: {}, description: '', atMs: t0 + 6 };
      assert.equal((await store.updateConfigMap('sae', id, empty)).description, '');
      assert.deepEqual((await store.configMaps('sae', [id]))[0]?.data, {});
      for (const [dialect, unknown] of [
        ['cdm', id],
        ['sae', 987_654],
        ['sae', 0.5],
      ] as const) {
        const details = { id: unknown };
        const code = 'config-map-not-found';
        await refusedWith(store.updateConfigMap(dialect, unknown, empty), code, details);
        await refusedWith(store.deleteConfigMap(dialect, unknown), code, details);
      }
    });

    test('one name is one ConfigMap, and the limit is exact, however many ask', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const same = repeat(RACERS, () => store.createConfigMap(configMap('one'), limits));
      assert.deepEqual(
        await refusals(same),
        repeat(RACERS - 1, () => 'already-exists'),
      );
      await refusedWith(store.createConfigMap(configMap('one'), limits), 'already-exists', {
        parameter: 'Name',
      });
      const few = { ...limits, configMapsPerNamespace: 4 };
      const many = repeat(RACERS, (n) => store.createConfigMap(configMap(`n${n}`), few));
      assert.deepEqual(
        await refusals(many),
        repeat(RACERS - 3, () => 'catalog-quota-exceeded'),
      );
      assert.equal((await store.configMapsOf('sae', place)).length, 4);
      await refusedWith(store.createConfigMap(configMap('more'), few), 'catalog-quota-exceeded', {
        kind: 'config-map',
        limit: 4,
      });
      await store.createConfigMap(configMap('One', { namespace: 'other' }), few);
    });

    test('a number is never given again', async (t) => {
      const bench = await Bench.open(adapter, t);
      const seen = new Set<number>();
      for (let round = 0; round < 3; round += 1) {
        const map = await bench.store.createConfigMap(configMap('m'), limits);
        const sealed = await bench.store.createSecret(secret('s'), randomBytes(8), limits);
        assert.ok(!seen.has(map.id) && !seen.has(-sealed.id));
        seen.add(map.id).add(-sealed.id);
        await bench.store.deleteConfigMap('sae', map.id);
        await bench.store.deleteSecret('sae', sealed.id);
        await bench.reopen();
      }
    });
  });

  describe('Secrets', () => {
    test('keep their sealed data byte for byte, and lists are without it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const sealed = new Uint8Array([0, 255, ...randomBytes(62)]);
      const wanted = secret('registry', { type: 'kubernetes.io/dockerconfigjson' });
      const made = await store.createSecret(wanted, sealed, limits);
      assert.deepEqual(made, { ...wanted, id: made.id, updatedAtMs: t0 });
      const second = await store.createSecret(secret('another'), randomBytes(8), limits);
      await bench.reopen();
      const found = await bench.store.secret('sae', made.id);
      assert.deepEqual(found?.secret, made);
      assert.deepEqual(Uint8Array.from(found?.sealedData ?? []), sealed);
      assert.deepEqual(await bench.store.secretsOf('sae', place), [made, second]);
      assert.equal(await bench.store.secret('cdm', made.id), null);
      assert.equal(await bench.store.secret('sae', 0.5), null);

      const newer = randomBytes(8);
      const changed = await bench.store.updateSecret('sae', made.id, newer, t0 + 5);
      assert.deepEqual(changed, { ...made, updatedAtMs: t0 + 5 });
      const now = await bench.store.secret('sae', made.id);
      assert.deepEqual(Buffer.from(now?.sealedData ?? []), newer);
      await bench.store.deleteSecret('sae', made.id);
      assert.equal(await bench.store.secret('sae', made.id), null);
      const details = { id: made.id };
      const code = 'secret-not-found';
      await refusedWith(bench.store.updateSecret('sae', made.id, newer, t0), code, details);
      await refusedWith(bench.store.deleteSecret('sae', made.id), code, details);
    });

    test('one name is one Secret, and the limit is exact, however many ask', async (t) => {
      const { store } = await Bench.open(adapter, t);
      const create = (name: string, most = limits): Promise<unknown> =>
        store.createSecret(secret(name), randomBytes(8), most);
      assert.deepEqual(
        await refusals(repeat(RACERS, () => create('one'))),
        repeat(RACERS - 1, () => 'already-exists'),
      );
      const few = { ...limits, secretsPerNamespace: 4 };
      assert.deepEqual(
        await refusals(repeat(RACERS, (n) => create(`n${n}`, few))),
        repeat(RACERS - 3, () => 'catalog-quota-exceeded'),
      );
      assert.equal((await store.secretsOf('sae', place)).length, 4);
      await refusedWith(create('more', few), 'catalog-quota-exceeded', {
        kind: 'secret',
        limit: 4,
      });
    });
  });
}
