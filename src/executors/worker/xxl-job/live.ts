import type { Attempt } from './attempt.ts';
import { isOver } from './journal.ts';

/** Attempts that have not ended, by id and by job. */
export class LiveAttempts {
  readonly #byId = new Map<string, Attempt>();
  readonly #byJob = new Map<string, Set<Attempt>>();

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
    const own = this.#byJob.get(key);
    if (own === undefined) this.#byJob.set(key, new Set([attempt]));
    else own.add(attempt);
  }

  delete(attempt: Attempt): void {
    if (this.#byId.get(attempt.id) !== attempt) return;
    this.#byId.delete(attempt.id);
    const { record } = attempt;
    const key = record === null ? '' : keyOf(record.group, record.jobId);
    const own = this.#byJob.get(key);
    own?.delete(attempt);
    if (own?.size === 0) this.#byJob.delete(key);
  }

  /** Unfinished dispatches of a job, by the address of the executor. */
  busy(group: number, jobId: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
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
