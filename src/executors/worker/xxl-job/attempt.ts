import type { Timer } from '../../../ports/clock.ts';
import type { AttemptReport } from '../../../ports/executor.ts';
import type { ExecutorClient, Peer } from './client.ts';
import type { Dispatch } from './choose.ts';
import { dispatch } from './dispatch.ts';
import {
  type AttemptRecord,
  type EndRecord,
  isOver,
  type Journal,
  type PartRecord,
} from './journal.ts';
import { Killing } from './kill.ts';
import { maxMessageBytes, maxResultBytes, type Timing } from './limits.ts';
import { endOf, plainEnd, words } from './outcome.ts';
import { type Callback, codes, cutToBytes } from './protocol.ts';
import { ask } from './questions.ts';
import type { Registry } from './registry.ts';
import { Telling } from './telling.ts';
import type { TriggerBody } from './trigger.ts';
import { judge, type Watched, watched } from './watch.ts';

/** What attempts share. */
export interface Shared {
  readonly client: ExecutorClient;
  readonly registry: Registry;
  readonly journal: Journal;
  readonly timing: Timing;
  nowMs(): number;
  after(delayMs: number, task: () => void): Timer;
  nextNumber(): Promise<number>;
  report(report: AttemptReport): void;
  /** Callbacks of these numbers are this attempt's from now on, until its end. */
  track(attempt: Attempt, logIds: readonly number[]): void;
  /** It has ended, whether or not that was reported. */
  ended(attempt: Attempt): void;
  warn(fields: object, message: string): void;
}

/** What is to be dispatched, decided before anything is written down. */
export interface Prepared {
  readonly group: number;
  readonly jobId: number;
  readonly name: string;
  choose(): Promise<readonly Dispatch[] | string>;
  body(part: PartRecord, plan: Dispatch['part']): TriggerBody;
}

/**
 * One attempt: one dispatch, or several that are counted together. Everything an end needs is
 * written down before the dispatch, so that a callback finds it after any restart, and nothing is
 * dispatched twice: where nobody knows whether a dispatch arrived, the executor is asked.
 */
export class Attempt {
  readonly id: string;
  readonly #shared: Shared;
  readonly #telling: Telling;
  #record: AttemptRecord | null = null;
  #stopAsked = false;
  /** Whether nothing was dispatched yet, because it is not written down. */
  #writing = false;
  #over = false;
  /** Whether there is something to write down. */
  #unsaved = false;
  #saveTimer: Timer | null = null;
  #killing: Killing | null = null;
  readonly #watched = new Map<number, Watched>();
  /** Dispatches of which an answer is awaited; nobody asks about them yet. */
  readonly #dispatching = new Set<number>();
  readonly #asking = new Set<number>();
  /** Latest way to each address, kept although it registers no more. */
  readonly #peers = new Map<string, Peer>();

  constructor(shared: Shared, id: string, fence: number) {
    this.#shared = shared;
    this.id = id;
    this.#telling = new Telling(shared, id, fence);
  }

  /** Null until something was decided. */
  get record(): AttemptRecord | null {
    return this.#record;
  }

  /** The attempt is this owner's from now on; what was reported is said again. */
  claim(fence: number): void {
    this.#telling.claim(fence);
    if (this.#record !== null) this.#telling.started(this.#record);
  }

  /** Chooses, writes down and dispatches. Never throws. */
  async begin(prepared: Prepared): Promise<void> {
    try {
      const dispatches = await prepared.choose();
      if (typeof dispatches === 'string') return this.refuse(dispatches);
      const parts: PartRecord[] = [];
      for (const { part, workers } of dispatches) {
        const logId = await this.#shared.nextNumber();
        const { address, url, appName } = workers[0] ?? { address: '', url: '', appName: null };
        const dispatchedAtMs = this.#shared.nowMs();
        const { index, total } = part;
        const place = { address, url, appName };
        parts.push({ logId, dispatchedAtMs, index, total, ...place, state: 'sent', message: '' });
      }
      if (this.#over) return;
      if (this.#stopAsked) return this.refuse(words.stoppedBefore);
      const { group, jobId, name } = prepared;
      const record = { group, jobId, name, parts, startedAtMs: null, stopAtMs: null, end: null };
      this.#take(record);
      for (const { logId } of parts) this.#dispatching.add(logId);
      this.#writing = true;
      await this.#shared.journal.gather(this.id, record);
      this.#writing = false;
      await Promise.all(
        dispatches.map(({ part: plan, workers }, index) => {
          const part = parts[index];
          if (part === undefined) return undefined;
          return this.#dispatch(part, workers, prepared.body(part, plan));
        }),
      );
    } catch (error) {
      this.refuse(`the dispatch could not be prepared: ${(error as Error).message}`);
    }
  }

  /** Nothing was dispatched and nothing will be. */
  refuse(message: string): void {
    if (!this.#over) this.#tellEnd(plainEnd('refused', this.#shared.nowMs(), message));
  }

  /** Goes on where an earlier life of the server was. `started`: whether the store knows it. */
  adopt(record: AttemptRecord | null, started: boolean): void {
    if (record === null) {
      const end = started
        ? plainEnd('lost', this.#shared.nowMs(), `${words.lost}: nothing is kept of the dispatch`)
        : plainEnd('refused', this.#shared.nowMs(), words.neverBegan);
      return this.#tellEnd(end);
    }
    this.#take(record);
    this.#telling.started(record);
    if (record.end !== null) return this.#tellEnd(record.end);
    this.#settle();
  }

  /** Kills it wherever it is; its end is reported with the callback, or when none comes. */
  stop(): void {
    this.#stopAsked = true;
    const record = this.#record;
    // A kill would end other runs of the job: what is not dispatched yet never will be.
    if (record === null || this.#writing || this.#over || this.#killing !== null) return;
    record.stopAtMs ??= this.#shared.nowMs();
    this.#trySave();
    this.#killing = new Killing(this.#shared, record, {
      peer: (part) => this.#peer(part),
      givenUp: (part) => this.#end(part, 'failed', words.killed),
    });
    this.#killing.begin();
  }

  /** An executor told an end. False = that was known, or is none of this attempt's. */
  callback({ logId, code, message }: Callback): boolean {
    const part = this.#record?.parts.find((one) => one.logId === logId);
    if (part === undefined || isOver(part) || this.#over) return false;
    this.#end(part, code === codes.success ? 'succeeded' : 'failed', message);
    return true;
  }

  /** Writes down what is not written yet. @throws Error of the file system. */
  flush(): void {
    if (this.#unsaved) this.save();
  }

  /** @throws Error of the file system. */
  save(): void {
    if (this.#record === null) return;
    this.#saveTimer?.cancel();
    this.#saveTimer = null;
    this.#shared.journal.write(this.id, this.#record);
    this.#unsaved = false;
  }

  /** Dispatches that are due to be asked about. */
  due(nowMs: number): readonly PartRecord[] {
    return (this.#record?.parts ?? []).filter((part) => {
      if (isOver(part) || this.#dispatching.has(part.logId)) return false;
      if (this.#asking.has(part.logId)) return false;
      return (this.#watched.get(part.logId)?.askAtMs ?? 0) <= nowMs;
    });
  }

  /** Asks about a dispatch and acts on the answer. Never throws. */
  async look(part: PartRecord): Promise<void> {
    const record = this.#record;
    if (record === null) return;
    const { client, registry, timing } = this.#shared;
    this.#asking.add(part.logId);
    try {
      const seen = await ask(client, this.#peer(part), record.jobId, part);
      if (this.#over || isOver(part)) return;
      if (seen === 'began') return this.#accepted(part);
      const nowMs = this.#shared.nowMs();
      const before = this.#watched.get(part.logId) ?? watched(nowMs);
      const beatAtMs = registry.find(record.group, part.address)?.seenAtMs ?? null;
      const facts = { accepted: part.state === 'accepted', nowMs, beatAtMs };
      const { next, lost } = judge(before, seen, facts, timing);
      this.#watched.set(part.logId, next);
      if (lost !== null) this.#end(part, 'lost', `${lost} (${part.address})`);
    } catch (error) {
      this.#shared.warn({ err: error, attemptId: this.id }, 'asking about a dispatch failed');
    } finally {
      this.#asking.delete(part.logId);
    }
  }

  /** An executor took itself off: asks about what it has at the next look. */
  hurry(address: string): void {
    for (const part of this.#record?.parts ?? []) {
      const before = this.#watched.get(part.logId);
      if (part.address !== address || before === undefined) continue;
      this.#watched.set(part.logId, { ...before, askAtMs: this.#shared.nowMs() });
    }
  }

  /** Lets go; what runs goes on. */
  close(): void {
    if (this.#unsaved) this.#trySave();
    this.#cancelTimers();
    this.#over = true;
  }

  #take(record: AttemptRecord): void {
    this.#record = record;
    this.#shared.track(
      this,
      record.parts.filter((part) => !isOver(part)).map(({ logId }) => logId),
    );
  }

  async #dispatch(
    part: PartRecord,
    workers: Dispatch['workers'],
    body: TriggerBody,
  ): Promise<void> {
    this.#dispatching.add(part.logId);
    try {
      const outcome = await dispatch(this.#shared.client, part, workers, body, {
        moved: (worker) => {
          this.#peers.set(worker.address, worker);
          if (part.address === worker.address) return;
          const { address, url, appName } = worker;
          Object.assign(part, { address, url, appName });
          this.save();
        },
        wanted: () => !this.#over && !isOver(part) && !this.#stopAsked,
      });
      if (this.#over || isOver(part)) return;
      if (outcome.kind === 'accepted') this.#accepted(part);
      else if (outcome.kind === 'rejected') this.#end(part, 'rejected', outcome.message);
      else {
        this.#shared.warn(
          { attemptId: this.id, logId: part.logId, worker: part.address, reason: outcome.message },
          'a dispatch was not answered; asking the executor whether it has it',
        );
        this.#watched.set(part.logId, watched(this.#shared.nowMs()));
      }
    } catch (error) {
      // The journal could not be written: nothing was sent to whom it names.
      if (!isOver(part)) this.#end(part, 'rejected', (error as Error).message);
    } finally {
      this.#dispatching.delete(part.logId);
    }
  }

  #accepted(part: PartRecord): void {
    part.state = 'accepted';
    this.#watched.set(part.logId, watched(this.#shared.nowMs() + this.#shared.timing.askMs));
    this.#began(part);
    this.#saveSoon();
    if (this.#record !== null) this.#telling.progressSoon(this.#record);
    // The kill may have been there before the dispatch.
    this.#killing?.kill([part]);
  }

  #end(part: PartRecord, state: PartRecord['state'], message: string): void {
    if (state !== 'rejected') this.#began(part);
    part.state = state;
    part.message = cutToBytes(
      message,
      this.#record?.parts.length === 1 ? maxMessageBytes : maxResultBytes,
    );
    this.#watched.delete(part.logId);
    this.#unsaved = true;
    this.#settle();
    if (!this.#over) this.#saveSoon();
  }

  #began(part: PartRecord): void {
    const record = this.#record;
    if (record === null || record.startedAtMs !== null) return;
    record.startedAtMs = this.#shared.nowMs();
    this.#telling.started(record, part.address);
  }

  /** Ends the attempt when all of its dispatches are over. */
  #settle(): void {
    const record = this.#record;
    if (record === null || this.#over) return;
    if (!record.parts.every(isOver)) return this.#telling.progressSoon(record);
    record.end = endOf(record, this.#shared.nowMs());
    this.#trySave();
    this.#tellEnd(record.end);
  }

  #tellEnd(end: EndRecord): void {
    this.#over = true;
    this.#cancelTimers();
    this.#telling.end(this.#record, end);
    this.#shared.ended(this);
  }

  /** The way to an executor, with the token of its latest registration. */
  #peer({ address, url, appName }: PartRecord): Peer {
    const found =
      this.#record === null ? null : this.#shared.registry.find(this.#record.group, address);
    if (found !== null) this.#peers.set(address, found);
    return this.#peers.get(address) ?? { url, appName, token: '' };
  }

  #trySave(): void {
    try {
      this.save();
    } catch (error) {
      this.#shared.warn({ err: error, attemptId: this.id }, 'an attempt could not be written down');
    }
  }

  #saveSoon(): void {
    this.#unsaved = true;
    this.#saveTimer ??= this.#shared.after(this.#shared.timing.saveMs, () => {
      if (!this.#over && this.#unsaved) this.#trySave();
    });
  }

  #cancelTimers(): void {
    this.#killing?.end();
    this.#saveTimer?.cancel();
    this.#telling.close();
  }
}
