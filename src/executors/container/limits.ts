/** Every bound of the container executor, in one place. Times in milliseconds, sizes in bytes. */

/** Newest version of the Docker API that this client was written for; older engines give theirs. */
export const newestApiVersion = '1.47';
/** Longest wait for the answer to one call; an engine that takes longer counts as away. */
export const callTimeoutMs = 120_000;
/** Longest wait for the first words of an engine. */
export const helloTimeoutMs = 5_000;
/** Largest answer that is read as JSON. */
export const maxAnswerBytes = 64 * 1024 * 1024;
/** Longest line of the streams of events and of pulling. */
export const maxLineBytes = 1024 * 1024;
/** Longest piece of an error message of the engine that is passed on. */
export const maxErrorChars = 2_000;
/** First and longest pause between two tries to reach an engine that is away. */
export const reconnectBackoffMs = { first: 100, longest: 5_000 } as const;
/** How long attempts wait for an engine that went away before they are refused. */
export const engineAwayMs = 30_000;
/** How often what the engine has is compared with what is known. */
export const sweepMs = 60_000;
/**
 * Containers that are made and started at the same time, for each CPU of the engine's machine and
 * at least: starting is work for a CPU, so more at a time end no sooner and starve everybody else.
 */
export const maxStarting = { perCpu: 1, least: 2 } as const;
/** Containers that are removed at the same time. */
export const maxRemoving = 2;
/** How long output may still arrive after the end before the rest is fetched by another read. */
export const drainMs = 5_000;
/** First and longest pause before output is followed again. */
export const followBackoffMs = { first: 20, longest: 1_000 } as const;
/** How far before the last known line a repeated read begins: stamps of two streams may cross. */
export const replaySlackSeconds = 2;
/** Output after which the position is written down. */
export const positionEveryBytes = 1024 * 1024;
/** Pause between two looks at a log that has outgrown its limit. */
export const releaseEveryMs = 250;
/** Smallest size at which the engine begins a new file for its own copy of the output. */
export const minEngineLogBytes = 256 * 1024 * 1024;
/** Files of that copy. */
export const engineLogFiles = 2;
/** Longest run of a PostStart hook. */
export const postStartMs = 60_000;
/** Longest grace that is honoured: one day. */
export const maxGraceMs = 24 * 60 * 60 * 1000;
/** Pause before a container that was killed and has not ended is killed again. */
export const killAgainMs = 5_000;
/** Last words of a failed hook that are told. */
export const maxHookWordsBytes = 500;
/** Processes and threads of one container where the configuration says nothing. */
export const defaultPidsLimit = 4096;
/** Least memory that an engine takes as a limit. */
export const minMemoryBytes = 6 * 1024 * 1024;
/** Arguments and variables together: the kernel takes about 2 MiB. */
export const maxCommandBytes = 1024 * 1024;
/** How often collected files are fetched while the job runs. */
export const collectEveryMs = 5_000;
/** Bytes of one path that are fetched again and again while the job runs; more come at its end. */
export const maxLiveCollectBytes = 4 * 1024 * 1024;
/** Bytes kept of one collected file, and read of one folder that is searched. */
export const maxCollectedBytes = 256 * 1024 * 1024;
/** Files that are collected of one attempt. */
export const maxCollectedFiles = 200;
/** Longest name of a kept file; file systems take 255. */
export const maxCollectedNameBytes = 240;
