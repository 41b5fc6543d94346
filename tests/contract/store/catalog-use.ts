import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Reference } from '../../../src/domain/template.ts';
import type { ChangeQuery } from '../../../src/ports/catalog.ts';
import type { StoreAdapter } from './adapter.ts';
import { configMap, limits, place, refusals, refusedWith, secret } from './catalog-fixtures.ts';
import { Bench, rejectsWith, t0 } from './fixtures.ts';

const ROUNDS = 12;

/** What templates and the catalog have to do with each other. */
export function catalogUseContract(adapter: StoreAdapter): void {
  describe('references', () => {
    test('what a template uses stays until the template lets go of it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const map = await store.createConfigMap(configMap('m'), limits);
      const pull = await store.createSecret(secret('s'), randomBytes(8), limits);
      const references: readonly Reference[] = [
        { kind: 'config-map', id: map.id },
        { kind: 'secret', id: pull.id },
        { kind: 'config-map', id: map.id },
      ];
      const a = await bench.template({}, { name: 'a', references });
      assert.deepEqual(a.references, references);
      assert.deepEqual((await store.template(a.id))?.references, references);
      const [row] = (await store.templates({ offset: 0, limit: 1 })).rows;
      assert.deepEqual(row?.references, references);
      const b = await bench.template({}, { name: 'b', references: references.slice(0, 1) });
      const user = { targetId: map.id, templateId: a.id, templateName: 'a' };
      const users = await store.referringTemplates('config-map', [map.id, 987_654]);
      assert.deepEqual(
        users.toSorted((x, y) => x.templateName.localeCompare(y.templateName)),
        [user, { ...user, templateId: b.id, templateName: 'b' }],
      );
      assert.deepEqual(await store.referringTemplates('secret', [pull.id]), [
        { ...user, targetId: pull.id },
      ]);
      await refusedWith(store.deleteConfigMap('sae', map.id), 'config-map-in-use', { id: map.id });
      await refusedWith(store.deleteSecret('sae', pull.id), 'secret-in-use', { id: pull.id });

      const { references: _, ...plain } = a;
      await store.updateTemplate(a.id, 'sae', () => plain, bench.context());
      assert.equal('references' in ((await store.template(a.id)) ?? {}), false);
      await store.deleteSecret('sae', pull.id);
      await rejectsWith(store.deleteConfigMap('sae', map.id), 'config-map-in-use');
      // A run still goes on: what the template used is free at once nevertheless.
      await bench.running(b.id);
      await store.deleteTemplate(b.id, 'sae', bench.context());
      assert.deepEqual(await store.referringTemplates('config-map', [map.id]), []);
      await store.deleteConfigMap('sae', map.id);
    });

    test('what is not there cannot be referred to', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const foreign = await store.createConfigMap(configMap('m', { dialect: 'cdm' }), limits);
      const wanted = bench.newTemplate(
        {},
        { references: [{ kind: 'config-map', id: foreign.id }] },
      );
      const code = 'config-map-not-found';
      await refusedWith(store.createTemplate(wanted, bench.context()), code, { id: foreign.id });
      assert.equal(await store.template(wanted.id), null);
      const { id } = await bench.template();
      const references = [{ kind: 'secret', id: 987_654 }] as const;
      await refusedWith(
        store.updateTemplate(id, 'sae', (now) => ({ ...now, references }), bench.context()),
        'secret-not-found',
        { id: 987_654 },
      );
      assert.equal((await store.template(id))?.revision, 1);
    });

    test('either it goes or a template begins to use it, never both', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      for (let round = 0; round < ROUNDS; round += 1) {
        const map = await store.createConfigMap(configMap(`m${round}`), limits);
        const references = [{ kind: 'config-map', id: map.id }] as const;
        const plain = await bench.template();
        const calls = [
          (): Promise<unknown> => bench.template({}, { references }),
          (): Promise<unknown> => store.deleteConfigMap('sae', map.id),
          (): Promise<unknown> =>
            store.updateTemplate(
              plain.id,
              'sae',
              (now) => ({ ...now, references }),
              bench.context(),
            ),
        ];
        const order = round % 2 === 0 ? calls : calls.toReversed();
        const told = await refusals(order.map((call) => call()));
        const users = await store.referringTemplates('config-map', [map.id]);
        const there = (await store.configMaps('sae', [map.id])).length === 1;
        assert.deepEqual(
          [told, users.length],
          there
            ? [['config-map-in-use'], 2]
            : [['config-map-not-found', 'config-map-not-found'], 0],
        );
      }
    });
  });

  describe('webhooks', () => {
    test('a token finds its template, while that is there and has it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const a = await bench.template({}, { webhookTokenHash: 'aa' });
      assert.equal(a.webhookTokenHash, 'aa');
      assert.deepEqual(await store.templateByWebhook('aa'), a);
      assert.equal(await store.templateByWebhook('AA'), null);
      await store.setSuspended(a.id, 'sae', true, bench.context());
      assert.equal((await store.templateByWebhook('aa'))?.suspended, true);
      const set = (webhookTokenHash: string | null): Promise<unknown> =>
        store.updateTemplate(a.id, 'sae', (now) => ({ ...now, webhookTokenHash }), bench.context());
      await set('bb');
      assert.equal(await store.templateByWebhook('aa'), null);
      assert.equal((await store.templateByWebhook('bb'))?.id, a.id);
      await set('bb');
      await set(null);
      assert.equal(await store.templateByWebhook('bb'), null);
      assert.equal('webhookTokenHash' in ((await store.template(a.id)) ?? {}), false);
      await store.setSuspended(a.id, 'sae', false, bench.context());
      await set('cc');
      await bench.running(a.id, t0);
      await store.deleteTemplate(a.id, 'sae', bench.context());
      assert.equal(await store.templateByWebhook('cc'), null);
      const next = await bench.template({}, { webhookTokenHash: 'cc' });
      assert.equal((await store.templateByWebhook('cc'))?.id, next.id);
    });

    test('a token is of one template, however many want it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const same = Array.from({ length: ROUNDS }, () =>
        bench.template({}, { webhookTokenHash: 'aa' }),
      );
      const told = await refusals(same);
      assert.deepEqual(told, Array(ROUNDS - 1).fill('already-exists'));
      assert.equal((await store.templates({ offset: 0, limit: 0 })).total, 1);
      const { id } = await bench.template();
      await rejectsWith(
        store.updateTemplate(
          id,
          'sae',
          (now) => ({ ...now, webhookTokenHash: 'aa' }),
          bench.context(),
        ),
        'already-exists',
      );
      assert.equal((await store.template(id))?.revision, 1);
    });
  });

  describe('changes of all templates', () => {
    test('tell of which template they are, also after its end, and are filtered', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const change = (changeId: string, note = ''): object => ({
        changeId,
        atMs: t0,
        by: 'x',
        note,
      });
      const context = (id: string, note = ''): ReturnType<Bench['context']> => ({
        ...bench.context(),
        ...change(id, note),
      });
      const first = bench.newTemplate({}, { name: 'first' });
      const second = bench.newTemplate({}, { name: 'second', namespace: place });
      const foreign = bench.newTemplate({}, { dialect: 'cdm' });
      await store.createTemplate(first, context('c1', 'VpcId has no effect'));
      await store.createTemplate(second, context('c2', 'vpcid'));
      await store.createTemplate(foreign, context('c3'));
      await store.setSuspended(first.id, 'sae', true, context('c4'));
      await store.deleteTemplate(second.id, 'sae', context('c5'));
      await store.purgeDeleted(10);

      const named = { templateId: second.id, templateName: 'second', namespace: place };
      const deletion = { id: 'c5', kind: 'delete', revision: 1, atMs: t0, by: 'x', note: '' };
      assert.deepEqual(await store.templateChange('c5'), { ...named, ...deletion, dialect: 'sae' });
      assert.equal((await store.templateChange('c3'))?.dialect, 'cdm');
      assert.equal(await store.templateChange('c9'), null);

      const list = async (query: Partial<ChangeQuery>): Promise<readonly string[]> => {
        const page = await store.namedChanges({ dialect: 'sae', offset: 0, limit: 10, ...query });
        assert.equal(page.total, page.rows.length);
        return page.rows.map(({ id }) => id);
      };
      assert.deepEqual(await list({}), ['c5', 'c4', 'c2', 'c1']);
      assert.deepEqual(await list({ ascending: true }), ['c1', 'c2', 'c4', 'c5']);
      assert.deepEqual(await list({ namespace: place }), ['c5', 'c2']);
      assert.deepEqual(await list({ templateId: first.id }), ['c4', 'c1']);
      assert.deepEqual(await list({ templateId: foreign.id }), []);
      assert.deepEqual(await list({ kinds: ['create', 'delete'] }), ['c5', 'c2', 'c1']);
      assert.deepEqual(await list({ kinds: [] }), []);
      assert.deepEqual(await list({ noteContains: 'VpcId' }), ['c1']);
      assert.deepEqual(await list({ noteContains: '%' }), [], 'no pattern characters');
      assert.deepEqual(await list({ dialect: 'cdm' }), ['c3']);
      const page = await store.namedChanges({ dialect: 'sae', offset: 1, limit: 2 });
      assert.deepEqual([page.total, page.rows.map(({ id }) => id)], [4, ['c4', 'c2']]);
      const none = await store.namedChanges({ dialect: 'sae', offset: 0, limit: 0 });
      assert.deepEqual(none, { rows: [], total: 4 });
    });
  });
}
