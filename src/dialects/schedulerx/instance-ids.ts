/** Ids of job instances: numbers that clients read as doubles (schedulerx.md §1.5). */
import type { Run } from '../../domain/run.ts';

/** Seconds are counted from 2020-01-01, in 31 bits: until 2088. */
const EPOCH_SECOND = Date.UTC(2020, 0, 1) / 1000;
/** Ids of one second: 22 bits, so that an id stays below 2^53. */
const PER_SECOND = 2 ** 22;
/** Ids that one server may make in one second. */
const BAND = 2 ** 14;

/**
 * Makes ids of instances, decimal and ascending. The upper 31 bits are the second, the lower 22 a
 * band of this server's own with a counter in it.
 *
 * Unique within one server. Two servers differ by their number; without one they begin at
 * a place by chance, and where that meets the store's primary key refuses the second.
 */
export class InstanceIds {
  readonly #random: number;
  #node: number | null = null;
  #second = 0;
  #count = 0;

  /** @param random within 0 to 1, exclusive: where the band lies while the server has no number. */
  constructor(random: number) {
    this.#random = Math.floor(random * (PER_SECOND - BAND));
  }

  /** Numbers this server; numbers that are equal modulo 256 share a band. */
  setNode(node: number): void {
    this.#node = node % (PER_SECOND / BAND);
  }

  /** The next id. More than 16,384 in a second take from the seconds after it. */
  next(nowMs: number): string {
    const second = Math.floor(nowMs / 1000) - EPOCH_SECOND;
    if (second > this.#second) {
      this.#second = second;
      this.#count = 0;
    } else if (this.#count === BAND) {
      this.#second++;
      this.#count = 0;
    }
    const from = this.#node === null ? this.#random : this.#node * BAND;
    return String(this.#second * PER_SECOND + from + this.#count++);
  }
}

/**
 * Idempotency key of an instance that is due in a second: (JobId, ScheduleTime) is unique,
 * whatever made the instance (schedulerx.md §5.9). For firings of schedules it is handed to the
 * engine as `runKey`.
 */
export function scheduleKey(scheduleTimeMs: number): string {
  return `@${Math.floor(scheduleTimeMs / 1000)}`;
}

/** ScheduleTime of an instance in epoch milliseconds, cut to the second. */
export function scheduleTimeMsOf(
  run: Pick<Run, 'idempotencyKey' | 'scheduledAtMs' | 'createdAtMs'>,
): number {
  const key = /^@(\d{1,11})$/.exec(run.idempotencyKey ?? '')?.[1];
  if (key !== undefined) return Number(key) * 1000;
  return Math.floor((run.scheduledAtMs ?? run.createdAtMs) / 1000) * 1000;
}
