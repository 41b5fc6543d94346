import {
  nextRound,
  outputRemovalReason,
  type RetentionCursor,
  retentionHorizons,
  type RetentionPolicy,
  thoroughRound,
} from '../domain/retention.ts';
import type { KeptOutput } from '../ports/executor.ts';
import { Pauses } from './pauses.ts';
import type { Remover } from './remover.ts';
import { lookForForgotten } from './forgotten.ts';
import type { Runtime } from './runtime.ts';

/** Most rows of a kind erased in one transaction. */
const BATCH = 100;
/** Pause between two transactions, so that retention never holds others up. */
const STEP_PAUSE_MS = 25;
/** Runs that end within one interval and make a round begin at once. */
const BURST = 5_000;
/** Pause between rounds that look again at what was protected. */
const THOROUGH_MS = 24 * 60 * 60 * 1000;
/** Tries to get below the bound of bytes that had no effect, before a round gives up. */
const MAX_VAIN_RELEASES = 50;

export interface RetentionOptions {
  readonly policy: RetentionPolicy;
  /** Pause between two rounds. */
  readonly intervalMs: number;
}

/** Numbers about retention since this server life began. */
export interface RetentionStats {
  readonly removedRuns: number;
  readonly removedFirings: number;
  readonly removedLeftovers: number;
  readonly removedAttempts: number;
  readonly removedBytes: number;
  /** Of ended attempts on this host; null until all were looked at. */
  readonly keptBytes: number | null;
  /** How long the latest round took; null before the first has ended. */
  readonly lastRoundMs: number | null;
}

/**
 * Lets go of what is over, in rounds: one at the start, one in each interval, one after a burst.
 * A round takes small steps with pauses. Rows are erased by one server at a time; output on the
 * disk is each host's own business.
 */
export class Retention {
  readonly #runtime: Runtime;
  readonly #remover: Remover;
  readonly #options: RetentionOptions | null;
  readonly #pauses: Pauses;
  readonly #erased = { runs: 0, firings: 0, leftovers: 0 };
  #cursor: RetentionCursor | null = null;
  #thoroughAtMs = 0;
  #lastRoundMs: number | null = null;
  #finishedBefore = 0;
  #working: Promise<unknown> = Promise.resolve();
  /** Ends the wait for the next round. */
  #begin: () => void = () => {};

  /** `options` null: everything is kept. */
  constructor(runtime: Runtime, remover: Remover, options: RetentionOptions | null) {
    this.#runtime = runtime;
    this.#remover = remover;
    this.#options = options;
    this.#pauses = new Pauses(runtime.clock);
  }

  start(): void {
    if (this.#options === null) return;
    const { policy, intervalMs } = this.#options;
    this.#working = Promise.all([
      lookForForgotten(this.#runtime, this.#pauses),
      this.#rounds(policy, intervalMs),
    ]);
  }

  /** Runs have ended: many of them bring the next round forward. */
  runsEnded(): void {
    if (this.#runtime.counters.runsFinished - this.#finishedBefore >= BURST) this.#begin();
  }

  async stop(): Promise<void> {
    this.#pauses.end();
    this.#begin();
    await this.#working;
  }

  stats(): RetentionStats {
    const { runs, firings, leftovers } = this.#erased;
    let [removedAttempts, removedBytes, keptBytes]: [number, number, number | null] = [0, 0, 0];
    for (const kept of keptOutputs(this.#runtime)) {
      const stats = kept.stats();
      removedAttempts += stats.removedAttempts;
      removedBytes += stats.removedBytes;
      keptBytes = keptBytes === null || stats.bytes === null ? null : keptBytes + stats.bytes;
    }
    return {
      removedRuns: runs,
      removedFirings: firings,
      removedLeftovers: leftovers,
      removedAttempts,
      removedBytes,
      keptBytes,
      lastRoundMs: this.#lastRoundMs,
    };
  }

  async #rounds(policy: RetentionPolicy, intervalMs: number): Promise<void> {
    const { clock, counters, log } = this.#runtime;
    while (!this.#pauses.ended) {
      const startedAtMs = clock.nowMs();
      this.#finishedBefore = counters.runsFinished;
      try {
        await this.#eraseRows(policy);
        this.#remover.wake();
        await this.#releaseOld(policy);
        await this.#releaseBeyondBytes(policy);
        this.#lastRoundMs = Math.max(clock.nowMs() - startedAtMs, 0);
      } catch (error) {
        log.error({ err: error }, 'a round of retention failed; the next one goes on');
      }
      const burst = new Promise<void>((resolve) => {
        this.#begin = resolve;
      });
      await Promise.race([this.#pauses.pause(intervalMs), burst]);
    }
  }

  async #eraseRows(policy: RetentionPolicy): Promise<void> {
    const { store, clock, log } = this.#runtime;
    const before = { ...this.#erased };
    const looked = new Set<number>();
    this.#cursor = this.#beginOrGoOn(clock.nowMs());
    while (this.#cursor.stage !== 'over' && !this.#pauses.ended) {
      const { stage } = this.#cursor;
      const result = await store.retain({
        policy,
        nowMs: clock.nowMs(),
        limit: BATCH,
        cursor: this.#cursor,
        looked,
      });
      if (result.busy) return;
      this.#erased.runs += result.erased.runs;
      this.#erased.firings += result.erased.firings;
      this.#erased.leftovers += result.erased.leftovers;
      this.#cursor = result.cursor;
      if (result.cursor.stage !== stage) looked.clear();
      for (const template of result.looked) looked.add(template);
      await this.#pauses.pause(STEP_PAUSE_MS);
    }
    const runs = this.#erased.runs - before.runs;
    const firings = this.#erased.firings - before.firings;
    const leftovers = this.#erased.leftovers - before.leftovers;
    if (runs + firings + leftovers > 0) {
      log.info({ runs, firings, leftovers }, 'retention erased what is over');
    }
  }

  /** What an earlier round did not bring to its end goes on. */
  #beginOrGoOn(nowMs: number): RetentionCursor {
    const last = this.#cursor;
    if (last !== null && last.stage !== 'over') return last;
    const sinceMs = nowMs - this.#thoroughAtMs;
    if (last !== null && sinceMs >= 0 && sinceMs < THOROUGH_MS) return nextRound(last, nowMs);
    this.#thoroughAtMs = nowMs;
    return thoroughRound(nowMs);
  }

  /** Output that is older than its bound. */
  async #releaseOld(policy: RetentionPolicy): Promise<void> {
    const { clock } = this.#runtime;
    const { outputEndedBeforeMs } = retentionHorizons(policy, clock.nowMs());
    if (outputEndedBeforeMs === null) return;
    const reason = outputRemovalReason('age', policy);
    while (!this.#pauses.ended) {
      if (!(await this.#release(outputEndedBeforeMs, BATCH, reason)).left) return;
      await this.#pauses.pause(STEP_PAUSE_MS);
    }
  }

  /** The oldest output, until the rest fits. What is released is removed before the next look. */
  async #releaseBeyondBytes(policy: RetentionPolicy): Promise<void> {
    const reason = outputRemovalReason('bytes', policy);
    let vain = 0;
    let limit = 1;
    while (!this.#pauses.ended && (await this.#remover.idle())) {
      for (const kept of keptOutputs(this.#runtime)) await kept.measure();
      const before = this.stats();
      const excess = (before.keptBytes ?? 0) - policy.output.maxBytes;
      if (excess <= 0) return;
      const released = await this.#release(null, limit, reason);
      if (!released.left) return;
      await this.#remover.idle();
      const after = this.stats();
      const attempts = after.removedAttempts - before.removedAttempts;
      const bytes = after.removedBytes - before.removedBytes;
      if (released.attempts > 0) vain = bytes > 0 ? 0 : vain + 1;
      if (vain >= MAX_VAIN_RELEASES) {
        this.#runtime.log.warn(
          { keptBytes: after.keptBytes, maxBytes: policy.output.maxBytes },
          'removing old output does not free enough space; the next round goes on',
        );
        return;
      }
      // Half of what it would take by the size of those that just went: never too many at once.
      const each = attempts === 0 ? excess : Math.max(bytes / attempts, 1);
      limit = Math.min(Math.max(Math.floor(excess / each / 2), 1), BATCH);
      // Runs of other hosts: nothing of them is here.
      if (released.attempts === 0) limit = BATCH;
    }
  }

  async #release(
    endedBeforeMs: number | null,
    limit: number,
    reason: string,
  ): Promise<{ readonly attempts: number; readonly left: boolean }> {
    const { store, owner, clock } = this.#runtime;
    const { fence } = owner;
    const nowMs = clock.nowMs();
    const released = await store.releaseOutput({ fence, endedBeforeMs, limit, reason, nowMs });
    if (released.attempts > 0) this.#remover.wake();
    return released;
  }
}

function keptOutputs(runtime: Runtime): readonly KeptOutput[] {
  return [...runtime.executors.values()].flatMap(({ kept }) => kept ?? []);
}
