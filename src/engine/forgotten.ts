import { calmRemovalsPerSecond } from '../domain/retention.ts';
import type { Executor, KeptAttempt } from '../ports/executor.ts';
import type { Pauses } from './pauses.ts';
import type { Runtime } from './runtime.ts';

/** Attempts looked at between two pauses. */
const PAGE = 100;
const PAGE_PAUSE_MS = 100;
/** What was changed later than this is left alone: somebody may still look after it. */
const MIN_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Looks once through everything the executors keep on this machine: it is measured, and what
 * belongs to no run of the store is removed. Not what is older than this host's first server on
 * this store: it may belong to another store.
 */
export async function lookForForgotten(runtime: Runtime, pauses: Pauses): Promise<void> {
  for (const executor of runtime.executors.values()) {
    try {
      await lookThrough(runtime, pauses, executor);
    } catch (error) {
      runtime.log.error(
        { err: error, executor: executor.name },
        'looking for forgotten output failed; the next start tries again',
      );
    }
  }
}

async function lookThrough(
  { store, owner, clock, log }: Runtime,
  pauses: Pauses,
  { name, kept }: Executor,
): Promise<void> {
  if (kept === undefined) return;
  for await (const page of kept.look(PAGE)) {
    if (pauses.ended) return;
    const ids = page.map(({ attemptId }) => attemptId);
    const { attemptIds, sinceMs } = await store.forgotten(owner.fence, ids);
    const unknown = new Set(attemptIds);
    const oldMs = clock.nowMs() - MIN_AGE_MS;
    const mayGo = ({ attemptId, changedAtMs }: KeptAttempt): boolean =>
      unknown.has(attemptId) && changedAtMs >= sinceMs && changedAtMs < oldMs;
    const forgotten = page.filter(mayGo).map(({ attemptId }) => attemptId);
    if (forgotten.length > 0) {
      log.warn({ executor: name, attempts: forgotten }, 'removing output that belongs to no run');
      await kept.remove(forgotten);
    }
    await pauses.pause(PAGE_PAUSE_MS + (forgotten.length * 1_000) / calmRemovalsPerSecond);
  }
}
