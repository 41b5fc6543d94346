/** Every bound of XXL-JOB executors, in one place. Sizes in bytes unless named otherwise. */

/** Largest body of a registration. */
export const maxRegistryBytes = 16 * 1024;
/** Largest body of a callback: executors send everything that waits, 50,000 characters each. */
export const maxCallbackBytes = 16 * 1024 * 1024;
/** Items of one callback that are looked at. */
export const maxCallbacks = 10_000;
/** Largest answer of an executor, except to `log`. */
export const maxReplyBytes = 256 * 1024;
/** Largest answer to `log`, which the protocol leaves without a limit (workers.md §1.4). */
export const maxLogReplyBytes = 16 * 1024 * 1024;
/** Bytes of output kept of one attempt. */
export const maxLogBytes = 16 * 1024 * 1024;
/** Pages of output fetched for one reader before it is answered. */
export const maxLogPages = 50;
/** Most bytes that one `readLog` returns. */
export const maxReadBytes = 1024 * 1024;
/** Shortest pause between two fetches of one attempt's output. */
export const logPauseMs = 500;
/** What an attempt answered (schedulerx.md §5.14). */
export const maxResultBytes = 1_000;
/** Words of an executor that go into messages. */
export const maxMessageBytes = 2_000;
/** Workers of one group, and of all. */
export const maxGroupWorkers = 1_000;
export const maxWorkers = 10_000;
/** Dispatches of one attempt: shards, or workers of a broadcast. */
export const maxParts = 1_000;
/** Jobs whose routing is remembered. */
export const maxRoutedJobs = 10_000;
/** Calls to one executor at the same time; it has 200 threads. */
export const maxSocketsPerExecutor = 64;
/** Attempts that begin in one turn of the event loop. */
export const startsPerTurn = 32;
/** Turns for which ends and reports stay behind attempts that begin: some 50 ms of them. */
export const maxTurnsBehind = 20;
/** Questions about running jobs under way at the same time. */
export const maxQuestions = 64;
/** Largest journal of an attempt that is read. */
export const maxJournalBytes = 4 * 1024 * 1024;
/** Pages (32 MiB) in the journal's log before they are moved into its database, in one go. */
export const journalLogPages = 8_192;
/** Unclaimed journals that are looked at when the server starts. */
export const maxUnclaimed = 10_000;

/** Times in milliseconds; tests shorten them. */
export interface Timing {
  /** Longest time of one call (workers.md §1.2). */
  readonly callTimeoutMs: number;
  /** An address not renewed for this long is dead (workers.md §1.3). */
  readonly registryTtlMs: number;
  /** After a kill the end is waited for this long (workers.md §1.9). */
  readonly killMs: number;
  /** Pause before a kill that did not arrive is sent again. */
  readonly killAgainMs: number;
  /** How often running attempts are looked at. */
  readonly tickMs: number;
  /** How often an executor is asked about a job that it has. */
  readonly askMs: number;
  /** How often it is asked about a job of which nobody knows whether it arrived. */
  readonly unsureAskMs: number;
  /** A dispatch without an answer of which there is no trace after this long is lost. */
  readonly unsureLostMs: number;
  /** A job that its executor has no trace of for this long, and no callback, is lost. */
  readonly idleLostMs: number;
  /** An executor that cannot be reached for this long, and does not register, is gone. */
  readonly silentLostMs: number;
  /** ... once its latest registration is this old: two were missed. */
  readonly missedBeatMs: number;
  /** A dispatch without an answer is lost when its executor refuses to be asked for this long. */
  readonly blindLostMs: number;
  /** Longest time until what can be found out again is written down. */
  readonly saveMs: number;
  /** Shortest time between two reports of progress. */
  readonly progressMs: number;
}

/** As the protocol has them. */
export const usualTiming: Timing = {
  callTimeoutMs: 3_000,
  registryTtlMs: 90_000,
  killMs: 10_000,
  killAgainMs: 2_000,
  tickMs: 2_000,
  askMs: 30_000,
  unsureAskMs: 2_000,
  unsureLostMs: 10_000,
  idleLostMs: 60_000,
  silentLostMs: 30_000,
  missedBeatMs: 60_000,
  blindLostMs: 120_000,
  saveMs: 200,
  progressMs: 500,
};
