/** Checksums of rows: sums of their hashes modulo 2^64, told as 16 hexadecimal digits. */

/** @param sum any whole number; what is above 64 bits, or below zero, goes round. */
export function checksumOf(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}

/** The sum that a checksum tells. @throws SyntaxError for what is none. */
export function sumOf(checksum: string): bigint {
  return BigInt(`0x${checksum}`);
}
