import { removalsPerSecond } from '../domain/retention.ts';
import type { Removal } from '../ports/retention.ts';
import { Pauses } from './pauses.ts';
import type { Runtime } from './runtime.ts';

/** Attempts whose output is removed between two pauses. */
const REMOVAL_BATCH = 25;
/** Wait before trying again after the store failed. */
const RETRY_MS = 30_000;

/**
 * Removes the output of attempts that the store says this host is to remove. They are forgotten
 * only after their output is gone, so that a crash leaves nothing behind; a host that was away
 * does it when it is back.
 *
 * It removes calmly, because a file system may be slow in creating files after many were deleted.
 */
export class Remover {
  readonly #runtime: Runtime;
  readonly #pauses: Pauses;
  #working: Promise<void> | null = null;
  #again = false;
  #failed = false;
  /** Since when there has been something to remove without a pause. */
  #busySinceMs: number | null = null;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#pauses = new Pauses(runtime.clock);
  }

  /** There may be something to remove. */
  wake(): void {
    this.#again = true;
    if (this.#pauses.ended || this.#working !== null) return;
    this.#working = this.#work();
  }

  /** Resolves when nothing is left to do; with false when the store failed meanwhile. */
  async idle(): Promise<boolean> {
    await this.#working;
    return !this.#failed;
  }

  async stop(): Promise<void> {
    this.#pauses.end();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#runtime;
    this.#failed = false;
    try {
      while (this.#again && !this.#pauses.ended) {
        this.#again = false;
        await this.#pass();
      }
    } catch (error) {
      this.#failed = true;
      log.error({ err: error }, 'removing output of erased runs failed; trying again');
      clock.after(RETRY_MS, () => this.wake());
    } finally {
      // In the same turn as the last look at `#again`: no wake is lost.
      this.#working = null;
    }
  }

  /** Goes through all removals once; what still runs stays for a later pass. */
  async #pass(): Promise<void> {
    const { store, owner, clock } = this.#runtime;
    for (let after = ''; !this.#pauses.ended;) {
      const { fence } = owner;
      const batch = await store.removals(fence, after, REMOVAL_BATCH);
      const last = batch.at(-1);
      if (last === undefined) {
        this.#busySinceMs = null;
        return;
      }
      await store.removed(fence, await this.#remove(batch));
      after = last.attemptId;
      this.#busySinceMs ??= clock.nowMs();
      const perSecond = removalsPerSecond(clock.nowMs() - this.#busySinceMs);
      await this.#pauses.pause((batch.length * 1_000) / perSecond);
    }
  }

  /** @returns those that are done. */
  async #remove(batch: readonly Removal[]): Promise<readonly string[]> {
    const { executors, log } = this.#runtime;
    const done: string[] = [];
    for (const name of new Set(batch.map(({ executor }) => executor))) {
      const ids = batch.flatMap((one) => (one.executor === name ? [one.attemptId] : []));
      const executor = executors.get(name);
      if (executor === undefined) {
        log.warn(
          { executor: name, attempts: ids },
          'no such executor on this server: output of these attempts is left where it is',
        );
      }
      const running = (await executor?.kept?.remove(ids)) ?? [];
      if (executor?.kept === undefined) await executor?.remove(ids);
      done.push(...ids.filter((id) => !running.includes(id)));
    }
    return done;
  }
}
