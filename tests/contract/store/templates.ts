import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Artifact, TemplateChange, TemplateRevision } from '../../../src/domain/template.ts';
import { definitionBounds } from '../../../src/stores/sql/definition-bounds.ts';
import type { StoreAdapter } from './adapter.ts';
import { baseSpec, Bench, killed, rejectsWith, t0 } from './fixtures.ts';

/** Templates, their revisions, and the record of every change. */
export function templatesContract(adapter: StoreAdapter): void {
  describe('templates', () => {
    test('what is created is read back whole, in its own dialect only', async (t) => {
      const bench = await Bench.open(adapter, t);
      const wanted = bench.newTemplate(
        { replicas: 3, timeoutMs: 5_000 },
        {
          name: 'nightly-Ω',
          document: { Deep: { list: [1, 'two', null] } },
          notActedOn: ['VpcId'],
        },
      );
      const created = await bench.store.createTemplate(wanted, bench.context(t0 + 7));
      assert.deepEqual(created, {
        ...wanted,
        revision: 1,
        suspended: false,
        createdAtMs: t0 + 7,
        updatedAtMs: t0 + 7,
      });
      assert.deepEqual(await bench.store.template(wanted.id), created);
      assert.deepEqual(await bench.store.template(wanted.id, 'sae'), created);
      assert.equal(await bench.store.template(wanted.id, 'cdm'), null);
      assert.equal(await bench.store.template('template-unknown'), null);
    });

    test('an update may rename, and otherwise leaves the name', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id, name, spec } = await bench.template();
      const run = await bench.run(id);
      const revision = { spec, document: {}, notActedOn: [], refersTo: null, schedule: null };
      const update = (more: { readonly name?: string }) =>
        bench.store.updateTemplate(id, 'sae', () => ({ ...revision, ...more }), bench.context(t0));
      assert.equal((await update({})).name, name);
      assert.equal((await update({ name: 'renamed' })).name, 'renamed');
      assert.equal((await bench.store.template(id))?.name, 'renamed');
      assert.equal((await bench.store.run(run.id))?.templateName, 'renamed');
      const { rows } = await bench.store.templates({
        nameContains: 'renamed',
        offset: 0,
        limit: 5,
      });
      assert.deepEqual(
        rows.map((row) => row.id),
        [id],
      );
    });

    test('lists narrow to what runs execute, by the current revision', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id, spec } = await bench.template();
      const script: Artifact = { kind: 'script', language: 'shell', text: 'true' };
      const other = await bench.template({ task: { ...spec.task, artifact: script } });
      const list = async (artifact: Artifact['kind']): Promise<readonly string[]> => {
        const page = await bench.store.templates({ artifact, offset: 0, limit: 5 });
        assert.equal(page.total, page.rows.length);
        return page.rows.map((row) => row.id);
      };
      assert.deepEqual(await list('image'), [id]);
      assert.deepEqual(await list('script'), [other.id]);
      assert.deepEqual(await list('transfer'), []);
      const revision = { spec, document: {}, notActedOn: [], refersTo: null, schedule: null };
      await bench.store.updateTemplate(other.id, 'sae', () => revision, bench.context(t0));
      assert.deepEqual(await list('image'), [other.id, id]);
      assert.deepEqual(await list('script'), []);
    });

    test('two templates may have one name', async (t) => {
      const bench = await Bench.open(adapter, t);
      const [a, b] = [await bench.template(), await bench.template()];
      assert.equal(a.name, b.name);
      assert.notEqual(a.id, b.id);
    });

    test('an update makes a revision from the stored one and keeps old runs as they were', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 }, { document: { v: 1 } });
      const before = await bench.run(id);
      const updated = await bench.store.updateTemplate(
        id,
        'sae',
        (current) => {
          assert.equal(current.revision, 1);
          return {
            spec: { ...current.spec, replicas: current.spec.replicas + 1 },
            document: { v: 2 },
            notActedOn: ['NasId'],
            refersTo: 'elsewhere',
            schedule: null,
          };
        },
        bench.context(t0 + 50),
      );
      assert.equal(updated.revision, 2);
      assert.equal(updated.spec.replicas, 3);
      assert.deepEqual(updated.document, { v: 2 });
      assert.equal(updated.refersTo, 'elsewhere');
      assert.equal(updated.createdAtMs, t0);
      assert.equal(updated.updatedAtMs, t0 + 50);
      assert.deepEqual(await bench.store.template(id), updated);

      const old = await bench.store.run(before.id);
      assert.equal(old?.templateRevision, 1);
      assert.equal(old?.spec.replicas, 2);
      assert.deepEqual(old?.document, { v: 1 });
      assert.deepEqual(old?.notActedOn, []);
      const young = await bench.run(id);
      assert.equal(young.templateRevision, 2);
      assert.equal(young.replicas, 3);
    });

    test('concurrent updates each see the one before', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ graceMs: 0 });
      await Promise.all(
        Array.from({ length: 20 }, () =>
          bench.store.updateTemplate(
            id,
            'sae',
            (current) => ({
              ...current,
              spec: { ...current.spec, graceMs: current.spec.graceMs + 1 },
            }),
            bench.context(),
          ),
        ),
      );
      const template = await bench.store.template(id);
      assert.equal(template?.spec.graceMs, 20);
      assert.equal(template?.revision, 21);
    });

    test('an update that throws changes and records nothing, and spares its neighbours', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      const other = bench.newTemplate();
      const boom = new Error('not like this');
      const [failed, created] = await Promise.allSettled([
        bench.store.updateTemplate(
          id,
          'sae',
          () => {
            throw boom;
          },
          bench.context(),
        ),
        bench.store.createTemplate(other, bench.context()),
      ]);
      assert.equal(failed.status, 'rejected');
      assert.equal(failed.status === 'rejected' && failed.reason, boom);
      assert.equal(created.status, 'fulfilled');
      assert.equal((await bench.store.template(id))?.revision, 1);
      assert.equal((await bench.store.templateChanges(id, 0, 10)).total, 1);
      assert.equal((await bench.store.template(other.id))?.id, other.id);
    });

    test('an id is taken once', async (t) => {
      const bench = await Bench.open(adapter, t);
      const twin = bench.newTemplate();
      await bench.store.createTemplate(twin, bench.context());
      await assert.rejects(bench.store.createTemplate(twin, bench.context()));
      assert.equal((await bench.store.templates({ offset: 0, limit: 10 })).total, 1);
    });

    test('the past of a template is bounded; what runs were made by stays', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template({ replicas: 2 });
      const run = await bench.run(id);
      const { changes, revisions } = definitionBounds;
      for (let n = 0; n < changes + 5; n += 1) {
        await bench.store.updateTemplate(
          id,
          'sae',
          (now) => ({ ...now, spec: { ...baseSpec, replicas: 1 }, schedule: null }),
          bench.context(t0 + n),
        );
      }
      const page = await bench.store.templateChanges(id, 0, 1);
      assert.equal(page.total, changes);
      assert.equal(page.rows[0]?.revision, changes + 6);
      assert.equal((await bench.store.template(id))?.revision, changes + 6);
      await bench.reopen();
      assert.equal((await bench.store.run(run.id))?.spec.replicas, 2, 'its revision is kept');
      assert.ok(revisions < changes);
    });

    test('every change is recorded, newest first, with who and why', async (t) => {
      const bench = await Bench.open(adapter, t);
      const wanted = bench.newTemplate();
      const { id } = wanted;
      await bench.store.createTemplate(wanted, bench.context(t0, 'alice', 'VpcId has no effect'));
      const revise = (): TemplateRevision => ({
        spec: { ...baseSpec, replicas: 2 },
        document: {},
        notActedOn: [],
        refersTo: null,
        schedule: null,
      });
      await bench.store.updateTemplate(id, 'sae', revise, bench.context(t0 + 1, 'bob'));
      await bench.store.setSuspended(id, 'sae', true, bench.context(t0 + 2, 'carol'));
      await bench.store.setSuspended(id, 'sae', true, bench.context(t0 + 3, 'carol'));
      await bench.store.setSuspended(id, 'sae', false, bench.context(t0 + 4, 'dan'));
      const all = await bench.store.templateChanges(id, 0, 10);
      assert.equal(all.total, 4, 'suspending twice records once');
      assert.deepEqual(all.rows.map(brief), [
        ['resume', 2, t0 + 4, 'dan', ''],
        ['suspend', 2, t0 + 2, 'carol', ''],
        ['update', 2, t0 + 1, 'bob', ''],
        ['create', 1, t0, 'alice', 'VpcId has no effect'],
      ]);
      const page = await bench.store.templateChanges(id, 1, 2);
      assert.equal(page.total, 4);
      assert.deepEqual(
        page.rows.map((change) => change.kind),
        ['suspend', 'update'],
      );
    });

    test('suspending is read back and repeating it succeeds', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      for (const suspended of [true, true, false, false]) {
        const { template, wake } = await bench.store.setSuspended(
          id,
          'sae',
          suspended,
          bench.context(),
        );
        assert.equal(template.suspended, suspended);
        assert.equal(wake, false);
        assert.equal((await bench.store.template(id))?.suspended, suspended);
      }
    });

    test('changing a template that is not there says so', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { id } = await bench.template();
      for (const [known, dialect] of [
        ['template-unknown', 'sae'],
        [id, 'cdm'],
      ] as const) {
        const context = bench.context();
        const { store } = bench;
        await rejectsWith(
          store.updateTemplate(known, dialect, (current) => current, context),
          'template-not-found',
        );
        await rejectsWith(store.setSuspended(known, dialect, true, context), 'template-not-found');
        await rejectsWith(store.deleteTemplate(known, dialect, context), 'template-not-found');
      }
    });

    test('what is deleted and not yet erased cannot be changed any more', async (t) => {
      const bench = await Bench.open(adapter, t);
      const { store } = bench;
      const { id } = await bench.template();
      const { attempts } = await bench.running(id);
      await store.deleteTemplate(id, 'sae', bench.context());
      const update = (dialect: 'sae' | 'cdm'): Promise<unknown> =>
        store.updateTemplate(id, dialect, (current) => current, bench.context());
      await rejectsWith(update('sae'), 'template-deleting');
      await rejectsWith(update('cdm'), 'template-not-found');
      await rejectsWith(store.setSuspended(id, 'sae', true, bench.context()), 'template-not-found');
      await rejectsWith(store.deleteTemplate(id, 'sae', bench.context()), 'template-not-found');
      await bench.report(attempts.map((attempt) => killed(attempt)));
      await store.purgeDeleted(10);
      await rejectsWith(update('sae'), 'template-not-found');
    });

    test('templates tell who refers to them', async (t) => {
      const bench = await Bench.open(adapter, t);
      const target = await bench.template();
      const a = await bench.template({}, { refersTo: target.id });
      const b = await bench.template({}, { refersTo: target.id });
      await bench.template({}, { refersTo: 'other' });
      const find = async (): Promise<readonly string[]> =>
        (await bench.store.templatesReferringTo(target.id)).toSorted();
      assert.deepEqual(await find(), [a.id, b.id].toSorted());
      await bench.store.updateTemplate(
        a.id,
        'sae',
        (current) => ({ ...current, refersTo: null }),
        bench.context(),
      );
      assert.deepEqual(await find(), [b.id], 'the newest revision counts');
      await bench.store.deleteTemplate(b.id, 'sae', bench.context());
      assert.deepEqual(await find(), [], 'a deleted template refers to nothing');
    });
  });
}

function brief(change: TemplateChange): readonly unknown[] {
  return [change.kind, change.revision, change.atMs, change.by, change.note];
}
