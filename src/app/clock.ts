import { randomUUID } from 'node:crypto';
import type { Clock, Ids, Randomness, Timer } from '../ports/clock.ts';

/** `setTimeout` fires at once for longer delays than this, so those are slept in parts. */
const maxTimerMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, task: () => void): Timer {
    let handle: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      const stepMs = Math.min(Math.max(remainingMs, 0), maxTimerMs);
      handle = setTimeout(() => {
        if (remainingMs > stepMs) {
          arm(remainingMs - stepMs);
        } else {
          task();
        }
      }, stepMs);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  soon(task: () => void): void {
    setImmediate(task);
  },
};

/** UUIDs by time and chance. */
export const systemIds: Ids = { uuid: timeOrderedUuid };

/** The runtime's generator: spreads retries, guards nothing. */
export const systemRandom: Randomness = { fraction: () => Math.random() };

/**
 * A UUID of version 7: milliseconds, then chance. Rows that are made together then lie together
 * in the store's indexes, so that a commit touches few pages however much is stored.
 */
function timeOrderedUuid(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
