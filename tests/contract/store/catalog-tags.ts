import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreAdapter } from './adapter.ts';
import { limits, refusals, refusedWith } from './catalog-fixtures.ts';
import { Bench, rejectsWith } from './fixtures.ts';

/** Calls at the same time. */
const RACERS = 12;

/** Labels of templates, and finding templates by them. */
export function catalogTagsContract(adapter: StoreAdapter): void {
  describe('tags', () => {
    test('are set, replaced, removed, and go with their template', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const [a, b] = [await bench.template(), await bench.template()];
      const tag = (key: string, value: string): { key: string; value: string } => ({ key, value });
      await store.putTags('sae', [a.id, b.id], [tag('team', 'blue'), tag('Team', 'x')], limits);
      await store.putTags('sae', [a.id, a.id], [tag('team', 'lost'), tag('team', 'red')], limits);
      const of = async (id: string): Promise<unknown> =>
        (await store.templates({ ids: [id], offset: 0, limit: 1 })).rows[0]?.tags;
      assert.deepEqual(await of(a.id), [tag('Team', 'x'), tag('team', 'red')]);
      assert.deepEqual(await of(b.id), [tag('Team', 'x'), tag('team', 'blue')]);
      await store.removeTags('sae', [a.id, b.id], ['Team', 'none']);
      assert.deepEqual(await of(a.id), [tag('team', 'red')]);
      await store.removeTags('sae', [b.id], null);
      assert.deepEqual(await of(b.id), []);
      await store.deleteTemplate(a.id, 'sae', bench.context());
      assert.deepEqual(await store.tagged({ dialect: 'sae', limit: 10 }), []);

      for (const [dialect, id] of [
        ['sae', a.id],
        ['cdm', b.id],
        ['sae', 'unknown'],
      ] as const) {
        const both = [b.id, id];
        await rejectsWith(
          store.putTags(dialect, both, [tag('k', 'v')], limits),
          'template-not-found',
        );
        await rejectsWith(store.removeTags(dialect, both, null), 'template-not-found');
      }
      assert.deepEqual(await of(b.id), [], 'all of them or none');
    });

    test('the limit is exact, however many ask, and all of a call are set or none', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const [a, b] = [await bench.template(), await bench.template()];
      const few = { ...limits, tagsPerTemplate: 4 };
      const calls = Array.from({ length: RACERS }, (_, n) =>
        store.putTags('sae', [a.id], [{ key: `k${n}`, value: '' }], few),
      );
      const told = await refusals(calls);
      assert.deepEqual(told, Array(RACERS - 4).fill('catalog-quota-exceeded'));
      const tags = [{ key: 'new', value: '' }];
      await refusedWith(store.putTags('sae', [b.id, a.id], tags, few), 'catalog-quota-exceeded', {
        kind: 'tag',
        limit: 4,
      });
      const all = await store.tagged({ dialect: 'sae', limit: 10 });
      assert.deepEqual(
        all.map(({ templateId }) => templateId),
        Array(4).fill(a.id),
      );
      const known = all.slice(0, 1).map(({ key }) => ({ key, value: 'changed' }));
      await store.putTags('sae', [a.id], known, few);
    });

    test('lists are filtered by tags and cut into pages', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const make = async (...pairs: readonly string[]): Promise<string> => {
        const { id } = await bench.template();
        const tags = pairs.map((pair) => {
          const [key = '', value = ''] = pair.split('=');
          return { key, value };
        });
        await store.putTags('sae', [id], tags, limits);
        return id;
      };
      const a = await make('env=prod', 'team=blue');
      const b = await make('env=test', 'team=blue');
      const c = await make('env=prod', 'Team=blue', 'zone=1');
      await make();
      type Query = Omit<Parameters<typeof store.tagged>[0], 'dialect' | 'limit'>;
      const list = async (query: Query): Promise<readonly string[]> =>
        (await store.tagged({ dialect: 'sae', limit: 100, ...query })).map(
          ({ templateId, key, value }) => `${templateId} ${key}=${value}`,
        );
      const all = [
        `${a} env=prod`,
        `${a} team=blue`,
        `${b} env=test`,
        `${b} team=blue`,
        `${c} Team=blue`,
        `${c} env=prod`,
        `${c} zone=1`,
      ];
      assert.deepEqual(await list({}), all);
      assert.deepEqual(await list({ templateIds: [b, 'unknown'] }), all.slice(2, 4));
      assert.deepEqual(await list({ templateIds: [] }), []);
      assert.deepEqual(await list({ withTags: [{ key: 'team' }] }), all.slice(0, 4));
      const prod = { key: 'env', value: 'prod' };
      assert.deepEqual(await list({ withTags: [prod] }), [...all.slice(0, 2), ...all.slice(4)]);
      assert.deepEqual(await list({ withTags: [prod, { key: 'zone' }] }), all.slice(4));
      assert.deepEqual(await list({ withTags: [prod], templateIds: [b, c] }), all.slice(4));
      assert.deepEqual(await list({ withTags: [{ key: 'env', value: 'Prod' }] }), []);
      assert.deepEqual(await store.tagged({ dialect: 'cdm', limit: 10 }), []);

      for (const [withTags, expected] of [
        [[], all],
        [[prod], [...all.slice(0, 2), ...all.slice(4)]],
      ] as const) {
        for (const limit of [1, 2, 3]) {
          const seen: string[] = [];
          let after: { templateId: string; key: string } | undefined;
          for (let pages = 0; pages <= all.length; pages += 1) {
            const from = after === undefined ? {} : { after };
            const rows = await store.tagged({ dialect: 'sae', withTags, limit, ...from });
            seen.push(...rows.map((row) => `${row.templateId} ${row.key}=${row.value}`));
            after = rows.at(-1);
            if (rows.length < limit) break;
          }
          assert.deepEqual(seen, expected, `in pages of ${limit}`);
        }
      }

      const templates = async (...tags: readonly [string, string][]): Promise<readonly string[]> =>
        (
          await store.templates({
            dialect: 'sae',
            tags: tags.map(([key, value]) => ({ key, value })),
            ascending: true,
            offset: 0,
            limit: 10,
          })
        ).rows.map(({ id }) => id);
      assert.deepEqual(await templates(['env', 'prod']), [a, c]);
      assert.deepEqual(await templates(['env', 'prod'], ['team', 'blue']), [a]);
      assert.deepEqual(await templates(['env', 'prod'], ['team', 'red']), []);
      assert.equal((await templates()).length, 4);
    });
  });
}
