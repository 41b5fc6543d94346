import type { Attempt } from './attempt.ts';
import { isOver } from './journal.ts';

/** Attempts that have not ended, by id and by job. */
export class LiveAttempts {
  readonly #byId = new Map<string, Attempt>();
  readonly #byJob = new Map<string, Set<Attempt>>();
  /** By job and attempt: addresses of attempts whose dispatch is chosen and not written down yet. */
  readonly #chosen = new Map<string, Map<string, string>>();

  get(id: string): Attempt | undefined {
    return this.#byId.get(id);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  values(): IterableIterator<Attempt> {
    return this.#byId.values();
  }

  add(attempt: Attempt): void {
    this.#byId.set(attempt.id, attempt);
  }

  /** What the attempt does has been decided. */
  decided(attempt: Attempt): void {
    const { record } = attempt;
    if (record === null) return;
    const key = keyOf(record.group, record.jobId);
    this.#chosen.get(key)?.delete(attempt.id);
    if (this.#chosen.get(key)?.size === 0) this.#chosen.delete(key);
    const own = this.#byJob.get(key);
    if (own === undefined) this.#byJob.set(key, new Set([attempt]));
    else own.add(attempt);
  }

  /** An attempt is about to go to this address: those that begin in the same turn see it. */
  chose(group: number, jobId: number, attemptId: string, address: string): void {
    // One that is gone already will never be decided.
    if (!this.#byId.has(attemptId)) return;
    const key = keyOf(group, jobId);
    const own = this.#chosen.get(key);
    if (own === undefined) this.#chosen.set(key, new Map([[attemptId, address]]));
    else own.set(attemptId, address);
  }

  delete(attempt: Attempt): void {
    if (this.#byId.get(attempt.id) !== attempt) return;
    this.#byId.delete(attempt.id);
    for (const [key, own] of this.#chosen) {
      if (own.delete(attempt.id) && own.size === 0) this.#chosen.delete(key);
    }
    const { record } = attempt;
    const key = record === null ? '' : keyOf(record.group, record.jobId);
    const own = this.#byJob.get(key);
    own?.delete(attempt);
    if (own?.size === 0) this.#byJob.delete(key);
  }

  /** Unfinished dispatches of a job, by the address of the executor. */
  busy(group: number, jobId: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const address of this.#chosen.get(keyOf(group, jobId))?.values() ?? []) {
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    for (const { record } of this.#byJob.get(keyOf(group, jobId)) ?? []) {
      for (const part of record?.parts ?? []) {
        if (!isOver(part)) counts.set(part.address, (counts.get(part.address) ?? 0) + 1);
      }
    }
    return counts;
  }
}

function keyOf(group: number, jobId: number): string {
  return `${group} ${jobId}`;
}
