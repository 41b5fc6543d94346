import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TemplateSearch } from '../../../src/ports/template-lists.ts';
import { defaultCatalogLimits } from '../../../src/domain/catalog.ts';
import { definitionBounds } from '../../../src/stores/sql/definition-bounds.ts';
import type { StoreAdapter } from './adapter.ts';
import { Bench, exited, t0 } from './fixtures.ts';

/** Searches of templates, and what they were. */
export function templateListsContract(adapter: StoreAdapter): void {
  describe('lists of templates', () => {
    const ids = async (bench: Bench, query: Partial<TemplateSearch>): Promise<string[]> => {
      const { rows } = await bench.store.searchTemplates({ before: null, limit: 50, ...query });
      return rows.map(({ id }) => id);
    };

    const failedRun = async (bench: Bench, templateId: string): Promise<string> => {
      const { run, attempts } = await bench.running(templateId);
      await bench.report(attempts.map((attempt) => exited(attempt, 7)));
      assert.equal((await bench.get(run.id)).state, 'failed');
      return run.id;
    };

    test('pages go from the newest back, whole, and end', async (t) => {
      const bench = await Bench.open(adapter, t);
      const made: string[] = [];
      for (let n = 0; n < 5; n++) made.push((await bench.template()).id);
      const seen: string[] = [];
      const sizes: number[] = [];
      let before: number | null = null;
      do {
        const page = await bench.store.searchTemplates({ before, limit: 2 });
        seen.push(...page.rows.map(({ id }) => id));
        sizes.push(page.rows.length);
        before = page.next;
      } while (before !== null && sizes.length < 9);
      assert.deepEqual(seen, made.toReversed());
      assert.deepEqual(sizes, [2, 2, 1]);
      const exact = await bench.store.searchTemplates({ before: null, limit: 5 });
      assert.equal(exact.next, null, 'a full last page tells that it is the last');
    });

    test('a template made or deleted between two pages moves nothing', async (t) => {
      const bench = await Bench.open(adapter, t);
      const [a, b, c] = [await bench.template(), await bench.template(), await bench.template()];
      const first = await bench.store.searchTemplates({ before: null, limit: 1 });
      assert.deepEqual(
        first.rows.map(({ id }) => id),
        [c.id],
      );
      await bench.template();
      await bench.store.deleteTemplate(b.id, 'sae', bench.context(t0 + 1));
      const second = await bench.store.searchTemplates({ before: first.next, limit: 5 });
      assert.deepEqual(
        second.rows.map(({ id }) => id),
        [a.id],
      );
    });

    test('dialect, namespace, suspension, tag and text narrow it', async (t) => {
      const bench = await Bench.open(adapter, t);
      const make = async (more: Parameters<Bench['newTemplate']>[1]) =>
        bench.store.createTemplate(bench.newTemplate({}, more), bench.context(t0));
      const a = await make({ name: 'Nightly_100%', namespace: 'north' });
      const b = await make({ name: 'weekly', namespace: 'south' });
      const c = await make({ name: 'other', dialect: 'native' });
      assert.deepEqual(await ids(bench, { dialect: 'native' }), [c.id]);
      assert.deepEqual(await ids(bench, { namespace: 'south' }), [b.id]);
      await bench.store.setSuspended(b.id, 'sae', true, bench.context(t0 + 1));
      assert.deepEqual(await ids(bench, { condition: 'suspended' }), [b.id]);
      assert.deepEqual(await ids(bench, { condition: 'active' }), [c.id, a.id]);
      assert.deepEqual(await ids(bench, { text: 'nightLY' }), [a.id]);
      assert.deepEqual(await ids(bench, { text: '_100%' }), [a.id]);
      assert.deepEqual(await ids(bench, { text: '%' }), [a.id], 'no wildcard');
      assert.deepEqual(await ids(bench, { text: b.id }), [b.id]);
      assert.deepEqual(await ids(bench, { text: "o' or 1=1 --" }), []);
      await bench.store.putTags(
        'sae',
        [a.id, b.id],
        [{ key: 'team', value: 'x=y' }],
        defaultCatalogLimits,
      );
      await bench.store.putTags('sae', [b.id], [{ key: 'tier', value: '1' }], defaultCatalogLimits);
      assert.deepEqual(await ids(bench, { tag: { key: 'team' } }), [b.id, a.id]);
      assert.deepEqual(await ids(bench, { tag: { key: 'team', value: 'x=y' } }), [b.id, a.id]);
      assert.deepEqual(await ids(bench, { tag: { key: 'tier', value: '2' } }), []);
      const [row] = (await bench.store.searchTemplates({ before: null, limit: 1, text: 'weekly' }))
        .rows;
      assert.deepEqual(row?.tags, [
        { key: 'team', value: 'x=y' },
        { key: 'tier', value: '1' },
      ]);
    });

    test('failing are those whose newest run failed and was not judged otherwise', async (t) => {
      const bench = await Bench.open(adapter, t);
      const [a, b] = [await bench.template(), await bench.template()];
      assert.deepEqual(await ids(bench, { condition: 'failing' }), []);
      const run = await failedRun(bench, a.id);
      assert.deepEqual(await ids(bench, { condition: 'failing' }), [a.id]);
      await bench.store.judgeRun(run, 'succeeded', 'me', t0 + 9);
      assert.deepEqual(await ids(bench, { condition: 'failing' }), []);
      await failedRun(bench, b.id);
      await bench.run(b.id);
      assert.deepEqual(await ids(bench, { condition: 'failing' }), [], 'a newer run is under way');
    });

    test('an old revision is what the template was; erased and unknown ones are null', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id, spec } = await bench.template();
      const change = (replicas: number, name?: string) =>
        bench.store.updateTemplate(
          id,
          'sae',
          () => ({
            spec: { ...spec, replicas },
            document: { replicas },
            notActedOn: [`n${replicas}`],
            refersTo: null,
            schedule: null,
            ...(name === undefined ? {} : { name }),
          }),
          bench.context(t0 + replicas),
        );
      await change(2);
      const now = await change(3, 'renamed');
      assert.deepEqual(await bench.store.templateRevision(id, 3), now);
      const past = await bench.store.templateRevision(id, 2);
      assert.deepEqual(
        [past?.revision, past?.spec.replicas, past?.document, past?.notActedOn, past?.name],
        [2, 2, { replicas: 2 }, ['n2'], 'renamed'],
      );
      assert.equal((await bench.store.templateRevision(id, 1))?.spec.replicas, spec.replicas);
      assert.equal(await bench.store.templateRevision(id, 4), null);
      assert.equal(await bench.store.templateRevision('nobody', 1), null);
      for (let n = 4; n <= definitionBounds.revisions + 1; n++) await change(n);
      assert.equal(await bench.store.templateRevision(id, 1), null, 'too old');
      await bench.store.deleteTemplate(id, 'sae', bench.context(t0 + 1));
      assert.equal(await bench.store.templateRevision(id, 3), null, 'deleted');
    });
  });
}
