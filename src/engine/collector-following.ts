import { DomainError } from '../domain/errors.ts';
import { isFinal } from '../domain/states.ts';
import type { LogChunk, LogStream } from '../ports/executor.ts';
import {
  type Collection,
  type CollectionTarget,
  type LogStore,
  matchesCollectedPath,
} from '../ports/log-store.ts';
import { cutLines } from './collector-lines.ts';
import type { Runtime } from './runtime.ts';

/** Bytes read at once. More than a line may have, so that there is always something to append. */
const READ_BYTES = 256 * 1024;
/** Pieces of one source before others get their turn. */
const PIECES_PER_STEP = 4;
/** Pause between two looks: doubled while the attempt is quiet. */
const MIN_PAUSE_MS = 250;
const MAX_PAUSE_MS = 2_000;
/** Pause after a fault of the disk. */
const FAULT_PAUSE_MS = 5_000;
/** How often the store is asked whether an attempt is over that its executor says nothing about. */
const ASK_STORE_MS = 15_000;

const streams: readonly LogStream[] = ['stdout', 'stderr'];

/** The part of the runtime that collecting needs. */
export type CollectorRuntime = Pick<Runtime, 'store' | 'executors' | 'clock' | 'log' | 'owner'>;

/** What a piece of work on one source did. */
interface Carried {
  readonly grown: boolean;
  /** Whether there is more that can be read now. */
  readonly left: boolean;
}

/** An attempt whose output is being collected: how far it is, and the next step of it. */
export class Following {
  readonly collection: Collection;
  readonly #runtime: CollectorRuntime;
  readonly #logs: LogStore;
  /** How far each source is in each log store, as far as known. */
  readonly #offsets = new Map<string, number>();
  /** Those whose log store is refused: asking again does not help. */
  readonly #givenUp = new Set<CollectionTarget>();
  #lookAtMs = 0;
  #pauseMs = MIN_PAUSE_MS;
  #askStoreAtMs: number;
  /** Looks without anything new since the store said that it is over; null = it did not. */
  #quietLooks: number | null = null;
  /** Whether all it wrote is there to be read. */
  #ended = false;

  /** `resumed`: of an earlier life, so it may be over without anybody ever saying so. */
  constructor(
    runtime: CollectorRuntime,
    logs: LogStore,
    collection: Collection,
    { resumed }: { readonly resumed: boolean },
  ) {
    this.#runtime = runtime;
    this.#logs = logs;
    this.collection = collection;
    this.#askStoreAtMs = resumed ? 0 : runtime.clock.monotonicMs() + ASK_STORE_MS;
  }

  /** When to look next, by the monotonic clock. */
  get lookAtMs(): number {
    return this.#lookAtMs;
  }

  /** The executor reported the end: everything can be read now. */
  end(): void {
    this.#ended = true;
    this.#lookAtMs = 0;
  }

  /**
   * Carries what is new. A fault is logged, and the next step tries again.
   * @param dropOwn leave out log stores that go with the template.
   * @returns whether everything is collected.
   */
  async step(dropOwn: boolean): Promise<boolean> {
    const { clock, log } = this.#runtime;
    try {
      return await this.#step(dropOwn);
    } catch (error) {
      const { attemptId } = this.collection;
      log.error({ err: error, attemptId }, 'collecting output failed; trying again');
      // How far it got is known only to the log stores now.
      this.#offsets.clear();
      this.#lookAtMs = clock.monotonicMs() + FAULT_PAUSE_MS;
      return false;
    }
  }

  async #step(dropOwn: boolean): Promise<boolean> {
    const { collection } = this;
    // Known before reading: what is written before the end is there to be read after it.
    const ended = this.#ended;
    let grown = false;
    let left = false;
    for (const target of collection.targets) {
      if (this.#givenUp.has(target) || (target.ofTemplate && dropOwn)) continue;
      for (const source of await this.#sources(target)) {
        const carried = await this.#carryOrGiveUp(target, source, ended);
        if (carried === null) break;
        grown ||= carried.grown;
        left ||= carried.left;
      }
    }
    if (ended && !left) {
      await this.#logs.finish(collection);
      return true;
    }
    await this.#askStore(grown);
    this.#pauseMs = grown ? MIN_PAUSE_MS : Math.min(this.#pauseMs * 2, MAX_PAUSE_MS);
    this.#lookAtMs = this.#runtime.clock.monotonicMs() + (left || this.#ended ? 0 : this.#pauseMs);
    return false;
  }

  /** Sources of the attempt that the target wants and that are there. */
  async #sources({ source }: CollectionTarget): Promise<readonly string[]> {
    if (source.kind === 'stdout') return streams;
    const { executor, attemptId } = this.collection;
    const files = (await this.#runtime.executors.get(executor)?.collected?.(attemptId)) ?? [];
    return files.filter((file) => matchesCollectedPath(source.path, file));
  }

  /** Null when the log store is refused: what goes there is left out from now on, and told. */
  async #carryOrGiveUp(
    target: CollectionTarget,
    source: string,
    ended: boolean,
  ): Promise<Carried | null> {
    try {
      return await this.#carry(target, source, ended);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#givenUp.add(target);
      const { attemptId, runId, templateId, templateName } = this.collection;
      this.#runtime.log.warn(
        { attemptId, runId, templateId, templateName, ...target.into, reason: error.message },
        'output of an attempt is not collected any more: its log store is refused',
      );
      return null;
    }
  }

  async #carry(target: CollectionTarget, source: string, ended: boolean): Promise<Carried> {
    const { collection } = this;
    const { into } = target;
    const key = JSON.stringify([into.project, into.logstore, source]);
    let offset =
      this.#offsets.get(key) ?? (await this.#logs.progress(into, collection.attemptId, source));
    let grown = false;
    for (let piece = 0; piece < PIECES_PER_STEP; piece += 1) {
      const chunk = await this.#read(target, source, offset);
      if (chunk === null) return { grown, left: false };
      if (target.source.kind === 'file' && chunk.size < offset) {
        // Emptied or replaced by a shorter one, as when logs are rotated: it is another file now.
        offset = 0;
        this.#offsets.set(key, 0);
        continue;
      }
      const lines = cutLines(source, chunk, offset, ended && chunk.nextOffset >= chunk.size);
      const last = lines.at(-1);
      // A piece may be too short for a line when older bytes were just being released.
      if (last === undefined) return { grown, left: chunk.nextOffset < chunk.size };
      await this.#logs.append(target, collection, lines, this.#runtime.clock.nowMs());
      offset = last.nextOffset;
      this.#offsets.set(key, offset);
      grown = true;
      if (offset >= chunk.size) return { grown, left: false };
    }
    return { grown, left: true };
  }

  async #read(
    { source: { kind } }: CollectionTarget,
    source: string,
    offset: number,
  ): Promise<LogChunk | null> {
    const { executor: name, attemptId } = this.collection;
    const executor = this.#runtime.executors.get(name);
    if (executor === undefined) return null;
    if (kind === 'file') {
      return (await executor.readCollected?.(attemptId, source, offset, READ_BYTES)) ?? null;
    }
    const stream = streams.find((one) => one === source) ?? 'stdout';
    return executor.readLog(attemptId, stream, offset, READ_BYTES);
  }

  /**
   * An attempt may be over without a report of its executor, e.g. one that was given up, or whose
   * end was stored just before a crash. It is then read until nothing more comes.
   */
  async #askStore(grown: boolean): Promise<void> {
    const { clock, store } = this.#runtime;
    if (this.#quietLooks !== null) {
      this.#quietLooks = grown ? 0 : this.#quietLooks + 1;
      if (this.#quietLooks > 1) this.#ended = true;
      return;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#askStoreAtMs) return;
    this.#askStoreAtMs = nowMs + ASK_STORE_MS;
    const attempt = await store.attempt(this.collection.attemptId);
    if (attempt === null || isFinal('attempt', attempt.state)) this.#quietLooks = 0;
  }
}
