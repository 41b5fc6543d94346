import { DomainError } from '../domain/errors.ts';
import type { AttemptReport, AttemptStart } from '../ports/executor.ts';
import type { ClaimedAttempt } from '../ports/store.ts';
import { preparedStarts, type PreparationSources } from './preparation.ts';
import type { Runtime } from './runtime.ts';

/** Wait before reading again after the store failed. */
const STORE_RETRY_MS = 500;

/** The part of the membership that starting needs. */
interface Lease {
  certain(fence: number): Promise<boolean>;
}

/**
 * Claimed attempts whose ConfigMaps and Secrets are being read. No executor knows them yet, so
 * stopping or giving them up happens here.
 */
export class Preparing {
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>;
  readonly #sources: PreparationSources;
  readonly #report: (reports: readonly AttemptReport[]) => void;
  /** By attempt id. */
  readonly #waiting = new Map<string, ClaimedAttempt>();
  readonly #working = new Set<Promise<void>>();
  readonly #ending = Promise.withResolvers<void>();
  #ends = false;

  constructor(
    runtime: Pick<Runtime, 'clock' | 'log'>,
    sources: PreparationSources,
    report: (reports: readonly AttemptReport[]) => void,
  ) {
    this.#runtime = runtime;
    this.#sources = sources;
    this.#report = report;
  }

  /** Prepares attempts of one run and hands them to `start`; what cannot be prepared is refused. */
  begin(
    attempts: readonly ClaimedAttempt[],
    lease: Lease,
    start: (starts: readonly AttemptStart[]) => void,
  ): void {
    for (const attempt of attempts) this.#waiting.set(attempt.attemptId, attempt);
    const working = this.#prepare(attempts, lease, start).finally(() => {
      this.#working.delete(working);
    });
    this.#working.add(working);
  }

  /** Ends an attempt that waits here. False = it does not. */
  stop(attemptId: string): boolean {
    const attempt = this.#waiting.get(attemptId);
    if (attempt === undefined) return false;
    this.#refuse([attempt], 'stopped before it started');
    return true;
  }

  /** Forgets all of them: they are another owner's, who finds that they never started. */
  forget(): void {
    this.#waiting.clear();
  }

  /**
   * The server ends: resolves when nothing is being prepared any more. What cannot be read now is
   * left to the next life, which finds that it never started.
   */
  async settled(): Promise<void> {
    this.#ends = true;
    this.#ending.resolve();
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  async #prepare(
    attempts: readonly ClaimedAttempt[],
    lease: Lease,
    start: (starts: readonly AttemptStart[]) => void,
  ): Promise<void> {
    for (;;) {
      const left = attempts.filter((attempt) => this.#waiting.get(attempt.attemptId) === attempt);
      const fence = left[0]?.fence;
      if (fence === undefined) return;
      try {
        const starts = await preparedStarts(left, this.#sources);
        // Reading took time: what was stopped, or became another owner's, must not start.
        if (!(await lease.certain(fence))) return;
        const wanted = starts.filter(({ attemptId }) => this.#waiting.delete(attemptId));
        if (wanted.length > 0) start(wanted);
        return;
      } catch (error) {
        if (error instanceof DomainError && error.code !== 'unavailable') {
          this.#refuse(left, error.message);
          return;
        }
        this.#runtime.log.error(
          { err: error, runId: left[0]?.run.id },
          'reading what a run refers to failed; trying again',
        );
        await this.#pause();
        if (this.#ends) return;
      }
    }
  }

  async #pause(): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = this.#runtime.clock.after(STORE_RETRY_MS, over.resolve);
    await Promise.race([over.promise, this.#ending.promise]);
    timer.cancel();
  }

  #refuse(attempts: readonly ClaimedAttempt[], message: string): void {
    const atMs = this.#runtime.clock.nowMs();
    const refused = attempts.filter(({ attemptId }) => this.#waiting.delete(attemptId));
    this.#report(
      refused.map(({ attemptId, fence }) => ({ kind: 'refused', attemptId, fence, atMs, message })),
    );
  }
}
