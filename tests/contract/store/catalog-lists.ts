import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CatalogItemPage } from '../../../src/ports/catalog-lists.ts';
import type { StoreAdapter } from './adapter.ts';
import { configMap, limits, place, secret } from './catalog-fixtures.ts';
import { Bench, t0 } from './fixtures.ts';

const names = ['B2', 'a1', 'Zeta', 'a10', '_x', 'a_x'];
/** By their bytes, whatever the language of the database. */
const ordered = ['B2', 'Zeta', '_x', 'a1', 'a10', 'a_x'];

/** Lists of the catalog for people who look. */
export function catalogListsContract(adapter: StoreAdapter): void {
  describe('lists of the catalog', () => {
    const filled = async (t: Parameters<typeof Bench.open>[1]) => {
      const { store } = await Bench.open(adapter, t);
      for (const name of names) {
        await store.createConfigMap(configMap(name, { data: { key: 'value' } }), limits);
        await store.createSecret(secret(name), Buffer.from('sealed'), limits);
      }
      await store.createConfigMap(configMap('a1', { namespace: 'other' }), limits);
      await store.createConfigMap(configMap('a1', { dialect: 'cdm' }), limits);
      await store.createSecret(secret('a1', { dialect: 'cdm' }), Buffer.from('sealed'), limits);
      return store;
    };

    test('go page by page by name, without data', async (t) => {
      const store = await filled(t);
      const query = { dialect: 'sae', namespace: place } as const;
      type Read = (after: string | null) => Promise<CatalogItemPage<{ readonly name: string }>>;
      const lists: readonly Read[] = [
        (after) => store.listConfigMaps({ ...query, after, limit: 4 }),
        (after) => store.listSecrets({ ...query, after, limit: 4 }),
      ];
      for (const read of lists) {
        const first = await read(null);
        assert.deepEqual(
          first.rows.map(({ name }) => name),
          ordered.slice(0, 4),
        );
        assert.equal(first.next, ordered[3]);
        const second = await read(first.next);
        assert.deepEqual(
          second.rows.map(({ name }) => name),
          ordered.slice(4),
        );
        assert.equal(second.next, null);
        assert.deepEqual(await read('zz'), { rows: [], next: null });
      }
      const [map] = (await store.listConfigMaps({ ...query, after: 'Zeta', limit: 1 })).rows;
      assert.deepEqual(map, {
        id: map?.id,
        dialect: 'sae',
        namespace: place,
        name: '_x',
        description: '',
        createdAtMs: t0,
        updatedAtMs: t0,
      });
      assert.equal(typeof map?.id, 'number');
      const [found] = (await store.listSecrets({ ...query, after: 'Zeta', limit: 1 })).rows;
      assert.deepEqual(found, { ...secret('_x'), id: found?.id, updatedAtMs: t0 });
    });

    test('find a part of the name in any letter case, and every character means itself', async (t) => {
      const store = await filled(t);
      const found = async (text: string): Promise<readonly string[]> => {
        const query = { dialect: 'sae', namespace: place, text, after: null, limit: 10 } as const;
        const maps = (await store.listConfigMaps(query)).rows.map(({ name }) => name);
        assert.deepEqual(
          (await store.listSecrets(query)).rows.map(({ name }) => name),
          maps,
        );
        return maps;
      };
      assert.deepEqual(await found('A1'), ['a1', 'a10']);
      assert.deepEqual(await found('zETA'), ['Zeta']);
      assert.deepEqual(await found('_'), ['_x', 'a_x']);
      assert.deepEqual(await found('%'), []);
      assert.deepEqual(await found(''), ordered);
    });

    test('count what lies in each namespace that is asked for', async (t) => {
      const store = await filled(t);
      assert.deepEqual(await store.catalogCounts('sae', ['other', 'none', place]), [
        { namespace: 'other', configMaps: 1, secrets: 0 },
        { namespace: 'none', configMaps: 0, secrets: 0 },
        { namespace: place, configMaps: 6, secrets: 6 },
      ]);
      assert.deepEqual(await store.catalogCounts('native', [place]), [
        { namespace: place, configMaps: 0, secrets: 0 },
      ]);
      assert.deepEqual(await store.catalogCounts('sae', []), []);
      const many = Array.from({ length: 1_001 }, (_, index) => String(index));
      await assert.rejects(store.catalogCounts('sae', many), RangeError);
    });
  });
}
