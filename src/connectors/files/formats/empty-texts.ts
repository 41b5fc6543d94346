const QUOTE = 0x22;
const LF = 0x0a;

/**
 * Whether records (RFC 4180, LF) may hold fields whose emptiness means another thing than it does
 * in rows: an empty one that is a text, a quoted one that is NULL. Never false when there are.
 */
export function emptiness(
  bytes: Buffer,
  separator: string,
  emptyTexts: readonly boolean[],
): { readonly texts: boolean; readonly nulls: boolean } {
  const nulls = emptyTexts.includes(false) && bytes.includes('""');
  const texts =
    emptyTexts.includes(true) &&
    (bytes.includes(separator + separator) ||
      bytes.includes(`${separator}\n`) ||
      bytes.includes(`\n${separator}`) ||
      bytes.includes('\n\n') ||
      bytes[0] === LF ||
      bytes[0] === separator.charCodeAt(0));
  return { texts, nulls };
}

/** The records with `""` for each empty field that is a text. All quotes must be regular. */
export function withEmptyTexts(
  bytes: Buffer,
  separator: string,
  emptyTexts: readonly boolean[],
): Buffer {
  const mark = separator.charCodeAt(0);
  const places: number[] = [];
  let within = false;
  let field = 0;
  let start = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) within = !within;
    else if ((byte === mark || byte === LF) && !within) {
      if (at === start && emptyTexts[field] === true) places.push(at);
      start = at + 1;
      field = byte === mark ? field + 1 : 0;
    }
  }
  if (places.length === 0) return bytes;
  const out = Buffer.allocUnsafe(bytes.length + 2 * places.length);
  let from = 0;
  let write = 0;
  for (const place of places) {
    write += bytes.copy(out, write, from, place);
    out[write] = QUOTE;
    out[write + 1] = QUOTE;
    write += 2;
    from = place;
  }
  bytes.copy(out, write, from);
  return out;
}
