import type { Contender } from './contender.ts';

/** Jobs that are being enqueued at the same time in `steady`, as by an API under load. */
const PRODUCERS = 64;

/** Jobs a second of a backlog. */
export interface DrainRates {
  /** From the first start to the last durable end. */
  readonly drain: number;
  /** The same with the time that it took to store them. */
  readonly backlog: number;
}

/** The measured situations, the same for every queue. */
export class Rounds {
  readonly #contender: Contender;
  #total = 0;
  #firstStartAtMs: number | null = null;
  #askedAtMs = new Map<string, number>();
  #startMs: number[] = [];

  /** `started` is to be called with every job that the contender begins. */
  constructor(contender: Contender) {
    this.#contender = contender;
  }

  /** A job began. */
  started(id: string): void {
    this.#firstStartAtMs ??= performance.now();
    const askedAtMs = this.#askedAtMs.get(id);
    if (askedAtMs !== undefined) this.#startMs.push(performance.now() - askedAtMs);
  }

  async open(): Promise<void> {
    await this.#contender.open();
  }

  async close(): Promise<void> {
    await this.#contender.close();
  }

  /** Stores a backlog by the quickest means there is, then works it off. */
  async drain(count: number): Promise<DrainRates> {
    const beginAtMs = performance.now();
    await this.#contender.fill(count);
    const fillMs = performance.now() - beginAtMs;
    this.#firstStartAtMs = null;
    await this.#contender.work();
    this.#total += count;
    await this.#contender.settled(this.#total);
    const endAtMs = performance.now();
    await this.#contender.rest();
    const drainMs = endAtMs - (this.#firstStartAtMs ?? Number.NaN);
    return { drain: perSecond(count, drainMs), backlog: perSecond(count, fillMs + drainMs) };
  }

  /** Enqueues one by one, many at a time, while working: jobs a second from the first call to the last durable end. */
  async steady(count: number): Promise<number> {
    await this.#contender.work();
    const beginAtMs = performance.now();
    let next = 0;
    const produce = async (): Promise<void> => {
      while (next < count) {
        next += 1;
        await this.#contender.enqueue(`steady${next}`);
      }
    };
    await Promise.all(Array.from({ length: PRODUCERS }, produce));
    this.#total += count;
    await this.#contender.settled(this.#total);
    const endAtMs = performance.now();
    await this.#contender.rest();
    return perSecond(count, endAtMs - beginAtMs);
  }

  /**
   * One job every `everyMs` while nothing else happens: milliseconds from the call that enqueues
   * it to the first line of its code, for each.
   */
  async latency(count: number, everyMs: number): Promise<readonly number[]> {
    await this.#contender.work();
    this.#startMs = [];
    for (let i = 0; i < count; i += 1) {
      const id = `latency${i}`;
      const nextAtMs = performance.now() + everyMs;
      this.#askedAtMs.set(id, performance.now());
      await this.#contender.enqueue(id);
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, nextAtMs - performance.now())),
      );
    }
    this.#total += count;
    await this.#contender.settled(this.#total);
    await this.#contender.rest();
    this.#askedAtMs = new Map();
    return this.#startMs;
  }
}

function perSecond(count: number, ms: number): number {
  return count / (ms / 1000);
}
