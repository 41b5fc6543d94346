import type { AttemptReport } from '../ports/executor.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { ClaimedAttempt } from '../ports/store.ts';
import { type CollectorRuntime, Following } from './collector-following.ts';
import { collectionOf } from './collector-targets.ts';

/** Attempts read at the same time. */
const CONCURRENT = 4;
/** How often old lines, and log stores of templates that are gone, are let go. */
const HOUSEKEEPING_MS = 60_000;
/** Attempts whose output waits to be collected; further ones are not collected. */
const MAX_FOLLOWED = 100_000;

/** Reports after which an attempt writes nothing more. */
const lastWords: readonly AttemptReport['kind'][] = ['ended', 'lost', 'refused'];

/**
 * Carries output of running attempts into log stores: by steps while they run, and to the very end
 * afterwards. It costs nothing for attempts that collect nothing. The log store remembers what was
 * begun and how far each source is, so a crash loses no line and doubles none.
 */
export class Collector {
  readonly #runtime: CollectorRuntime;
  readonly #logs: LogStore;
  /** By attempt id. */
  readonly #followed = new Map<string, Following>();
  /** Templates that were deleted and may have log stores. */
  readonly #gone = new Set<string>();
  #stopped = false;
  #working: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  /** Something happened since the last look at what is due. */
  #woken = false;

  constructor(runtime: CollectorRuntime, logs: LogStore) {
    this.#runtime = runtime;
    this.#logs = logs;
  }

  /** Attempts whose output is being collected. */
  get following(): number {
    return this.#followed.size;
  }

  /** Finds what an earlier life left unfinished. Before any executor reports. */
  async open(): Promise<void> {
    for (const collection of await this.#logs.open()) {
      const following = new Following(this.#runtime, this.#logs, collection, { resumed: true });
      this.#followed.set(collection.attemptId, following);
    }
  }

  start(): void {
    this.#working = this.#work();
  }

  /** An attempt was claimed and is about to start. */
  begin(attempt: ClaimedAttempt): void {
    const collection = collectionOf(attempt);
    if (collection === null) return;
    const { log } = this.#runtime;
    const { attemptId } = attempt;
    if (this.#followed.size >= MAX_FOLLOWED) {
      log.warn({ attemptId }, 'too much output waits to be collected: this is left out');
      return;
    }
    try {
      this.#logs.begin(collection);
    } catch (error) {
      log.error(
        { err: error, attemptId },
        'noting what is to be collected failed: after a crash it is not gone on with',
      );
    }
    this.#followed.set(
      attemptId,
      new Following(this.#runtime, this.#logs, collection, { resumed: false }),
    );
    this.#rouse();
  }

  /** Executors reported: what has ended is complete and can be read to its end. */
  reported(reports: readonly AttemptReport[]): void {
    if (this.#followed.size === 0) return;
    for (const { kind, attemptId } of reports) {
      const following = this.#followed.get(attemptId);
      if (following === undefined || !lastWords.includes(kind)) continue;
      following.end();
      this.#rouse();
    }
  }

  /** A template was deleted: the log stores that were made for it go. */
  templateDeleted(templateId: string): void {
    this.#gone.add(templateId);
    this.#rouse();
  }

  /** Ends after the step under way. What is unfinished goes on in the next life. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#rouse();
    await this.#working;
  }

  #rouse(): void {
    this.#woken = true;
    this.#wake();
  }

  async #work(): Promise<void> {
    let housekeepingAtMs = 0;
    while (!this.#stopped) {
      this.#woken = false;
      const nowMs = this.#runtime.clock.monotonicMs();
      await this.#stepAll([...this.#followed.values()].filter((one) => one.lookAtMs <= nowMs));
      // Nothing is being read here, so nothing comes into a log store after it was removed.
      if (this.#gone.size > 0) await this.#dropGone();
      if (nowMs >= housekeepingAtMs) {
        await this.#keepHouse();
        housekeepingAtMs = nowMs + HOUSEKEEPING_MS;
      }
      await this.#sleep(housekeepingAtMs);
    }
  }

  async #stepAll(due: Following[]): Promise<void> {
    const worker = async (): Promise<void> => {
      for (let next = due.pop(); next !== undefined && !this.#stopped; next = due.pop()) {
        const { attemptId, templateId } = next.collection;
        if (await next.step(this.#gone.has(templateId))) this.#followed.delete(attemptId);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, worker));
  }

  async #dropGone(): Promise<void> {
    const gone = new Set(this.#gone);
    try {
      for (const { collection } of this.#followed.values()) {
        if (!gone.has(collection.templateId)) continue;
        if (!collection.targets.every(({ ofTemplate }) => ofTemplate)) continue;
        await this.#logs.finish(collection);
        this.#followed.delete(collection.attemptId);
      }
      for (const info of await this.#logs.list()) {
        if (info.templateId !== null && gone.has(info.templateId)) await this.#logs.remove(info);
      }
      // While something of it still runs, its log stores stay closed.
      const running = new Set([...this.#followed.values()].map((f) => f.collection.templateId));
      for (const id of gone) if (!running.has(id)) this.#gone.delete(id);
    } catch (error) {
      this.#runtime.log.error(
        { err: error },
        'removing log stores of deleted templates failed; trying again',
      );
    }
  }

  async #keepHouse(): Promise<void> {
    const { store, clock, log, owner } = this.#runtime;
    try {
      await this.#logs.retain(clock.nowMs());
      // Templates may have been deleted by another server, or right before a crash. A log store
      // from before this host was first seen may belong to another store, so it is left alone.
      const { sinceMs } = await store.forgotten(owner.fence, []);
      const made = (await this.#logs.list()).filter((info) => info.createdAtMs >= sinceMs);
      for (const id of new Set(made.flatMap(({ templateId }) => templateId ?? []))) {
        if (this.#stopped) return;
        if ((await store.template(id)) === null) this.#gone.add(id);
      }
      if (this.#gone.size > 0) await this.#dropGone();
    } catch (error) {
      log.error({ err: error }, 'looking after log stores failed; trying again in a minute');
    }
  }

  /** Until something is due, or something happens. */
  #sleep(housekeepingAtMs: number): Promise<void> {
    if (this.#woken || this.#stopped) return Promise.resolve();
    const { clock } = this.#runtime;
    let untilMs = housekeepingAtMs;
    for (const { lookAtMs } of this.#followed.values()) untilMs = Math.min(untilMs, lookAtMs);
    return new Promise((resolve) => {
      const timer = clock.after(Math.max(0, untilMs - clock.monotonicMs()), resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
