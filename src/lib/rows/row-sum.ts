/** A checksum of rows in the format `text` that does not depend on their order. */
import { checksumOf } from './checksum.ts';

const LF = 0x0a;
const TWO_32 = 4_294_967_296n;

/**
 * Adds up a hash of every row modulo 2^64. Equal rows give equal sums, wherever and in whatever
 * order they were read; a difference of one row shows but with a chance of about 2^-64. It finds
 * mistakes, not forgeries.
 */
export class RowSum {
  #rows = 0;
  #sum = 0n;

  get rows(): number {
    return this.#rows;
  }

  /** 16 hexadecimal digits. */
  get checksum(): string {
    return checksumOf(this.#sum);
  }

  /** Whole rows, each ended by LF (`ports/connector.ts`). */
  add(bytes: Uint8Array): void {
    // Two lanes of 32 bits: numbers of 64 bits would be made on the heap for every byte.
    let a = 0x9747b28c | 0;
    let b = 0x3c6ef372 | 0;
    let [low, high, rows] = [0, 0, 0];
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte !== LF) {
        a = Math.imul(a ^ byte, 0x01000193);
        b = Math.imul((b << 7) | (b >>> 25), 0x2c1b3c6d) + byte;
        continue;
      }
      // Sums of 32 bits stay whole numbers for far more rows than a batch has.
      low += mixed(a ^ Math.imul(b, 0x297a2d39));
      high += mixed(b ^ Math.imul(a, 0x85ebca6b));
      rows += 1;
      a = 0x9747b28c | 0;
      b = 0x3c6ef372 | 0;
    }
    this.#rows += rows;
    this.#sum += BigInt(low) + BigInt(high) * TWO_32;
  }
}

/** Every bit of the result depends on every bit of `value`: the finish of MurmurHash3. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
