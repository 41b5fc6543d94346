/** Ids of submissions: positive, 31 bits, never given twice (cdm.md §1). */
import { createHash } from 'node:crypto';
import type { Engine } from '../../engine/index.ts';

const sequence = 'cdm-submission';
/** Numbers taken from the store at a time; those that a life does not use are gaps. */
const block = 1_000;
/** Fewer left than this: the next block is fetched. */
const refillBelow = 500;
const largest = 2 ** 31 - 1;
const prefix = 'cdm-';
/** Runs that another API started are numbered from here on, where the sequence does not get to. */
const foreignFrom = 2 ** 30;

interface Range {
  readonly until: number;
  next: number;
}

/**
 * Hands out ids of runs at once, also within a transaction of the store: numbers are fetched
 * ahead. One sequence for all clusters.
 */
export class SubmissionIds {
  readonly #ranges: Range[] = [];
  #documents: Pick<Engine['documents'], 'takeNumbers'> | null = null;
  #refilling: Promise<void> | null = null;

  /** Fetches the first numbers; await it before the engine starts. */
  async open(documents: Pick<Engine['documents'], 'takeNumbers'>): Promise<void> {
    this.#documents = documents;
    await this.#refill();
  }

  /** Makes sure that there is a number, however many were taken just now. */
  async ready(documents: Pick<Engine['documents'], 'takeNumbers'>): Promise<void> {
    this.#documents ??= documents;
    if (this.#left() === 0) await this.#refill();
  }

  /** @returns the id of a new run. @throws Error when numbers were taken faster than they come. */
  next(): string {
    const [range] = this.#ranges;
    if (range === undefined) {
      throw new Error('numbers of submissions are being fetched; try again');
    }
    const number = range.next++;
    if (range.next > range.until) this.#ranges.shift();
    if (this.#left() < refillBelow) void this.#refill().catch(() => undefined);
    return `${prefix}${number}`;
  }

  #left(): number {
    return this.#ranges.reduce((sum, { next, until }) => sum + until - next + 1, 0);
  }

  #refill(): Promise<void> {
    this.#refilling ??= this.#fetch().finally(() => {
      this.#refilling = null;
    });
    return this.#refilling;
  }

  async #fetch(): Promise<void> {
    const first = await this.#documents?.takeNumbers(sequence, block);
    if (first === undefined) throw new Error('numbers of submissions are not opened yet');
    if (first + block > foreignFrom) throw new Error('all numbers of submissions are spent');
    this.#ranges.push({ next: first, until: first + block - 1 });
  }
}

/** The number that clients see of a run. */
export function submissionIdOf(runId: string): number {
  const own = /^cdm-(\d{1,10})$/.exec(runId)?.[1];
  if (own !== undefined && Number(own) <= largest) return Number(own);
  const hash = createHash('sha256').update(runId).digest().readUInt32BE(0);
  return foreignFrom + (hash % (largest - foreignFrom));
}

/** The text id of a run, of the shape `job_local1127970451_0009`. */
export function externalIdOf(runId: string): string {
  const hash = createHash('sha256').update(runId).digest().readUInt32BE(0);
  const number = submissionIdOf(runId) % 10_000;
  return `job_local${String(hash).padStart(10, '0')}_${String(number).padStart(4, '0')}`;
}
