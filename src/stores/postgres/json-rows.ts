/**
 * Rows for `json_to_recordset`: one text for a whole batch, written by the engine's own
 * serializer, which is much cheaper than arrays of escaped elements.
 */
export function rowsJson(rows: readonly object[]): string {
  if (rows.length === 0) return '[]';
  const text = JSON.stringify(rows);
  return UNSTORABLE.test(text) ? JSON.stringify(rows, storable) : text;
}

/**
 * PostgreSQL's text holds every character but NUL and halves of surrogate pairs; those become
 * U+FFFD. They can only come from free text, such as what a program printed.
 */
export function storableText(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd').toWellFormed() : text.toWellFormed();
}

/** How JSON writes them; also fits an escaped backslash before `u0000`, which the slow way keeps. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;

function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value;
}
