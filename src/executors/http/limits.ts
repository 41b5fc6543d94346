/** Every bound of the http executor, in one place. Times in milliseconds, sizes in bytes. */

/** Bytes kept of an answer. What is to be compared must be whole within it. */
export const maxAnswerBytes = 256 * 1024;
/** Longest result of an attempt (schedulerx.md §5.14). */
export const maxResultBytes = 1_000;
/** Longest address. */
export const maxUrlBytes = 8 * 1024;
/** Largest body of a request. */
export const maxBodyBytes = 1024 * 1024;
/** Largest head of an answer, and longest cookie. */
export const maxHeaderBytes = 16 * 1024;
/** Redirects that are followed. */
export const maxRedirects = 5;
/** Longest time of a request that may be asked for: one day. */
export const maxTimeoutMs = 24 * 60 * 60 * 1000;
/** Bytes read of what is kept of an attempt, besides its output. */
export const maxRecordBytes = 64 * 1024;
/** Characters of an answer that a message repeats. */
export const maxQuotedChars = 100;
/** Characters of an address that a message repeats. */
export const maxShownChars = 500;
