/** How long a test waits for something that should happen at once, on a busy machine. */
export const PATIENCE_MS = 20_000;

/** Pause between two looks at a condition that gives no signal. */
const LOOK_AGAIN_MS = 15;

/**
 * Settles with `promise`, or fails once `deadlineMs` have passed: a test that waits for an event
 * waits through this, so that it ends with words instead of hanging.
 * @throws Error naming `what` when the deadline passes first.
 */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  deadlineMs = PATIENCE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`did not happen within ${deadlineMs} ms: ${what}`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Looks until `look` answers something other than null, undefined or false, and returns it.
 * For states that only another process or a client call can tell; prefer an event and `within`.
 * @throws Error naming `what`, with the last error of `look`, when the deadline passes first.
 */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  deadlineMs = PATIENCE_MS,
): Promise<T> {
  const giveUpAtMs = performance.now() + deadlineMs;
  let lastError: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > giveUpAtMs) {
      throw new Error(`did not happen within ${deadlineMs} ms: ${what}`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
