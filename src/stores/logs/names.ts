import { createHash } from 'node:crypto';

/** Longest name of a file that every file system takes, less room for endings. */
const maxNameLength = 200;

/**
 * Folder of a project or log store: its name where that is a plain one. Anything else is escaped,
 * so that no name leads out of its folder; the name itself stands in the store's description.
 */
export function folderName(name: string): string {
  const escaped = encodeURIComponent(name)
    .replace(/^\./, '%2E')
    .replace(/[*'()!~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  if (escaped.length <= maxNameLength && escaped !== '') return escaped;
  return `~${createHash('sha256').update(name).digest('hex')}`;
}

/** File of a segment: its number, so that names sort by age, and its first time. */
export function segmentName(number: number, firstMs: number): string {
  return `${String(number).padStart(12, '0')}-${firstMs}.log`;
}

/** Number and first time of a segment by its file's name; null for other files. */
export function parseSegmentName(
  name: string,
): { readonly number: number; readonly firstMs: number } | null {
  const match = /^(\d{12})-(\d{1,16})\.log$/.exec(name);
  return match === null ? null : { number: Number(match[1]), firstMs: Number(match[2]) };
}

/** Where something lies in a log store: a segment and a byte in it. */
export interface Place {
  readonly segment: number;
  readonly byte: number;
}

/** A place as text: the id of a record, or a cursor. */
export function placeText({ segment, byte }: Place): string {
  return `${segment}.${byte}`;
}

/** Reads a place from text; null when it is none. */
export function parsePlace(text: string): Place | null {
  const match = /^(\d{1,12})\.(\d{1,12})$/.exec(text);
  return match === null ? null : { segment: Number(match[1]), byte: Number(match[2]) };
}
