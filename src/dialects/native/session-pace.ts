import { isIPv6 } from 'node:net';

/** Failed sign-ins of one address before further ones must wait. */
const freeFailures = 5;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** After this long without a failure an address starts anew. */
const forgetMs = 15 * 60_000;
/** Addresses that are remembered; the one that failed longest ago makes room. */
const maxAddresses = 10_000;

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

/**
 * Slows down who guesses: after some failed sign-ins from one address the next must wait, longer
 * each time. By address, so that nobody can lock out a user. Held in memory: a restart forgets it,
 * which costs a guesser more than it gives. A success forgets nothing, or a guesser with an account
 * could clear his own record with it.
 */
export class SignInPace {
  readonly #failures = new Map<string, Failures>();

  /** How long the address must wait; 0 = it may try now. */
  waitMs(address: string, nowMs: number): number {
    const known = this.#known(address, nowMs);
    if (known === null || known.count < freeFailures) return 0;
    const pauseMs = Math.min(firstPauseMs * 2 ** (known.count - freeFailures), longestPauseMs);
    return Math.max(0, known.lastMs + pauseMs - nowMs);
  }

  /** Counts a try as failed before it is known, so that many at once do not slip through. */
  begin(address: string, nowMs: number): void {
    const count = (this.#known(address, nowMs)?.count ?? 0) + 1;
    const key = keyOf(address);
    this.#failures.delete(key);
    if (this.#failures.size >= maxAddresses) {
      const oldest = this.#failures.keys().next();
      if (oldest.done !== true) this.#failures.delete(oldest.value);
    }
    this.#failures.set(key, { count, lastMs: nowMs });
  }

  /** Takes back what `begin` counted. */
  succeeded(address: string): void {
    const key = keyOf(address);
    const known = this.#failures.get(key);
    if (known === undefined) return;
    if (known.count <= 1) this.#failures.delete(key);
    else this.#failures.set(key, { ...known, count: known.count - 1 });
  }

  #known(address: string, nowMs: number): Failures | null {
    const known = this.#failures.get(keyOf(address));
    if (known === undefined) return null;
    // Absolute, so that a clock set back does not hold anyone off for ever.
    return Math.abs(nowMs - known.lastMs) > forgetMs ? null : known;
  }
}

/** One network of IPv6 has more addresses than anyone could remember: its first 64 bits count. */
function keyOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4).join(':');
}
