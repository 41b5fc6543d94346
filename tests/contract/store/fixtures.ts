import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type AdmissionLimits, defaultAdmissionLimits } from '../../../src/domain/admission.ts';
import { DomainError, type DomainErrorCode } from '../../../src/domain/errors.ts';
import type { Run } from '../../../src/domain/run.ts';
import type { JobSpec, Template } from '../../../src/domain/template.ts';
import type { AttemptReport } from '../../../src/ports/executor.ts';
import type {
  AdmissionRequest,
  AdmissionResult,
  ChangeContext,
  ClaimedAttempt,
  ClaimRequest,
  ClaimResult,
  NewTemplate,
  Store,
} from '../../../src/ports/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { StoreAdapter } from './adapter.ts';

/** The suite's noon; every time in it is written as this plus something. */
export const t0 = Date.UTC(2026, 0, 1, 12);

export const baseSpec: JobSpec = {
  task: {
    artifact: { kind: 'image', image: 'team/app:1' },
    argv: ['echo', 'hello'],
    env: {},
    identityEnv: {},
    postStart: null,
    preStop: null,
  },
  replicas: 1,
  shards: null,
  concurrency: 'allow',
  retry: { limit: 0, backoffMs: 10_000, backoffMaxMs: 360_000 },
  timeoutMs: null,
  graceMs: 30_000,
  timezone: 'UTC',
  resources: { cpuMillis: 500, memoryMib: 1024 },
};

/** An opened store with short words for what most tests do. Times default to `t0`. */
export class Bench {
  readonly adapter: StoreAdapter;
  readonly place: string;
  readonly limits: AdmissionLimits;
  store: Store;
  /** Fencing number of the current life. */
  fence = 0;
  #ids = 0;

  constructor(adapter: StoreAdapter, place: string, limits: AdmissionLimits) {
    this.adapter = adapter;
    this.place = place;
    this.limits = limits;
    this.store = adapter.makeStore(place, limits);
  }

  static async open(
    adapter: StoreAdapter,
    t: TestContext,
    limits: Partial<AdmissionLimits> = {},
  ): Promise<Bench> {
    const tasks: (() => void | Promise<void>)[] = [];
    const place = await temporaryFolder({ after: (task) => tasks.push(task) });
    const bench = new Bench(adapter, place, { ...defaultAdmissionLimits, ...limits });
    // The folder goes last: node:test runs these in the order they were given.
    t.after(() => bench.store.close());
    for (const task of tasks) t.after(task);
    await bench.enter();
    return bench;
  }

  /** Closes the store and opens it again, as a restarted server does. */
  async reopen(): Promise<void> {
    await this.store.close();
    this.store = this.adapter.makeStore(this.place, this.limits);
    await this.enter();
  }

  /** Opens the store and joins it as the next life of one host. */
  async enter(): Promise<void> {
    await this.store.open();
    this.fence = (await this.store.join({ host: 'host-a', leaseTtlMs: 60_000 }, t0)).fence;
  }

  id(prefix: string): string {
    this.#ids += 1;
    return `${prefix}-${String(this.#ids).padStart(4, '0')}`;
  }

  context(atMs = t0, by = 'alice', note = ''): ChangeContext {
    return { changeId: this.id('change'), atMs, by, note };
  }

  newTemplate(spec: Partial<JobSpec> = {}, other: Partial<NewTemplate> = {}): NewTemplate {
    return {
      id: this.id('template'),
      dialect: 'sae',
      namespace: 'cn-hangzhou',
      name: 'report',
      spec: { ...baseSpec, ...spec },
      document: {},
      notActedOn: [],
      refersTo: null,
      schedule: null,
      ...other,
    };
  }

  template(
    spec: Partial<JobSpec> = {},
    other: Partial<NewTemplate> = {},
    atMs = t0,
  ): Promise<Template> {
    return this.store.createTemplate(this.newTemplate(spec, other), this.context(atMs));
  }

  request(templateId: string, other: Partial<AdmissionRequest> = {}): AdmissionRequest {
    const nowMs = other.nowMs ?? t0;
    return {
      runId: this.id('manual'),
      templateId,
      dialect: 'sae',
      trigger: 'manual',
      idempotencyKey: null,
      nowMs,
      notBeforeMs: nowMs,
      scheduledAtMs: null,
      by: 'alice',
      override: null,
      ...other,
    };
  }

  admit(templateId: string, other: Partial<AdmissionRequest> = {}): Promise<AdmissionResult> {
    return this.store.admit(this.request(templateId, other));
  }

  /** Admits and expects a new run. */
  async run(templateId: string, other: Partial<AdmissionRequest> = {}): Promise<Run> {
    const result = await this.admit(templateId, other);
    if (result.kind !== 'created') assert.fail(`expected a new run, got ${describe(result)}`);
    return result.run;
  }

  claim(nowMs = t0, other: Partial<ClaimRequest> = {}): Promise<ClaimResult> {
    return this.store.claim({
      nowMs,
      fence: this.fence,
      limit: 1_000,
      route: () => ({ executor: 'process' }),
      ...other,
    });
  }

  /** Admits a run, claims what is due and confirms the run's attempts as started. */
  async running(templateId: string, atMs = t0): Promise<{ run: Run; attempts: ClaimedAttempt[] }> {
    const { id } = await this.run(templateId, { nowMs: atMs });
    const claimed = await this.claim(atMs);
    const attempts = claimed.attempts.filter((attempt) => attempt.run.id === id);
    assert.ok(attempts.length > 0, 'the run was not claimed');
    await this.store.report(
      attempts.map((attempt) => started(attempt, atMs)),
      atMs,
    );
    return { run: await this.get(id), attempts };
  }

  /** Reports and returns what it did. */
  report(reports: readonly AttemptReport[], nowMs = t0): ReturnType<Store['report']> {
    return this.store.report(reports, nowMs);
  }

  /** The run, which must exist. */
  async get(runId: string): Promise<Run> {
    const run = await this.store.run(runId);
    assert.ok(run !== null, `run ${runId} is gone`);
    return run;
  }
}

type Reported = Pick<ClaimedAttempt, 'attemptId' | 'fence'>;

export function started(attempt: Reported, atMs = t0, pid = 4242): AttemptReport {
  return { kind: 'started', attemptId: attempt.attemptId, fence: attempt.fence, atMs, pid };
}

export function exited(attempt: Reported, exitCode: number, atMs = t0): AttemptReport {
  const { attemptId, fence } = attempt;
  const stopped = false;
  return { kind: 'ended', attemptId, fence, atMs, exitCode, signal: null, stopped, message: '' };
}

/** The end that follows a stop we asked for. */
export function killed(attempt: Reported, atMs = t0): AttemptReport {
  const { attemptId, fence } = attempt;
  const signal = 'SIGTERM';
  return {
    kind: 'ended',
    attemptId,
    fence,
    atMs,
    exitCode: null,
    signal,
    stopped: true,
    message: '',
  };
}

export function lost(attempt: Reported, message: string, atMs = t0): AttemptReport {
  return { kind: 'lost', attemptId: attempt.attemptId, fence: attempt.fence, atMs, message };
}

export function refused(attempt: Reported, message: string, atMs = t0): AttemptReport {
  return { kind: 'refused', attemptId: attempt.attemptId, fence: attempt.fence, atMs, message };
}

/** Asserts that an admission was refused with this code; returns the error. */
export function assertRefused(result: AdmissionResult, code: DomainErrorCode): DomainError {
  if (result.kind !== 'refused') assert.fail(`expected ${code}, got ${describe(result)}`);
  const { error } = result;
  if (!(error instanceof DomainError)) throw error;
  assert.equal(error.code, code);
  return error;
}

/** Asserts that a call throws the domain error with this code. */
export function rejectsWith(promise: Promise<unknown>, code: DomainErrorCode): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof DomainError, `expected ${code}, got ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  });
}

/** Names of the attempts, sorted: for comparing sets. */
export function ids(handles: readonly { readonly attemptId: string }[]): readonly string[] {
  return handles.map((handle) => handle.attemptId).toSorted();
}

function describe(result: AdmissionResult): string {
  return result.kind === 'refused' ? String(result.error) : `${result.kind} ${result.run.id}`;
}
