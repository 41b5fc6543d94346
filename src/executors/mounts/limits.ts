/** Bounds of mounts. Times in milliseconds, sizes in bytes. */

/** Bounds of what is copied for one attempt, out of buckets and back. */
export interface StageLimits {
  /** Most bytes of all buckets of an attempt together, each way. */
  readonly maxBytes: number;
  /** Most objects of all buckets of an attempt together, each way. */
  readonly maxObjects: number;
  /** Longest time, each way. */
  readonly timeoutMs: number;
  /** Objects that are copied at the same time. */
  readonly parallel: number;
}

export const defaultStageLimits: StageLimits = {
  maxBytes: 20 * 1024 ** 3,
  maxObjects: 10_000,
  timeoutMs: 15 * 60_000,
  parallel: 8,
};

/** Largest object that one request may write; the protocol's own limit is 5 GiB. */
export const maxObjectBytes = 5 * 1024 ** 3;
/** Longest key, by the protocol. */
export const maxKeyBytes = 1024;
/** Objects of one page of a listing: copying begins when the first page is there. */
export const listPageObjects = 200;
/** Tries of one upload; reads are tried again by the client itself. */
export const uploadTries = 3;
/** First pause between two tries of an upload; it doubles. */
export const uploadRetryMs = 200;
/** Time until a connection to an object store must stand. */
export const connectTimeoutMs = 5_000;
/** Longest silence of an object store. */
export const idleTimeoutMs = 60_000;
/** Largest file with a secret or manifest that is read. */
export const maxSecretBytes = 4 * 1024;
export const maxManifestBytes = 64 * 1024 * 1024;
/** Folders and files that are looked at after a job, changed or not. */
export const maxVisitedEntries = 1_000_000;
/** Names that one message lists. */
export const maxNamesInMessage = 5;

/** Most entries of a folder that is rebuilt to hold a mount point which the host does not have. */
export const maxRebuiltEntries = 4_096;
/** Symbolic links followed in one path, as the kernel's own limit. */
export const maxLinks = 40;
/** Most mounts and files of one job. */
export const maxMountsPerJob = 4_096;
/** Largest hosts file of this machine that is taken over. */
export const maxHostsBytes = 1024 * 1024;
/** Longest trial of a mount namespace. */
export const namespaceProbeMs = 10_000;
