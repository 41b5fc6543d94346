import type { Remover } from './remover.ts';
import type { Runtime } from './runtime.ts';

/** Runs erased per transaction, so that a large template does not block others. */
const PURGE_BATCH = 200;

/** Erases what was deleted, with its output, once nothing of it runs any more. */
export class Purger {
  readonly #runtime: Runtime;
  readonly #remover: Remover;
  #busy = false;
  /** Whether something hidden waits for its end; until then ends of runs are none of our business. */
  #expecting = false;
  #again = false;
  #stopped = false;
  #done: Promise<void> = Promise.resolve();

  constructor(runtime: Runtime, remover: Remover) {
    this.#runtime = runtime;
    this.#remover = remover;
  }

  /** A run ended; it may be one that was deleted while it ran. */
  runEnded(): void {
    if (this.#expecting) this.wake();
  }

  /** Something was deleted. */
  wake(): void {
    if (this.#stopped) return;
    this.#expecting = true;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    this.#runtime.clock.soon(() => {
      this.#done = this.#work();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #work(): Promise<void> {
    try {
      let erased: number;
      do {
        this.#again = false;
        const purged = await this.#runtime.store.purgeDeleted(PURGE_BATCH);
        erased = purged.erased;
        this.#expecting = purged.left;
        if (purged.attempts.length > 0) this.#remover.wake();
      } while ((erased > 0 || this.#again) && !this.#stopped);
    } catch (error) {
      this.#runtime.log.error(
        { err: error },
        'erasing deleted runs failed; the next deletion tries again',
      );
    } finally {
      this.#busy = false;
    }
  }
}
