import { setTimeout as pause } from 'node:timers/promises';
import type { TransferFailure } from '../../../domain/transfer/report.ts';
import { ChunkRefused } from '../../../ports/connector.ts';
import { beatMs, closeMs, predecessorMs, waitMs } from '../limits.ts';
import { NotOursError } from '../state/chunks.ts';
import { ChunkFailure, failureOf, faultOf } from './failure.ts';
import { ShardRestart } from './loaders.ts';
import type { WorkerParts } from './parts.ts';
import { openTrade, tidyUp } from './tidy.ts';
import type { Trade } from './trade.ts';

/** How a worker's part ended. */
export type WorkerEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: TransferFailure }
  /** By a signal that was no stop of ours: everything is as another attempt needs it. */
  | { readonly kind: 'interrupted' };

/** Why a worker is asked to end. */
export type StopReason = 'stopped' | 'interrupted';

/**
 * Does a worker's part of a run: plans it if nobody has, moves chunks while there are any, and
 * finishes it if nobody else does. `stop` is aborted with a `StopReason`.
 */
export async function runWorker(parts: WorkerParts, stop: AbortSignal): Promise<WorkerEnd> {
  const { state, me, index, live } = parts;
  state.members.join(me);
  const elsewhere = new AbortController();
  const signal = AbortSignal.any([stop, elsewhere.signal]);
  const beats = setInterval(() => {
    const phase = state.members.beat(me, { ...live });
    if (phase === 'failed') elsewhere.abort(new Error('the run has failed'));
  }, beatMs);
  const worker = new Worker(parts, signal);
  try {
    await worker.predecessorsGone(index);
    const end = await worker.work();
    if (end !== null) return end;
  } finally {
    clearInterval(beats);
    await worker.close();
    state.members.leave(me);
  }
  if (stop.aborted && stop.reason === 'interrupted') return { kind: 'interrupted' };
  const failure = stop.aborted
    ? state.run.fail({ code: 'stopped', message: 'stopped', details: '' })
    : (state.run.failure() ?? { code: 'internal', message: 'no reason is known', details: '' });
  await tidyUp(parts);
  return { kind: 'failed', failure };
}

class Worker {
  readonly #parts: WorkerParts;
  readonly #signal: AbortSignal;
  #trade: Trade | null = null;
  /** Failures in a row of the same piece. */
  readonly #tries = new Map<string, number>();

  constructor(parts: WorkerParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** An attempt of the same instance that still lives must not work beside this one. */
  async predecessorsGone(index: number): Promise<void> {
    const { members } = this.#parts.state;
    const giveUpAtMs = performance.now() + predecessorMs;
    const theirs = (name: string): boolean =>
      name.startsWith(`${index}.`) && name !== this.#parts.me;
    while (members.alive().some(theirs)) {
      if (performance.now() > giveUpAtMs) {
        throw new Error('an earlier worker of this instance does not end');
      }
      await pause(waitMs);
    }
  }

  /** Works until nothing is left for this worker; null = the run failed or a stop was asked. */
  async work(): Promise<WorkerEnd | null> {
    const { state } = this.#parts;
    for (;;) {
      if (this.#signal.aborted) return null;
      try {
        if (await this.#step()) return { kind: 'done' };
      } catch (error) {
        await this.close();
        // Another worker's decision ends what is under way; its reason is the run's.
        if (this.#signal.aborted || state.run.phase() === 'failed') return null;
        const waits = this.#onError(error);
        if (waits > 0)
          await pause(waits, undefined, { signal: this.#signal }).catch(() => undefined);
      }
      if (state.run.phase() === 'failed') return null;
    }
  }

  async close(): Promise<void> {
    const trade = this.#trade;
    this.#trade = null;
    if (trade === null) return;
    // A connection that hangs must not keep the worker.
    await Promise.race([
      trade.close().catch(() => undefined),
      pause(closeMs, undefined, { ref: false }),
    ]);
  }

  /** @returns whether nothing is left to do here. */
  async #step(): Promise<boolean> {
    const { state } = this.#parts;
    const phase = state.run.phase();
    switch (phase) {
      case 'planning':
        if (state.run.takePhase('planning')) {
          await (await this.#opened()).planAndPrepare(this.#signal);
        } else await pause(waitMs, undefined, { signal: this.#signal });
        return false;
      case 'loading':
        await (await this.#opened()).load(this.#signal);
        // What is not done yet is in the hands of workers that live.
        return !state.run.beginFinishing();
      case 'finishing':
        if (!state.run.takePhase('finishing')) return true;
        await (await this.#opened()).finish(this.#signal);
        return false;
      case 'proving':
        if (!state.run.takePhase('proving')) return true;
        await (await this.#opened()).proveAndEnd(this.#signal);
        return false;
      case 'done':
        return true;
      case 'failed':
        return false;
    }
  }

  async #opened(): Promise<Trade> {
    this.#trade ??= await openTrade(this.#parts, this.#signal);
    return this.#trade;
  }

  /** Decides what becomes of an error. @returns how long to wait before anything else. */
  #onError(error: unknown): number {
    const { state, definition, nowMs, say } = this.#parts;
    const cause = error instanceof ChunkFailure ? error.cause : error;
    // Somebody took over what this worker was thought to have lost.
    if (cause instanceof NotOursError) return 0;
    if (cause instanceof ChunkRefused && error instanceof ChunkFailure && error.chunk !== null) {
      this.#parts.care.refused(error.chunk);
      return 0;
    }
    if (cause instanceof ShardRestart) {
      state.chunks.restartShard(cause.table, cause.shard);
      state.chunks.note(
        cause.shard,
        `${cause.message}: what was written cannot be gone on with`,
        0,
      );
      return 0;
    }
    const chunk = error instanceof ChunkFailure ? error.chunk : null;
    const table =
      chunk === null
        ? undefined
        : state.run.tables().find((kept) => kept.table.index === chunk.table);
    const fault = faultOf(error, table?.source ?? null);
    const key = chunk === null ? state.run.phase() : `${chunk.table} ${chunk.seq}`;
    const tries = this.#tries.get(key) ?? 0;
    this.#tries.set(key, tries + 1);
    const decision = state.run.onError(fault, tries, definition);
    if (decision.kind === 'again') {
      say(`${fault.message}; tried again in ${decision.waitMs} ms`);
      if (chunk === null) return decision.waitMs;
      state.chunks.defer(chunk, nowMs() + decision.waitMs);
      return 0;
    }
    say(`failed: ${fault.message}`);
    const wholeDatabase = definition.from.kind === 'tables' && definition.from.wholeDatabase;
    if (chunk !== null && wholeDatabase && fault.code !== 'stopped') {
      state.run.failTable(chunk.table, fault.message);
    } else state.run.fail(failureOf(fault));
    return 0;
  }
}
