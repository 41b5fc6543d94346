import type { AttemptStart } from '../../ports/executor.ts';
import type { PreparedStart } from './preparation.ts';

/** What becomes of an attempt that is being prepared. */
interface PreparingEvents {
  ready(prepared: PreparedStart): void;
  /** It will not start; `message` says why. */
  failed(message: string): void;
}

/** Attempts whose packages are being brought here. No supervisor knows them yet. */
export class Preparing {
  readonly #prepare: (start: AttemptStart, signal: AbortSignal) => Promise<PreparedStart>;
  /** By attempt id. */
  readonly #working = new Map<string, AbortController>();

  constructor(prepare: (start: AttemptStart, signal: AbortSignal) => Promise<PreparedStart>) {
    this.#prepare = prepare;
  }

  has(attemptId: string): boolean {
    return this.#working.has(attemptId);
  }

  /** Begins; exactly one event follows, never at once, unless `stop` comes first. */
  begin(start: AttemptStart, events: PreparingEvents): void {
    const controller = new AbortController();
    this.#working.set(start.attemptId, controller);
    this.#prepare(start, controller.signal).then(
      (prepared) => {
        if (this.#end(start.attemptId, controller)) events.ready(prepared);
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (this.#end(start.attemptId, controller)) events.failed(message);
      },
    );
  }

  /** Ends the preparation of an attempt. False = there is none. */
  stop(attemptId: string): boolean {
    const controller = this.#working.get(attemptId);
    if (controller === undefined) return false;
    this.#working.delete(attemptId);
    controller.abort(new Error('stopped before it started'));
    return true;
  }

  /** Ends all of them without a word: whoever adopts them finds that they never started. */
  stopAll(): void {
    for (const attemptId of this.#working.keys()) this.stop(attemptId);
  }

  #end(attemptId: string, controller: AbortController): boolean {
    if (this.#working.get(attemptId) !== controller) return false;
    return this.#working.delete(attemptId);
  }
}
