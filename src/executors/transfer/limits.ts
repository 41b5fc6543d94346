/** Every bound of data jobs, in one place. Times in milliseconds, sizes in bytes. */

/**
 * Rows of a chunk where a source can be cut as one likes: the grain of commits and of resuming.
 * Smaller where commits hold up nothing, as of targets that overlap.
 */
export const chunkRows = { overlapping: 150_000, others: 500_000 } as const;
/** About the size of what is read and written at once. */
export const batchBytes = 1024 * 1024;
/** What one worker may hold that is read and not written, whatever the job asks for. */
export const queueBytes = { least: 4 * 1024 * 1024, most: 96 * 1024 * 1024 } as const;
/** Share of that which must be left for reading to rest. */
export const restShare = 1 / 4;
/** A chunk that can be taken up in its middle is committed after so many bytes or this time. */
export const commitBytes = 64 * 1024 * 1024;
export const commitMs = 5_000;

/** How often a worker tells where it stands and looks for what others decided. */
export const beatMs = 1_000;
/** Most samples of a run's course; there are about half as many or more. */
export const maxSamples = 600;
/** Most shards that are told of one by one. */
export const maxShards = 1_000;
/** Rows of a quarantine that one question with a filter looks through. */
export const quarantineScanRows = 20_000;

/** How long a worker counts as there after its last sign, where its process cannot be asked. */
export const beatTtlMs = 10_000;
/** Pause between two looks at what another worker does (planning, a last chunk). */
export const waitMs = 200;
/** Longest wait for the earlier process of the same instance to be gone. */
export const predecessorMs = 60_000;
/** How often the server tells where a run stands. */
export const progressMs = 2_000;
/** Largest report that is told; tables are left out until it fits. */
export const maxReportBytes = 60 * 1024;

/** Tries of a chunk after errors that pass by themselves (a lost connection, a deadlock), and their waits. */
export const transientRetryMs: readonly number[] = [500, 2_000, 5_000, 15_000, 30_000];
/** Most errors that pass by themselves in one run. */
export const maxTransient = 100;

/** How long work that must be tidied may take after a stop. */
export const abandonMs = 60_000;
/** How long closing connections may take at the end. */
export const closeMs = 5_000;

/** How long another process may keep the run's state locked. */
export const stateBusyMs = 30_000;
/** Pause between two tries where the database does not wait by itself. */
export const stateAgainMs = 5;
/** Longest message of a failure that is kept. */
export const maxMessageLength = 1_000;
/** Most bytes of one quarantined row's fields; longer fields are cut. */
export const maxQuarantinedFieldLength = 64 * 1024;
/** Dirty rows kept with one write. */
export const quarantineRows = 500;
/** Resumes that are kept word by word. */
export const maxNotes = 200;
/** Rows that a job must have read before a limit in percent is judged while it runs. */
export const percentFromRows = 1_000;
