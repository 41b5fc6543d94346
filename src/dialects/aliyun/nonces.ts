import { hash } from 'node:crypto';
import type { DialectLog } from '../kit/dialect.ts';
import { HashSet64 } from './hash-set.ts';
import { NonceJournal } from './nonce-journal.ts';

/** How long a nonce stays used: both sides of the ±15 min window (sae.md §3.5). */
export const nonceRetentionMs = 30 * 60_000;

/** Width of one bucket; a nonce is kept for the retention and at most one bucket more. */
const bucketMs = 5 * 60_000;

/** Default bound: 15,000 requests a second for 35 minutes, about 400 MB when full. */
export const nonceLimitDefault = 32_000_000;

/** Answer of the memory: `used` is a replay, `full` means that nothing more can be recorded. */
export type NonceVerdict = 'fresh' | 'used' | 'full';

/** Which nonces each access key has used lately. */
export interface NonceMemory {
  /** Records the nonce unless it is used. Call only once the signature is verified. */
  remember(keyId: string, nonce: string, nowMs: number): NonceVerdict;
  /** Number of nonces remembered. */
  readonly size: number;
  /** Writes down what a restart needs and lets go of the files. */
  close(): void;
}

export interface NonceMemoryOptions {
  /** Where the journal lies; null keeps nothing across restarts. */
  readonly directory: string | null;
  readonly nowMs: number;
  readonly log: DialectLog;
  /** Most nonces held at once; default `nonceLimitDefault`. */
  readonly limit?: number;
}

/**
 * Opens the memory with what the journal still knows.
 * @throws the file system's error when the directory cannot be used.
 */
export function openNonceMemory(options: NonceMemoryOptions): NonceMemory {
  return new BucketedNonces(options);
}

/** Sets of hashes by time of arrival: old nonces are forgotten a bucket at a time. */
class BucketedNonces implements NonceMemory {
  readonly #buckets = new Map<number, HashSet64>();
  readonly #journal: NonceJournal | null;
  readonly #limit: number;
  #size = 0;
  #current = -1;

  constructor(options: NonceMemoryOptions) {
    this.#limit = options.limit ?? nonceLimitDefault;
    this.#journal =
      options.directory === null ? null : new NonceJournal(options.directory, options.log);
    this.#rotate(options.nowMs);
    const nowSeconds = options.nowMs / 1000;
    this.#journal?.load((bucket, expiresAtSeconds, high, low) => {
      if (expiresAtSeconds <= nowSeconds || this.#size >= this.#limit) return;
      if (this.#bucket(bucket).add(high, low)) this.#size += 1;
    });
  }

  get size(): number {
    return this.#size;
  }

  remember(keyId: string, nonce: string, nowMs: number): NonceVerdict {
    const bucket = Math.floor(nowMs / bucketMs);
    if (bucket !== this.#current) this.#rotate(nowMs);
    // No key id holds a line feed (the key was found), so the pair has one reading only.
    const digest = hash('sha256', `${keyId}\n${nonce}`, 'buffer');
    const high = digest.readUInt32LE(0);
    const low = digest.readUInt32LE(4);
    for (const set of this.#buckets.values()) if (set.has(high, low)) return 'used';
    if (this.#size >= this.#limit) return 'full';
    this.#bucket(bucket).add(high, low);
    this.#size += 1;
    this.#journal?.append(bucket, Math.ceil((nowMs + nonceRetentionMs) / 1000), high, low);
    return 'fresh';
  }

  close(): void {
    this.#journal?.close();
  }

  #bucket(index: number): HashSet64 {
    let set = this.#buckets.get(index);
    if (set === undefined) {
      set = new HashSet64();
      this.#buckets.set(index, set);
    }
    return set;
  }

  #rotate(nowMs: number): void {
    this.#current = Math.floor(nowMs / bucketMs);
    const isLive = (index: number) => (index + 1) * bucketMs + nonceRetentionMs > nowMs;
    for (const [index, set] of this.#buckets) {
      if (isLive(index)) continue;
      this.#buckets.delete(index);
      this.#size -= set.size;
    }
    this.#journal?.forget(isLive);
  }
}
