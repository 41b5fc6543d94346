import type { TriggerKind } from '../domain/run.ts';
import type { JobSpec, MountSource } from '../domain/template.ts';
import type { TransferErrorCode } from '../domain/transfer/errors.ts';

import type { TransferWork } from './transfers.ts';
import type { WorkerInfo } from './workers.ts';

/** Everything an executor needs to start one attempt; nothing of it comes from a wire format. */
export interface AttemptStart {
  readonly attemptId: string;
  /** The owner's fencing number; comes back in every report. */
  readonly fence: number;
  readonly spec: JobSpec;
  /** Final environment of the job, `TZ` and ConfigMaps included. Nothing of the server's is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Contents of mounted ConfigMaps; absolute paths in the job's file system. Absent = none. */
  readonly files?: readonly AttemptFile[];
  /** Volumes and buckets to mount, with clear secrets. Absent = none. */
  readonly mounts?: readonly AttemptMount[];
  /** Credentials for the image's registry: text of a docker `config.json`. Absent = none. */
  readonly registryConfig?: string;
  /** What a data job moves, macros resolved, links in clear; absent = it is none. */
  readonly transfer?: TransferWork;
  /** Why a data job cannot be done as it stands; then there is no `transfer`. */
  readonly transferProblem?: { readonly code: TransferErrorCode; readonly message: string };
  /** What it is an attempt of, for executors that tell it to others. */
  readonly run?: RunFacts;
}

/** What an executor may tell others about the run. */
export interface RunFacts {
  readonly id: string;
  readonly templateId: string;
  readonly templateName: string;
  readonly namespace: string;
  readonly trigger: TriggerKind;
  /** Nominal time of the firing, else of acceptance. */
  readonly scheduledAtMs: number;
  /** Shares of the whole work; more than the run's instances when it repeats some of another. */
  readonly replicas: number;
  /** 0-based number of the share. */
  readonly index: number;
  /** 1-based number of the attempt. */
  readonly number: number;
}

/** A read-only file that the job finds at `path`. */
export interface AttemptFile {
  readonly path: string;
  readonly content: string;
}

/** A folder or file of elsewhere that the job finds at `mountPath`. */
export interface AttemptMount {
  readonly mountPath: string;
  readonly readOnly: boolean;
  readonly source:
    | Extract<MountSource, { kind: 'volume' }>
    | {
        readonly kind: 'bucket';
        readonly bucket: string;
        readonly path: string;
        readonly credentials: { readonly accessKeyId: string; readonly secret: string } | null;
      };
}

/** An attempt that may still run and must be watched again. */
export interface AttemptRef {
  readonly attemptId: string;
  readonly fence: number;
  /** False when the start was never confirmed: the executor says whether it happened. */
  readonly started: boolean;
}

/** What an executor tells about an attempt. Every attempt ends in exactly one ended, lost or refused. */
export type AttemptReport =
  | {
      readonly kind: 'started';
      readonly attemptId: string;
      readonly fence: number;
      readonly atMs: number;
      readonly pid: number | null;
      /** What a reader of the run should know, e.g. a substituted runtime; kept on the attempt. */
      readonly note?: string;
      /** Address of the worker that has it; at most 255 bytes are kept. Absent = this machine. */
      readonly worker?: string;
    }
  | {
      /** How far it is, in the executor's own words (JSON text); the latest counts; one of more than 64 KiB is left out. */
      readonly kind: 'progress';
      readonly attemptId: string;
      readonly fence: number;
      readonly atMs: number;
      readonly progress: string;
    }
  | {
      readonly kind: 'ended';
      readonly attemptId: string;
      readonly fence: number;
      readonly atMs: number;
      /** Exit status when the program exited by itself; null when a signal ended it. */
      readonly exitCode: number | null;
      /** Signal name (`SIGTERM`), when one ended it. */
      readonly signal: string | null;
      /** True when the end followed a stop we asked for. */
      readonly stopped: boolean;
      /** Extra words, e.g. a failed PostStart hook; usually empty. */
      readonly message: string;
      /** What it answered, at most 1,000 bytes; absent = nothing. */
      readonly result?: string;
      /** True: it failed in a way that another try would repeat, so there is none. */
      readonly final?: boolean;
    }
  | {
      /** It ran or may have run, but how it ended cannot be known any more. */
      readonly kind: 'lost';
      readonly attemptId: string;
      readonly fence: number;
      readonly atMs: number;
      readonly message: string;
    }
  | {
      /** It was never started and never will be. */
      readonly kind: 'refused';
      readonly attemptId: string;
      readonly fence: number;
      readonly atMs: number;
      readonly message: string;
      /** True: nothing is wrong with it; another attempt may start at once, without a retry. */
      readonly again?: boolean;
    };

/** A report of how an attempt ended. */
export type AttemptEndReport = Exclude<AttemptReport, { kind: 'started' | 'progress' }>;

/** Output streams of an attempt. */
export type LogStream = 'stdout' | 'stderr';

/** A piece of an attempt's output. Offsets count bytes since the attempt began and never shift. */
export interface LogChunk {
  /** Offset of the first byte of `bytes`; greater than asked when older bytes were released. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Offset to continue at. */
  readonly nextOffset: number;
  /** Bytes written so far, released ones included. */
  readonly size: number;
}

/** What an executor keeps of an attempt on this machine. */
export interface KeptAttempt {
  readonly attemptId: string;
  /** Last change of what is kept, epoch milliseconds. */
  readonly changedAtMs: number;
}

/** How much an executor keeps on this machine. */
export interface KeptStats {
  /** Bytes on the disk of attempts that have ended; null until all of them were looked at once. */
  readonly bytes: number | null;
  /** Attempts and bytes removed since the executor was made. */
  readonly removedAttempts: number;
  readonly removedBytes: number;
}

/** What an executor keeps of attempts on this machine, for retention. */
export interface KeptOutput {
  /**
   * Removes all that is kept of these attempts; unknown ones are none. What cannot be removed is
   * logged and left. @returns those left alone because they still run.
   */
  remove(attemptIds: readonly string[]): Promise<readonly string[]>;
  /** Looks through everything once, page by page, and measures it. The caller sets the pace. */
  look(pageSize: number): AsyncIterable<readonly KeptAttempt[]>;
  /** Measures what has ended since the last call. */
  measure(): Promise<void>;
  stats(): KeptStats;
}

/**
 * Where attempts run. Contract suite: `tests/contract/executor`.
 *
 * Invariants: an attempt id is started at most once, ever; an attempt outlives the server;
 * reports may be repeated after `adopt`, so the store decides which one counts.
 */
export interface Executor {
  readonly name: string;
  /** What it keeps on this machine; absent where it keeps nothing itself. */
  readonly kept?: KeptOutput;
  /** Why this executor cannot run the spec, in words with the remedy; null when it can. */
  refuses(spec: JobSpec): string | null;
  /** Most attempts it runs at the same time. */
  readonly maxConcurrent: number;
  /** Begins; `report` is called with everything that becomes known, in batches. */
  open(report: (reports: readonly AttemptReport[]) => void): Promise<void>;
  /** Starts attempts; outcomes arrive as reports. Never throws for a single attempt. */
  start(attempts: readonly AttemptStart[]): void;
  /** PreStop, SIGTERM, grace, SIGKILL of the whole tree. Repeating it is harmless. */
  stop(attemptId: string): void;
  /** Watches attempts that an earlier server life started; their fate arrives as reports. */
  adopt(attempts: readonly AttemptRef[]): Promise<void>;
  /**
   * Everything that is still ours has been adopted: stops whatever else runs here. It was given up
   * while this host was away, and a retry of it may run elsewhere.
   */
  stopOthers(): void;
  /** Reads output; null when nothing is kept for that attempt. */
  readLog(
    attemptId: string,
    stream: LogStream,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null>;
  /**
   * Calls `listener` soon after each growth of the output, maybe more often; returns what ends it.
   * Null when it cannot be watched now, e.g. before anything was written. Absent where it never can.
   */
  watchLog?(attemptId: string, stream: LogStream, listener: () => void): (() => void) | null;
  /**
   * Files of the job that its spec asks to collect and that are there, by path; absent where none
   * can be. Complete once the end was reported, may lag before.
   */
  collected?(attemptId: string): Promise<readonly string[]>;
  /** Reads one of them as `readLog` reads output. */
  readCollected?(
    attemptId: string,
    path: string,
    offset: number,
    maxBytes: number,
  ): Promise<LogChunk | null>;
  /** Forgets ended attempts and their output. */
  remove(attemptIds: readonly string[]): Promise<void>;
  /** Live workers of a group; absent where it has no workers. */
  workers?(group: number): readonly WorkerInfo[];
  /** Where a person finds what is kept of the attempt, e.g. a folder. */
  location(attemptId: string): string;
  /** Whether attempts can be started now; a reason when not. */
  health(): { readonly ready: boolean; readonly reason: string };
  /** Lets go without touching running attempts. */
  close(): Promise<void>;
}
