/** Every bound of SchedulerX workers, in one place. Sizes in bytes unless named otherwise. */

/**
 * Largest frame of a worker that gave its key. Workers send results as long as they are; one that is
 * cut off over a longer frame loses what its other jobs were just telling, for they tell it once.
 */
export const maxFrameBytes = 16 * 1024 * 1024;
/** Largest frame of anybody else. */
export const maxStrangerFrameBytes = 64 * 1024;
/** Bytes that may wait to be sent on one connection before it is given up. */
export const maxUnsentBytes = 8 * 1024 * 1024;
/** Connections at the same time; each worker holds one, two while it starts. */
export const maxConnections = 4_096;
/** Requests that wait for an answer on one connection. */
export const maxPendingRequests = 1_000;
/** Heartbeats of one connection whose key is being checked. */
export const maxCheckedHeartbeats = 16;
/** Reports that a connection may send before its first heartbeat; a worker that came back does. */
export const maxHeldReports = 200;
/** Workers of one group that are told about each other. */
export const maxSpreadWorkers = 1_000;
/** Keys whose check is remembered. */
export const maxRememberedKeys = 1_000;
/** Instances of one worker that are stopped because of one heartbeat. */
export const maxStopsPerHeartbeat = 50;
/** Attempts that were given up and are stopped if they turn up again. */
export const maxAbandoned = 10_000;
/** Groups whose turn is remembered. */
export const maxTurns = 10_000;
/** Names and keys that a worker gives. */
export const maxNameBytes = 256;
/** What an attempt answered (schedulerx.md §5.14). */
export const maxResultBytes = 1_000;
/** Words of a worker that go into messages. */
export const maxMessageBytes = 2_000;
/** Progress that is kept; longer texts are left out, for cut JSON is none. */
export const maxProgressBytes = 64 * 1024;
/** Largest journal of an attempt that is read. */
export const maxJournalBytes = 64 * 1024;
/** Journals that are looked at when the server starts. */
export const maxJournals = 100_000;

/** Times in milliseconds; tests shorten them. */
export interface Timing {
  /** A connection that has not introduced itself by then is closed. */
  readonly handshakeMs: number;
  /** Silence after which a worker counts as lost, and a connection is closed (workers.md §2.3). */
  readonly livenessMs: number;
  /** Time before the first probe of an idle connection (TCP keepalive). */
  readonly keepAliveMs: number;
  /** Longest wait for the answer to a submit or a kill. */
  readonly answerMs: number;
  /** After the server started, workers are waited for this long before "there is none". */
  readonly reconnectMs: number;
  /** How long an earlier run of the same instance is waited for before the next begins. */
  readonly earlierRunMs: number;
  /** After a kill was confirmed the final report is waited for this long. */
  readonly killedMs: number;
  /** A kill that was not answered is repeated after this long. */
  readonly killAgainMs: number;
  /** How long the check of a key is remembered. */
  readonly keyMs: number;
  /** How often running attempts and silent workers are looked at. */
  readonly tickMs: number;
  /** How long an ended attempt is kept, for a server that dies before its end is stored. */
  readonly keepEndedMs: number;
}

/** As the protocol has them. */
export const usualTiming: Timing = {
  handshakeMs: 10_000,
  livenessMs: 30_000,
  keepAliveMs: 15_000,
  answerMs: 10_000,
  reconnectMs: 15_000,
  earlierRunMs: 45_000,
  killedMs: 10_000,
  killAgainMs: 5_000,
  keyMs: 5_000,
  tickMs: 500,
  keepEndedMs: 600_000,
};
