import os from 'node:os';
import path from 'node:path';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  LogChunk,
  LogStream,
} from '../../ports/executor.ts';
import { commandProblem, renderCommandFiles } from './command.ts';
import { SupervisorConnection } from './connection.ts';
import { prepareFolders, supervisorSocketPath } from './launch.ts';
import { readLogChunk } from '../attempts/log.ts';
import { protocolVersion } from './protocol.ts';
import type { JobUser, Reply, Request } from './protocol.ts';
import { attemptsDir, isAttemptId } from '../attempts/folder.ts';
import { AttemptStorage } from '../attempts/storage.ts';
import { resolveJobUser } from './user.ts';

/** The image whose jobs run as processes of this machine. */
export const hostImage = 'longshore/host';

/** The part of the logger this executor uses. */
export interface ProcessExecutorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ProcessExecutorOptions {
  /** Folder that holds `attempts/`, the supervisor's socket and its log. */
  readonly dataDir: string;
  /** Name of the user jobs run as; null = the server's own. Another one needs root. */
  readonly jobUser: string | null;
  /** Most attempts at the same time; each takes a keeper shell of about 1 MiB of its own. */
  readonly maxConcurrent: number;
  /** Bytes kept of each output stream of an attempt; older ones are released. */
  readonly maxLogBytes: number;
  /** Whether jobs may run here at all; running ones are adopted either way. */
  readonly enabled: boolean;
  /** Why not, with the remedy, when not enabled. */
  readonly disabledReason: string;
  /** Idle keepers that are kept; 8 when not given. */
  readonly minFreeKeepers?: number;
  /** Time without server and attempts until the supervisor ends; one minute when not given. */
  readonly supervisorIdleMs?: number;
  nowMs(): number;
  readonly log: ProcessExecutorLog;
}

const defaultMinFreeKeepers = 8;
const defaultSupervisorIdleMs = 60_000;

/** An attempt whose end has not been reported. */
interface Live {
  readonly fence: number;
  /** The start, until it is confirmed: sent again should the supervisor die meanwhile. */
  start: Extract<Request, { t: 'start' }> | null;
  /** Whether a supervisor may have seen the start. */
  sent: boolean;
  stopping: boolean;
}

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
  readonly kept: AttemptStorage;
  readonly #options: ProcessExecutorOptions;
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
    this.kept = new AttemptStorage(
      attemptsDir(this.#dataDir),
      (id) => this.#live.has(id),
      options.log,
    );
  }

  refuses(spec: AttemptStart['spec']): string | null {
    const { artifact, argv, env, postStart, preStop } = spec.task;
    if (!this.#options.enabled) return this.#options.disabledReason;
    if (artifact.kind !== 'image' || artifact.image !== hostImage) {
      return `the process executor runs only the image ${hostImage}; use it, or set up an executor for other artifacts`;
    }
    if (argv.length === 0) {
      return `the image ${hostImage} has no program of its own; give a command`;
    }
    return commandProblem([argv, postStart, preStop], env);
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
    await this.#connection.open();
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
      const contents = renderCommandFiles(attempt, {
        folder: this.location(attemptId),
        user: this.#user?.name ?? os.userInfo().username,
      });
      const start = { t: 'start', id: attemptId, ...contents } as const;
      const live: Live = { fence, start, sent: false, stopping: false };
      this.#live.set(attemptId, live);
      if (this.#connected) live.sent = this.#connection?.send(start) ?? false;
    }
    this.#reportLater(refused);
  }

  stop(attemptId: string): void {
    const live = this.#live.get(attemptId);
    if (!live) return;
    live.stopping = true;
    if (this.#connected) this.#connection?.send({ t: 'stop', id: attemptId });
  }

  adopt(attempts: readonly AttemptRef[]): Promise<void> {
    for (const { attemptId, fence, started } of attempts) {
      this.#live.set(attemptId, { fence, start: null, sent: started, stopping: false });
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

  /**
   * A file system may be slow in creating files right after many were deleted (ext4 avoids inodes
   * freed in the last seconds), so callers should delete a little at a time.
   */
  async remove(attemptIds: readonly string[]): Promise<void> {
    await this.kept.remove(attemptIds);
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
    await this.#connection?.close();
  }

  #connect(socketPath: string): SupervisorConnection {
    const { maxConcurrent, maxLogBytes, minFreeKeepers, supervisorIdleMs, log } = this.#options;
    const config = {
      protocol: protocolVersion,
      dataDir: this.#dataDir,
      socketPath,
      jobUser: this.#user,
      maxKeepers: maxConcurrent,
      minFreeKeepers: Math.min(minFreeKeepers ?? defaultMinFreeKeepers, maxConcurrent),
      maxLogBytes,
      idleMs: supervisorIdleMs ?? defaultSupervisorIdleMs,
    };
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
        reports.push({ ...base, kind: 'started', pid: reply.pid });
        continue;
      }
      this.#live.delete(reply.id);
      this.kept.ended(reply.id);
      if (reply.t !== 'ended') {
        reports.push({ ...base, kind: reply.t, message: reply.message });
        continue;
      }
      if (live.start) {
        const { pid, startedAtMs } = reply;
        reports.push({ ...base, kind: 'started', atMs: startedAtMs || reply.atMs, pid });
      }
      const { exitCode, signal, stopped, message } = reply;
      reports.push({ ...base, kind: 'ended', exitCode, signal, stopped, message });
    }
    if (reports.length > 0) this.#report(reports);
  }

  #startProblem(attempt: AttemptStart): string | null {
    if (!isAttemptId(attempt.attemptId)) {
      return 'the attempt id must be 1 to 128 of A-Z a-z 0-9 . _ - without a leading dot';
    }
    // While the supervisor is away for a moment attempts wait for it; see `failed`.
    if (this.#problem !== '' && (this.#connected || !this.#connection)) return this.#problem;
    const { postStart, preStop, argv } = attempt.spec.task;
    return this.refuses(attempt.spec) ?? commandProblem([argv, postStart, preStop], attempt.env);
  }

  /** No supervisor can have seen these: they are certainly not running. */
  #refuseUnsent(reason: string): void {
    const refused: AttemptReport[] = [];
    for (const [id, live] of this.#live) {
      if (live.start === null || live.sent) continue;
      this.#live.delete(id);
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
