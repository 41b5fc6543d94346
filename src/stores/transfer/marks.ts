import { moveKeyPrefix } from './tables.ts';
import type { Row } from './side.ts';

/** In the source's `meta`: that it is being moved, or was. */
export const sourceMarkKey = `${moveKeyPrefix}to`;
/** In the target's `meta`: where it comes from, and whether it is complete. */
export const targetMarkKey = `${moveKeyPrefix}from`;

/** What a source knows about its move. Servers refuse it once it is `moved`. */
export interface SourceMark {
  readonly state: 'moving' | 'moved';
  /** The same on both sides: an interrupted move is taken up only between the same two. */
  readonly id: string;
  /** Address of the target without its password. */
  readonly to: string;
  readonly atMs: number;
}

/** What a target knows about its move. Servers refuse it while it is `copying`. */
export interface TargetMark {
  readonly state: 'copying' | 'complete';
  readonly id: string;
  /** File that is copied. */
  readonly from: string;
  /** The source's greatest fencing number: a greater one now means that a server has run on it since. */
  readonly fence: number;
  readonly atMs: number;
}

/** How far one table has been copied. Written in the transaction that writes the rows. */
export interface TableProgress {
  /** Key of the last row that was written; null = none yet. */
  readonly after: Row | null;
  readonly rows: number;
  readonly done: boolean;
}

/** Where the target keeps the progress of a table. */
export function progressKey(table: string): string {
  return `${moveKeyPrefix}table.${table}`;
}

/** Reads a mark; null when there is none. @throws Error when it is not one: somebody wrote there. */
export function parseMark<T extends SourceMark | TargetMark | TableProgress>(
  text: string | null,
): T | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new Error(`a row of meta that begins with ${moveKeyPrefix} is damaged: ${text}`, {
      cause,
    });
  }
}
