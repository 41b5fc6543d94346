import type { Clock } from '../ports/clock.ts';
import type { Executor } from '../ports/executor.ts';
import {
  binEndMs,
  type EndedCell,
  type EndPosition,
  type ListedRun,
  type NamedFiring,
  type NextFiring,
} from '../ports/run-lists.ts';
import type { Store } from '../ports/store.ts';

/** Widths of buckets: minutes up to days, each a multiple of the one before. */
const widthsMs = [1, 5, 15, 60, 360, 1_440].map((minutes) => minutes * 60_000);
/** Runs counted at a time, so that nobody waits long for the loop. */
const sliceRuns = 5_000;
/** Longest that one answer counts; what is left then is counted by the next. */
const budgetMs = 1_000;
/** How much later an end may become known than it happened; older ones are counted once. */
const settleMs = 10 * 60_000;
/** Buckets whose counts are kept. */
const maxKept = 2_000;
/** A run that waits for longer than this is late. */
const lateMs = 60_000;
/** Rows of each list. */
const listed = 20;

/** How runs ended within a time. */
export interface EndedBucket {
  readonly fromMs: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  /** Half of those that began took at most this long; within 7 %; null = none began. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** Room of an executor of this server, and what all servers use of it. */
export interface ExecutorUse {
  readonly name: string;
  readonly maxConcurrent: number;
  readonly active: number;
  readonly ready: boolean;
  /** Why not; else empty. */
  readonly reason: string;
}

/** What a person on call wants to know first. */
export interface OverviewFacts {
  readonly queued: number;
  readonly running: number;
  readonly activeAttempts: number;
  readonly failed: readonly ListedRun[];
  readonly late: readonly ListedRun[];
  readonly missed: readonly NamedFiring[];
  readonly next: readonly NextFiring[];
  readonly bucketMs: number;
  readonly buckets: readonly EndedBucket[];
  readonly total: EndedBucket;
  /** False: not everything is counted yet; ask again. */
  readonly complete: boolean;
  readonly executors: readonly ExecutorUse[];
}

/** What is asked of it. */
export interface OverviewQuery {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** About so many at most: those at the ends are whole, too. */
  readonly buckets: number;
}

interface Tally {
  succeeded: number;
  failed: number;
  canceled: number;
  readonly bins: Map<number, number>;
}

interface Kept {
  readonly tally: Tally;
  /** What ended before this is in it. */
  countedToMs: number;
}

/**
 * The overview. What has ended is counted once and kept in memory, bucket by bucket; the cost of
 * an answer is what ended in the last minutes.
 */
export class Overview {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #executors: readonly Executor[];
  readonly #kept = new Map<string, Kept>();
  /** One counts at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: Store, clock: Clock, executors: readonly Executor[]) {
    this.#store = store;
    this.#clock = clock;
    this.#executors = executors;
  }

  async facts(query: OverviewQuery): Promise<OverviewFacts> {
    const store = this.#store;
    const nowMs = this.#clock.nowMs();
    const { sinceMs, untilMs } = query;
    const [counts, failed, late, missed, next, active] = await Promise.all([
      store.counts(),
      store.searchRuns({ states: ['failed'], before: null, limit: listed }),
      store.lateRuns(nowMs - lateMs, listed),
      store.missedFirings(sinceMs, untilMs, listed),
      store.nextFirings(listed),
      store.activeByExecutor(),
    ]);
    const counting = this.#turn.then(() => this.#count(query));
    this.#turn = counting.catch(() => undefined);
    const of = new Map(active.map((row) => [row.executor, row.active]));
    return {
      ...counts,
      failed: failed.rows.filter(
        ({ endedAtMs }) => endedAtMs !== null && endedAtMs >= sinceMs && endedAtMs < untilMs,
      ),
      late,
      missed,
      next,
      ...(await counting),
      executors: this.#executors.map((executor) => ({
        name: executor.name,
        maxConcurrent: executor.maxConcurrent,
        active: of.get(executor.name) ?? 0,
        ...executor.health(),
      })),
    };
  }

  async #count({
    sinceMs,
    untilMs,
    buckets,
  }: OverviewQuery): Promise<Pick<OverviewFacts, 'bucketMs' | 'buckets' | 'total' | 'complete'>> {
    const bucketMs =
      widthsMs.find((width) => (untilMs - sinceMs) / width <= buckets) ?? widthsMs.at(-1) ?? 1;
    const giveUpAtMs = this.#clock.monotonicMs() + budgetMs;
    const total = newTally();
    const rows: EndedBucket[] = [];
    let complete = true;
    const first = Math.floor(sinceMs / bucketMs) * bucketMs;
    // The newest first: they are looked at most.
    for (
      let fromMs = first + bucketMs * (Math.ceil((untilMs - first) / bucketMs) - 1);
      fromMs >= first;
      fromMs -= bucketMs
    ) {
      const counted = await this.#bucket(fromMs, bucketMs, giveUpAtMs);
      complete &&= counted.complete;
      addTally(total, counted.tally);
      rows.unshift(bucketOf(fromMs, counted.tally));
    }
    return { bucketMs, buckets: rows, total: bucketOf(first, total), complete };
  }

  async #bucket(
    fromMs: number,
    bucketMs: number,
    giveUpAtMs: number,
  ): Promise<{ readonly tally: Tally; readonly complete: boolean }> {
    const endMs = fromMs + bucketMs;
    const kept = this.#keptOf(`${bucketMs}:${fromMs}`, fromMs);
    const tally = newTally();
    if (kept.countedToMs >= endMs) return { tally: addTally(tally, kept.tally), complete: true };
    if (this.#clock.monotonicMs() > giveUpAtMs) {
      return { tally: addTally(tally, kept.tally), complete: false };
    }
    const cells: EndedCell[] = [];
    let after: EndPosition | null = null;
    for (;;) {
      const query = { fromMs: kept.countedToMs, untilMs: endMs, after, limit: sliceRuns };
      const slice: Awaited<ReturnType<Store['endedRuns']>> = await this.#store.endedRuns(query);
      cells.push(...slice.cells);
      after = slice.next;
      if (after === null || this.#clock.monotonicMs() > giveUpAtMs) break;
      // Others get their turn of the loop.
      await new Promise<void>((resolve) => this.#clock.soon(resolve));
    }
    const reachedMs = after === null ? endMs : after.endedAtMs;
    const settledMinute = Math.floor(Math.min(reachedMs, this.#clock.nowMs() - settleMs) / 60_000);
    for (const cell of cells) addCell(cell.minute < settledMinute ? kept.tally : tally, cell);
    kept.countedToMs = Math.max(kept.countedToMs, Math.min(settledMinute * 60_000, endMs));
    return { tally: addTally(tally, kept.tally), complete: after === null };
  }

  #keptOf(key: string, fromMs: number): Kept {
    const kept = this.#kept.get(key) ?? { tally: newTally(), countedToMs: fromMs };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest);
    return kept;
  }
}

function newTally(): Tally {
  return { succeeded: 0, failed: 0, canceled: 0, bins: new Map() };
}

function addCell(tally: Tally, { state, bin, runs }: EndedCell): void {
  tally[state] += runs;
  if (bin !== null) tally.bins.set(bin, (tally.bins.get(bin) ?? 0) + runs);
}

function addTally(tally: Tally, other: Tally): Tally {
  tally.succeeded += other.succeeded;
  tally.failed += other.failed;
  tally.canceled += other.canceled;
  for (const [bin, runs] of other.bins) tally.bins.set(bin, (tally.bins.get(bin) ?? 0) + runs);
  return tally;
}

function bucketOf(fromMs: number, { succeeded, failed, canceled, bins }: Tally): EndedBucket {
  return {
    fromMs,
    succeeded,
    failed,
    canceled,
    p50Ms: percentileMs(bins, 0.5),
    p95Ms: percentileMs(bins, 0.95),
  };
}

/** Duration that this share of the runs did not exceed; null when there are none. */
export function percentileMs(bins: ReadonlyMap<number, number>, share: number): number | null {
  const sorted = [...bins].toSorted(([a], [b]) => a - b);
  const wanted = sorted.reduce((sum, [, runs]) => sum + runs, 0) * share;
  let seen = 0;
  for (const [bin, runs] of sorted) {
    seen += runs;
    if (seen >= wanted) return Math.round(binEndMs(bin - 0.5));
  }
  return null;
}
