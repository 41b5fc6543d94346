import type { AttemptReport, AttemptStart } from '../../ports/executor.ts';

/**
 * Which machine has the state of a run. Workers of a run share it, so with several servers all of
 * them run where the first one did.
 */
export interface RunHomes {
  /** Whether it is this machine; the first that asks becomes it. */
  isHere(runId: string): Promise<boolean>;
  /** The run is gone. */
  forget(runId: string): Promise<void>;
}

/** How long a start is held that belongs to another machine, before it is given back. */
const defaultHoldMs = 5_000;

/** Starts that wait for word of where they belong. */
export class HomeSearch {
  readonly #homes: RunHomes | null;
  readonly #start: (attempt: AttemptStart) => void;
  readonly #refuse: (report: Extract<AttemptReport, { kind: 'refused' }>) => void;
  readonly #nowMs: () => number;
  readonly #holdMs: number;
  /** By attempt: its timer, once it is known to belong elsewhere. */
  readonly #waiting = new Map<string, { timer: NodeJS.Timeout | null; readonly fence: number }>();

  constructor(
    homes: RunHomes | null,
    events: {
      start(attempt: AttemptStart): void;
      refuse(report: Extract<AttemptReport, { kind: 'refused' }>): void;
      nowMs(): number;
    },
    holdMs = defaultHoldMs,
  ) {
    this.#holdMs = holdMs;
    this.#homes = homes;
    this.#start = (attempt) => events.start(attempt);
    this.#refuse = (report) => events.refuse(report);
    this.#nowMs = () => events.nowMs();
  }

  /** Starts it here, or gives it back so that its machine can take it. */
  begin(attempt: AttemptStart): void {
    const { attemptId, fence, run } = attempt;
    if (this.#homes === null || run === undefined) return this.#start(attempt);
    this.#waiting.set(attemptId, { timer: null, fence });
    this.#homes.isHere(run.id).then(
      (here) => {
        const waiting = this.#waiting.get(attemptId);
        if (waiting === undefined) return;
        if (here) {
          this.#waiting.delete(attemptId);
          this.#start(attempt);
          return;
        }
        waiting.timer = setTimeout(
          () =>
            this.#end(
              attemptId,
              'the state of the run lies on another server; it goes on there',
              true,
            ),
          this.#holdMs,
        );
        waiting.timer.unref();
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.#end(attemptId, `where the run belongs could not be found out: ${message}`, true);
      },
    );
  }

  /** @returns whether it waited. */
  stop(attemptId: string): boolean {
    return this.#end(attemptId, 'stopped before it was started', false);
  }

  /** Forgets all without a word: whoever adopts them finds that they never started. */
  close(): void {
    for (const { timer } of this.#waiting.values()) if (timer !== null) clearTimeout(timer);
    this.#waiting.clear();
  }

  #end(attemptId: string, message: string, again: boolean): boolean {
    const waiting = this.#waiting.get(attemptId);
    if (waiting === undefined) return false;
    this.#waiting.delete(attemptId);
    if (waiting.timer !== null) clearTimeout(waiting.timer);
    const { fence } = waiting;
    const atMs = this.#nowMs();
    this.#refuse({ kind: 'refused', attemptId, fence, atMs, message, ...(again ? { again } : {}) });
    return true;
  }
}
