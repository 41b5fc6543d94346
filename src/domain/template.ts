import type { ConcurrencyPolicy, RetryPolicy } from './policies.ts';
import type { Rerun } from './rerun-of.ts';
import type { ScheduleDefinition } from './schedule/definition.ts';
import type { TransferDefinition } from './transfer/definition.ts';

/** Which API surface defined the template; also selects who renders it back. */
export type DialectName = 'sae' | 'schedulerx' | 'cdm' | 'native';

/** What an attempt executes: an image or a package, with the arguments that replace its own. */
export interface Task {
  readonly artifact: Artifact;
  /** Program and arguments; empty means "what the artifact runs by itself". */
  readonly argv: readonly string[];
  /** Literal variables given by the user. They win over all others. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables read from ConfigMaps when an attempt starts; later ones win. Absent = none. */
  readonly envFrom?: readonly EnvSource[];
  /** Variables whose value is a fact about the run: name → which fact. */
  readonly identityEnv: Readonly<Record<string, IdentityField>>;
  /** Hook run right after an attempt started; its failure ends the attempt. Argument vector. */
  readonly postStart: readonly string[] | null;
  /** Hook run before an attempt is asked to stop. Argument vector. */
  readonly preStop: readonly string[] | null;
  /** What is laid into the job's file system; no two have one path. Absent = nothing. */
  readonly mounts?: readonly Mount[];
  /** Further lines of the hosts file. Absent = none. */
  readonly hostAliases?: readonly HostAlias[];
  /** Output and files that are collected into log stores. Absent = none. */
  readonly collect?: readonly LogCollection[];
}

/** Where the program comes from. */
export type Artifact =
  | ImageArtifact
  | PackageArtifact
  | ScriptArtifact
  | HttpArtifact
  | WorkerArtifact
  | WorkflowArtifact
  | TransferArtifact;

/** A script whose text the template carries. Its last line of output is its result. */
export interface ScriptArtifact {
  readonly kind: 'script';
  readonly language: 'shell' | 'python';
  readonly text: string;
  /** What stands in the text to be replaced before an attempt starts, longest first. */
  readonly placeholders?: Readonly<Record<string, PlaceholderValue>>;
}

/** A text, or a fact about the run; `plus` is added to a fact that is a number. */
export type PlaceholderValue = string | { readonly fact: IdentityField; readonly plus?: number };

/** A request that the server makes itself. */
export interface HttpArtifact {
  readonly kind: 'http';
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Body of `application/x-www-form-urlencoded`; null = none. */
  readonly body: string | null;
  readonly cookie: string;
  /** Longest time until the answer is read. */
  readonly timeoutMs: number;
  readonly success:
    | { readonly kind: 'status' }
    /** The JSON answer's member equals the value. */
    | { readonly kind: 'member'; readonly name: string; readonly value: string }
    /** The whole answer equals the value. */
    | { readonly kind: 'body'; readonly value: string };
}

/** Work for programs that registered themselves in a group (SchedulerX and XXL-JOB workers). */
export interface WorkerArtifact {
  readonly kind: 'worker';
  /** Number of the group. */
  readonly group: number;
  /** Kind of job as the workers know it, e.g. `java`, `golang`, `xxljob`, `shell`. */
  readonly jobType: string;
  /** What the worker is told to run: handler, class, or script text, by kind. */
  readonly content: string;
  /** When the content last changed; a worker may keep compiled scripts by it. */
  readonly contentAtMs: number;
  readonly mode: ExecuteMode;
  readonly parameters: string;
  /** Parameters of this run only; null = none. */
  readonly instanceParameters: string | null;
  /** Extras of the map modes, as JSON text; empty = defaults. */
  readonly attributes: string;
  /** Only these workers (by address or by label); null = any. */
  readonly designated: {
    readonly by: 'address' | 'label';
    readonly values: readonly string[];
    /** Whether others may do it while none of these is there. */
    readonly transferable: boolean;
  } | null;
  /** Share of runs by label or address, in percent; the rest goes to the others. */
  readonly routes?: readonly {
    readonly percentage: number;
    readonly by: 'address' | 'label';
    readonly values: readonly string[];
  }[];
  /** Whether it fails rather than going to a worker that says it is busy; absent = no. */
  readonly avoidsBusy?: true;
  /** Results of what ran before it in a workflow. */
  readonly upstream?: readonly { readonly name: string; readonly data: string }[];
}

/** How a worker job spreads (schedulerx.md §5.4). */
export type ExecuteMode = 'standalone' | 'broadcast' | 'parallel' | 'batch' | 'grid' | 'sharding';

/** Data that moves from one link to another. */
export interface TransferArtifact {
  readonly kind: 'transfer';
  /** What the links belong to. */
  readonly linkNamespace: string;
  /** With macros; they are resolved for the run's nominal time when an attempt starts. */
  readonly definition: TransferDefinition;
  /** Values given for this run; they hide the environment's. */
  readonly variables: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Zone of the macros. */
  readonly timezone: string;
  /** What the macro `${version}` says. */
  readonly version: string;
}

/** Templates that run one after the other. */
export interface WorkflowArtifact {
  readonly kind: 'workflow';
  /** Template ids. */
  readonly nodes: readonly string[];
  /** Without a cycle; both ends are nodes. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly instanceParameters: string | null;
  /** How far the run came that this one goes on with, as `writeProgress` writes it; absent = none. */
  readonly resumes?: string;
}

/** A container image, or the reserved one that means this machine. */
export interface ImageArtifact {
  readonly kind: 'image';
  readonly image: string;
  /** Secret (`kubernetes.io/dockerconfigjson`) with the registry's credentials. Absent = none. */
  readonly pullSecretId?: number;
  /** File laid into the container as php.ini. Absent = the image's own. */
  readonly php?: PhpSettings;
}

/** A package that a runtime of this server runs. */
export type PackageArtifact = PackageSource &
  (
    | {
        readonly format: 'jar';
        /** Name of the runtime as the template gives it, e.g. `Open JDK 8`. */
        readonly jdk: string;
        /** Shell words before `-jar`. */
        readonly options: string;
        /** Shell words after the package. */
        readonly args: string;
      }
    | {
        readonly format: 'war';
        readonly jdk: string;
        /** e.g. `apache-tomcat-8.5.42`. */
        readonly webContainer: string;
        /** A shell command that starts the container, or options for it; empty = the usual start. */
        readonly startOptions: string;
        readonly tomcat: TomcatSettings;
      }
    | {
        readonly format: 'python';
        /** e.g. `PYTHON 3.9.15`. */
        readonly python: string;
        /** Requirements as pip reads them; null = `requirements.txt` of the package, if it has one. */
        readonly modules: string | null;
      }
    | {
        readonly format: 'php';
        /** Name of the runtime, e.g. `php`. */
        readonly runtime: string;
        readonly php: PhpSettings;
      }
  );

interface PackageSource {
  readonly kind: 'package';
  /** `http:`, `https:` or `file:`. */
  readonly url: string;
  /** As the template names it; part of what is cached by. May be empty. */
  readonly version: string;
}

/** Settings of the servlet container (sae.md §4.3.5). */
export interface TomcatSettings {
  readonly port: number;
  readonly contextPath: string;
  readonly maxThreads: number;
  readonly uriEncoding: string;
  readonly useBodyEncodingForUri: boolean;
}

/** A php.ini and where it belongs. */
export interface PhpSettings {
  /** Body of the file; null = none is laid. */
  readonly config: string | null;
  /** Absolute path; null = where the runtime looks for it. */
  readonly location: string | null;
}

/** Variables from a ConfigMap. */
export type EnvSource =
  | { readonly name: string; readonly configMapId: number; readonly key: string }
  /** Every pair becomes a variable named by its key. */
  | { readonly allOf: number };

/** One line of the hosts file. */
export interface HostAlias {
  readonly hostName: string;
  readonly ip: string;
}

/** Something laid into the job's file system. */
export interface Mount {
  /** Absolute, normal path in the job's file system: a folder, or a file for one key. */
  readonly mountPath: string;
  readonly readOnly: boolean;
  readonly source: MountSource;
}

export type MountSource =
  /** One file for each key, in the folder `mountPath`; for one key the file itself is `mountPath`. */
  | { readonly kind: 'config-map'; readonly configMapId: number; readonly key: string | null }
  /** A path in a shared file system (NAS) that the operator mapped by its id or its host. */
  | {
      readonly kind: 'volume';
      /** File system id; empty when only the host is known. */
      readonly id: string;
      /** Mount target, e.g. `10d3b4bc9.cn-hangzhou.nas.example`; empty when only the id is known. */
      readonly host: string;
      readonly path: string;
    }
  /** A path in a bucket of an object store that the operator mapped by its name. */
  | {
      readonly kind: 'bucket';
      readonly bucket: string;
      readonly path: string;
      /** Key pair of the template; null = the one of the operator's mapping. */
      readonly credentials: {
        readonly accessKeyId: string;
        readonly sealedSecret: string;
        /** What the secret was sealed for. */
        readonly purpose: string;
      } | null;
    };

/** What is collected into a log store, and into which. */
export interface LogCollection {
  /** Output of the job, or files by absolute path, whose last part may hold `*`. */
  readonly source: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string };
  /** The log store, as `project` and `logstore`; null = one that goes with the template. */
  readonly into: { readonly project: string; readonly logstore: string } | null;
}

/** A fact about a run that an environment variable can carry. */
export type IdentityField =
  | 'template.id'
  | 'template.name'
  | 'template.namespace'
  | 'run.id'
  | 'run.replicas'
  | 'run.trigger'
  /** Nominal time of the firing, else of acceptance; epoch milliseconds. */
  | 'run.scheduledAtMs'
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
  /**
   * Most unfinished runs of the template, also under `allow`; a further one is refused. Runs
   * that a Replace would stop count, too. Absent = any.
   */
  readonly maxUnfinished?: number;
  /**
   * Order among the runs that wait for a place under the limit of their namespace: greater first,
   * then age. Absent = 0.
   */
  readonly priority?: number;
  readonly retry: RetryPolicy;
  /** Wall time of the whole run from its start, retries included; null = no limit. */
  readonly timeoutMs: number | null;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** IANA zone given to the job as `TZ`. */
  readonly timezone: string;
  readonly resources: { readonly cpuMillis: number; readonly memoryMib: number };
  /** Only of a run that repeats another; absent = it repeats none. */
  readonly rerun?: Rerun;
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
  /** ConfigMaps and Secrets it uses: they cannot be deleted meanwhile. Absent = none. */
  readonly references?: readonly Reference[];
  /** SHA-256 (hex) of the token by which a webhook starts it; absent or null = no webhook. */
  readonly webhookTokenHash?: string | null;
  /** What it is called from now on; absent = as before. Its earlier runs are called so too. */
  readonly name?: string;
}

/** Something of the catalog that a template uses. */
export interface Reference {
  readonly kind: 'config-map' | 'secret';
  readonly id: number;
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
