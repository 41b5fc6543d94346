import type { Namespace } from '../../domain/catalog.ts';
import type { Run, RunDetail } from '../../domain/run.ts';
import type { DialectName } from '../../domain/template.ts';

/**
 * What only one dialect knows and the native API shows. The composition root hands each dialect's
 * to the native dialect: dialects never import each other. Refusals are `DomainError`s.
 */
export interface Insight {
  readonly dialect: DialectName;
  /** All of its namespaces, by id; their number is limited where they are made. */
  namespaces(): Promise<readonly NamespaceFacts[]>;
  readonly workerGroups?: WorkerGroupInsight;
  readonly workflows?: WorkflowInsight;
  readonly calendars?: CalendarInsight;
  readonly notifications?: NotificationInsight;
  readonly items?: ItemRules;
}

/** Rows from a cursor on, and the cursor after them; null = there are no more. */
export interface InsightPage<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
}

/** A place where templates live. */
export interface NamespaceFacts extends Pick<
  Namespace,
  'dialect' | 'id' | 'name' | 'description' | 'createdAtMs' | 'updatedAtMs'
> {
  /** What the dialect calls such a place. */
  readonly kind: 'namespace' | 'application' | 'project' | 'cluster';
  /** The place that it lies in; null = none. */
  readonly parent: string | null;
  /** Namespace of the engine's templates in it; null = templates lie in its children only. */
  readonly templateNamespace: string | null;
}

/** A group that workers register in. */
export interface WorkerGroupFacts {
  readonly number: number;
  readonly name: string;
  /** Further name that workers may register under; empty = none. */
  readonly alias: string;
  readonly namespace: string;
  readonly description: string;
  /** Most runs at the same time; null = any number. */
  readonly maxConcurrent: number | null;
  /** Whether work goes to workers that say that they are busy. */
  readonly usesBusyWorkers: boolean;
}

/** Groups that workers register in. */
export interface WorkerGroupInsight {
  list(query: {
    /** Part of the namespace or name; empty = all. */
    readonly search: string;
    readonly offset: number;
    readonly limit: number;
  }): Promise<{ readonly rows: readonly WorkerGroupFacts[]; readonly total: number }>;
}

/** A workflow as lists show it. */
export interface WorkflowFacts {
  /** Id of its template. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly group: string;
  /** Whether its schedule fires, and those of its jobs do not. */
  readonly enabled: boolean;
  /** Cron expression; null = it starts only when it is asked to. */
  readonly cron: string | null;
  readonly timezone: string;
  readonly maxConcurrent: number;
  readonly nodeCount: number;
  readonly createdBy: string;
  readonly updatedBy: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly latestRun: Run | null;
}

/** A workflow with its graph. */
export interface WorkflowDetails extends WorkflowFacts {
  readonly nodes: readonly {
    /** Id of the template that runs there. */
    readonly id: string;
    /** Empty when the template is gone. */
    readonly name: string;
    /** Kind of job as the dialect names it; empty when the template is gone. */
    readonly type: string;
    /** Whether it is passed over. */
    readonly disabled: boolean;
  }[];
  readonly edges: readonly WorkflowEdge[];
}

/** `to` begins when `from` succeeded. Both are ids of nodes. */
export interface WorkflowEdge {
  readonly from: string;
  readonly to: string;
}

/** How a node of a workflow run stands. */
export type WorkflowNodeState =
  | 'waiting'
  | 'queued'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'canceled'
  | 'skipped';

/** A run of a workflow with its nodes. */
export interface WorkflowRunDetails {
  readonly run: RunDetail;
  readonly nodes: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: WorkflowNodeState;
    /** Its newest run; null = it has none. */
    readonly run: Run | null;
    /** Why it has none, or why it failed; may be empty. */
    readonly note: string;
  }[];
  readonly edges: readonly WorkflowEdge[];
  /** The run that goes on with this one; null = none does. */
  readonly continuedBy: string | null;
  /** Whether `resume` can let it go on. */
  readonly resumable: boolean;
}

/** Workflows: templates whose runs start the runs of others. */
export interface WorkflowInsight {
  list(query: {
    /** Part of the name; empty = all. */
    readonly search: string;
    /** `next` of the page before; null = the beginning. */
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<InsightPage<WorkflowFacts>>;
  /** Null when there is none of this id. */
  find(id: string): Promise<WorkflowDetails | null>;
  /**
   * Starts a run of it, durably.
   * @throws DomainError `template-not-found`, `invalid-argument`, refusals of admission.
   */
  run(id: string, parameters: string | null, by: string): Promise<Run>;
  /**
   * Says whether its schedule fires; then those of its jobs do not.
   * @throws DomainError `template-not-found`, `invalid-argument` for one without jobs.
   */
  enable(id: string, enabled: boolean, by: string): Promise<void>;
  /** Null when it is no run of a workflow of this dialect. */
  findRun(runId: string): Promise<WorkflowRunDetails | null>;
  /**
   * Runs again what failed in it and lets it go on from there, as a further run.
   * @throws DomainError `run-not-found`, `invalid-argument` when there is nothing to go on with.
   */
  resume(runId: string, by: string): Promise<Run>;
}

/** Days of one year of a calendar. */
export interface CalendarYear {
  readonly year: number;
  readonly creator: string;
  readonly months: readonly {
    /** 1 to 12. */
    readonly month: number;
    readonly days: readonly number[];
  }[];
}

/** Calendars: days on which schedules fire. */
export interface CalendarInsight {
  /** Names with their years, by name; those that nobody made come first. */
  list(): Promise<
    readonly {
      readonly name: string;
      readonly system: boolean;
      readonly years: readonly number[];
    }[]
  >;
  /** Null when the calendar does not have the year. A calendar that nobody made has every year. */
  year(name: string, year: number): Promise<CalendarYear | null>;
  /**
   * Makes a year of a calendar, or replaces its days; schedules fire by them at once.
   * @throws DomainError `invalid-argument` for a name, year or day that cannot be, and for a
   *   calendar that nobody made.
   */
  put(name: string, year: number, months: CalendarYear['months'], by: string): Promise<void>;
  /** @throws DomainError `invalid-argument`, also for the last year while jobs have the calendar. */
  remove(name: string, year: number, by: string): Promise<void>;
}

/** When people may be told, and who refers to it. */
export interface NotificationPolicyFacts {
  readonly name: string;
  readonly description: string;
  readonly channels: readonly string[];
  readonly timezone: string;
  /** Whether a webhook calls upon everybody in its group. */
  readonly atAll: boolean;
  readonly ranges: readonly {
    /** `all`, or the only channel that it is for. */
    readonly channel: string;
    /** `HH:mm` or `HH:mm:ss`. */
    readonly from: string;
    readonly to: string;
    /** 1 = Monday … 7 = Sunday. */
    readonly days: readonly number[];
  }[];
  readonly creator: string;
  readonly updater: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly usedBy: readonly NotifiedGroup[];
}

/** A group whose people are told. */
export interface NotifiedGroup {
  readonly number: number;
  readonly name: string;
  readonly namespace: string;
  readonly contacts: readonly {
    readonly name: string;
    /** Ways by which the person can be reached; addresses are not told. */
    readonly ways: readonly string[];
  }[];
}

/** Notification policies. */
export interface NotificationInsight {
  list(query: {
    readonly search: string;
    readonly offset: number;
    readonly limit: number;
  }): Promise<{ readonly rows: readonly NotificationPolicyFacts[]; readonly total: number }>;
}

/** Pairs of text. */
export type Pairs = Readonly<Record<string, string>>;

/**
 * Rules of the dialect that owns ConfigMaps and Secrets, so that what is made here can be read
 * there. The checks throw DomainError `invalid-argument`.
 */
export interface ItemRules {
  /** Where an item lies when nothing is said. */
  readonly defaultNamespace: string;
  readonly secretTypes: readonly string[];
  /** @throws DomainError `namespace-not-found`. */
  requireNamespace(id: string): Promise<void>;
  checkName(name: string): void;
  checkDescription(description: string): void;
  checkData(data: Pairs): void;
  /** Values in clear to values as they are stored; checks keys and type too. */
  storedSecret(type: string, kept: Pairs, set: Pairs): Pairs;
}
