/** What the simulation found in the store, each as the shortest story that shows it. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import Sqlite from 'better-sqlite3';
import { DomainError } from '../../src/domain/errors.ts';
import { type ScheduleDefinition, scheduleDefaults } from '../../src/domain/schedule/definition.ts';
import type { Store } from '../../src/ports/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite/store.ts';
import { baseSpec, revisionOf } from './specs.ts';

const noonMs = Date.UTC(2026, 0, 5, 12);
const everyFiveSeconds: ScheduleDefinition = {
  ...scheduleDefaults,
  timing: { kind: 'cron', expression: '*/5 * * * * *' },
};

test('a claim does not start a run that another run of the same claim has replaced', async (t) => {
  const store = await openStore(t);
  const { fence } = await store.join({ host: 'a', leaseTtlMs: 1_000 }, noonMs);
  const spec = { ...baseSpec, concurrency: 'replace' as const };
  await store.createTemplate(named('job', revisionOf(spec, null)), change(noonMs));
  // Accepted first and due last: the other, which is due before it, replaces it.
  await admit(store, 'first', noonMs + 9_000);
  await admit(store, 'second', noonMs + 5_000);
  const claimed = await store.claim({
    nowMs: noonMs + 10_000,
    fence,
    limit: 10,
    route: () => ({ executor: 'x' }),
  });
  assert.deepEqual(
    claimed.attempts.map(({ run }) => run.id),
    ['second'],
  );
  assert.equal((await store.run('first'))?.state, 'canceled');
});

test('a server that has ended takes nothing over, however late its call arrives', async (t) => {
  const store = await openStore(t);
  const old = await store.join({ host: 'a', leaseTtlMs: 1_000 }, noonMs);
  await store.join({ host: 'a', leaseTtlMs: 1_000 }, noonMs);
  await assert.rejects(
    store.takeOver(old.fence, []),
    (error) => error instanceof DomainError && error.code === 'stale-owner',
  );
});

test('a schedule that comes back does not fire again what the ledger holds', async (t) => {
  const store = await openStore(t);
  const scheduled = revisionOf(baseSpec, everyFiveSeconds);
  await store.createTemplate(named('job', scheduled), change(noonMs));
  const fire = (atMs: number) =>
    store.fire({ nowMs: atMs, limit: 10, newRunId: () => `run-${atMs}` });
  await fire(noonMs + 5_000);
  await store.updateTemplate(
    'job',
    'native',
    () => revisionOf(baseSpec, null),
    change(noonMs + 6_000),
  );
  // The clock of the server that sets it again is behind.
  await store.updateTemplate('job', 'native', () => scheduled, change(noonMs + 1_000));
  assert.equal((await store.schedule('job'))?.nextAtMs, noonMs + 10_000);
});

async function openStore(t: TestContext): Promise<Store> {
  const store = createSqliteStore({ memory: new Sqlite(':memory:') });
  await store.open();
  t.after(() => store.close());
  return store;
}

function named(id: string, revision: ReturnType<typeof revisionOf>) {
  return { id, dialect: 'native', namespace: 'sim', name: id, ...revision } as const;
}

function change(atMs: number) {
  return { changeId: `change-${atMs}`, atMs, by: 'client', note: '' };
}

async function admit(store: Store, runId: string, notBeforeMs: number): Promise<void> {
  const result = await store.admit({
    runId,
    templateId: 'job',
    dialect: 'native',
    trigger: 'manual',
    idempotencyKey: null,
    nowMs: noonMs,
    notBeforeMs,
    scheduledAtMs: null,
    by: 'client',
    override: null,
  });
  assert.equal(result.kind, 'created');
}
