import fs from 'node:fs';
import path from 'node:path';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  LogChunk,
  LogStream,
} from '../../ports/executor.ts';
import { collectedPaths, readCollectedChunk } from '../attempts/collected.ts';
import { isAttemptId } from '../attempts/folder.ts';
import { readLogChunk } from '../attempts/log.ts';
import { logWatcher } from '../attempts/watch-log.ts';
import { AttemptStorage } from '../attempts/storage.ts';
import type { MountProvider } from '../mounts/contract.ts';
import type { PackageRunner } from '../packages/contract.ts';
import { EngineApi, hostLabelOf } from './api.ts';
import { ContainerAttempt, type Shared } from './attempt.ts';
import { EngineClient } from './client.ts';
import { EngineConnection } from './connection.ts';
import { commandProblem, type Ulimit } from './container-config.ts';
import { Limiter } from './limiter.ts';
import {
  defaultPidsLimit,
  engineAwayMs,
  maxCommandBytes,
  maxRemoving,
  maxStarting,
  sweepMs,
} from './limits.ts';
import { Pulls } from './pulls.ts';
import { containersDir } from './records.ts';
import { type PullPolicy, Starter } from './starter.ts';

/** The image that means this machine, which is no container. */
const hostImage = 'longshore/host';

/** The part of the logger this executor uses. */
export interface ContainerExecutorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ContainerExecutorOptions {
  /** Folder that holds `containers/`, one folder per attempt. */
  readonly dataDir: string;
  /** Identity of the data folder: tells its containers from those of others on the same engine. */
  readonly hostId: string;
  /** Unix socket of the Docker API. */
  readonly socket: string;
  /**
   * `auto`: ready without an engine as long as none was ever there. `always`: not ready without
   * one. `never`: nothing is started; what runs is adopted where an engine is there.
   */
  readonly enabled: 'auto' | 'always' | 'never';
  readonly pullPolicy: PullPolicy;
  /** Longest time of one pull. */
  readonly pullTimeoutMs: number;
  /** Network that containers join: a name, `host`, `none`, or '' for the engine's own. */
  readonly network: string;
  /** Most containers at the same time; further attempts wait. */
  readonly maxConcurrent: number;
  /** Bytes kept of each output stream of an attempt; older ones are released. */
  readonly maxLogBytes: number;
  /** Most processes and threads of one container; 0 = no limit, absent = `defaultPidsLimit`. */
  readonly pidsLimit?: number;
  /**
   * Limits of every container, for machines that allow less than the engine's own; none when not
   * given. Podman takes them from nowhere else.
   */
  readonly ulimits?: readonly Ulimit[];
  readonly packages: PackageRunner;
  readonly mounts: MountProvider;
  nowMs(): number;
  readonly log: ContainerExecutorLog;
}

/**
 * Runs attempts as containers of an engine that speaks the Docker API: one container each, named
 * and labelled, which outlives the server. `<dataDir>/containers/<attemptId>` is what is kept.
 */
export function createContainerExecutor(options: ContainerExecutorOptions): Executor {
  return new ContainerExecutor(options);
}

class ContainerExecutor implements Executor {
  readonly name = 'container';
  readonly watchLog = logWatcher((attemptId) => this.location(attemptId));
  readonly kept: AttemptStorage;
  readonly #options: ContainerExecutorOptions;
  readonly #root: string;
  readonly #hostLabel: string;
  readonly #client: EngineClient;
  readonly #api: EngineApi;
  readonly #connection: EngineConnection;
  readonly #shared: Shared;
  readonly #closing = new AbortController();
  /** Attempts whose end was not reported. */
  readonly #live = new Map<string, ContainerAttempt>();
  /** Those of them that take a place. */
  readonly #placed = new Set<string>();
  /** Starts beyond the number that may run. */
  readonly #queue = new Map<string, AttemptStart>();
  /** Everything that is under way, ends that were reported included. */
  readonly #working = new Set<Promise<void>>();
  /** Whether everything that is ours is in `#live`. */
  #adopted = false;
  #sweeping = false;
  #sweepTimer: NodeJS.Timeout | null = null;
  #problem = 'not opened yet';
  #reports: AttemptReport[] = [];
  #report: (reports: readonly AttemptReport[]) => void = () => {};

  constructor(options: ContainerExecutorOptions) {
    this.#options = options;
    this.#root = containersDir(path.resolve(options.dataDir));
    this.#hostLabel = hostLabelOf(options.hostId);
    this.#client = new EngineClient(options.socket);
    this.#api = new EngineApi(this.#client);
    this.kept = new AttemptStorage(this.#root, (id) => this.#live.has(id), options.log);
    this.#connection = new EngineConnection(this.#client, this.#api, this.#hostLabel, {
      connected: (engine) => {
        options.log.info({ engine, socket: options.socket }, 'container engine connected');
        void this.#sweep();
      },
      lost: (reason) => options.log.warn({ reason }, 'the container engine went away'),
      event: ({ attemptId }) => this.#live.get(attemptId)?.exited(),
    });
    this.#shared = {
      api: this.#api,
      connection: this.#connection,
      starter: new Starter({
        api: this.#api,
        connection: this.#connection,
        pulls: new Pulls(this.#api, options.pullTimeoutMs),
        starting: new Limiter(() =>
          Math.max(maxStarting.least, maxStarting.perCpu * this.#connection.cpus),
        ),
        hostLabel: this.#hostLabel,
        pullPolicy: options.pullPolicy,
        network: options.network,
        maxLogBytes: options.maxLogBytes,
        pidsLimit: options.pidsLimit ?? defaultPidsLimit,
        ulimits: options.ulimits ?? [],
        packages: options.packages,
        mounts: options.mounts,
      }),
      removing: new Limiter(() => maxRemoving),
      mounts: options.mounts,
      maxLogBytes: options.maxLogBytes,
      closing: this.#closing.signal,
      nowMs: () => options.nowMs(),
      report: (report) => this.#tell(report),
      warn: (fields, message) => options.log.warn(fields, message),
    };
  }

  /** None without an engine, so that nothing is claimed for it. */
  get maxConcurrent(): number {
    return this.#engineProblem() === null ? this.#options.maxConcurrent : 0;
  }

  refuses(spec: AttemptStart['spec']): string | null {
    const { artifact, argv, env, postStart, preStop, mounts } = spec.task;
    if (artifact.kind === 'image' && artifact.image === hostImage) {
      return `the image ${hostImage} means a process of this machine, which is no container; allow processes, or name an image`;
    }
    const { packages, mounts: provider } = this.#options;
    return (
      this.#engineProblem() ??
      (artifact.kind === 'package' ? packages.refuses(artifact, 'image') : null) ??
      ((mounts?.length ?? 0) > 0 ? provider.refuses(mounts ?? [], 'container') : null) ??
      commandProblem([argv, postStart, preStop], env, maxCommandBytes)
    );
  }

  async open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
    try {
      fs.mkdirSync(this.#root, { recursive: true, mode: 0o700 });
      this.#problem = '';
    } catch (error) {
      this.#problem = `the data directory cannot be used: ${(error as Error).message}`;
      return;
    }
    await Promise.all([this.#connection.open(), this.#openPackages()]);
    this.#sweepTimer = setInterval(() => void this.#sweep(), sweepMs).unref();
  }

  start(attempts: readonly AttemptStart[]): void {
    for (const attempt of attempts) {
      const { attemptId, fence } = attempt;
      if (this.#live.has(attemptId) || this.#queue.has(attemptId)) continue;
      const problem = this.#startProblem(attempt);
      if (problem !== null) this.#refuse(attemptId, fence, problem);
      else this.#queue.set(attemptId, attempt);
    }
    this.#startQueued();
  }

  stop(attemptId: string): void {
    const queued = this.#queue.get(attemptId);
    if (queued === undefined) return this.#live.get(attemptId)?.stop();
    this.#queue.delete(attemptId);
    this.#refuse(attemptId, queued.fence, 'stopped before it was started');
  }

  adopt(attempts: readonly AttemptRef[]): Promise<void> {
    for (const { attemptId, fence, started } of attempts) {
      const live = this.#live.get(attemptId);
      const queued = this.#queue.get(attemptId);
      if (live !== undefined) live.claim(fence);
      else if (queued !== undefined) this.#queue.set(attemptId, { ...queued, fence });
      else if (isAttemptId(attemptId)) this.#attempt(attemptId, fence).adopt(started);
    }
    return Promise.resolve();
  }

  stopOthers(): void {
    this.#adopted = true;
    void this.#sweep();
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
    source: string,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null> {
    if (!isAttemptId(attemptId)) return Promise.resolve(null);
    const folder = this.location(attemptId);
    return Promise.resolve(readCollectedChunk(folder, source, offset, maxBytes));
  }

  async remove(attemptIds: readonly string[]): Promise<void> {
    await this.kept.remove(attemptIds);
  }

  location(attemptId: string): string {
    return path.join(this.#root, attemptId);
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    if (this.#problem !== '') return { ready: false, reason: this.#problem };
    const { enabled } = this.#options;
    const wanted = enabled === 'always' || (enabled === 'auto' && this.#connection.everConnected);
    const reason = wanted ? this.#connection.problem : '';
    return { ready: reason === '', reason };
  }

  async close(): Promise<void> {
    this.#problem = 'closed';
    this.#report = () => {};
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    this.#closing.abort(new Error('closed'));
    await Promise.all(this.#working);
    await this.#connection.close();
  }

  async #openPackages(): Promise<void> {
    try {
      await this.#options.packages.open();
    } catch (error) {
      // Other jobs run all the same; a package is told the reason when it is to start.
      this.#options.log.warn({ err: error }, 'the folder for packages cannot be used');
    }
  }

  /** Why no container can be made now, with the remedy; a short absence is waited for. */
  #engineProblem(): string | null {
    if (this.#options.enabled === 'never') {
      return 'containers are switched off; set container.enabled to auto or always';
    }
    const { connected, everConnected, awayMs, problem } = this.#connection;
    if (connected || (everConnected && awayMs < engineAwayMs)) return null;
    return problem;
  }

  #startProblem({ attemptId, spec, env }: AttemptStart): string | null {
    if (!isAttemptId(attemptId)) {
      return 'the attempt id must be 1 to 128 of A-Z a-z 0-9 . _ - without a leading dot';
    }
    if (this.#problem !== '') return this.#problem;
    return this.refuses(spec) ?? commandProblem([spec.task.argv], env, maxCommandBytes);
  }

  #startQueued(): void {
    for (const [attemptId, start] of this.#queue) {
      if (this.#placed.size >= this.#options.maxConcurrent) return;
      this.#queue.delete(attemptId);
      this.#attempt(attemptId, start.fence).begin(start);
    }
  }

  #attempt(id: string, fence: number, silent = false): ContainerAttempt {
    const identity = {
      id,
      folder: this.location(id),
      name: `longshore-${this.#hostLabel}-${id}`,
    };
    const attempt = new ContainerAttempt(this.#shared, identity, fence, silent);
    this.#live.set(id, attempt);
    this.#placed.add(id);
    const working = attempt.over.then(() => {
      this.#working.delete(working);
      // A silent one ends without a report.
      if (this.#live.get(id) === attempt) this.#over(id);
    });
    this.#working.add(working);
    return attempt;
  }

  #over(attemptId: string): void {
    this.#live.delete(attemptId);
    this.#placed.delete(attemptId);
    if (this.#closing.signal.aborted) return;
    this.#options.packages.release(attemptId);
    this.kept.ended(attemptId);
    this.#startQueued();
  }

  #refuse(attemptId: string, fence: number, message: string): void {
    this.#tell({ kind: 'refused', attemptId, fence, atMs: this.#options.nowMs(), message });
  }

  /** Reports of one turn go out together, never from within the call that caused them. */
  #tell(report: AttemptReport): void {
    if (report.kind !== 'started' && this.#live.has(report.attemptId)) this.#over(report.attemptId);
    this.#reports.push(report);
    if (this.#reports.length > 1) return;
    setImmediate(() => {
      const reports = this.#reports;
      this.#reports = [];
      this.#report(reports);
    });
  }

  /** Compares what the engine has with what is known here. */
  async #sweep(): Promise<void> {
    if (this.#sweeping || !this.#connection.connected || this.#closing.signal.aborted) return;
    this.#sweeping = true;
    try {
      const known = new Set(this.#live.keys());
      const listed = await this.#api.list(this.#hostLabel, this.#closing.signal);
      for (const { attemptId, phase } of listed) {
        if (!isAttemptId(attemptId)) continue;
        const live = this.#live.get(attemptId);
        // Its event may have been missed; asking once more is harmless.
        if (phase === 'over') live?.exited();
        if (live !== undefined || known.has(attemptId) || !this.#adopted) continue;
        const stray = this.#attempt(attemptId, 0, true);
        stray.adopt(false);
        if (phase !== 'running') continue;
        this.#options.log.warn({ attemptId }, 'stopping a container that nobody asks for');
        stray.stop();
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        this.#options.log.warn({ err: error }, 'looking at all containers failed');
      }
    } finally {
      this.#sweeping = false;
    }
  }
}
