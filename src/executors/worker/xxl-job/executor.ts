import path from 'node:path';
import type { JobSpec } from '../../../domain/template.ts';
import type { Timer } from '../../../ports/clock.ts';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  LogChunk,
  LogStream,
} from '../../../ports/executor.ts';
import type { WorkerGroups, WorkerInfo } from '../../../ports/workers.ts';
import { AddressRules } from './addresses.ts';
import type { AdminSide } from './admin.ts';
import { Attempt, type Prepared, type Shared } from './attempt.ts';
import { Callbacks } from './callbacks.ts';
import { ExecutorClient } from './client.ts';
import { type Answer, type Caller, Enrollment, type GlobalToken } from './enrollment.ts';
import { isAttemptId, Journal } from './journal.ts';
import { LiveAttempts } from './live.ts';
import { maxQuestions, type Timing, usualTiming } from './limits.ts';
import { plainEnd, words } from './outcome.ts';
import { Output } from './output.ts';
import { prepare, type PrepareSources } from './prepare.ts';
import { Registry } from './registry.ts';
import { StartQueue } from './start-queue.ts';
import { Strays } from './strays.ts';
import { RouteMemory } from './strategies.ts';
import { specProblem } from './trigger.ts';

/** The part of the logger this executor uses. */
export interface XxlJobLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface XxlJobExecutorOptions {
  /** Folder that holds `workers/xxl-job/`. */
  readonly dataDir: string;
  /** Who may register. */
  readonly groups: WorkerGroups;
  /** One more token, for executors of all groups. Absent = only the groups' own. */
  readonly globalToken?: GlobalToken;
  /**
   * Addresses, ranges (`10.0.0.0/8`) and host names that executors may give beside the one they
   * register from.
   */
  readonly allowAddresses: readonly string[];
  /** Most attempts at the same time. */
  readonly maxConcurrent: number;
  nowMs(): number;
  /** Numbers for dispatches, below 2^53 and never handed out twice, not even after a restart. */
  nextNumber(): Promise<number>;
  readonly log: XxlJobLog;
  /** Absent = the process's own timers, which do not keep it alive. */
  after?(delayMs: number, task: () => void): Timer;
  /** Other times than those of the protocol. */
  readonly timing?: Partial<Timing>;
}

/** Runs worker jobs on XXL-JOB executors, and is what they call their admin. */
export type XxlJobExecutor = Executor & AdminSide;

/**
 * Makes an executor for jobs of XXL-JOB's executors, 2.2.0 to 3.5 (workers.md part 1). Mount its
 * endpoints with `mountXxlJobAdmin`; open it before they are reachable.
 * @throws Error naming the entry of `allowAddresses` that cannot be read.
 */
export function createXxlJobExecutor(options: XxlJobExecutorOptions): XxlJobExecutor {
  return new WorkerExecutor(options);
}

class WorkerExecutor implements XxlJobExecutor {
  readonly name = 'xxl-job';
  readonly #options: XxlJobExecutorOptions;
  readonly #timing: Timing;
  readonly #client: ExecutorClient;
  readonly #registry: Registry;
  readonly #sources: PrepareSources;
  readonly #enrollment: Enrollment;
  readonly #callbacks: Callbacks;
  readonly #journal: Journal;
  readonly #output: Output;
  readonly #shared: Shared;
  readonly #live = new LiveAttempts();
  readonly #strays: Strays;
  /** Attempts that are still to begin. */
  readonly #starts = new StartQueue((turn) => this.#startSome(turn));
  /** Questions under way. */
  #questions = 0;
  #tick: Timer | null = null;
  #problem = 'not opened yet';
  #reports: AttemptReport[] = [];
  #report: (reports: readonly AttemptReport[]) => void = () => {};

  constructor(options: XxlJobExecutorOptions) {
    this.#options = options;
    this.#timing = { ...usualTiming, ...options.timing };
    const nowMs = (): number => options.nowMs();
    const root = path.join(path.resolve(options.dataDir), 'workers', 'xxl-job');
    this.#client = new ExecutorClient(this.#timing.callTimeoutMs);
    this.#registry = new Registry(this.#timing.registryTtlMs, nowMs);
    this.#journal = new Journal(root);
    this.#sources = {
      registry: this.#registry,
      routes: new RouteMemory(nowMs),
      client: this.#client,
      journal: this.#journal,
      live: this.#live,
    };
    const rules = new AddressRules(options.allowAddresses);
    const { groups, globalToken = null, log } = options;
    this.#enrollment = new Enrollment(groups, globalToken, rules, this.#registry);
    this.#callbacks = new Callbacks({
      enrollment: this.#enrollment,
      journal: this.#journal,
      nowMs,
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => log.warn(fields, message),
    });
    this.#strays = new Strays(this.#client, nowMs, (group, address, jobId) =>
      this.#live.busy(group, jobId).has(address),
    );
    this.#output = new Output(root, {
      client: this.#client,
      nowMs,
      peer: ({ group }, { address, url, appName }) =>
        this.#registry.find(group, address) ?? { url, appName, token: '' },
    });
    this.#shared = {
      client: this.#client,
      registry: this.#registry,
      journal: this.#journal,
      timing: this.#timing,
      nowMs,
      after: (delayMs, task) => this.#after(delayMs, task),
      nextNumber: () => options.nextNumber(),
      report: (report) => this.#tell(report),
      track: (attempt, logIds) => {
        this.#callbacks.track(attempt, logIds);
        this.#live.decided(attempt);
      },
      ended: (attempt) => this.#forget(attempt),
      warn: (fields, message) => log.warn(fields, message),
    };
  }

  refuses(spec: JobSpec): string | null {
    const problem = specProblem(spec);
    if (problem !== null) return problem;
    const { artifact } = spec.task;
    if (artifact.kind !== 'worker' || artifact.jobType !== 'java') return null;
    // Other workers run Java too; which ones the group has decides (workers.md §4, 3).
    if (this.#registry.live(artifact.group).length > 0) return null;
    return `no XXL-JOB executor is registered in group ${artifact.group} for a job of type java; start one, or use the type xxljob`;
  }

  /** None before the first executor has registered: its room would be taken up by other jobs. */
  get maxConcurrent(): number {
    return this.#registry.size === 0 ? 0 : this.#options.maxConcurrent;
  }

  open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
    try {
      this.#journal.open();
      this.#output.open();
      this.#problem = '';
    } catch (error) {
      this.#problem = `the data directory cannot be used: ${(error as Error).message}`;
      return Promise.resolve();
    }
    this.#tickLater();
    return Promise.resolve();
  }

  start(attempts: readonly AttemptStart[]): void {
    for (const start of attempts) {
      const { attemptId, fence } = start;
      // Known from here on, so that a stop finds it.
      if (!this.#live.has(attemptId)) this.#starts.add([this.#attempt(attemptId, fence), start]);
    }
    this.#starts.go();
  }

  #startSome(turn: readonly (readonly [Attempt, AttemptStart])[]): void {
    for (const [attempt, start] of turn) {
      const prepared = this.#prepare(start);
      if (typeof prepared === 'string') attempt.refuse(prepared);
      else void attempt.begin(prepared);
    }
  }

  #prepare(start: AttemptStart): Prepared | string {
    if (this.#problem !== '') return this.#problem;
    try {
      return prepare(start, this.#sources);
    } catch (error) {
      return `the journal cannot be read: ${(error as Error).message}`;
    }
  }

  stop(attemptId: string): void {
    this.#live.get(attemptId)?.stop();
  }

  adopt(attempts: readonly AttemptRef[]): Promise<void> {
    for (const { attemptId, fence, started } of attempts) {
      const live = this.#live.get(attemptId);
      if (live !== undefined) live.claim(fence);
      else this.#attempt(attemptId, fence).adopt(this.#journal.read(attemptId), started);
    }
    return Promise.resolve();
  }

  stopOthers(): void {
    this.#callbacks.begin();
    if (this.#problem !== '') return;
    for (const attemptId of this.#journal.unended()) {
      if (!this.#live.has(attemptId)) this.#abandon(attemptId);
    }
  }

  async readLog(
    attemptId: string,
    stream: LogStream,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null> {
    if (!isAttemptId(attemptId)) return null;
    const record = this.#live.get(attemptId)?.record ?? this.#journal.read(attemptId);
    if (record === null) return null;
    if (stream === 'stdout') return this.#output.read(attemptId, record, offset, maxBytes);
    return { offset: 0, bytes: new Uint8Array(), nextOffset: 0, size: 0 };
  }

  async remove(attemptIds: readonly string[]): Promise<void> {
    for (const attemptId of attemptIds) {
      if (!isAttemptId(attemptId) || this.#live.has(attemptId)) continue;
      this.#journal.remove(attemptId);
      await this.#output.remove(attemptId);
    }
  }

  workers(group: number): readonly WorkerInfo[] {
    return this.#registry.infos(group);
  }

  location(): string {
    return this.#journal.file;
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    return { ready: this.#problem === '', reason: this.#problem };
  }

  close(): Promise<void> {
    this.#problem = 'closed';
    this.#report = () => {};
    this.#tick?.cancel();
    this.#callbacks.end();
    for (const attempt of this.#live.values()) attempt.close();
    this.#journal.close();
    this.#client.close();
    return Promise.resolve();
  }

  async register(body: unknown, caller: Caller): Promise<Answer> {
    const { here, ...answer } = await this.#enrollment.register(body, caller);
    if (here !== undefined) this.#strays.registered(here);
    return answer;
  }

  async unregister(body: unknown, caller: Caller): Promise<Answer> {
    const { gone, ...answer } = await this.#enrollment.unregister(body, caller);
    for (const attempt of gone === undefined ? [] : this.#live.values()) {
      if (attempt.record?.group === gone?.group) attempt.hurry(gone?.address ?? '');
    }
    return answer;
  }

  async callback(body: unknown, caller: Caller): Promise<Answer> {
    // A trigger that is due is late at once; the end of another can wait for a moment.
    await this.#starts.drained();
    return this.#callbacks.take(body, caller);
  }

  #attempt(attemptId: string, fence: number): Attempt {
    const attempt = new Attempt(this.#shared, attemptId, fence);
    this.#live.add(attempt);
    return attempt;
  }

  #forget(attempt: Attempt): void {
    this.#callbacks.forget(attempt);
    this.#live.delete(attempt);
  }

  /** Ends what was given up while this server was away; a retry may run elsewhere. */
  #abandon(attemptId: string): void {
    const record = this.#journal.read(attemptId);
    if (record === null || record.end !== null) return;
    this.#options.log.warn({ attemptId }, 'killing a dispatch that nobody asks for any more');
    this.#strays.kill(record);
    record.end = plainEnd('lost', this.#options.nowMs(), `${words.lost}: given up`);
    try {
      this.#journal.write(attemptId, record);
    } catch (error) {
      this.#options.log.warn({ err: error, attemptId }, 'an attempt could not be written down');
    }
  }

  /** Reports of one turn go out together, never from within the call that caused them. */
  #tell(report: AttemptReport): void {
    this.#reports.push(report);
    if (this.#reports.length > 1) return;
    void this.#starts.drained().then(() => {
      setImmediate(() => {
        const reports = this.#reports;
        this.#reports = [];
        this.#report(reports);
      });
    });
  }

  #after(delayMs: number, task: () => void): Timer {
    const { after } = this.#options;
    if (after !== undefined) return after(delayMs, task);
    const timer = setTimeout(task, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  }

  #tickLater(): void {
    this.#tick = this.#after(this.#timing.tickMs, () => {
      if (this.#problem !== '') return;
      this.#look();
      this.#tickLater();
    });
  }

  /** Asks about dispatches that are due; those beyond the bound are due at the next look too. */
  #look(): void {
    const nowMs = this.#options.nowMs();
    for (const attempt of this.#live.values()) {
      for (const part of attempt.due(nowMs)) {
        if (this.#questions >= maxQuestions) return;
        this.#questions += 1;
        void attempt.look(part).finally(() => {
          this.#questions -= 1;
        });
      }
    }
  }
}
