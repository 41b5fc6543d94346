import type { Clock } from '../ports/clock.ts';
import type { ListedRun, RunListStore } from '../ports/run-lists.ts';
import type { RunSignals } from './signals.ts';

/** Most unfinished runs whose changes are told; further ones are told when they begin and end. */
const maxWatched = 500;
/** Most new and ended runs told at once. */
const maxAtOnce = 500;
/** Runs of which a feed remembers what it told last. */
const maxRemembered = 4_000;
/** Shortest time between two looks, so that a busy server is not looked at for every change. */
const restMs = 200;
/** Longest: what other servers change gives no signal here. */
const lookMs = 1_000;
/** How much later an end may become known than it happened; repeated ones are not told again. */
const endSlackMs = 30_000;

/** What a feed tells. */
export type RunChange =
  | {
      readonly kind: 'runs';
      /** Each as it is now, in no order. */
      readonly rows: readonly ListedRun[];
      /** Ids of runs that are gone. */
      readonly gone: readonly string[];
      /** Where a feed that goes on begins. */
      readonly position: string;
    }
  /** More changed than can be told: read the list anew. */
  | { readonly kind: 'reset'; readonly position: string }
  /** Nothing for a while. */
  | { readonly kind: 'quiet' };

/** Looks without a change after which it says that it is still there: 15 s. */
const quietLooks = 15;

/**
 * Changes of runs as all servers of the store make them, told as the state that a run has now: at
 * least once for each run that changed, however often it did. Reads only what is unfinished, new
 * and ended, each through its index.
 */
export class RunFeed {
  readonly #store: Pick<
    RunListStore,
    'unfinishedRuns' | 'changedRuns' | 'runsAt' | 'newestPosition'
  >;
  readonly #clock: Clock;
  readonly #signals: RunSignals;
  #shared: { readonly atMs: number; readonly rows: Promise<readonly ListedRun[]> } | null = null;

  constructor(store: RunListStore, clock: Clock, signals: RunSignals) {
    this.#store = store;
    this.#clock = clock;
    this.#signals = signals;
  }

  /**
   * Begins with everything unfinished and what ended just now. `position` of an earlier change
   * goes on there, so that nothing is missed; ends when `signal` aborts.
   */
  async *follow(
    templateId: string | undefined,
    position: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<RunChange> {
    const resumed = position === null ? null : parsePosition(position);
    let after = resumed?.after ?? (await this.#store.newestPosition());
    let endedMs = resumed?.endedMs ?? this.#clock.nowMs();
    const told = new Map<number, string>();
    let watched = new Map<number, string>();
    let isFirst = true;
    for (let quiet = 0; !signal.aborted;) {
      // Asked for before reading, so that a change in between is not missed.
      const change = this.#signals.anyChanged(lookMs);
      const unfinished = await this.#unfinished(templateId);
      const query = { after, endedFromMs: endedMs - endSlackMs, limit: maxAtOnce };
      const changed = await this.#store.changedRuns({
        ...query,
        ...(templateId === undefined ? {} : { templateId }),
      });
      const now = new Map(unfinished.map(({ position: place, id }) => [place, id]));
      const left = [...watched.keys()].filter((place) => !now.has(place));
      const ended = await this.#store.runsAt(left);
      const found = new Set(ended.map(({ position: place }) => place));
      const gone = left.flatMap((place) => (found.has(place) ? [] : (watched.get(place) ?? [])));
      const rows = [
        ...new Map(
          [...unfinished, ...changed, ...ended].map((run) => [run.position, run]),
        ).values(),
      ].filter((run) => isNews(told, run));
      watched = now;
      const before = { after, endedMs };
      for (const run of changed) {
        after = Math.max(after, run.position);
        endedMs = Math.max(endedMs, run.endedAtMs ?? 0);
      }
      const next = `${after}.${endedMs}`;
      const isFull = changed.length >= maxAtOnce;
      if (isFull && after === before.after && endedMs === before.endedMs) {
        after = await this.#store.newestPosition();
        endedMs = this.#clock.nowMs() + endSlackMs;
        yield { kind: 'reset', position: `${after}.${endedMs}` };
      } else if (rows.length > 0 || gone.length > 0 || isFirst) {
        quiet = 0;
        yield { kind: 'runs', rows, gone, position: next };
      } else {
        quiet += 1;
        if (quiet % quietLooks === 0) yield { kind: 'quiet' };
      }
      isFirst = false;
      if (!isFull) await this.#pause(change, signal);
    }
  }

  /** Followers of everything share a look. */
  #unfinished(templateId: string | undefined): Promise<readonly ListedRun[]> {
    const limit = maxWatched;
    if (templateId !== undefined) return this.#store.unfinishedRuns({ templateId, limit });
    const nowMs = this.#clock.nowMs();
    const shared = this.#shared;
    if (shared !== null && Math.abs(nowMs - shared.atMs) < restMs / 2) return shared.rows;
    const rows = this.#store.unfinishedRuns({ limit });
    this.#shared = { atMs: nowMs, rows };
    return rows;
  }

  async #pause(change: Promise<void>, signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const stop = (): void => aborted.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const rest = Promise.withResolvers<void>();
    const timer = this.#clock.after(restMs, rest.resolve);
    try {
      await Promise.race([Promise.all([change, rest.promise]), aborted.promise]);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    }
  }
}

/** Whether this is not what was told last of the run; remembers it. */
function isNews(told: Map<number, string>, run: ListedRun): boolean {
  const { state, hold, active, succeeded, failed, message, verdict, startedAtMs, endedAtMs } = run;
  const print = JSON.stringify([
    state,
    hold,
    active,
    succeeded,
    failed,
    message,
    verdict,
    startedAtMs,
    endedAtMs,
  ]);
  const isSame = told.get(run.position) === print;
  // The oldest go first: what was told again is young again.
  told.delete(run.position);
  told.set(run.position, print);
  const oldest = told.keys().next().value;
  if (told.size > maxRemembered && oldest !== undefined) told.delete(oldest);
  return !isSame;
}

/** Null when it is none of ours. */
function parsePosition(text: string): { readonly after: number; readonly endedMs: number } | null {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return match === null ? null : { after: Number(match[1]), endedMs: Number(match[2]) };
}
