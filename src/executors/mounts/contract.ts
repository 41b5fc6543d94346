import type { Mount } from '../../domain/template.ts';
import type { AttemptMount } from '../../ports/executor.ts';

/** A folder or file of this machine that the job finds at `mountPath`. */
export interface Bind {
  readonly hostPath: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
}

/** An NFS export that the job finds at `mountPath`. */
export interface NfsMount {
  readonly server: string;
  /** Absolute path of the export, with the path inside it. */
  readonly exportPath: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
}

export interface PreparedMounts {
  readonly binds: readonly Bind[];
  readonly nfs: readonly NfsMount[];
}

/** Maps volumes and buckets to what the operator configured for them. */
export interface MountProvider {
  /** Why a job with these mounts cannot run, in words with the remedy; null when it can. */
  refuses(mounts: readonly Mount[], via: 'process' | 'container'): string | null;
  /**
   * Makes the mounts of one attempt ready. What must be copied here (objects of a remote bucket)
   * goes under `scratchFolder`, which belongs to the attempt.
   * @throws Error whose message names the mount and what is wrong, e.g. a missing bucket path.
   */
  prepare(
    mounts: readonly AttemptMount[],
    scratchFolder: string,
    signal: AbortSignal,
  ): Promise<PreparedMounts>;
  /**
   * After the job's end, possibly in a later life of the server: takes back what the job changed.
   * Repeating it is harmless; a folder without anything to take back is none.
   * @throws Error that names what could not be taken back.
   */
  finish(scratchFolder: string, signal: AbortSignal): Promise<void>;
}
