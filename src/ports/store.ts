import type { AccessKey, Policy, PolicyDocument, User } from '../domain/access.ts';
import type { DomainError } from '../domain/errors.ts';
import type { Firing } from '../domain/firing.ts';
import type {
  Attempt,
  Instance,
  RefusedTrigger,
  Run,
  RunDetail,
  RunEvent,
  StopCause,
  TriggerKind,
} from '../domain/run.ts';
import type { RunState } from '../domain/states.ts';
import type {
  DialectName,
  JobSpec,
  Template,
  TemplateChange,
  TemplateRevision,
} from '../domain/template.ts';
import type { AuditStore } from './audit.ts';
import type { AttemptRef, AttemptReport } from './executor.ts';
import type { CatalogStore } from './catalog.ts';
import type { DocumentStore } from './documents.ts';
import type { ObservingStore } from './observing.ts';
import type { Page } from './page.ts';
import type { RetentionStore } from './retention.ts';
import type { RunDetailStore } from './run-details.ts';
import type { ListedRun, RunListStore } from './run-lists.ts';
import type { TemplateListStore, TemplateQuery, TemplateSummary } from './template-lists.ts';
import type { RunLimitStore } from './run-limits.ts';

export type { Page, TemplateQuery, TemplateSummary };

export interface NewTemplate extends TemplateRevision {
  readonly id: string;
  readonly dialect: DialectName;
  readonly namespace: string;
  readonly name: string;
}

/** Who changes a template, and the id under which the change is recorded. */
export interface ChangeContext {
  readonly changeId: string;
  readonly atMs: number;
  readonly by: string;
  readonly note: string;
}

export interface RunQuery {
  readonly dialect?: DialectName;
  readonly namespace?: string;
  readonly templateId?: string;
  readonly states?: readonly RunState[];
  /** With this verdict; null = without one. */
  readonly verdict?: Run['verdict'];
  /** Created from, inclusive, and until, exclusive. */
  readonly createdFromMs?: number;
  readonly createdUntilMs?: number;
  readonly offset: number;
  readonly limit: number;
}

/** What a request changes of the template's definition for one run. */
export interface RunOverride {
  readonly spec: JobSpec;
  readonly document: Readonly<Record<string, unknown>>;
  readonly notActedOn: readonly string[];
}

/** A wish to start a run. */
export interface AdmissionRequest {
  readonly runId: string;
  readonly templateId: string;
  readonly dialect: DialectName;
  readonly trigger: TriggerKind;
  readonly idempotencyKey: string | null;
  readonly nowMs: number;
  /** Later than now = a delayed start. */
  readonly notBeforeMs: number;
  /** Nominal time of the firing that asks; null when no schedule does. */
  readonly scheduledAtMs: number | null;
  readonly by: string;
  /** Place of the trigger in a trace, as W3C `traceparent`; absent = in none. */
  readonly traceparent?: string | null;
  /**
   * Applies the request's overrides to the template inside the admission transaction. Pure.
   * @throws DomainError `invalid-argument`, or the dialect's own error type, when they do not fit.
   */
  readonly override: ((template: Template) => RunOverride) | null;
}

/** The answer to an admission; a refusal is a value, so that a batch is never torn by one. */
export type AdmissionResult =
  | {
      readonly kind: 'created';
      readonly run: Run;
      /** Attempts of runs that this one replaces; the caller must stop them. */
      readonly stop: readonly AttemptHandle[];
    }
  | { readonly kind: 'existing'; readonly run: Run }
  | { readonly kind: 'refused'; readonly error: Error | DomainError };

/** Where an attempt lives. */
export interface AttemptHandle {
  readonly attemptId: string;
  readonly executor: string;
  /** Its owner. */
  readonly fence: number;
}

/** A claimed attempt: the row exists durably, ours to start, once. */
export interface ClaimedAttempt {
  readonly attemptId: string;
  readonly executor: string;
  readonly fence: number;
  readonly index: number;
  readonly number: number;
  readonly run: RunDetail;
  /** Its own place in the run's trace; absent = that of the run, if any. */
  readonly traceparent?: string;
}

export interface ClaimRequest {
  readonly nowMs: number;
  /** The owner's fencing number; written on each attempt and asked back in each report. */
  readonly fence: number;
  /** Most attempts to claim in this transaction. */
  readonly limit: number;
  /** Names the executor for a spec, or the reason why none fits: the run then fails with it. */
  readonly route: (spec: JobSpec) => { readonly executor: string } | { readonly refusal: string };
}

export interface ClaimResult {
  readonly attempts: readonly ClaimedAttempt[];
  /** Attempts to stop because a delayed Replace run came due. */
  readonly stop: readonly AttemptHandle[];
  /** Runs that ended here without an attempt (nothing can run them, Forbid conflict). */
  readonly finished: readonly string[];
  /** When the next queued or retried instance is due; null = none waits for time. */
  readonly nextDueMs: number | null;
  /** More is due and was not looked at, to keep the transaction short: claim again. */
  readonly more?: boolean;
}

/** What a batch of executor reports did. */
export interface ReportResult {
  /** Reports of a wrong fence, an unknown or a finished attempt: refused, nothing changed. */
  readonly stale: number;
  readonly stop: readonly AttemptHandle[];
  readonly finished: readonly string[];
  /** True when something became claimable (retry, released hold). */
  readonly wake: boolean;
}

/** A server as the others on the same store know it. */
export interface ServerMembership {
  /**
   * Where its attempts live: servers of the same host can adopt each other's attempts, and only
   * one of them is alive at a time (the data folder's lock sees to that).
   */
  readonly host: string;
  /** How long it counts as alive after each renewal. */
  readonly leaseTtlMs: number;
}

/** What a renewal of a lease tells. */
export interface LeaseState {
  /** False: others gave this server up. Its fence is void; it must join anew. */
  readonly held: boolean;
  /** Fences of other servers whose lease has run out. */
  readonly expired: readonly number[];
}

/** A wish to decide what schedules have come due. */
export interface FireRequest {
  readonly nowMs: number;
  /** Most schedules to decide in this transaction. */
  readonly limit: number;
  /** Makes the id of a run that a schedule of this dialect's template starts. */
  readonly newRunId: (dialect: DialectName) => string;
  /**
   * Idempotency key of the run that a firing makes; null = none. A firing whose key a run has
   * already is that run's: the ledger names it and no other is made.
   */
  readonly keyOf?: (dialect: DialectName, nominalMs: number) => string | null;
  /** Place in a trace of the run with this id, as W3C `traceparent`; absent or null = in none. */
  readonly traceparentOf?: (runId: string) => string | null;
}

/** What deciding due schedules did. */
export interface FireResult {
  readonly created: readonly Run[];
  /** Attempts of runs that the new ones replace; the caller must stop them. */
  readonly stop: readonly AttemptHandle[];
  /** Schedules decided; when it reaches the limit there may be more. */
  readonly decided: number;
  /** When the next schedule comes due; null = none waits for time. */
  readonly nextFiringMs: number | null;
  /** Whether a schedule waits for the end of its run. */
  readonly waiting: boolean;
}

/** Where a template's schedule stands. */
export interface ScheduleState {
  /** Nominal time of the next firing; null = none, `note` says why. */
  readonly nextAtMs: number | null;
  /** Nominal time of the latest decided firing; null = none yet. */
  readonly lastAtMs: number | null;
  /** Why there is no next firing, e.g. suspended, waiting for the run's end, over; else empty. */
  readonly note: string;
}

/** What a stop did. `finished` when nothing was running; otherwise the attempts to stop. */
export interface StopResult {
  readonly run: Run;
  readonly finished: boolean;
  readonly stop: readonly AttemptHandle[];
}

/**
 * Durable state. Contract suite: `tests/contract/store`, the same for every adapter.
 *
 * Every method is one transaction that is durable (synced) when its promise resolves. Concurrent
 * calls may share a sync. Methods decide with the pure functions of `domain/`; a refusal that a
 * user caused is thrown as `DomainError` (admission returns it as a value).
 */
export interface Store
  extends
    RetentionStore,
    RunLimitStore,
    RunListStore,
    RunDetailStore,
    TemplateListStore,
    CatalogStore,
    DocumentStore,
    AuditStore,
    ObservingStore {
  /** Checks the schema and migrates it. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Cheap proof that the store answers. @throws when it does not. */
  ping(): Promise<void>;

  /**
   * Enters a server. Earlier lives of the same host end here.
   * @returns its fencing number, greater than every one handed out before.
   */
  join(server: ServerMembership, nowMs: number): Promise<{ readonly fence: number }>;
  /**
   * Renews a lease and looks at the others'. A store that has a clock of its own judges leases by
   * that clock and ignores `nowMs`, so that a step of one server's clock condemns nobody.
   */
  renew(fence: number, leaseTtlMs: number, nowMs: number): Promise<LeaseState>;
  /** Ends a membership in good order: attempts stay for the host's next life. */
  leave(fence: number, nowMs: number): Promise<void>;
  /**
   * Ends the membership of a server whose lease has run out, and its attempts as lost, with
   * retries within their budget. Does nothing when it has renewed or ended meanwhile.
   */
  giveUp(fence: number, nowMs: number): Promise<ReportResult>;
  /** Attempts of this owner that somebody asked to stop and that have not ended. */
  stopping(fence: number): Promise<readonly AttemptHandle[]>;
  /**
   * Calls `listener` when another server changed what is due or asked for a stop; absent where
   * there can be no other server. May call too often. Resolves with the way to end it.
   */
  watch?(listener: () => void): Promise<() => Promise<void>>;

  /**
   * @throws DomainError `config-map-not-found`, `secret-not-found` for a reference to what is not
   *   there, `already-exists` for a webhook's token that another template has.
   */
  createTemplate(template: NewTemplate, context: ChangeContext): Promise<Template>;
  /**
   * `revise` computes the new definition from the stored one inside the transaction; a name that it
   * gives replaces the template's. Pure; may throw. @throws DomainError as `createTemplate`; `template-not-found`, `template-deleting` while
   * runs of a deleted one still end.
   */
  updateTemplate(
    id: string,
    dialect: DialectName,
    revise: (current: Template) => TemplateRevision,
    context: ChangeContext,
  ): Promise<Template>;
  /** Setting the current state again succeeds and records nothing. `wake` = held runs were released. */
  setSuspended(
    id: string,
    dialect: DialectName,
    suspended: boolean,
    context: ChangeContext,
  ): Promise<{ readonly template: Template; readonly wake: boolean }>;
  /**
   * Hides the template at once and stops its runs; rows go when the last attempt has ended.
   */
  deleteTemplate(
    id: string,
    dialect: DialectName,
    context: ChangeContext,
  ): Promise<{ readonly stop: readonly AttemptHandle[] }>;
  template(id: string, dialect?: DialectName): Promise<Template | null>;
  templates(query: TemplateQuery): Promise<Page<TemplateSummary>>;
  templateChanges(templateId: string, offset: number, limit: number): Promise<Page<TemplateChange>>;
  /** Ids of templates whose `refersTo` is this one. */
  templatesReferringTo(id: string): Promise<readonly string[]>;

  admit(request: AdmissionRequest): Promise<AdmissionResult>;
  /**
   * Decides schedules that have come due: for each, the firing's row in the ledger, its run (or
   * why there is none) and the schedule's next time are one transaction, so that a firing makes
   * one run whatever crashes.
   */
  fire(request: FireRequest): Promise<FireResult>;
  /** Ledger of a template's schedule, newest nominal time first. */
  firings(templateId: string, offset: number, limit: number): Promise<Page<Firing>>;
  /** Null when the template has no schedule. */
  schedule(templateId: string): Promise<ScheduleState | null>;
  /** @throws DomainError `stale-owner` when the fence has been given up. */
  claim(request: ClaimRequest): Promise<ClaimResult>;
  report(reports: readonly AttemptReport[], nowMs: number): Promise<ReportResult>;
  /**
   * Keeps a person's judgement on a run that failed or was canceled; the story tells it. Repeating
   * it changes nothing. @throws DomainError `run-not-found`, `invalid-argument` for other states.
   */
  judgeRun(runId: string, verdict: 'succeeded', by: string, nowMs: number): Promise<Run>;
  stopRun(runId: string, cause: StopCause, message: string, nowMs: number): Promise<StopResult>;
  /** Stops every running run whose deadline has passed. `nextDeadlineMs`: the earliest remaining. */
  stopOverdue(nowMs: number): Promise<{
    readonly stop: readonly AttemptHandle[];
    readonly finished: readonly string[];
    readonly nextDeadlineMs: number | null;
  }>;
  /** Hides a run at once, stops it if need be; its rows go when it has ended. */
  deleteRun(runId: string, nowMs: number): Promise<{ readonly stop: readonly AttemptHandle[] }>;
  /**
   * Erases at most `limit` hidden runs (and templates) that have ended; `attempts`: whose output
   * can go. They are `removals` of their hosts from here on.
   */
  purgeDeleted(limit: number): Promise<{
    readonly erased: number;
    readonly attempts: readonly AttemptHandle[];
    /** Whether something hidden is left, e.g. because it still runs. */
    readonly left: boolean;
  }>;
  /**
   * Takes over attempts without an end of this host, from its earlier lives and its own, under the
   * new fence. `known`: attempts the caller looks after already; they are left as they are.
   * @throws DomainError `stale-owner` when the fence has been given up.
   */
  takeOver(
    fence: number,
    known: readonly string[],
  ): Promise<readonly (AttemptRef & AttemptHandle & { readonly stopping: boolean })[]>;

  run(id: string): Promise<RunDetail | null>;
  /** The newest run of each template, by creation; absent where there is none. */
  latestRun(templateId: string): Promise<Run | null>;
  runs(query: RunQuery): Promise<Page<ListedRun>>;
  /** The rows of `runs` alone: a total costs by all that fits, rows by their number. */
  runRows(query: RunQuery): Promise<readonly ListedRun[]>;
  instances(runId: string): Promise<readonly Instance[]>;
  attempt(attemptId: string): Promise<(Attempt & { readonly runId: string }) | null>;
  events(runId: string): Promise<readonly RunEvent[]>;
  /** Keeps a bounded number of refusals per template. */
  recordRefusal(refusal: RefusedTrigger): Promise<void>;
  refusals(templateId: string, limit: number): Promise<readonly RefusedTrigger[]>;
  /** Counts for metrics, cheap at any size. */
  counts(): Promise<{
    readonly queued: number;
    readonly running: number;
    readonly activeAttempts: number;
  }>;

  /** `sealedSecret` is ciphertext; the store never sees a secret. */
  putKey(key: AccessKey, sealedSecret: Uint8Array): Promise<void>;
  key(id: string): Promise<{ readonly key: AccessKey; readonly sealedSecret: Uint8Array } | null>;
  keys(): Promise<readonly AccessKey[]>;
  /** @throws DomainError `key-not-found`. */
  setKeyEnabled(id: string, enabled: boolean): Promise<void>;
  /** @throws DomainError `key-not-found`. */
  deleteKey(id: string): Promise<void>;
  /** Creates or replaces. */
  putUser(user: User): Promise<void>;
  user(name: string): Promise<User | null>;
  users(): Promise<readonly User[]>;
  /** Deletes the user with its keys. @throws DomainError `user-not-found`. */
  deleteUser(name: string): Promise<void>;
  putPolicy(name: string, document: PolicyDocument): Promise<void>;
  policies(): Promise<readonly Policy[]>;
  /** @throws DomainError `policy-not-found`, or `policy-in-use` while a user has it. */
  deletePolicy(name: string): Promise<void>;
}
