import type { ConcurrencyPolicy, RetryPolicy } from './policies.ts';
import type { ScheduleDefinition } from './schedule/definition.ts';

/** Which API surface defined the template; also selects who renders it back. */
export type DialectName = 'sae' | 'schedulerx' | 'cdm' | 'native';

/** What an attempt executes: an image or a package, with the arguments that replace its own. */
export interface Task {
  readonly artifact: Artifact;
  /** Program and arguments; empty means "what the artifact runs by itself". */
  readonly argv: readonly string[];
  /** Literal variables given by the user. They win over identity variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables whose value is a fact about the run: name → which fact. */
  readonly identityEnv: Readonly<Record<string, IdentityField>>;
  /** Hook run right after an attempt started; its failure ends the attempt. Argument vector. */
  readonly postStart: readonly string[] | null;
  /** Hook run before an attempt is asked to stop. Argument vector. */
  readonly preStop: readonly string[] | null;
}

/** Where the program comes from. */
export type Artifact =
  | { readonly kind: 'image'; readonly image: string }
  | {
      readonly kind: 'package';
      readonly packageType: string;
      readonly url: string;
      readonly version: string;
    };

/** A fact about a run that an environment variable can carry. */
export type IdentityField =
  | 'template.id'
  | 'template.name'
  | 'template.namespace'
  | 'run.id'
  | 'run.replicas'
  | 'instance.index'
  | 'attempt.number';

/** The engine's view of a job: everything needed to run it, nothing about any wire format. */
export interface JobSpec {
  readonly task: Task;
  /** Instances started in parallel; all must succeed. At least 1. */
  readonly replicas: number;
  /** One set of extra variables per instance when the job is sharded, else null. */
  readonly shards: readonly Readonly<Record<string, string>>[] | null;
  readonly concurrency: ConcurrencyPolicy;
  readonly retry: RetryPolicy;
  /** Wall time of the whole run from its start, retries included; null = no limit. */
  readonly timeoutMs: number | null;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** IANA zone given to the job as `TZ`. */
  readonly timezone: string;
  readonly resources: { readonly cpuMillis: number; readonly memoryMib: number };
}

/**
 * One revision of a template as its dialect wrote it.
 * `document` is the dialect's own record of what was sent (for reading back); the engine never
 * looks inside. `notActedOn` names the parameters that are stored and echoed without effect.
 */
export interface TemplateRevision {
  readonly spec: JobSpec;
  readonly document: Readonly<Record<string, unknown>>;
  readonly notActedOn: readonly string[];
  /** Id of a template this one points to (a link only, nothing is inherited), or null. */
  readonly refersTo: string | null;
  /** When it runs by itself; null = only when somebody asks. */
  readonly schedule: ScheduleDefinition | null;
}

/** A stored job definition. */
export interface Template extends TemplateRevision {
  readonly id: string;
  readonly dialect: DialectName;
  readonly namespace: string;
  readonly name: string;
  /** 1 for the first, one more for every change of the definition. */
  readonly revision: number;
  readonly suspended: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** The record of one change of a template. SAE calls it a change order. */
export interface TemplateChange {
  readonly id: string;
  readonly templateId: string;
  readonly kind: 'create' | 'update' | 'delete' | 'suspend' | 'resume';
  readonly revision: number;
  readonly atMs: number;
  /** User name of who asked. */
  readonly by: string;
  /** What a reader should know, e.g. parameters accepted without effect. */
  readonly note: string;
}
