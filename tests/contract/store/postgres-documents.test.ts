import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test, type TestContext } from 'node:test';
import { scheduleDefaults } from '../../../src/domain/schedule/definition.ts';
import type { NewTemplate, Store } from '../../../src/ports/store.ts';
import { createPostgresStore } from '../../../src/stores/postgres/store.ts';
import { missingPostgres, testPostgres } from '../../support/postgres.ts';
import { repeat } from './catalog-fixtures.ts';
import { baseSpec, t0 } from './fixtures.ts';

const missing = missingPostgres();
const server = missing === null ? await testPostgres() : null;
after(() => server?.stop());

const SERVERS = 3;
/** Calls that each server makes at the same time. */
const RACERS = 15;

/** What a store of one server decides by being the only writer, over several servers. */
describe('several servers on one PostgreSQL', { skip: missing ?? false }, () => {
  test('revise a document one after the other, and make it once', async (t) => {
    const stores = await openAll(t);
    const name = { dialect: 'schedulerx', kind: 'counter', key: 'one' } as const;
    const results = await everywhere(stores, (store) =>
      store.changeDocument(name, t0, (current) => ({
        parent: '',
        value: { count: Number(current?.value['count'] ?? 0) + 1 },
      })),
    );
    assert.equal(new Set(results.map((document) => document?.revision)).size, SERVERS * RACERS);
    const stored = await first(stores).document(name);
    assert.deepEqual([stored?.number, stored?.value], [1, { count: SERVERS * RACERS }]);
  });

  test('number documents of a kind without holes or repeats', async (t) => {
    const stores = await openAll(t);
    const made = await everywhere(stores, (store) =>
      store.changeDocument(
        { dialect: 'schedulerx', kind: 'calendar', key: randomUUID() },
        t0,
        () => ({ parent: '', value: {} }),
      ),
    );
    const numbers = made.map((document) => document?.number ?? 0).toSorted((a, b) => a - b);
    assert.deepEqual(
      numbers,
      repeat(SERVERS * RACERS, (n) => n + 1),
    );
  });

  test('hand out numbers once', async (t) => {
    const stores = await openAll(t);
    const firsts = await everywhere(stores, (store) => store.takeNumbers('runs', 7));
    const taken = firsts.flatMap((from) => repeat(7, (n) => from + n));
    assert.equal(new Set(taken).size, SERVERS * RACERS * 7);
  });

  test('keep the limit of a template together', async (t) => {
    const stores = await openAll(t);
    const { id } = await template(first(stores), { spec: { ...baseSpec, maxUnfinished: 4 } });
    const results = await everywhere(stores, (store) => admit(store, id, null));
    assert.equal(results.filter(({ kind }) => kind === 'created').length, 4);
    assert.equal(results.filter(({ kind }) => kind === 'refused').length, SERVERS * RACERS - 4);
  });

  test('make one run of a key that is fired and asked for at the same time', async (t) => {
    const stores = await openAll(t);
    const timing = { kind: 'one-time', atMs: t0 + 1_000 } as const;
    const schedule = { ...scheduleDefaults, timing };
    const templates = await Promise.all(repeat(10, () => template(first(stores), { schedule })));
    await Promise.all([
      ...stores.map((store) =>
        store.fire({
          nowMs: t0 + 1_000,
          limit: 100,
          newRunId: () => `schedule-${randomUUID()}`,
          keyOf: (_, nominalMs) => `at ${nominalMs}`,
        }),
      ),
      ...stores.flatMap((store) =>
        templates.map(({ id }) => admit(store, id, `at ${timing.atMs}`)),
      ),
    ]);
    for (const { id } of templates) {
      const page = await first(stores).runs({ templateId: id, offset: 0, limit: 9 });
      assert.equal(page.total, 1);
      const ledger = await first(stores).firings(id, 0, 9);
      assert.deepEqual(
        ledger.rows.map(({ outcome, runId }) => [outcome, runId]),
        [['fired', page.rows[0]?.id]],
      );
    }
  });
});

async function openAll(t: TestContext): Promise<readonly Store[]> {
  assert.ok(server !== null);
  const url = await server.database(`documents-${randomUUID()}`);
  return Promise.all(
    repeat(SERVERS, async (index) => {
      const store = createPostgresStore({ url, maxConnections: 4 });
      t.after(() => store.close());
      await store.open();
      await store.join({ host: `host-${index}`, leaseTtlMs: 60_000 }, t0);
      return store;
    }),
  );
}

/** The same call from every server, many times, all at once. */
function everywhere<T>(
  stores: readonly Store[],
  call: (store: Store) => Promise<T>,
): Promise<readonly T[]> {
  return Promise.all(stores.flatMap((store) => repeat(RACERS, () => call(store))));
}

function first([store]: readonly Store[]): Store {
  assert.ok(store !== undefined);
  return store;
}

function template(store: Store, other: Partial<NewTemplate>) {
  const given: NewTemplate = {
    id: `template-${randomUUID()}`,
    dialect: 'sae',
    namespace: 'cn-hangzhou',
    name: 'report',
    spec: baseSpec,
    document: {},
    notActedOn: [],
    refersTo: null,
    schedule: null,
  };
  const context = { changeId: randomUUID(), atMs: t0, by: 'alice', note: '' };
  return store.createTemplate({ ...given, ...other }, context);
}

function admit(store: Store, templateId: string, idempotencyKey: string | null) {
  return store.admit({
    runId: `manual-${randomUUID()}`,
    templateId,
    dialect: 'sae',
    trigger: 'manual',
    idempotencyKey,
    nowMs: t0 + 1_000,
    notBeforeMs: t0 + 1_000,
    scheduledAtMs: null,
    by: 'alice',
    override: null,
  });
}
