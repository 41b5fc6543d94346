import type { MountProvider } from '../mounts/contract.ts';
import type { PackageRunner } from '../packages/contract.ts';
import { protocolVersion } from './protocol.ts';
import type { SupervisorConfig } from './protocol.ts';

const defaultMinFreeKeepers = 8;
const defaultSupervisorIdleMs = 60_000;

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

/** What the supervisor of these options is started with. `found` is what only opening tells. */
export function supervisorConfig(
  { maxConcurrent, maxLogBytes, minFreeKeepers, supervisorIdleMs }: ProcessExecutorOptions,
  found: Pick<SupervisorConfig, 'dataDir' | 'socketPath' | 'jobUser'>,
): SupervisorConfig {
  return {
    protocol: protocolVersion,
    ...found,
    maxKeepers: maxConcurrent,
    minFreeKeepers: Math.min(minFreeKeepers ?? defaultMinFreeKeepers, maxConcurrent),
    maxLogBytes,
    idleMs: supervisorIdleMs ?? defaultSupervisorIdleMs,
  };
}
