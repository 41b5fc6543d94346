import type { Attempt } from './attempt.ts';
import { accepted, type Answer, type Caller, type Enrollment, wrongToken } from './enrollment.ts';
import type { Journal } from './journal.ts';
import { type Callback, codes, readCallbacks } from './protocol.ts';

/** Shortest time between two lines about callbacks that nobody waits for. */
const quietMs = 1_000;

/** What callbacks ask of the executor's other parts. */
export interface CallbackSources {
  readonly enrollment: Enrollment;
  readonly journal: Pick<Journal, 'together'>;
  nowMs(): number;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Ends told by executors, by the number of their dispatch. They come twice, late and out of order,
 * because executors repeat them until they are accepted: what nobody waits for is accepted too.
 */
export class Callbacks {
  readonly #sources: CallbackSources;
  readonly #waiting = new Map<number, Attempt>();
  #ready = false;
  #ignored = 0;
  #quietUntilMs = 0;

  constructor(sources: CallbackSources) {
    this.#sources = sources;
  }

  /** All attempts of earlier lives are known: a number that is not waited for never will be. */
  begin(): void {
    this.#ready = true;
  }

  /** From here on nothing can be written down: executors keep what they have to tell. */
  end(): void {
    this.#ready = false;
  }

  track(attempt: Attempt, logIds: readonly number[]): void {
    for (const logId of logIds) this.#waiting.set(logId, attempt);
  }

  forget(attempt: Attempt): void {
    for (const { logId } of attempt.record?.parts ?? []) {
      if (this.#waiting.get(logId) === attempt) this.#waiting.delete(logId);
    }
  }

  /** Takes one request in any of the three shapes (workers.md §1.3). Never throws. */
  async take(body: unknown, caller: Caller): Promise<Answer> {
    const read = readCallbacks(body);
    if (read === null) {
      return { code: codes.failure, message: 'the body must be a list of callbacks' };
    }
    if (!this.#ready) {
      return { code: codes.failure, message: 'the server starts or ends; send it again' };
    }
    const groups = new Set(
      read.items.map(({ logId }) => this.#waiting.get(logId)?.record?.group ?? null),
    );
    for (const group of groups) {
      if (group === null) continue;
      if (!(await this.#sources.enrollment.maySpeakFor(group, caller))) return wrongToken;
    }
    let ignored = read.unreadable;
    const answer = this.#writeTogether(() => {
      const touched = new Set<Attempt>();
      for (const callback of read.items) {
        const attempt = this.#waiting.get(callback.logId);
        if (attempt !== undefined && this.#apply(attempt, callback)) touched.add(attempt);
        else ignored += 1;
      }
      for (const attempt of touched) attempt.flush();
    });
    if (ignored > 0) this.#tellIgnored(ignored, caller);
    return answer;
  }

  #apply(attempt: Attempt, callback: Callback): boolean {
    const counts = attempt.callback(callback);
    this.#waiting.delete(callback.logId);
    return counts;
  }

  /** Accepted only when it is written down: an executor forgets what was accepted. */
  #writeTogether(writes: () => void): Answer {
    try {
      this.#sources.journal.together(writes);
      return accepted;
    } catch (error) {
      this.#sources.warn({ err: error }, 'callbacks could not be written down');
      // It counts here all the same; the repetition will be one that nobody waits for.
      return { code: codes.failure, message: 'it could not be written down; send it again' };
    }
  }

  #tellIgnored(count: number, { ip }: Caller): void {
    this.#ignored += count;
    const nowMs = this.#sources.nowMs();
    if (nowMs < this.#quietUntilMs && nowMs > this.#quietUntilMs - quietMs) return;
    this.#sources.info(
      { callbacks: this.#ignored, from: ip },
      'ignored callbacks that nobody waits for: repeated, late, or of elsewhere',
    );
    this.#ignored = 0;
    this.#quietUntilMs = nowMs + quietMs;
  }
}
