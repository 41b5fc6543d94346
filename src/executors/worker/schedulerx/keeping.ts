import { sendKill } from './attempt.ts';
import type { AttemptRecord, Journal } from './journal.ts';
import { maxAbandoned, maxStopsPerHeartbeat, type Timing } from './limits.ts';
import type { SchedulerxWorkerLog } from './listener.ts';
import { plainEnd, words } from './outcome.ts';
import type { Member } from './registry.ts';

/**
 * What is left of attempts that are over here: their journals, for as long as the store may ask
 * again, and instances that were given up, which are killed when a worker turns out to have them.
 */
export class Keeping {
  readonly #journal: Journal;
  readonly #timing: Timing;
  readonly #nowMs: () => number;
  readonly #log: SchedulerxWorkerLog;
  /** When each ended, oldest first; monotonic. */
  readonly #ended = new Map<string, number>();
  /** By number of the instance. */
  readonly #abandoned = new Map<number, AttemptRecord>();

  constructor(journal: Journal, timing: Timing, nowMs: () => number, log: SchedulerxWorkerLog) {
    this.#journal = journal;
    this.#timing = timing;
    this.#nowMs = nowMs;
    this.#log = log;
  }

  /** An attempt has ended; `again`: what to kill should its worker still have it. */
  ended(attemptId: string, again: AttemptRecord | null): void {
    this.#ended.set(attemptId, performance.now());
    if (again !== null) this.#abandon(again);
  }

  /**
   * All that is still ours has been taken up. What else was submitted from here was given up, and a
   * retry may run elsewhere; what ended long ago is removed.
   */
  sortOut(isLive: (attemptId: string) => boolean): void {
    for (const attemptId of this.#journal.list()) {
      if (isLive(attemptId)) continue;
      const record = this.#journal.read(attemptId);
      const end = record?.end ?? null;
      const old = end !== null && this.#nowMs() - end.atMs > this.#timing.keepEndedMs;
      if (record === null || old) {
        this.#remove(attemptId);
        continue;
      }
      if (record.end === null) {
        record.end = plainEnd('lost', this.#nowMs(), words.lost);
        this.#write(attemptId, record);
      }
      this.ended(attemptId, record.end.kind === 'lost' ? record : null);
    }
  }

  /** Kills what the worker still has of what was given up. */
  heartbeat(member: Member, isLive: (instanceId: number) => boolean): void {
    let stops = 0;
    for (const instanceId of this.#abandoned.size > 0 ? member.instances : []) {
      const record = this.#abandoned.get(instanceId);
      if (record?.workerId !== member.workerId || record.group !== member.group) continue;
      if (isLive(instanceId)) continue;
      this.#log.warn(
        { instanceId, worker: record.worker },
        'killing an instance that was given up',
      );
      void sendKill(member, record);
      stops += 1;
      if (stops >= maxStopsPerHeartbeat) return;
    }
  }

  /** Removes what ended long enough ago. */
  tick(): void {
    for (const [attemptId, atMs] of this.#ended) {
      if (performance.now() - atMs < this.#timing.keepEndedMs) return;
      this.#ended.delete(attemptId);
      this.#remove(attemptId);
    }
  }

  #abandon(record: AttemptRecord): void {
    const [oldest] = this.#abandoned.keys();
    if (oldest !== undefined && this.#abandoned.size >= maxAbandoned) {
      this.#abandoned.delete(oldest);
    }
    this.#abandoned.set(record.instanceId, record);
  }

  #write(attemptId: string, record: AttemptRecord): void {
    try {
      this.#journal.write(attemptId, record);
    } catch (error) {
      this.#log.warn({ err: error, attemptId }, 'the journal of an attempt failed');
    }
  }

  #remove(attemptId: string): void {
    try {
      this.#journal.remove(attemptId);
    } catch (error) {
      this.#log.warn({ err: error, attemptId }, 'the journal of an attempt cannot be removed');
    }
  }
}
