/** Every bound of the process executor, in one place. Times in milliseconds, sizes in bytes. */

/** Largest `command` file: the kernel takes about 2 MiB of arguments and environment together. */
export const maxCommandBytes = 1024 * 1024;
/** Longest text of a script. */
export const maxScriptBytes = 1024 * 1024;
/** Longest message on the supervisor's socket; a longer one ends the connection. */
export const maxMessageBytes = 8 * 1024 * 1024;
/** Reports a server may leave unread before the supervisor drops it (it adopts when it is back). */
export const maxUnreadBytes = 64 * 1024 * 1024;
/** Size at which the supervisor's own log starts afresh. */
export const maxSupervisorLogBytes = 1024 * 1024;
/** Longest usable path of a Unix socket; the kernel's limit is 108 with the closing zero. */
export const maxSocketPathBytes = 100;

/** How long a started supervisor may take until it answers. */
export const supervisorStartMs = 10_000;
/** Supervisors that are started one after the other when they are killed before they answer. */
export const maxLaunches = 5;
/** Pause between two tries to reach a supervisor that is starting. */
export const connectRetryMs = 10;
/** First and longest pause before a lost supervisor is started again. */
export const restartBackoffMs = { first: 50, longest: 5_000 } as const;
/** How long a keeper may take to say that it is ready. */
export const keeperReadyMs = 5_000;
/** Attempts one keeper runs before a fresh one takes its place: bounds its notices and memory. */
export const keeperMaxAttempts = 2_000;
/** How often surplus idle keepers are let go. */
export const keeperReapMs = 5_000;
/** How often running attempts without a confirmed start are looked at. */
export const startedSweepMs = 20;
/** How often adopted attempts are looked at. */
export const watchMs = 200;
/** How long a process may be gone, or its pid unwritten, before the attempt is given up. */
export const settleMs = 1_500;
/** Longest run of a PostStart hook. */
export const postStartMs = 60_000;
/** Longest grace that is honoured: one day. */
export const maxGraceMs = 24 * 60 * 60 * 1000;
/** Rounds of killing before survivors are reported instead. */
export const maxKillRounds = 40;
/** Pause between two rounds of killing; also gathers concurrent looks at /proc into one. */
export const killRoundMs = 25;
/** Shortest and longest pause between two looks at the sizes of running logs. */
export const logPollMs = { shortest: 250, longest: 2_000 } as const;
/** Punched holes end on this boundary: the block size of usual file systems. */
export const holeAlignBytes = 4096;
