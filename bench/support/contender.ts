/** How often a storage that tells nothing by itself is asked whether it is done. */
const ASK_AGAIN_MS = 2;
/** How long a backlog may take. */
const SETTLE_DEADLINE_MS = 170_000;

/** A queue under test: takes no-op jobs, and works them off in its own process. */
export interface Contender {
  /** Connects and makes what it keeps its jobs in. */
  open(): Promise<void>;
  /** Stores many jobs, durably, by the quickest means it has; nothing works meanwhile. */
  fill(count: number): Promise<void>;
  /** Stores one job; durable when it resolves. `id` comes back through `onStart`. */
  enqueue(id: string): Promise<void>;
  /** Begins to work. */
  work(): Promise<void>;
  /** Works no more; jobs under way end first. */
  rest(): Promise<void>;
  /** Resolves once `total` jobs since `open` have begun and ended, and their ends are durable. */
  settled(total: number): Promise<void>;
  close(): Promise<void>;
}

export interface ContenderOptions {
  /** Address of a PostgreSQL database, path of an SQLite file, or path of Redis' socket. */
  readonly at: string;
  /** Jobs under way at the same time. */
  readonly concurrency: number;
  /** Called when the code of a job begins, with the id it was enqueued under (or any, of `fill`). */
  readonly onStart: (id: string) => void;
}

/** Counts events and tells when there have been enough. */
export class Tally {
  #count = 0;
  readonly #waiting = new Set<{ readonly total: number; readonly resolve: () => void }>();

  add(count = 1): void {
    this.#count += count;
    for (const waiter of this.#waiting) {
      if (this.#count < waiter.total) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** @throws Error when `total` is not reached in time. */
  async reached(total: number): Promise<void> {
    if (this.#count >= total) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(new Error(`only ${this.#count} of ${total} jobs after ${SETTLE_DEADLINE_MS} ms`)),
        SETTLE_DEADLINE_MS,
      );
    });
    const enough = new Promise<void>((resolve) => this.#waiting.add({ total, resolve }));
    await Promise.race([enough, late]).finally(() => clearTimeout(timer));
  }
}

/** Asks until nothing is left. @throws Error when something is left for too long. */
export async function untilNoneLeft(left: () => Promise<boolean>): Promise<void> {
  const endAtMs = performance.now() + SETTLE_DEADLINE_MS;
  while (await left()) {
    if (performance.now() > endAtMs)
      throw new Error(`jobs are unfinished after ${SETTLE_DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
