/**
 * How long what is over is kept. Each bound alone is enough to let something go; null = this bound
 * does not count, which is allowed only where another one still holds.
 */
export interface RetentionPolicy {
  /** Finished runs, with their story and their output. */
  readonly runs: {
    /** Since the run's end. */
    readonly maxAgeMs: number | null;
    readonly maxPerTemplate: number | null;
    readonly maxTotal: number;
    /**
     * Since the run was accepted: younger runs with an idempotency key stay whatever the other
     * bounds say, because a key that was forgotten would run a job twice.
     */
    readonly minKeyAgeMs: number;
  };
  /** Output and working folders of finished runs; the runs stay. */
  readonly output: {
    /** Since the run's end. */
    readonly maxAgeMs: number | null;
    /** Of one host's ended attempts together, as they lie on the disk. */
    readonly maxBytes: number;
  };
  /** Ledger of firings. */
  readonly firings: {
    /** Since the firing was decided. */
    readonly maxAgeMs: number | null;
    readonly maxPerTemplate: number;
  };
  /** What is left of something gone: changes of deleted templates, ended servers, hosts not seen any more. */
  readonly leftovers: { readonly maxAgeMs: number };
}

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

export const defaultRetention: RetentionPolicy = {
  runs: {
    maxAgeMs: 30 * dayMs,
    maxPerTemplate: 1_000,
    maxTotal: 100_000,
    minKeyAgeMs: dayMs,
  },
  output: { maxAgeMs: 30 * dayMs, maxBytes: 10 * 1024 ** 3 },
  firings: { maxAgeMs: 30 * dayMs, maxPerTemplate: 10_000 },
  leftovers: { maxAgeMs: 30 * dayMs },
};

/** The policy as instants, at one moment. Epoch milliseconds; null = no bound. */
export interface RetentionHorizons {
  /** Runs that ended before it go. */
  readonly runsEndedBeforeMs: number | null;
  /** Keys of runs accepted at or after it are remembered. */
  readonly keysSinceMs: number;
  /** Output of runs that ended before it goes. */
  readonly outputEndedBeforeMs: number | null;
  readonly firingsDecidedBeforeMs: number | null;
  readonly leftoversBeforeMs: number;
}

export function retentionHorizons(policy: RetentionPolicy, nowMs: number): RetentionHorizons {
  const before = (ageMs: number | null): number | null => (ageMs === null ? null : nowMs - ageMs);
  return {
    runsEndedBeforeMs: before(policy.runs.maxAgeMs),
    keysSinceMs: nowMs - policy.runs.minKeyAgeMs,
    outputEndedBeforeMs: before(policy.output.maxAgeMs),
    firingsDecidedBeforeMs: before(policy.firings.maxAgeMs),
    leftoversBeforeMs: nowMs - policy.leftovers.maxAgeMs,
  };
}

/** What decides whether a finished run that is over a bound may go. */
export interface ErasableRun {
  readonly createdAtMs: number;
  readonly idempotencyKey: string | null;
  /** Whether its template has no later run: lists show it, so it stays. */
  readonly newest: boolean;
}

/** Whether nothing protects the run from the bounds. */
export function mayErase(run: ErasableRun, horizons: RetentionHorizons): boolean {
  if (run.newest) return false;
  return run.idempotencyKey === null || run.createdAtMs < horizons.keysSinceMs;
}

/**
 * How many of the candidates fit into one transaction: a run weighs as much as it has replicas,
 * and at least one is taken, so that a large run does not stay for ever.
 */
export function fitting<T extends { readonly replicas: number }>(
  candidates: readonly T[],
  limit: number,
): readonly T[] {
  let weight = 0;
  let count = 0;
  for (const { replicas } of candidates) {
    weight += Math.max(replicas, 1);
    if (count > 0 && weight > limit) break;
    count += 1;
  }
  return candidates.slice(0, count);
}

/** A place in an order by time; the number tells equal times apart. */
export interface Position {
  readonly atMs: number;
  readonly n: number;
}

/** Before everything. */
export const beginning: Position = { atMs: -1, n: -1 };

/** The later of two places; null = nowhere. */
export function later(a: Position | null, b: Position | null): Position | null {
  if (a === null || b === null) return a ?? b;
  return a.atMs > b.atMs || (a.atMs === b.atMs && a.n > b.n) ? a : b;
}

/** The last place before an instant; null stays null. */
export function justBefore(atMs: number | null): Position | null {
  return atMs === null ? null : { atMs: atMs - 1, n: Number.MAX_SAFE_INTEGER };
}

/**
 * What a round does, in this order: runs beyond their template's count, runs beyond age and total,
 * firings beyond their template's count, firings beyond age, the rest.
 */
export const retentionStages = ['templates', 'ended', 'ledgers', 'firings', 'leftovers'] as const;

/**
 * How far a round has come. A store makes the next one from the one it is given. Numbers in it are
 * the store's own.
 */
export interface RetentionCursor {
  readonly stage: (typeof retentionStages)[number] | 'over';
  /** Looks at everything again, also at what earlier rounds had to leave. */
  readonly thorough: boolean;
  readonly startedAtMs: number;
  /** Templates were looked at in order of the ends of their runs up to here. */
  readonly finished: Position;
  /** Runs were looked at in order of their end up to here; what is before it was protected. */
  readonly ended: Position;
  /** Where the stage `ended` stops; null = it has not begun. */
  readonly endedUntil: Position | null;
  /** Ledgers of templates were looked at in order of decision up to here; `n` is the template's. */
  readonly decided: Position;
}

/** A round that looks at everything. */
export function thoroughRound(nowMs: number): RetentionCursor {
  return {
    stage: 'templates',
    thorough: true,
    startedAtMs: nowMs,
    finished: beginning,
    ended: beginning,
    endedUntil: null,
    decided: beginning,
  };
}

/** Clocks of servers differ, and what is written at the same time is seen one after the other. */
const overlapMs = 60_000;

/** The round after `last`: looks at what has ended or was decided since that began. */
export function nextRound(last: RetentionCursor, nowMs: number): RetentionCursor {
  const since: Position = { atMs: last.startedAtMs - overlapMs, n: -1 };
  return {
    stage: 'templates',
    thorough: false,
    startedAtMs: nowMs,
    finished: since,
    ended: last.ended,
    endedUntil: null,
    decided: since,
  };
}

/** Goes on to the next stage; `over` stays. */
export function nextStage(cursor: RetentionCursor): RetentionCursor {
  const at = retentionStages.findIndex((stage) => stage === cursor.stage);
  const next = at === -1 ? undefined : retentionStages[at + 1];
  return { ...cursor, stage: next ?? 'over', endedUntil: null };
}

/** `to` of the line in a run's story that says that output of an attempt was let go. */
export const outputRemoved = 'output-removed';

/** Why output was let go, for the run's story and whoever asks for the output. */
export function outputRemovalReason(cause: 'age' | 'bytes', policy: RetentionPolicy): string {
  const { maxAgeMs, maxBytes } = policy.output;
  return cause === 'age'
    ? `its output was removed by retention: the run ended more than ${spanOf(maxAgeMs ?? 0)} ago (retention.output.maxAgeMs)`
    : `its output was removed by retention: ended attempts took more than ${maxBytes} bytes of this host's disk (retention.output.maxBytes)`;
}

function spanOf(ms: number): string {
  for (const [unit, unitMs] of [
    ['days', dayMs],
    ['hours', hourMs],
    ['minutes', 60_000],
    ['seconds', 1_000],
  ] as const) {
    if (ms >= 2 * unitMs) return `${Math.floor(ms / unitMs)} ${unit}`;
  }
  return `${ms} ms`;
}

/** Attempt folders removed a second, while removing keeps up: many more slow the making of files down. */
export const calmRemovalsPerSecond = 50;
/** Attempt folders removed a second at most. */
export const maxRemovalsPerSecond = 1_600;
/** A backlog that lasts this long is worked off twice as fast. */
export const removalPatienceMs = 5 * 60_000;

/**
 * How many folders to remove a second, when there has been something to remove without a pause
 * for `busyMs`: calmly at first, and faster the longer it lasts, so that the backlog is bounded.
 */
export function removalsPerSecond(busyMs: number): number {
  const doublings = Math.floor(Math.max(busyMs, 0) / removalPatienceMs);
  return Math.min(calmRemovalsPerSecond * 2 ** Math.min(doublings, 30), maxRemovalsPerSecond);
}
