import os from 'node:os';
import path from 'node:path';
import type { PackageRunner } from '../packages/contract.ts';
import { type ProcessExecutorOptions, supervisorConfig } from './options.ts';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  KeptOutput,
  LogChunk,
  LogStream,
} from '../../ports/executor.ts';
import { commandProblem, renderCommandFiles } from './command.ts';
import { SupervisorConnection } from './connection.ts';
import { prepareFolders, supervisorSocketPath } from './launch.ts';
import { finishAttempt } from './endings.ts';
import { JobFileSystems } from './file-system.ts';
import { endReports, type Live, newLive } from './live.ts';
import { readNote } from './note.ts';
import {
  artifactProblem,
  needsPreparation,
  type PreparedStart,
  prepareStart,
} from './preparation.ts';
import { Preparing } from './preparing.ts';
import { collectedPaths, readCollectedChunk } from '../attempts/collected.ts';
import { readLogChunk } from '../attempts/log.ts';
import { logWatcher } from '../attempts/watch-log.ts';
import type { JobUser, Reply } from './protocol.ts';
import { attemptsDir, isAttemptId } from '../attempts/folder.ts';
import { AttemptStorage } from '../attempts/storage.ts';
import { resolveJobUser } from './user.ts';

export type { ProcessExecutorOptions } from './options.ts';
export { hostImage } from './preparation.ts';

/**
 * Runs attempts as processes of this machine, through a supervisor that outlives the server.
 * The folder `<dataDir>/attempts/<attemptId>` is what is kept of an attempt.
 */
export function createProcessExecutor(options: ProcessExecutorOptions): Executor {
  return new ProcessExecutor(options);
}

class ProcessExecutor implements Executor {
  readonly name = 'process';
  readonly maxConcurrent: number;
  readonly watchLog = logWatcher((attemptId) => this.location(attemptId));
  readonly kept: KeptOutput;
  readonly #options: ProcessExecutorOptions;
  readonly #storage: AttemptStorage;
  readonly #packages: PackageRunner | null;
  readonly #preparing: Preparing;
  readonly #fileSystems: JobFileSystems;
  /** Ends what is done after the end of jobs, when the server closes. */
  readonly #closing = new AbortController();
  readonly #dataDir: string;
  readonly #live = new Map<string, Live>();
  #user: JobUser | null = null;
  #connection: SupervisorConnection | null = null;
  #problem = 'not opened yet';
  #connected = false;
  /** Whether everything that is ours is in `#live`. */
  #adopted = false;
  #report: (reports: readonly AttemptReport[]) => void = () => {};

  constructor(options: ProcessExecutorOptions) {
    this.#options = options;
    this.#dataDir = path.resolve(options.dataDir);
    this.maxConcurrent = options.maxConcurrent;
    const storage = new AttemptStorage(
      attemptsDir(this.#dataDir),
      (id) => this.#live.has(id),
      options.log,
    );
    this.#storage = storage;
    this.kept = {
      remove: (attemptIds) => this.#removeKept(attemptIds),
      look: (pageSize) => storage.look(pageSize),
      measure: () => storage.measure(),
      stats: () => storage.stats(),
    };
    this.#packages = options.packages ?? null;
    const fileSystems = new JobFileSystems(options.mounts ?? null, this.#dataDir);
    this.#fileSystems = fileSystems;
    this.#preparing = new Preparing((start, signal) =>
      prepareStart(start, this.#packages, fileSystems, this.location(start.attemptId), signal),
    );
  }

  refuses(spec: AttemptStart['spec']): string | null {
    const { argv, env, postStart, preStop } = spec.task;
    if (!this.#options.enabled) return this.#options.disabledReason;
    return (
      artifactProblem(spec.task, this.#packages) ??
      this.#fileSystems.refuses(spec) ??
      commandProblem([argv, postStart, preStop], env)
    );
  }

  async open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
    const user = resolveJobUser(this.#options.jobUser);
    if (typeof user === 'string') {
      this.#problem = user;
      return;
    }
    this.#user = user;
    try {
      prepareFolders(this.#dataDir);
      this.#connection = this.#connect(supervisorSocketPath(this.#dataDir));
    } catch (error) {
      this.#problem = `the data directory cannot be used: ${(error as Error).message}`;
      return;
    }
    await Promise.all([
      this.#connection.open(),
      this.#openPackages(),
      this.#fileSystems.open(user),
    ]);
  }

  start(attempts: readonly AttemptStart[]): void {
    const refused: AttemptReport[] = [];
    for (const attempt of attempts) {
      const { attemptId, fence } = attempt;
      if (this.#live.has(attemptId)) continue;
      const problem = this.#startProblem(attempt);
      if (problem !== null) {
        refused.push(this.#refusal(attemptId, fence, problem));
        continue;
      }
      const ending = needsPreparation(attempt) ? 'due' : 'none';
      const live = newLive(fence, { ending });
      this.#live.set(attemptId, live);
      if (ending === 'due') this.#prepare(attempt, live);
      else this.#send(live, { start: attempt, note: '' });
    }
    this.#reportLater(refused);
  }

  stop(attemptId: string): void {
    const live = this.#live.get(attemptId);
    if (!live) return;
    if (this.#preparing.stop(attemptId)) {
      this.#forget(attemptId);
      this.#reportLater([this.#refusal(attemptId, live.fence, 'stopped before it started')]);
      return;
    }
    live.stopping = true;
    if (this.#connected) this.#connection?.send({ t: 'stop', id: attemptId });
  }

  adopt(attempts: readonly AttemptRef[]): Promise<void> {
    for (const { attemptId, fence, started } of attempts) {
      this.#live.set(attemptId, newLive(fence, { sent: started, note: null, ending: 'due' }));
      if (this.#connected) this.#connection?.send({ t: 'adopt', id: attemptId, started });
    }
    return Promise.resolve();
  }

  stopOthers(): void {
    this.#adopted = true;
    this.#sayOnly();
  }

  readLog(
    attemptId: string,
    stream: LogStream,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null> {
    if (!isAttemptId(attemptId)) return Promise.resolve(null);
    return Promise.resolve(readLogChunk(this.location(attemptId), stream, offset, maxBytes));
  }

  collected(attemptId: string): Promise<readonly string[]> {
    return Promise.resolve(isAttemptId(attemptId) ? collectedPaths(this.location(attemptId)) : []);
  }

  readCollected(
    attemptId: string,
    file: string,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null> {
    if (!isAttemptId(attemptId)) return Promise.resolve(null);
    return Promise.resolve(readCollectedChunk(this.location(attemptId), file, offset, maxBytes));
  }

  /** Delete a little at a time: ext4 is slow in creating files right after many were deleted. */
  async remove(attemptIds: readonly string[]): Promise<void> {
    await this.#removeKept(attemptIds);
  }

  location(attemptId: string): string {
    return path.join(attemptsDir(this.#dataDir), attemptId);
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    return { ready: this.#problem === '', reason: this.#problem };
  }

  async close(): Promise<void> {
    this.#connected = false;
    this.#problem = 'closed';
    this.#report = () => {};
    this.#preparing.stopAll();
    this.#closing.abort(new Error('the server is closing'));
    await Promise.all([this.#connection?.close(), this.#fileSystems.released()]);
  }

  async #openPackages(): Promise<void> {
    try {
      await this.#packages?.open();
    } catch (error) {
      // Other jobs run all the same; a package is told the reason when it is to start.
      this.#options.log.warn({ err: error }, 'the folder for packages cannot be used');
    }
  }

  #prepare(attempt: AttemptStart, live: Live): void {
    const { attemptId } = attempt;
    const refuse = (message: string): void => {
      this.#forget(attemptId);
      this.#report([this.#refusal(attemptId, live.fence, message)]);
    };
    this.#preparing.begin(attempt, {
      failed: refuse,
      ready: (prepared) => {
        const { task } = prepared.start.spec;
        const problem =
          this.#supervisorProblem() ?? commandProblem([task.argv], prepared.start.env);
        if (problem === null) this.#send(live, prepared);
        else refuse(problem);
      },
    });
  }

  #send(live: Live, { start: attempt, note, ...laid }: PreparedStart): void {
    const contents = renderCommandFiles(attempt, {
      folder: this.location(attempt.attemptId),
      user: this.#user?.name ?? os.userInfo().username,
    });
    live.start = { t: 'start', id: attempt.attemptId, ...contents, ...laid };
    live.note = note;
    if (this.#connected) live.sent = this.#connection?.send(live.start) ?? false;
  }

  /** Nothing more is to be said about the attempt: what it used is free. */
  #forget(attemptId: string): void {
    const plain = this.#live.get(attemptId)?.ending === 'none';
    this.#live.delete(attemptId);
    if (plain) return; // It used nothing, and most are: no look at the disk.
    this.#packages?.release(attemptId);
    this.#fileSystems.release(attemptId);
  }

  async #removeKept(attemptIds: readonly string[]): Promise<readonly string[]> {
    const alive = await this.#storage.remove(attemptIds);
    // Attempts that were given up while this host was away end without a report.
    for (const id of attemptIds) {
      if (alive.includes(id)) continue;
      this.#packages?.release(id);
      await this.#fileSystems.remove(id);
    }
    return alive;
  }

  #connect(socketPath: string): SupervisorConnection {
    const { log } = this.#options;
    const config = supervisorConfig(this.#options, {
      dataDir: this.#dataDir,
      socketPath,
      jobUser: this.#user,
    });
    return new SupervisorConnection(config, {
      connected: (hello) => {
        this.#connected = true;
        this.#problem = hello.problem;
        const fields = { pid: hello.pid, keepers: hello.keepers };
        if (hello.problem === '') log.info(fields, 'process supervisor connected');
        else log.warn({ ...fields, problem: hello.problem }, 'processes cannot be started');
        this.#resume();
      },
      failed: (reason) => {
        this.#connected = false;
        this.#problem = reason;
        log.warn({ reason }, 'no process supervisor');
        this.#refuseUnsent(reason);
      },
      replaced: () => {
        this.#connected = false;
        this.#problem = 'another server took over the process supervisor of this data directory';
        log.warn({}, this.#problem);
      },
      replies: (replies) => this.#pass(replies),
    });
  }

  /** After every (re)connection: what is not over is started or adopted, stops are repeated. */
  #resume(): void {
    for (const [id, live] of this.#live) {
      if (this.#preparing.has(id)) continue;
      if (live.start && this.#problem !== '' && !live.sent) continue;
      this.#connection?.send(live.start ?? { t: 'adopt', id, started: live.sent });
      if (live.start) live.sent = true;
      if (live.stopping) this.#connection?.send({ t: 'stop', id });
    }
    if (this.#problem !== '') this.#refuseUnsent(this.#problem);
    this.#sayOnly();
  }

  /** Tells a supervisor, a new one too, that what it is not asked about is nobody's. */
  #sayOnly(): void {
    if (!this.#adopted || !this.#connected) return;
    this.#connection?.send({ t: 'only', ids: [...this.#live.keys()] });
  }

  /** What is due is done before the end is told; a later server does it otherwise. */
  async #finish(reply: Extract<Reply, { t: 'ended' }>, live: Live): Promise<void> {
    if (live.ending === 'under-way') return;
    live.ending = 'under-way';
    const { message, result } = await finishAttempt(reply, {
      folder: this.location(reply.id),
      user: this.#user,
      fileSystems: this.#fileSystems,
      signal: this.#closing.signal,
    });
    if (this.#closing.signal.aborted) return;
    live.ending = 'over';
    live.result = result;
    this.#pass([{ ...reply, message }]);
  }

  #pass(replies: readonly Reply[]): void {
    const reports: AttemptReport[] = [];
    for (const reply of replies) {
      if (reply.t === 'hello' || reply.t === 'replaced') continue;
      const live = this.#live.get(reply.id);
      if (!live) continue;
      const base = { attemptId: reply.id, fence: live.fence, atMs: reply.atMs };
      if (reply.t === 'started') {
        live.start = null;
        live.sent = true;
        reports.push({ ...base, kind: 'started', pid: reply.pid, ...this.#note(reply.id, live) });
        continue;
      }
      if (reply.t === 'ended' && live.ending !== 'none' && live.ending !== 'over') {
        void this.#finish(reply, live);
        continue;
      }
      this.#forget(reply.id);
      this.#storage.ended(reply.id);
      reports.push(...endReports(reply, live, this.#note(reply.id, live)));
    }
    if (reports.length > 0) this.#report(reports);
  }

  #startProblem(attempt: AttemptStart): string | null {
    if (!isAttemptId(attempt.attemptId)) {
      return 'the attempt id must be 1 to 128 of A-Z a-z 0-9 . _ - without a leading dot';
    }
    const problem = this.#supervisorProblem();
    if (problem !== null) return problem;
    const { postStart, preStop, argv } = attempt.spec.task;
    return this.refuses(attempt.spec) ?? commandProblem([argv, postStart, preStop], attempt.env);
  }

  /** While the supervisor is away for a moment attempts wait for it; see `failed`. */
  #supervisorProblem(): string | null {
    return this.#problem !== '' && (this.#connected || !this.#connection) ? this.#problem : null;
  }

  #note(attemptId: string, live: Live): { readonly note?: string } {
    live.note ??= readNote(this.location(attemptId));
    return live.note === '' ? {} : { note: live.note };
  }

  /** No supervisor can have seen these: they are certainly not running. */
  #refuseUnsent(reason: string): void {
    const refused: AttemptReport[] = [];
    for (const [id, live] of this.#live) {
      if (live.start === null || live.sent) continue;
      this.#forget(id);
      refused.push(this.#refusal(id, live.fence, reason));
    }
    this.#reportLater(refused);
  }

  #refusal(attemptId: string, fence: number, message: string): AttemptReport {
    return { kind: 'refused', attemptId, fence, atMs: this.#options.nowMs(), message };
  }

  #reportLater(reports: readonly AttemptReport[]): void {
    if (reports.length > 0) setImmediate(() => this.#report(reports));
  }
}
