import { randomInt } from 'node:crypto';
import path from 'node:path';
import type { JobSpec } from '../../../domain/template.ts';
import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
  LogChunk,
} from '../../../ports/executor.ts';
import type { WorkerGroups, WorkerInfo } from '../../../ports/workers.ts';
import { fractionOf } from '../routing.ts';
import { Attempt, type Choice, endReport, type Shared } from './attempt.ts';
import type { BootstrapSide } from './bootstrap.ts';
import { Chooser } from './choose.ts';
import { decode, encode } from './codec.ts';
import type { WorkerConnection, WorkerMessage } from './connection.ts';
import { type Checked, checkKey } from './enrollment.ts';
import { isAttemptId, Journal } from './journal.ts';
import { Keeping } from './keeping.ts';
import { leaderAddress } from './leader-address.ts';
import { type Timing, usualTiming } from './limits.ts';
import { Listener, type SchedulerxWorkerLog } from './listener.ts';
import { progress, status, statusReply } from './messages.ts';
import { plainEnd, words } from './outcome.ts';
import { type Member, Registry } from './registry.ts';
import { type InstanceIdentity, specProblem } from './submission.ts';

export interface SchedulerxWorkerExecutorOptions {
  /** Folder that holds `workers/schedulerx/`. */
  readonly dataDir: string;
  /** Where workers connect to; port 0 = any. */
  readonly listen: { readonly host: string; readonly port: number };
  /** `host` or `host:port` that workers are told; absent = the host they asked, with the TCP port. */
  readonly advertisedAddress?: string;
  /** Who may register. */
  readonly groups: WorkerGroups;
  /** Most attempts at the same time; further ones wait. */
  readonly maxConcurrent: number;
  nowMs(): number;
  readonly log: SchedulerxWorkerLog;
  /** Other times than those of the protocol. */
  readonly timing?: Partial<Timing>;
}

/** Runs worker jobs on SchedulerX's workers, and is what they find when they start. */
export type SchedulerxWorkerExecutor = Executor & BootstrapSide;

/**
 * Makes an executor for workers of SchedulerX, as the official Go worker is one (workers.md part
 * 2). An attempt is one instance, submitted to one worker; `<dataDir>/workers/schedulerx/
 * <attemptId>.json` says which. Workers outlive the server and come back to it by themselves.
 * Their output stays with them: they serve no logs, so that `readLog` gives null. Mount its
 * endpoints with `mountSchedulerxWorkers`.
 */
export function createSchedulerxWorkerExecutor(
  options: SchedulerxWorkerExecutorOptions,
): SchedulerxWorkerExecutor {
  return new WorkerExecutor(options);
}

/** Pause before the address is tried again when it could not be had. */
const listenAgainMs = 5_000;

class WorkerExecutor implements SchedulerxWorkerExecutor {
  readonly name = 'schedulerx-worker';
  readonly #options: SchedulerxWorkerExecutorOptions;
  readonly #timing: Timing;
  readonly #registry = new Registry();
  readonly #chooser = new Chooser(this.#registry);
  readonly #journal: Journal;
  readonly #keeping: Keeping;
  readonly #listener: Listener;
  readonly #shared: Shared;
  /** Attempts whose end was not reported, by id and by the number of their instance. */
  readonly #live = new Map<string, Attempt>();
  readonly #byInstance = new Map<number, Attempt>();
  /** Starts beyond the number that may run. */
  readonly #queue = new Map<string, AttemptStart>();
  #problem = 'not opened yet';
  #closed = false;
  #openedAtMs = 0;
  #listenAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #reports: AttemptReport[] = [];
  #report: (reports: readonly AttemptReport[]) => void = () => {};

  constructor(options: SchedulerxWorkerExecutorOptions) {
    this.#options = options;
    this.#timing = { ...usualTiming, ...options.timing };
    const { log, groups, listen } = options;
    const nowMs = (): number => options.nowMs();
    this.#journal = new Journal(path.join(path.resolve(options.dataDir), 'workers', 'schedulerx'));
    this.#keeping = new Keeping(this.#journal, this.#timing, nowMs, log);
    this.#listener = new Listener({
      listen,
      groups,
      registry: this.#registry,
      timing: this.#timing,
      nowMs,
      log,
      heartbeat: (member) => this.#heartbeat(member),
      message: (connection, message) => this.#message(connection, message),
    });
    this.#shared = {
      registry: this.#registry,
      journal: this.#journal,
      timing: this.#timing,
      nowMs,
      report: (report) => this.#tell(report),
      choose: (start) => this.#choose(start),
      ended: (attempt, again) => {
        this.#forget(attempt);
        this.#keeping.ended(attempt.id, again);
      },
      warn: (fields, message) => log.warn(fields, message),
    };
  }

  /** None while workers cannot connect, so that nothing is claimed for them. */
  get maxConcurrent(): number {
    return this.#problem === '' ? this.#options.maxConcurrent : 0;
  }

  refuses(spec: JobSpec): string | null {
    return specProblem(spec);
  }

  async open(report: (reports: readonly AttemptReport[]) => void): Promise<void> {
    this.#report = report;
    this.#openedAtMs = performance.now();
    try {
      this.#journal.open();
    } catch (error) {
      this.#problem = `the data directory cannot be used: ${(error as Error).message}`;
      return;
    }
    await this.#listen();
    this.#timer = setInterval(() => this.#tick(), this.#timing.tickMs).unref();
  }

  start(attempts: readonly AttemptStart[]): void {
    for (const attempt of attempts) {
      const { attemptId, fence, spec } = attempt;
      if (this.#live.has(attemptId) || this.#queue.has(attemptId)) continue;
      const problem = this.#startProblem(attemptId) ?? specProblem(spec);
      if (problem !== null) this.#refuse(attemptId, fence, problem);
      else this.#queue.set(attemptId, attempt);
    }
    this.#startQueued();
  }

  stop(attemptId: string): void {
    const queued = this.#queue.get(attemptId);
    if (queued === undefined) return this.#live.get(attemptId)?.stop();
    this.#queue.delete(attemptId);
    this.#refuse(attemptId, queued.fence, words.stoppedBefore);
  }

  adopt(attempts: readonly AttemptRef[]): Promise<void> {
    for (const { attemptId, fence, started } of attempts) {
      const live = this.#live.get(attemptId);
      const queued = this.#queue.get(attemptId);
      if (live !== undefined) live.claim(fence);
      else if (queued !== undefined) this.#queue.set(attemptId, { ...queued, fence });
      else this.#takeUp(attemptId, fence, started);
    }
    return Promise.resolve();
  }

  stopOthers(): void {
    this.#keeping.sortOut((attemptId) => this.#live.has(attemptId));
  }

  /** Workers of this protocol serve no output (workers.md §2.7): there is never any. */
  readLog(): Promise<LogChunk | null> {
    return Promise.resolve(null);
  }

  remove(attemptIds: readonly string[]): Promise<void> {
    for (const attemptId of attemptIds) {
      if (isAttemptId(attemptId) && !this.#live.has(attemptId)) this.#journal.remove(attemptId);
    }
    return Promise.resolve();
  }

  workers(group: number): readonly WorkerInfo[] {
    return this.#registry.members(group).flatMap(({ online, info }) => (online ? info : []));
  }

  location(attemptId: string): string {
    return this.#journal.file(attemptId);
  }

  health(): { readonly ready: boolean; readonly reason: string } {
    return { ready: this.#problem === '', reason: this.#problem };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#problem = 'closed';
    this.#report = () => {};
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const attempt of this.#live.values()) attempt.abandon();
    await this.#listener.close();
  }

  checkKey(name: string, namespace: string | null, key: string): Promise<Checked> {
    return checkKey(this.#options.groups, name, namespace, key);
  }

  leaderAddress(host: string): string | null {
    return leaderAddress(this.#options.advertisedAddress, host, this.#listener.port);
  }

  addressesFor(group: number, ip: string): readonly string[] {
    const members = this.#registry.members(group);
    if (!members.some(({ info }) => info.ip === ip)) return [];
    return members.map(({ rpcAddress }) => rpcAddress);
  }

  async #listen(): Promise<void> {
    this.#listenAtMs = performance.now() + listenAgainMs;
    const { host, port } = this.#options.listen;
    try {
      await this.#listener.open();
      this.#problem = this.#closed ? 'closed' : '';
      // It was closed while it opened.
      if (this.#closed) await this.#listener.close();
    } catch (error) {
      this.#problem = `SchedulerX workers cannot connect to ${host}:${port}: ${(error as Error).message}; choose another port`;
    }
  }

  #startProblem(attemptId: string): string | null {
    if (!isAttemptId(attemptId)) {
      return 'the attempt id must be 1 to 128 of A-Z a-z 0-9 . _ - without a leading dot';
    }
    if (this.#problem !== '') return this.#problem;
    // Submitted once, whatever happened then.
    return this.#journal.read(attemptId) === null ? null : 'this attempt was started before';
  }

  #startQueued(): void {
    for (const [attemptId, start] of this.#queue) {
      if (this.#live.size >= this.#options.maxConcurrent) return;
      this.#queue.delete(attemptId);
      const { artifact } = start.spec.task;
      if (artifact.kind !== 'worker') continue;
      const identity = this.#identityOf(start);
      const attempt = new Attempt(this.#shared, attemptId, start.fence, artifact.group, identity);
      this.#add(attempt);
      attempt.begin(start);
    }
  }

  /**
   * Numbers for the worker. The run's own number where it has one: a retry has it again, as the
   * original does it. Further instances of a run, and runs whose id is no number, get one that no
   * run has.
   */
  #identityOf({ run, attemptId }: AttemptStart): InstanceIdentity {
    const template = run?.templateId ?? attemptId;
    const jobId = numberIn(template) ?? Math.floor(fractionOf(template) * 2 ** 31);
    const own = run !== undefined && run.index === 0 ? numberIn(run.id) : null;
    if (own !== null && !this.#byInstance.has(own)) return { jobId, instanceId: own };
    return { jobId, instanceId: 2 ** 52 + randomInt(2 ** 47) };
  }

  #takeUp(attemptId: string, fence: number, started: boolean): void {
    const atMs = this.#options.nowMs();
    const record = this.#journal.read(attemptId);
    if (record === null) {
      const end = started
        ? plainEnd('lost', atMs, 'what is known of it is gone from the data directory')
        : plainEnd('refused', atMs, words.neverBegan);
      return this.#tell(endReport(attemptId, fence, end));
    }
    if (record.end !== null) return this.#tell(endReport(attemptId, fence, record.end));
    const { group, jobId, instanceId } = record;
    const attempt = new Attempt(this.#shared, attemptId, fence, group, { jobId, instanceId });
    this.#add(attempt);
    attempt.adopt(record);
  }

  #choose(start: AttemptStart): Choice | string | null {
    const choice = this.#chooser.choose(start);
    const early = performance.now() - this.#openedAtMs < this.#timing.reconnectMs;
    return typeof choice === 'string' && early ? null : choice;
  }

  #heartbeat(member: Member): void {
    for (const attempt of this.#live.values()) {
      if (attempt.group !== member.group || !attempt.isMaster(member.workerId)) continue;
      attempt.heartbeat(member);
    }
    this.#keeping.heartbeat(member, (instanceId) => this.#byInstance.has(instanceId));
  }

  #message(connection: WorkerConnection, message: WorkerMessage): void {
    if (message.type === 'WorkerReportJobInstanceStatusRequest') {
      const told = decode(status, message.body);
      this.#attemptOf(connection, told.jobInstanceId)?.told(told);
      if (message.sender === '') return;
      const body = encode(statusReply, { success: true, deliveryId: told.deliveryId ?? 0 });
      connection.send('WorkerReportJobInstanceStatusResponse', body, message.sender);
    } else if (message.type === 'WorkerReportJobInstanceProgressRequest') {
      // Comes for ever after the end of a sharding run: then there is no attempt any more.
      const { jobInstanceId, progress: text = '' } = decode(progress, message.body);
      if (text !== '') this.#attemptOf(connection, jobInstanceId)?.progress(text);
    }
    // Others are of no use here: a newer worker may tell more than is asked.
  }

  /** The attempt that this worker may speak for. */
  #attemptOf(connection: WorkerConnection, instanceId: number | undefined): Attempt | undefined {
    const attempt = this.#byInstance.get(instanceId ?? -1);
    const may =
      attempt?.isMaster(connection.workerId) === true &&
      this.#registry.speaksFor(connection, attempt.group);
    return may ? attempt : undefined;
  }

  #tick(): void {
    const now = performance.now();
    if (this.#listener.port === null && !this.#closed && now > this.#listenAtMs) {
      void this.#listen();
    }
    for (const { info } of this.#registry.expire(now - this.#timing.livenessMs)) {
      this.#options.log.info({ address: info.address }, 'a worker has gone');
    }
    for (const attempt of this.#live.values()) attempt.tick();
    this.#keeping.tick();
    this.#startQueued();
  }

  #add(attempt: Attempt): void {
    this.#live.set(attempt.id, attempt);
    this.#byInstance.set(attempt.identity.instanceId, attempt);
  }

  #forget(attempt: Attempt): void {
    this.#live.delete(attempt.id);
    this.#byInstance.delete(attempt.identity.instanceId);
  }

  #refuse(attemptId: string, fence: number, message: string): void {
    this.#tell({ kind: 'refused', attemptId, fence, atMs: this.#options.nowMs(), message });
  }

  /** Reports of one turn go out together, never from within the call that caused them. */
  #tell(report: AttemptReport): void {
    this.#reports.push(report);
    if (this.#reports.length > 1) return;
    setImmediate(() => {
      const reports = this.#reports;
      this.#reports = [];
      this.#report(reports);
    });
  }
}

/** The text as a number that workers and clients keep exactly; null when it is none. */
function numberIn(text: string): number | null {
  const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}
