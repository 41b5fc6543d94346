import { saeError } from '../errors.ts';
import type { JobParameter } from './parameter.ts';

/** Largest integer a parameter may hold: what the official clients' int32 fields carry. */
const maxInteger = 2_147_483_647;
/** Longest text of a parameter without a limit of its own. */
const maxTextChars = 65_536;

/** Decimal text as an integer within bounds, else undefined. */
export function readInteger(
  text: string,
  min: number = -maxInteger,
  max: number = maxInteger,
): number | undefined {
  if (!/^-?\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/** `true` or `false` in any letter case, else undefined (sae.md §2.2). */
export function readBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** Whether the text is an IANA zone name this server knows. */
export function isTimezone(text: string): boolean {
  // Intl also takes bare offsets such as +08:00, which are no IANA names and no valid TZ value.
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(text)) return false;
  try {
    new Date(0).toLocaleDateString('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks the text against the row's type, range, pattern and length.
 * @throws WireError `InvalidParameter.Obviously` naming the parameter (sae.md §4.2, #2).
 */
export function checkScalar(row: JobParameter, text: string): void {
  if (!fits(row, text)) throw saeError('InvalidParameter.Obviously', row.name);
}

function fits(row: JobParameter, text: string): boolean {
  const type = row.type;
  switch (type.kind) {
    case 'text':
      return (
        // A NUL cannot be handed to any process.
        text.length <= (type.maxChars ?? maxTextChars) &&
        !text.includes('\0') &&
        (type.pattern === undefined || type.pattern.test(text))
      );
    case 'choice':
      return type.values.includes(text);
    case 'integer':
      return readInteger(text, type.min, type.max) !== undefined;
    case 'boolean':
      return readBoolean(text) !== undefined;
    case 'timezone':
      return isTimezone(text);
    case 'json':
      return true;
  }
}
