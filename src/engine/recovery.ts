import type { AttemptReport } from '../ports/executor.ts';
import { type Runtime, stopAttempts } from './runtime.ts';

/** The part of the dispatcher that recovery needs. */
interface Room {
  occupy(executor: string, attemptId: string): void;
  release(attemptId: string): void;
  live(): readonly string[];
}

/**
 * What a new server life does first: opens its executors, takes over what an earlier one left, and
 * stops what runs here and was given up meanwhile.
 */
export async function recover(
  runtime: Runtime,
  room: Room,
  report: (reports: readonly AttemptReport[]) => void,
): Promise<void> {
  for (const executor of runtime.executors.values()) await executor.open(report);
  await adoptAll(runtime, room, [], runtime.owner.fence);
  for (const executor of runtime.executors.values()) executor.stopOthers();
}

/** Finds attempts that the store holds for this server and that it does not know of. */
export async function reconcile(runtime: Runtime, room: Room): Promise<void> {
  await adoptAll(runtime, room, room.live(), runtime.owner.fence);
}

/**
 * After this server was given up and has joined anew: what it still owns goes on under the new
 * fence, which is the server's from then on; everything else it runs is stopped, because a retry
 * may run elsewhere.
 */
export async function rejoin(runtime: Runtime, room: Room, fence: number): Promise<void> {
  const before = room.live();
  runtime.unstarted.forget();
  const kept = await adoptAll(runtime, room, [], fence);
  for (const attemptId of before) {
    if (kept.has(attemptId)) continue;
    runtime.log.warn(
      { attemptId },
      'stopping an attempt that was given up while this server slept',
    );
    for (const executor of runtime.executors.values()) executor.stop(attemptId);
    room.release(attemptId);
  }
}

/**
 * Takes over every attempt of this host that has no end, lets its executor say what became of it,
 * and repeats the stops that were under way. Nothing is started twice and nothing that still runs
 * is disturbed.
 * @returns the ids of all attempts taken over.
 */
async function adoptAll(
  runtime: Runtime,
  room: Room,
  known: readonly string[],
  fence: number,
): Promise<ReadonlySet<string>> {
  const left = await runtime.store.takeOver(fence, known);
  // Not before: a claim under a new fence, not yet answered, would be taken over as never started.
  runtime.owner.fence = Math.max(runtime.owner.fence, fence);
  for (const attempt of left) room.occupy(attempt.executor, attempt.attemptId);
  for (const [name, executor] of runtime.executors) {
    const own = left.filter((attempt) => attempt.executor === name);
    if (own.length === 0) continue;
    runtime.log.info({ executor: name, attempts: own.length }, 'adopting attempts');
    await executor.adopt(own);
    stopAttempts(
      runtime,
      own.filter((attempt) => attempt.stopping),
    );
  }
  const nowhere = left.filter((attempt) => !runtime.executors.has(attempt.executor));
  if (nowhere.length > 0) {
    await runtime.store.report(
      nowhere.map((attempt) => ({
        kind: 'lost',
        attemptId: attempt.attemptId,
        fence,
        atMs: runtime.clock.nowMs(),
        message: `the ${attempt.executor} executor that ran it is not configured any more`,
      })),
      runtime.clock.nowMs(),
    );
    for (const attempt of nowhere) room.release(attempt.attemptId);
  }
  return new Set(left.map((attempt) => attempt.attemptId));
}
