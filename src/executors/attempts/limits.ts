/** Bounds of reading and removing what is kept of attempts. */

/** Most bytes one `readLog` returns. */
export const maxReadBytes = 1024 * 1024;

/** Most bytes read of the small files in an attempt's folder. */
export const maxSmallFileBytes = 16 * 1024;

/** Bytes kept of all collected files of one attempt together. */
export const maxCollectedTotalBytes = 1024 * 1024 * 1024;

/** Folders removed at the same time. */
export const removeParallel = 4;

/** Entries of one attempt's folder that are measured; what lies beyond is not counted. */
export const maxMeasuredEntries = 10_000;

/** Entries looked at before others get their turn. */
export const entriesPerTurn = 200;

/** Ended attempts that may wait to be measured; beyond it they are measured by the next look at everything. */
export const maxUnmeasured = 50_000;

/** Punched holes end on this boundary: the block size of usual file systems. */
export const holeAlignBytes = 4096;
