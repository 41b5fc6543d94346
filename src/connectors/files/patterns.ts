import type { FileFilter } from '../../domain/transfer/definition.ts';
import type { FileInfo } from '../../ports/file-store.ts';
import { badDefinition } from './errors.ts';

/** Decides whether a file is taken (cdm.md §4.4, filters). */
export type FileChoice = (file: FileInfo, inputFolder: string) => boolean;

/**
 * A filter as a function. Patterns fit whole names: of the file, and of any folder on its way from
 * the input folder (itself included) to the file.
 * @throws TransferError `invalid-definition` for an expression or time that cannot be read.
 */
export function fileChoice(filter: FileFilter): FileChoice {
  const folders = filter.folders.map((pattern) => expression(pattern, filter.by));
  const files = filter.files.map((pattern) => expression(pattern, filter.by));
  const fromMs = filter.modifiedFrom === null ? -Infinity : timeMs(filter.modifiedFrom);
  const beforeMs = filter.modifiedBefore === null ? Infinity : timeMs(filter.modifiedBefore);
  return (file, inputFolder) => {
    if (file.modifiedAtMs < fromMs || file.modifiedAtMs >= beforeMs) return false;
    const above = inputFolder.slice(0, inputFolder.lastIndexOf('/') + 1).length;
    const parts = file.path.slice(above).split('/');
    const name = parts.pop() ?? '';
    if (files.length > 0 && !files.some((pattern) => pattern.test(name))) return false;
    if (folders.length === 0) return true;
    return parts.some((part) => folders.some((pattern) => pattern.test(part)));
  };
}

/** A pattern with `*` and `?` as an expression that fits whole names. */
export function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/[\\^$.|+()[\]{}*?]/g, (char) => {
    if (char === '*') return '.*';
    return char === '?' ? '.' : `\\${char}`;
  });
  return new RegExp(`^${source}$`, 'su');
}

function expression(pattern: string, by: FileFilter['by']): RegExp {
  if (by === 'wildcard') return wildcard(pattern.trim());
  try {
    return new RegExp(`^(?:${pattern.trim()})$`, 'su');
  } catch (error) {
    throw badDefinition(
      `the filter ${pattern} is no regular expression: ${(error as Error).message}`,
    );
  }
}

/** `yyyy-MM-dd HH:mm:ss` in the time zone of this server, a date, or milliseconds since 1970. */
function timeMs(text: string): number {
  const trimmed = text.trim();
  if (/^\d{10,}$/.test(trimmed)) return Number(trimmed);
  const found = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(trimmed);
  if (found === null) {
    throw badDefinition(
      `the time ${text} cannot be read; write it as yyyy-MM-dd HH:mm:ss or in milliseconds`,
    );
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}
