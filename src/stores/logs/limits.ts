/** Bounds of log stores. */

/** A log store is kept in about this many segments, so that removing the oldest takes little. */
export const segmentsPerStore = 8;

/** Smallest and largest segment, in bytes. */
export const minSegmentBytes = 64 * 1024;
export const maxSegmentBytes = 4 * 1024 * 1024;

/** Log stores of one host. */
export const maxLogStores = 10_000;

/**
 * Log stores that one template may make, its own and named ones: as many as one definition can name
 * (sae.md §4.3.6), so that only changing the names again and again comes to the end of it.
 */
export const maxLogStoresPerTemplate = 100;

/** Bytes read from a segment at once. Far more than the longest record takes as JSON. */
export const blockBytes = 256 * 1024;

/** Bytes that one search looks through before it answers with a cursor. */
export const maxScanBytes = 16 * 1024 * 1024;

/** Bytes of text in one answer. */
export const maxAnswerBytes = 1024 * 1024;

/** Searches at the same time, and how many more may wait. */
export const concurrentSearches = 2;
export const waitingSearches = 64;

/** A clock that steps back by more than this begins a new segment, so that each is in order. */
export const maxClockStepMs = 1_000;

/** Collections in progress that one line of a segment's head tells. */
export const progressPerLine = 100;

/** Finished lines in the journal of collections before it is written anew. */
export const maxDeadJournalLines = 1_000;
