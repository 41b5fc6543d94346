/** Line ends of whole records, made others without looking at their fields. */

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Records that end in LF, with another line end. Line ends within quotes stay; quotes must be
 * regular (RFC 4180). The same memory when the line end is LF.
 */
export function withLineEnd(records: Buffer, lineEnd: Buffer): Buffer {
  if (lineEnd.length === 1 && lineEnd[0] === LF) return records;
  if (!records.includes(QUOTE)) {
    const end = lineEnd.toString('latin1');
    return Buffer.from(records.toString('latin1').replaceAll('\n', end), 'latin1');
  }
  const lines = countByte(records, 0, records.length, LF);
  // Those within quotes stay: at most this.
  const out = Buffer.allocUnsafe(records.length + (lineEnd.length - 1) * lines);
  let within = false;
  let write = 0;
  for (let at = 0; at < records.length; at += 1) {
    const byte = records[at] ?? 0;
    if (byte === LF && !within) {
      for (let place = 0; place < lineEnd.length; place += 1) {
        out[write] = lineEnd[place] ?? 0;
        write += 1;
      }
      continue;
    }
    if (byte === QUOTE) within = !within;
    out[write] = byte;
    write += 1;
  }
  return out.subarray(0, write);
}

/**
 * Records that end in LF or CR LF, with LF alone. What stands within quotes stays, for which these
 * must be regular (RFC 4180). The same memory when there is no CR; null when one is data outside
 * of quotes, where others would take it for a line end.
 * @param quotes whether there are any
 */
export function withoutCr(records: Buffer, quotes: boolean): Buffer | null {
  if (!records.includes(CR)) return records;
  if (!quotes) {
    // Strings are searched and cut much faster than bytes one by one.
    const text = records.toString('latin1').replaceAll('\r\n', '\n');
    return text.includes('\r') ? null : Buffer.from(text, 'latin1');
  }
  const out = Buffer.allocUnsafe(records.length);
  let within = false;
  let write = 0;
  for (let at = 0; at < records.length; at += 1) {
    const byte = records[at] ?? 0;
    if (byte === QUOTE) within = !within;
    else if (byte === CR && !within) {
      if (records[at + 1] !== LF) return null;
      continue;
    }
    out[write] = byte;
    write += 1;
  }
  return out.subarray(0, write);
}

/**
 * How often a byte stands between `from` and `to`, which must lie within `bytes`. Four bytes are
 * looked at in one step, so that neither long lines nor short ones cost much.
 */
export function countByte(bytes: Buffer, from: number, to: number, mark: number): number {
  let count = 0;
  let at = from;
  for (; at < to && ((bytes.byteOffset + at) & 3) !== 0; at += 1) {
    if (bytes[at] === mark) count += 1;
  }
  if (at >= to) return count;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (to - at) >> 2);
  const marks = Math.imul(mark, 0x01010101);
  for (let place = 0; place < words.length; place += 1) {
    const differences = (words[place] ?? 0) ^ marks;
    // The highest bit of each byte that does not differ, and no other bit.
    let same = ~(((differences & 0x7f7f7f7f) + 0x7f7f7f7f) | differences | 0x7f7f7f7f);
    for (; same !== 0; same &= same - 1) count += 1;
  }
  for (at += words.length * 4; at < to; at += 1) {
    if (bytes[at] === mark) count += 1;
  }
  return count;
}
