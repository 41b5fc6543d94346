import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import Sqlite from 'better-sqlite3';
import { defaultAdmissionLimits } from '../../../src/domain/admission.ts';
import { scheduleDefaults } from '../../../src/domain/schedule/definition.ts';
import type { Template } from '../../../src/domain/template.ts';
import { snapshot } from '../../fixtures/schema/life.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Bench, exited, t0 } from './fixtures.ts';
import { adapter } from './sqlite-adapter.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'schema');
/** What each released schema looked like, with rows in it: see `scripts/dump-schema.ts`. */
const dumps = globSync('*.sql', { cwd: folder })
  .map((file) => basename(file, '.sql'))
  .toSorted();
/** Later than everything in a dump. */
const laterMs = t0 + 3_600_000;

describe('migrations', () => {
  test('every released schema has its dump', async (t) => {
    const bench = await Bench.open(adapter, t);
    await bench.store.close();
    const names = migrationsIn(bench.place);
    assert.ok(names.length > 0);
    const newest = names.at(-1);
    for (const name of names) {
      assert.ok(
        name === newest || dumps.includes(name),
        `tests/fixtures/schema/${name}.sql is missing: with the code from before ${newest ?? ''} ` +
          'was added, run node scripts/dump-schema.ts',
      );
    }
    for (const dump of dumps) assert.ok(names.includes(dump), `${dump} is no migration of ours`);
  });

  for (const dump of dumps) {
    test(`${dump}: everything is read as the version that wrote it read it`, async (t) => {
      const bench = await fromDump(t, dump);
      const told = JSON.parse(await readFile(join(folder, `${dump}.json`), 'utf8')) as Record<
        string,
        unknown[]
      >;
      assert.ok((told['runs'] ?? []).length >= 10);
      // Later versions may tell more, never less and nothing else.
      assert.partialDeepStrictEqual(await snapshot(bench), told);
      const now = await snapshot(bench);
      for (const [name, rows] of Object.entries(told)) {
        if (Array.isArray(rows)) assert.equal((now[name] as unknown[]).length, rows.length, name);
      }
      for (const { id, dialect, name: templateName, namespace } of now['templates'] as Template[]) {
        const query = { dialect, templateId: id, offset: 0, limit: 100 };
        const { rows, total } = await bench.store.namedChanges(query);
        assert.ok(total > 0);
        assert.equal(total, (await bench.store.templateChanges(id, 0, 0)).total);
        for (const change of rows) {
          assert.deepEqual([change.templateName, change.namespace], [templateName, namespace]);
          assert.equal((await bench.store.templateChange(change.id))?.dialect, dialect);
        }
      }
      await bench.store.close();
      assert.deepEqual(migrationsIn(bench.place), await newestMigrations(t));
    });

    test(`${dump}: what ran is taken over and ends; keys are remembered; new things work`, async (t) => {
      const bench = await fromDump(t, dump);
      const { fence } = await bench.store.join({ host: 'host-a', leaseTtlMs: 60_000 }, laterMs);
      bench.fence = fence;
      assert.ok(fence > 1, 'greater than the fence of the life in the dump');
      const again = await bench.admit('template-0001', {
        nowMs: laterMs,
        idempotencyKey: 'delayed',
      });
      assert.equal(again.kind, 'existing');

      const left = await bench.store.takeOver(fence, []);
      assert.ok(left.length >= 5);
      assert.ok(left.some(({ stopping }) => stopping));
      assert.ok(left.some(({ started }) => !started));
      const ended = await bench.report(
        left.map((attempt) => exited(attempt, 0, laterMs)),
        laterMs,
      );
      assert.equal(ended.stale, 0);
      assert.ok((await bench.store.purgeDeleted(100)).erased > 0, 'the deleted template goes');
      const { attempts } = await bench.claim(laterMs);
      assert.ok(attempts.length > 0, 'retries that waited go on');
      await bench.report(
        attempts.map((attempt) => exited(attempt, 0, laterMs)),
        laterMs,
      );
      await bench.store.setSuspended('template-0007', 'sae', false, {
        ...bench.context(laterMs),
        changeId: 'change-resumed',
      });
      const released = await bench.claim(laterMs);
      assert.deepEqual(
        released.attempts.map(({ run }) => run.templateId),
        ['template-0007'],
      );

      const template = await bench.store.createTemplate(
        {
          ...bench.newTemplate(),
          id: 'template-new',
          schedule: {
            ...scheduleDefaults,
            timing: { kind: 'fixed-rate', everyMs: 60_000, anchorMs: laterMs },
          },
        },
        { changeId: 'change-new', atMs: laterMs, by: 'alice', note: '' },
      );
      let fires = 0;
      const fired = await bench.store.fire({
        nowMs: laterMs + 60_000,
        limit: 100,
        newRunId: () => `schedule-new-${(fires += 1)}`,
      });
      assert.deepEqual(
        fired.created
          .filter(({ templateId }) => templateId === template.id)
          .map(({ scheduledAtMs }) => scheduledAtMs),
        [laterMs + 60_000],
      );
      const fresh = await bench.admit(template.id, { runId: 'manual-new', nowMs: laterMs });
      assert.equal(fresh.kind, 'created');
    });
  }
});

/** A store of today, opened over what a dump holds. */
async function fromDump(t: TestContext, name: string): Promise<Bench> {
  const tasks: (() => void | Promise<void>)[] = [];
  const place = await temporaryFolder({ after: (task) => tasks.push(task) });
  const db = new Sqlite(join(place, 'longshore.db'));
  db.exec(await readFile(join(folder, `${name}.sql`), 'utf8'));
  db.close();
  const bench = new Bench(adapter, place, defaultAdmissionLimits);
  // The folder goes after the store has been closed.
  t.after(() => bench.store.close());
  for (const task of tasks) t.after(task);
  await bench.store.open();
  return bench;
}

async function newestMigrations(t: TestContext): Promise<readonly string[]> {
  const bench = await Bench.open(adapter, t);
  await bench.store.close();
  return migrationsIn(bench.place);
}

function migrationsIn(place: string): readonly string[] {
  const db = new Sqlite(join(place, 'longshore.db'), { readonly: true });
  try {
    return db.prepare('select name from kysely_migration order by name').pluck().all() as string[];
  } finally {
    db.close();
  }
}
