/** A moment as engines write it before each line: RFC 3339, up to nanoseconds, any offset. */
export interface Stamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** Longest text of a stamp. */
const maxStampChars = 40;

/** Splits `<stamp> <output>`; null when a frame does not begin with a stamp. */
export function splitStamp(
  payload: Buffer,
): { readonly stamp: string; readonly bytes: Buffer } | null {
  const space = payload.indexOf(32);
  if (space <= 0 || space > maxStampChars) return null;
  return { stamp: payload.toString('latin1', 0, space), bytes: payload.subarray(space + 1) };
}

/** Reads a stamp; null when the text is none. */
export function parseStamp(text: string): Stamp | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return null;
  const timeMs = Date.parse(`${match[1]}${match[3]}`);
  if (!Number.isFinite(timeMs)) return null;
  return { seconds: timeMs / 1000, nanos: Number((match[2] ?? '').padEnd(9, '0')) };
}

/** Whether one moment lies before another. */
export function isBefore(one: Stamp, other: Stamp): boolean {
  return one.seconds === other.seconds ? one.nanos < other.nanos : one.seconds < other.seconds;
}
