import type { MountProvider } from '../mounts/contract.ts';
import type { PackageRunner } from '../packages/contract.ts';

/** The part of the logger this executor uses. */
export interface ProcessExecutorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ProcessExecutorOptions {
  /** Folder that holds `attempts/`, the supervisor's socket and its log. */
  readonly dataDir: string;
  /** Name of the user jobs run as; null = the server's own. Another one needs root. */
  readonly jobUser: string | null;
  /** Most attempts at the same time; each takes a keeper shell of about 1 MiB of its own. */
  readonly maxConcurrent: number;
  /** Bytes kept of each output stream of an attempt; older ones are released. */
  readonly maxLogBytes: number;
  /** Whether jobs may run here at all; running ones are adopted either way. */
  readonly enabled: boolean;
  /** Why not, with the remedy, when not enabled. */
  readonly disabledReason: string;
  /** Brings packages here; without it only the host image runs. */
  readonly packages?: PackageRunner;
  /** Maps volumes and buckets; without it there are none. */
  readonly mounts?: MountProvider;
  /** Idle keepers that are kept; 8 when not given. */
  readonly minFreeKeepers?: number;
  /** Time without server and attempts until the supervisor ends; one minute when not given. */
  readonly supervisorIdleMs?: number;
  nowMs(): number;
  readonly log: ProcessExecutorLog;
}
