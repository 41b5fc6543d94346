import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { JobSpec } from '../../domain/template.ts';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  KeptOutput,
  LogChunk,
  LogStream,
} from '../../ports/executor.ts';
import { attemptsDir } from '../attempts/folder.ts';
import { exitCodes, type Outcome, TransferFolders, type WorkerName } from './folders.ts';
import { HomeSearch, type RunHomes } from './homes.ts';
import { progressMs } from './limits.ts';
import { failedReport, reportText } from './report-text.ts';

export interface TransferExecutorOptions {
  /** Folder of data jobs, `<data folder>/transfers`; the inner executor keeps its attempts there. */
  readonly root: string;
  /** Runs the workers: processes of the server's own user. Opened when there is something to run. */
  readonly inner: Executor;
  /** Why no data job runs here; null = they do. */
  readonly refusal: string | null;
  /** Argument vector and artifact of a worker; its arguments follow: run folder, index, number. */
  readonly worker: {
    readonly artifact: JobSpec['task']['artifact'];
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  /** What connectors may do, as the worker is to be told. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Where runs belong when several servers share a store; null = there is only this one. */
  readonly homes: RunHomes | null;
  readonly nowMs: () => number;
  readonly log: { warn(fields: object, message: string): void };
}

/** Makes the executor of data jobs: each instance is a worker process that outlives the server. */
export function createTransferExecutor(options: TransferExecutorOptions): Executor {
  return new TransferExecutor(options);
}

type TransferFault = NonNullable<AttemptStart['transferProblem']>;

class TransferExecutor implements Executor {
  readonly name = 'transfer';
  readonly maxConcurrent: number;
  readonly kept: KeptOutput;
  readonly #options: TransferExecutorOptions;
  readonly #inner: Executor;
  readonly #folders: TransferFolders;
  readonly #search: HomeSearch;
  /** Workers that run, by attempt. */
  readonly #live = new Map<string, { readonly worker: WorkerName; readonly fence: number }>();
  /** What was told last of each run. */
  readonly #told = new Map<string, string>();
  #opening: Promise<void> | null = null;
  /** Loaded when the first data job runs: it brings a database driver. */
  #reading: typeof import('./reading.ts') | null = null;
  #othersStopped = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #report: (reports: readonly AttemptReport[]) => void = () => {};

  constructor(options: TransferExecutorOptions) {
    this.#options = options;
    this.#inner = options.inner;
    this.maxConcurrent = options.inner.maxConcurrent;
    this.#search = new HomeSearch(options.homes, {
      start: (attempt) => this.#start(attempt),
      refuse: (report) => this.#refuse(report),
      nowMs: () => options.nowMs(),
    });
    this.#folders = new TransferFolders(options.root);
    const { kept } = options.inner;
    if (kept === undefined) throw new Error('the executor of workers must keep their output');
    this.kept = {
      look: (pageSize) => kept.look(pageSize),
      measure: () => kept.measure(),
      stats: () => kept.stats(),
      remove: async (attemptIds) => {
        const alive = await kept.remove(attemptIds);
        this.#forget(attemptIds.filter((id) => !alive.includes(id)));
        return alive;
      },
    };
  }

  refuses({ task }: JobSpec): string | null {
    if (task.artifact.kind !== 'transfer') return 'it runs data jobs only';
    return this.#options.refusal;
  }

  async open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
    const attempts = attemptsDir(path.resolve(this.#options.root));
    // No supervisor for nothing: a server that moves no data has no process more.
    if (existsSync(attempts) && readdirSync(attempts).length > 0) await this.#opened();
  }

  start(attempts: readonly AttemptStart[]): void {
    for (const attempt of attempts) {
      if (this.#live.has(attempt.attemptId)) continue;
      if (attempt.transferProblem === undefined) this.#search.begin(attempt);
      else this.#fail(attempt, attempt.transferProblem);
    }
  }

  stop(attemptId: string): void {
    if (this.#search.stop(attemptId)) return;
    // What waits for the executor to open is started first, then stopped.
    if (this.#opening !== null) void this.#opening.then(() => this.#inner.stop(attemptId));
  }

  async adopt(attempts: readonly AttemptRef[]): Promise<void> {
    if (attempts.length === 0) return;
    for (const { attemptId, fence } of attempts) {
      const worker = this.#folders.worker(attemptId);
      if (worker !== null) this.#live.set(attemptId, { worker, fence });
    }
    this.#watch();
    await this.#opened();
    await this.#inner.adopt(attempts);
  }

  stopOthers(): void {
    this.#othersStopped = true;
    if (this.#opening !== null) void this.#opening.then(() => this.#inner.stopOthers());
  }

  readLog(
    attemptId: string,
    stream: LogStream,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null> {
    return this.#inner.readLog(attemptId, stream, offset, maxBytes);
  }

  watchLog(attemptId: string, stream: LogStream, listener: () => void): (() => void) | null {
    return this.#inner.watchLog?.(attemptId, stream, listener) ?? null;
  }

  async remove(attemptIds: readonly string[]): Promise<void> {
    await this.#inner.remove(attemptIds);
    this.#forget(attemptIds);
  }

  location(attemptId: string): string {
    return this.#inner.location(attemptId);
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    // What is not open yet is in order until it is needed.
    return this.#opening === null ? { ready: true, reason: '' } : this.#inner.health();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#report = () => {};
    this.#search.close();
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#opening !== null) {
      await this.#opening;
      await this.#inner.close();
    }
  }

  #start(attempt: AttemptStart): void {
    try {
      const start = this.#workerStart(attempt);
      this.#watch();
      void this.#opened().then(() => {
        if (!this.#closed) this.#inner.start([start]);
      });
    } catch (error) {
      const { attemptId, fence } = attempt;
      const message = `the data job cannot be started: ${(error as Error).message}`;
      this.#refuse({ kind: 'refused', attemptId, fence, atMs: this.#options.nowMs(), message });
    }
  }

  /** A job that cannot be done as it stands: no worker is needed to say so. */
  #fail({ attemptId, fence }: AttemptStart, { code, message }: TransferFault): void {
    const about = { attemptId, fence, atMs: this.#options.nowMs() };
    const progress = reportText(failedReport({ code, message, details: '' }, about.atMs));
    setImmediate(() =>
      this.#report([
        { kind: 'started', ...about, pid: null },
        { kind: 'progress', ...about, progress },
        {
          kind: 'ended',
          ...about,
          exitCode: exitCodes.failed,
          signal: null,
          stopped: false,
          message,
          final: true,
        },
      ]),
    );
  }

  /** Never from within the call that caused it. */
  #refuse(report: AttemptReport): void {
    setImmediate(() => this.#report([report]));
  }

  #opened(): Promise<void> {
    this.#opening ??= (async () => {
      this.#reading = await import('./reading.ts');
      await this.#inner.open((reports) => this.#pass(reports));
      if (this.#othersStopped) this.#inner.stopOthers();
    })();
    return this.#opening;
  }

  /** Lays out what a worker needs and says how it is started. @throws Error with words for people. */
  #workerStart(attempt: AttemptStart): AttemptStart {
    const { attemptId, fence, spec, transfer, run } = attempt;
    if (transfer === undefined || run === undefined) throw new Error('it comes without its work');
    const { id: runId, index, number, replicas } = run;
    const worker: WorkerName = { runId, index, number };
    const { artifact, argv, env } = this.#options.worker;
    this.#folders.begin({
      ...worker,
      attemptId,
      replicas,
      timezone: spec.timezone,
      work: transfer,
      context: this.#options.context,
    });
    this.#live.set(attemptId, { worker, fence });
    const folder = this.#folders.run(runId);
    return {
      attemptId,
      fence,
      env: { ...env, TZ: spec.timezone },
      spec: {
        ...spec,
        task: {
          artifact,
          argv: [...argv, folder, String(index), String(number)],
          env: {},
          identityEnv: {},
          postStart: null,
          preStop: null,
        },
      },
    };
  }

  /** Adds to what the inner executor tells what workers left word of. */
  #pass(reports: readonly AttemptReport[]): void {
    this.#report(reports.flatMap((report) => this.#withOutcome(report)));
  }

  #withOutcome(report: AttemptReport): readonly AttemptReport[] {
    if (report.kind === 'started' || report.kind === 'progress') return [report];
    const { attemptId, fence, atMs } = report;
    const worker = this.#live.get(attemptId)?.worker ?? this.#folders.worker(attemptId);
    this.#live.delete(attemptId);
    if (worker === null) return [report];
    const outcome = this.#folders.end(worker);
    const progress = this.#progressOf(worker.runId);
    if (![...this.#live.values()].some((live) => live.worker.runId === worker.runId)) {
      this.#told.delete(worker.runId);
    }
    const told: readonly AttemptReport[] =
      progress === null || report.kind === 'refused'
        ? []
        : [{ kind: 'progress', attemptId, fence, atMs, progress }];
    return report.kind === 'ended' ? [...told, endOf(report, outcome)] : [...told, report];
  }

  /** Tells where runs stand while they run, by the first of each run's workers here. */
  #watch(): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setInterval(() => {
      const reports: AttemptReport[] = [];
      const seen = new Set<string>();
      for (const [attemptId, { worker, fence }] of this.#live) {
        const { runId } = worker;
        if (seen.has(runId)) continue;
        seen.add(runId);
        const progress = this.#progressOf(runId);
        if (progress === null || this.#told.get(runId) === progress) continue;
        this.#told.set(runId, progress);
        const atMs = this.#options.nowMs();
        reports.push({ kind: 'progress', attemptId, fence, atMs, progress });
      }
      if (reports.length > 0) this.#report(reports);
      if (this.#live.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    }, progressMs);
    this.#timer.unref();
  }

  #progressOf(runId: string): string | null {
    try {
      const report = this.#reading?.reportOf(this.#folders.state(runId), this.#options.nowMs());
      return report === undefined || report === null ? null : reportText(report);
    } catch (error) {
      this.#options.log.warn({ err: error, runId }, 'where a data job stands could not be read');
      return null;
    }
  }

  #forget(attemptIds: readonly string[]): void {
    for (const attemptId of attemptIds) {
      try {
        const gone = this.#folders.remove(attemptId);
        if (gone !== null) void this.#options.homes?.forget(gone).catch(() => undefined);
      } catch (error) {
        this.#options.log.warn({ err: error, attemptId }, 'the state of a data job stays');
      }
    }
  }
}

/** How a worker ended, in the words it left. */
function endOf(
  report: Extract<AttemptReport, { kind: 'ended' }>,
  outcome: Outcome | null,
): AttemptReport {
  if (report.exitCode === exitCodes.interrupted) {
    return { ...report, message: 'ended by a signal from outside; another attempt goes on' };
  }
  if (outcome === null || report.exitCode === exitCodes.done) return report;
  return { ...report, message: outcome.failure.message, final: outcome.final };
}
