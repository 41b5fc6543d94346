/** A part of a file: from a byte, inclusive, until another, exclusive. */
export interface BytePart {
  readonly from: number;
  readonly until: number;
}

/**
 * The part that a `Range` header asks for (RFC 9110 §14.2). Null = the whole: there is no header,
 * or one that a server may ignore: several ranges, another unit, nothing that the file has.
 */
export function byteRange(header: string | null, length: number): BytePart | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '') {
    const wanted = Math.min(Number(last), length);
    return last === '' || wanted === 0 ? null : { from: length - wanted, until: length };
  }
  const from = Number(first);
  const until = last === '' ? length : Math.min(Number(last) + 1, length);
  return from < until ? { from, until } : null;
}
