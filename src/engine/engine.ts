import type {
  AccessKey,
  AccessDecision,
  AccessRequest,
  Policy,
  PolicyDocument,
  User,
} from '../domain/access.ts';
import type { ConfigMap, Namespace, Secret, Tag } from '../domain/catalog.ts';
import type { Firing } from '../domain/firing.ts';
import type {
  Attempt,
  Instance,
  RefusedTrigger,
  Run,
  RunDetail,
  RunEvent,
  TriggerKind,
} from '../domain/run.ts';
import type { Link, LinkOptions } from '../domain/transfer/link.ts';
import type { TransferPlan, TransferReport } from '../domain/transfer/report.ts';
import type {
  DialectName,
  Template,
  TemplateChange,
  TemplateRevision,
  TransferArtifact,
} from '../domain/template.ts';
import type { CatalogStore, NewConfigMap, NewSecret } from '../ports/catalog.ts';
import type { DocumentStore } from '../ports/documents.ts';
import type { LogChunk, LogStream } from '../ports/executor.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { ListedRun, RunSearch, RunSearchPage } from '../ports/run-lists.ts';
import type { Transfers } from '../ports/transfers.ts';
import type { WorkerInfo } from '../ports/workers.ts';
import type { Audit } from './audit.ts';
import type {
  NewTemplate,
  Page,
  RunOverride,
  RunQuery,
  ScheduleState,
  TemplateQuery,
  TemplateSummary,
} from '../ports/store.ts';
import type { OverviewFacts, OverviewQuery } from './overview.ts';
import type { RunBatches } from './run-batches.ts';
import type { ShownVariable } from './run-environment.ts';
import type { RunChange } from './run-feed.ts';
import type { TemplateReads } from './template-reads.ts';

/**
 * Everything a dialect may ask of Longshore. Dialects translate between their wire and these
 * calls and know nothing behind them. All refusals are `DomainError`s.
 */
export interface Engine {
  readonly templates: Templates;
  readonly runs: Runs;
  readonly access: Access;
  readonly passwords: Passwords;
  readonly catalog: Catalog;
  readonly documents: Documents;
  readonly audit: Audit;
  readonly links: Links;
  readonly dataJobs: DataJobs;
  /** Null when this server collects nothing. */
  readonly logs: Logs | null;
  /** Live workers that registered in a group, of every executor that has workers. */
  workers(group: number): readonly WorkerInfo[];
  /** Whether requests can be served, with the reason when not. */
  ready(): Promise<{ readonly ready: boolean; readonly reason: string }>;
  /** What runs, fails, is late and comes next; its cost does not grow with what is stored. */
  overview(query: OverviewQuery): Promise<OverviewFacts>;
  /** Numbers for metrics. */
  stats(): Promise<EngineStats>;
}

export interface EngineStats {
  readonly queued: number;
  readonly running: number;
  readonly activeAttempts: number;
  readonly runsAccepted: number;
  readonly runsFinished: number;
  readonly attemptsStarted: number;
  readonly staleReports: number;
}

export interface Templates extends TemplateReads {
  /**
   * Stores a new definition, under an id of its own unless the dialect brings one. The change id is queryable as the template's first change.
   * @throws DomainError `invalid-argument` for a schedule that is not valid.
   */
  create(
    input: Omit<NewTemplate, 'id'> & { readonly id?: string },
    by: string,
    note?: string,
  ): Promise<{ readonly template: Template; readonly changeId: string }>;
  /**
   * @throws DomainError `template-not-found`, `invalid-argument` for a schedule that is not valid;
   *   whatever `revise` throws passes through.
   */
  update(
    id: string,
    dialect: DialectName,
    revise: (current: Template) => TemplateRevision,
    by: string,
    note?: (next: TemplateRevision) => string,
  ): Promise<{ readonly template: Template; readonly changeId: string }>;
  /** @throws DomainError `template-not-found`. */
  setSuspended(id: string, dialect: DialectName, suspended: boolean, by: string): Promise<Template>;
  /** Stops running runs, then erases. @throws DomainError `template-not-found`. */
  delete(id: string, dialect: DialectName, by: string): Promise<void>;
  /** Null when unknown, deleted, or of another dialect than asked. */
  get(id: string, dialect?: DialectName): Promise<Template | null>;
  list(query: TemplateQuery): Promise<Page<TemplateSummary>>;
  changes(id: string, offset: number, limit: number): Promise<Page<TemplateChange>>;
  /** Triggers of this template that made no run, newest first, with the reason of each. */
  refusals(id: string, limit: number): Promise<readonly RefusedTrigger[]>;
  /** Ids of templates whose `refersTo` is this one. */
  referringTo(id: string): Promise<readonly string[]>;
  /**
   * Where its schedule stands; null when it has none.
   * @throws DomainError `template-not-found`.
   */
  schedule(id: string): Promise<ScheduleState | null>;
  /**
   * Ledger of its schedule: what became of each firing, newest nominal time first.
   * @throws DomainError `template-not-found`.
   */
  firings(id: string, offset: number, limit: number): Promise<Page<Firing>>;
}

export interface SubmitRequest {
  readonly templateId: string;
  readonly dialect: DialectName;
  readonly trigger: TriggerKind;
  /** Prefix of the run id, e.g. `manual-`; a UUID follows. */
  readonly idPrefix: string;
  /** Appended after the UUID, e.g. `-00`; usually empty. */
  readonly idSuffix: string;
  /** The run id itself, unique, for dialects whose ids have another shape. Absent = as above. */
  readonly runId?: string;
  readonly idempotencyKey: string | null;
  /** Epoch ms of a delayed start; null or past = now. */
  readonly notBeforeMs: number | null;
  readonly by: string;
  /** Place of the request in a trace, as its `traceparent` header says; absent or not valid = in none. */
  readonly traceparent?: string | null;
  readonly override: ((template: Template) => RunOverride) | null;
}

export interface Runs extends RunBatches {
  /**
   * Accepts a run durably: when this resolves, the run survives `kill -9`. A known idempotency
   * key returns the run it made before.
   * @throws DomainError `template-not-found`, `template-suspended`, `concurrency-forbidden`,
   *   `replicas-quota-exceeded`, `queue-full`; errors of `override` pass through.
   */
  submit(request: SubmitRequest): Promise<{ readonly run: Run; readonly existing: boolean }>;
  /** Resolves once the stop is recorded; the run is final when its runner confirms. @throws `run-not-found`. */
  stop(runId: string, by: string): Promise<Run>;
  /**
   * Keeps the judgement that a run which failed or was canceled counts as succeeded; the run's
   * story tells who said so. Repeating it changes nothing.
   * @throws DomainError `run-not-found`, `invalid-argument` for other states.
   */
  judge(runId: string, by: string): Promise<Run>;
  /** Hides it at once; an unfinished run is stopped first. @throws `run-not-found`. */
  delete(runId: string, by: string): Promise<void>;
  /**
   * Limits how many runs of a namespace run at the same time; null = any number. The others wait
   * and begin by the priority of their spec, then by age.
   * @throws DomainError `invalid-argument` for a limit below 1.
   */
  limit(dialect: DialectName, namespace: string, maxRunning: number | null): Promise<void>;
  get(runId: string): Promise<RunDetail | null>;
  latest(templateId: string): Promise<Run | null>;
  list(query: RunQuery): Promise<Page<ListedRun>>;
  /** A page of a search, at a cost that does not grow with what is stored. */
  search(query: RunSearch): Promise<RunSearchPage>;
  /**
   * Accepts a run that repeats this one as it was accepted: the same overrides and nominal time.
   * `failedOnly`: only the instances that did not succeed, with their shard numbers and total.
   * @throws DomainError `run-not-found`; as `submit`; `invalid-argument` when nothing failed, or the
   *   run has not ended, or moves data.
   */
  rerun(runId: string, wish: { readonly failedOnly: boolean }, by: string): Promise<Run>;
  /**
   * The variables of an instance, secrets hidden.
   * @throws DomainError `run-not-found`, `instance-not-found`.
   */
  environment(runId: string, index: number): Promise<readonly ShownVariable[]>;
  /** Changes of runs, of all servers of the store; see `RunFeed`. */
  follow(
    templateId: string | undefined,
    position: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<RunChange>;
  instances(runId: string): Promise<readonly Instance[]>;
  attempt(attemptId: string): Promise<(Attempt & { readonly runId: string }) | null>;
  events(runId: string): Promise<readonly RunEvent[]>;
  /** Null when no such attempt or nothing is kept. */
  readLog(
    attemptId: string,
    stream: LogStream,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null>;
  /**
   * Calls `listener` soon after an attempt's output grew; resolves with what ends it. Null when it
   * cannot be watched, or not yet: then look by yourself.
   */
  watchLog(
    attemptId: string,
    stream: LogStream,
    listener: () => void,
  ): Promise<(() => void) | null>;
  /** Where a person finds what is kept of an attempt; null when unknown. */
  location(attemptId: string): Promise<string | null>;
  /**
   * Resolves when something about this run may have changed, or after `timeoutMs`. For streams:
   * read, wait, read again.
   */
  changed(runId: string, timeoutMs: number): Promise<void>;
}

/** Namespaces, ConfigMaps, Secrets and tags: what templates refer to and are found by. */
export interface Catalog extends Pick<
  CatalogStore,
  | 'updateNamespace'
  | 'deleteNamespace'
  | 'namespace'
  | 'namespaces'
  | 'updateConfigMap'
  | 'deleteConfigMap'
  | 'configMaps'
  | 'configMapsOf'
  | 'listConfigMaps'
  | 'listSecrets'
  | 'catalogCounts'
  | 'deleteSecret'
  | 'secretsOf'
  | 'referringTemplates'
  | 'templateByWebhook'
  | 'removeTags'
  | 'tagged'
  | 'templateChange'
  | 'namedChanges'
> {
  /** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
  createNamespace(namespace: Namespace): Promise<void>;
  /** @throws DomainError `already-exists`, `catalog-quota-exceeded`, `invalid-argument` (too large). */
  createConfigMap(configMap: NewConfigMap): Promise<ConfigMap>;
  /** Its data is sealed before it is stored. @throws DomainError as `createConfigMap`. */
  createSecret(secret: NewSecret, data: Readonly<Record<string, string>>): Promise<Secret>;
  /** @throws DomainError `secret-not-found`, `invalid-argument` (too large). */
  updateSecret(
    dialect: DialectName,
    id: number,
    data: Readonly<Record<string, string>>,
    atMs: number,
  ): Promise<Secret>;
  /** Without its data, so also one that this server's master key does not open; null when unknown. */
  secretInfo(dialect: DialectName, id: number): Promise<Secret | null>;
  /**
   * With its data in clear; null when unknown.
   * @throws DomainError `invalid-argument` when its data cannot be opened.
   */
  secret(
    dialect: DialectName,
    id: number,
  ): Promise<{
    readonly secret: Secret;
    readonly data: Readonly<Record<string, string>>;
  } | null>;
  /** @throws DomainError `template-not-found`, `catalog-quota-exceeded`. */
  putTags(
    dialect: DialectName,
    templateIds: readonly string[],
    tags: readonly Tag[],
  ): Promise<void>;
}

/** What dialects keep by name and the engine never looks into, and numbers handed out once. */
export type Documents = DocumentStore;

/** What a link is made of. */
export interface LinkContent {
  /** Null = its connector is declared and not installed here. */
  readonly options: LinkOptions | null;
  readonly enabled: boolean;
  readonly document: Readonly<Record<string, unknown>>;
}

/** Links, sealed at rest. */
export interface Links {
  /**
   * Creates, changes or deletes, durably: `revise` gets what is there (null = nothing) and gives
   * what shall be there (null = nothing). What it throws passes through and nothing is changed.
   * @throws DomainError `invalid-argument` for a link whose secrets cannot be opened or for one too large.
   */
  change(
    namespace: string,
    name: string,
    revise: (current: Link | null) => LinkContent | null,
    by: string,
  ): Promise<Link | null>;
  /** @throws DomainError `invalid-argument` when it was sealed with another master key. */
  get(namespace: string, name: string): Promise<Link | null>;
  /** Oldest first. */
  list(namespace: string, offset: number, limit: number): Promise<Page<Link>>;
  /** Namespaces that have links, by name, at most `limit`, each with the number of its links. */
  namespaces(
    limit: number,
  ): Promise<readonly { readonly namespace: string; readonly links: number }[]>;
}

/** Moving data, besides running it. All but `report`, `course` and `quarantine` may throw `TransferError`. */
export interface DataJobs extends Pick<
  Transfers,
  'kinds' | 'test' | 'tables' | 'columns' | 'course' | 'quarantine'
> {
  /**
   * What a run accepted now would do. Nothing is changed anywhere.
   * @throws DomainError `link-not-found`, `invalid-argument` for a macro that cannot be resolved.
   */
  plan(artifact: TransferArtifact, timeoutMs: number): Promise<TransferPlan>;
  /** Where a run stands: live on the machine that runs it, else as its attempts told last; null = not yet known. */
  report(runId: string): Promise<TransferReport | null>;
}

/** Log stores of this server's host: what templates asked to collect. */
export type Logs = Pick<LogStore, 'list' | 'search' | 'remove'>;

/** A new key: the only moment its secret is shown. */
export interface NewKey {
  readonly key: AccessKey;
  readonly secret: string;
}

export interface Access {
  /** Creates a key for a user, creating the user too when it is new. `ttlMs` makes it temporary (STS). */
  createKey(input: {
    readonly user: string;
    readonly root?: boolean;
    readonly policies?: readonly string[];
    readonly ttlMs?: number;
    readonly id?: string;
    readonly secret?: string;
  }): Promise<NewKey>;
  /** The key with its secret in clear, for checking a signature; null when unknown. Cached. */
  credentials(
    keyId: string,
  ): Promise<{ readonly key: AccessKey; readonly secret: string; readonly user: User } | null>;
  keys(): Promise<readonly AccessKey[]>;
  setKeyEnabled(id: string, enabled: boolean): Promise<void>;
  deleteKey(id: string): Promise<void>;
  users(): Promise<readonly User[]>;
  /** Null when nobody is called so. */
  user(name: string): Promise<User | null>;
  putUser(input: {
    readonly name: string;
    readonly root?: boolean;
    readonly policies: readonly string[];
  }): Promise<User>;
  deleteUser(name: string): Promise<void>;
  policies(): Promise<readonly Policy[]>;
  /** @throws DomainError `invalid-argument` naming the part of the document that is wrong. */
  putPolicy(name: string, document: unknown): Promise<Policy>;
  deletePolicy(name: string): Promise<void>;
  /** Evaluates the user's policies; the root passes. */
  authorize(user: User, request: AccessRequest): AccessDecision;
  /**
   * Whether the user's policies could allow the action on some resource below the prefix: for what
   * a user is offered; `authorize` decides.
   */
  couldAllow(user: User, action: string, resourcePrefix: string): boolean;
}

/**
 * Passwords of users, for APIs that sign in with them. Kept as salted scrypt hashes; the password
 * itself is never stored, logged or returned.
 */
export interface Passwords {
  /** @throws DomainError `user-not-found`, `invalid-argument` for one that is too short or long. */
  set(userName: string, password: string): Promise<void>;
  /**
   * The user when this is its password; null when it is not, when it has none, and when there is
   * no such user, all in the same time.
   * @throws DomainError `unavailable` when too many wait for an answer.
   */
  check(userName: string, password: string): Promise<User | null>;
  /** Another text after each change; null when the user has no password. */
  stamp(user: User): Promise<string | null>;
  remove(userName: string): Promise<void>;
}

export type { PolicyDocument, ScheduleState };
