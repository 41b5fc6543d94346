import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  attemptsDir,
  files,
  isAttemptId,
  postStartMs,
  readEnding,
  readMark,
  readStop,
  startedSweepMs,
  watchMs,
} from '../protocol.ts';
import { carriesFolder, processTable } from './processes.ts';
import type { Ending, Reply, Request, StopRecord, SupervisorConfig } from '../protocol.ts';
import { createFolder, newAttempt } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { runHook } from './hooks.ts';
import type { KeeperShell } from './keeper-script.ts';
import { KeeperPool } from './keepers.ts';
import type { KeeperResult } from './keepers.ts';
import { LogLimit } from './log-limit.ts';
import { killProcesses, recordStop, stopAttempt } from './stop.ts';
import { inspect, noteMark } from './watch.ts';

/** Attempts between the hand-over to a keeper and the proof that their process began. */
const maxStarting = 2 * os.availableParallelism();

interface AttemptsOptions {
  readonly config: SupervisorConfig;
  readonly shell: KeeperShell;
  readonly bootId: string;
  /** Whether the machine was restarted since a supervisor last ran here. */
  readonly rebooted: boolean;
  report(reply: Reply): void;
  log(message: string): void;
}

/**
 * All attempts of a supervisor. What must survive it lies in their folders; this is only what is
 * known about those that have not ended.
 */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #pool: KeeperPool;
  readonly #logs: LogLimit;
  readonly #live = new Map<string, Attempt>();
  /** Attempts with a folder that wait for a keeper. */
  readonly #queue = new Set<Attempt>();
  /** Attempts with a keeper whose process is not known yet. */
  readonly #unconfirmed = new Set<Attempt>();
  #sweeping = false;
  #watching = false;

  constructor(options: AttemptsOptions) {
    this.#options = options;
    this.#logs = new LogLimit(options.config.maxLogBytes);
    this.#pool = new KeeperPool(options.config, options.shell, options.bootId, {
      ended: (result) => this.#keeperEnded(result),
      orphaned: (id) => this.#orphaned(id),
      free: () => this.#dispatch(),
      log: (message) => options.log(message),
    });
  }

  /** Why attempts cannot be started here, '' when they can. */
  probe(): Promise<string> {
    return this.#pool.probe();
  }

  get size(): number {
    return this.#live.size;
  }

  /** Starts an attempt; one that was started before is adopted instead. */
  start(request: Extract<Request, { t: 'start' }>): void {
    if (!isAttemptId(request.id)) return this.#decline('refused', request.id, 'not an attempt id');
    const attempt = newAttempt(
      this.#options.config.dataDir,
      request.id,
      request.postStart !== null,
      request.namespace ?? null,
    );
    try {
      if (!createFolder(attempt.folder, this.#options.config.jobUser, request)) {
        return this.adopt(request.id, false);
      }
    } catch (error) {
      const why = (error as Error).message;
      return this.#decline('refused', request.id, `its folder could not be made: ${why}`);
    }
    this.#live.set(attempt.id, attempt);
    this.#queue.add(attempt);
    this.#dispatch();
  }

  /** Stops an attempt; unknown and ended ones are left alone. */
  stop(id: string): void {
    const attempt = this.#live.get(id);
    if (attempt && attempt.stop?.cause !== 'asked') {
      this.#beginStop(attempt, { atMs: Date.now(), cause: 'asked', message: '' });
    }
  }

  /** Looks after an attempt that an earlier supervisor or server started. */
  adopt(id: string, started: boolean): void {
    const known = this.#live.get(id);
    if (known) {
      known.startedSent = false;
      if (known.pid !== null) this.#sendStarted(known);
      return;
    }
    if (!isAttemptId(id)) return this.#decline('refused', id, 'not an attempt id');
    const attempt = newAttempt(this.#options.config.dataDir, id, false);
    if (!fs.existsSync(attempt.folder)) {
      if (started) return this.#decline('lost', id, 'its folder is gone');
      // A power cut can take the folder of an attempt that ran.
      if (this.#options.rebooted) return this.#decline('lost', id, 'the machine was restarted');
      return this.#decline('refused', id, 'the server stopped before the start');
    }
    attempt.watched = true;
    this.#live.set(id, attempt);
    const stop = readStop(attempt.folder);
    if (stop) this.#beginStop(attempt, stop, true);
    this.#inspect(attempt);
    this.#watch();
    if (!attempt.ending) this.#logs.watch(attempt.folder);
  }

  /**
   * Stops every attempt whose main process runs and that is not named. What finished attempts left
   * behind on purpose is let alone, and so is what is started after this was asked.
   */
  async stopOthers(ids: readonly string[]): Promise<void> {
    const named = new Set(ids);
    const before = new Set(this.#live.keys());
    for (const id of before) {
      if (!named.has(id)) this.#stopStray(id);
    }
    const base = attemptsDir(this.#options.config.dataDir);
    const folders = new Set((await processTable()).map(({ folder }) => folder ?? ''));
    for (const folder of folders) {
      const id = path.basename(folder);
      if (path.dirname(folder) !== base || named.has(id) || this.#live.has(id)) continue;
      const mark = readMark(folder);
      if (mark === null || mark.pid === 0 || readEnding(folder) !== null) continue;
      if (!carriesFolder(mark.pid, folder)) continue;
      this.adopt(id, true);
      this.#stopStray(id);
    }
  }

  #stopStray(id: string): void {
    this.#options.log(`stopping ${id}: it was given up while its server was away`);
    this.stop(id);
  }

  #dispatch(): void {
    for (const attempt of this.#queue) {
      // More starts at once than processors only make each other slow.
      if (this.#unconfirmed.size >= maxStarting) return;
      const keeper = this.#pool.available ? this.#pool.run(attempt.id, attempt.namespace) : null;
      if (keeper === null) return;
      this.#queue.delete(attempt);
      attempt.keeper = keeper;
      attempt.session = keeper.process.pid ?? null;
      attempt.startedAtMs = Date.now();
      this.#logs.watch(attempt.folder);
      this.#unconfirmed.add(attempt);
      this.#sweepLater();
    }
  }

  #sweepLater(): void {
    if (this.#sweeping || this.#unconfirmed.size === 0) return;
    this.#sweeping = true;
    setTimeout(() => this.#sweep(), startedSweepMs);
  }

  /** Confirms starts of attempts that did not end within the sweep's pause; most do. */
  #sweep(): void {
    this.#sweeping = false;
    for (const attempt of this.#unconfirmed) {
      noteMark(attempt);
      if (attempt.pid !== null) this.#confirmed(attempt);
    }
    this.#sweepLater();
  }

  #confirmed(attempt: Attempt): void {
    this.#unconfirmed.delete(attempt);
    this.#sendStarted(attempt);
    this.#dispatch();
    if (!attempt.hasPostStart || attempt.stop) return;
    const { shell, config } = this.#options;
    const hook = runHook(shell, config.jobUser, attempt, files.postStart, postStartMs);
    attempt.hook = hook;
    void hook.failure.then((message) => {
      if (attempt.hook === hook) attempt.hook = null;
      if (message === '' || attempt.ending || attempt.stop) return;
      this.#beginStop(attempt, { atMs: Date.now(), cause: 'post-start', message });
    });
  }

  #sendStarted(attempt: Attempt): void {
    if (attempt.startedSent || attempt.pid === null) return;
    attempt.startedSent = true;
    const { id, pid, startedAtMs } = attempt;
    this.#options.report({ t: 'started', id, pid, atMs: startedAtMs });
  }

  #beginStop(attempt: Attempt, record: StopRecord, resumed = false): void {
    if (this.#queue.delete(attempt)) {
      this.#live.delete(attempt.id);
      recordStop(attempt.folder, record);
      return this.#decline('refused', attempt.id, 'stopped before it was started');
    }
    if (attempt.stopping) return;
    attempt.stop = resumed ? record : recordStop(attempt.folder, record);
    // Its session must stay its own until the last process is found.
    if (attempt.keeper) this.#pool.retire(attempt.keeper);
    const { shell, config } = this.#options;
    const how = { shell, user: config.jobUser, resumed };
    attempt.stopping = stopAttempt(attempt, attempt.stop, how).catch((error: Error) => {
      this.#options.log(`stop of ${attempt.id}: ${error.message}`);
      return `the stop failed: ${error.message}`;
    });
  }

  #keeperEnded(result: KeeperResult): void {
    const attempt = this.#live.get(result.id);
    if (!attempt) return;
    if (result.how === 'refused') {
      this.#live.delete(attempt.id);
      this.#unconfirmed.delete(attempt);
      attempt.markOver();
      const why = result.value === '0' ? 'its keeper cannot enter its folder' : result.value;
      return this.#decline('refused', attempt.id, why);
    }
    attempt.pid ??= result.pid;
    this.#ended(
      attempt,
      result.how === 'exit'
        ? { exitCode: Number(result.value), signal: null }
        : { exitCode: null, signal: result.value },
      Date.now(),
    );
  }

  /** The main process is gone; the report follows once a running stop has found the rest. */
  #ended(attempt: Attempt, ending: Ending, atMs: number): void {
    if (attempt.ending) return;
    attempt.ending = ending;
    attempt.markOver();
    attempt.hook?.kill();
    this.#unconfirmed.delete(attempt);
    this.#logs.unwatch(attempt.folder);
    if (attempt.stopping)
      void attempt.stopping.then((left) => this.#sendEnded(attempt, atMs, left));
    else this.#sendEnded(attempt, atMs, '');
  }

  #sendEnded(attempt: Attempt, atMs: number, survivors: string): void {
    this.#live.delete(attempt.id);
    const message = [attempt.stop?.message ?? '', survivors].filter((text) => text !== '');
    this.#options.report({
      t: 'ended',
      id: attempt.id,
      pid: attempt.pid,
      startedAtMs: attempt.startedAtMs,
      atMs,
      exitCode: attempt.ending?.exitCode ?? null,
      signal: attempt.ending?.signal ?? null,
      stopped: attempt.stop?.cause === 'asked',
      message: message.join('; '),
    });
  }

  #orphaned(id: string): void {
    const attempt = this.#live.get(id);
    if (!attempt) return;
    attempt.keeper = null;
    attempt.watched = true;
    this.#unconfirmed.delete(attempt);
    this.#watch();
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    setTimeout(() => {
      this.#watching = false;
      const watched = [...this.#live.values()].filter((attempt) => attempt.watched);
      for (const attempt of watched) this.#inspect(attempt);
      if (watched.length > 0) this.#watch();
    }, watchMs);
  }

  #inspect(attempt: Attempt): void {
    if (attempt.ending) return;
    const verdict = inspect(attempt, this.#options.bootId, Date.now());
    this.#sendStarted(attempt);
    if (verdict.kind === 'ended') this.#ended(attempt, verdict.ending, verdict.atMs);
    else if (verdict.kind === 'lost' || verdict.kind === 'never-started') {
      attempt.watched = false;
      attempt.markOver();
      this.#logs.unwatch(attempt.folder);
      void this.#clean(attempt).then(() => {
        this.#live.delete(attempt.id);
        this.#options.report({
          ...(verdict.kind === 'lost' ? { t: 'lost' } : { t: 'refused', again: true }),
          id: attempt.id,
          atMs: Date.now(),
          message: verdict.message,
        });
      });
    }
  }

  /** An attempt that is given up must not go on in its children: a retry may follow. */
  async #clean(attempt: Attempt): Promise<void> {
    await (attempt.stopping ?? killProcesses({ ...attempt, pid: null }));
  }

  #decline(kind: 'lost' | 'refused', id: string, message: string): void {
    this.#options.report({ t: kind, id, atMs: Date.now(), message });
  }
}
