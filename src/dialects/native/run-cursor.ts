import { Type } from 'typebox';

/** Where a list of runs goes on: the place of the last run that was seen. */
export const runCursor = Type.Optional(
  Type.String({ pattern: '^r\\d{1,15}$', description: '`nextCursor` of the page before.' }),
);

/** Null = from the newest on. */
export function runCursorPosition(cursor: string | undefined): number | null {
  return cursor === undefined ? null : Number(cursor.slice(1));
}

export function runCursorAt(position: number | null): string | null {
  return position === null ? null : `r${position}`;
}
