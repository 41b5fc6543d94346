/** The codec of `extended-configs` (cdm.md §3.2.2): base64 of JSON with `J` and `L` exchanged. */

/** What an extended configuration holds: further inputs by the last part of their names. */
export type ExtendedFields = Readonly<Record<string, unknown>>;

/** Tells one form from the other: the wrong one is hardly ever UTF-8. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Null when the text is neither of the two known forms. Empty = no fields. */
export function decodeExtended(text: string): ExtendedFields | null {
  if (text.trim() === '') return {};
  return fieldsOf(exchanged(text)) ?? fieldsOf(text);
}

/** The text of these fields, as the service writes it. */
export function encodeExtended(fields: ExtendedFields): string {
  return exchanged(Buffer.from(JSON.stringify(fields), 'utf8').toString('base64'));
}

function fieldsOf(base64: string): ExtendedFields | null {
  try {
    const parsed: unknown = JSON.parse(utf8.decode(Buffer.from(base64, 'base64')));
    const isFields = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isFields ? (parsed as ExtendedFields) : null;
  } catch {
    return null;
  }
}

function exchanged(text: string): string {
  return text.replace(/[JL]/g, (letter) => (letter === 'J' ? 'L' : 'J'));
}
