import fs from 'node:fs';
import path from 'node:path';
import type { Task } from '../../domain/template.ts';
import { collectHostFiles } from '../attempts/collected.ts';
import { openRegular } from '../attempts/folder.ts';
import { type JobUser, type StartFile, startFolderName } from './protocol.ts';

/** File of the start folder that names what is collected, for servers that adopt the attempt. */
const collectFileName = 'collect';
/** Longest such file that is read. */
const maxCollectFileBytes = 256 * 1024;
/** Things that could not be collected and are named; of further ones only the number. */
const maxNamedProblems = 3;

/** Whether files of the machine are to be collected when the attempt has ended. */
export function collectsFiles({ collect }: Task): boolean {
  return collect?.some(({ source }) => source.kind === 'file') ?? false;
}

/** The start file that names what is collected; none when nothing is. */
export function collectStartFiles({ collect = [] }: Task): readonly StartFile[] {
  const patterns = collect.flatMap(({ source }) => (source.kind === 'file' ? [source.path] : []));
  if (patterns.length === 0) return [];
  return [{ name: collectFileName, content: JSON.stringify([...new Set(patterns)]) }];
}

/**
 * Copies the files that an ended attempt is to have collected into its folder. Does nothing for
 * those that collect none.
 * @param user the job's; null = the server's own.
 * @returns what could not be collected, '' usually.
 */
export async function collectEnded(folder: string, user: JobUser | null): Promise<string> {
  const patterns = readPatterns(folder);
  if (patterns.length === 0) return '';
  const owner = { uid: user?.uid ?? null, gid: user?.gid ?? null };
  const problems = await collectHostFiles({ folder, patterns, ...owner });
  const unnamed = problems.length - maxNamedProblems;
  const named = problems.slice(0, maxNamedProblems);
  return (unnamed > 0 ? [...named, `and ${unnamed} more`] : named).join('; ');
}

/**
 * The folder around the start folder is the job's, so the file may be another than the one that
 * was written. Nothing is read by it that the job could not read: whatever it names is searched
 * and copied by programs that run as the job's user.
 */
function readPatterns(folder: string): readonly string[] {
  const fd = openRegular(path.join(folder, startFolderName, collectFileName));
  if (fd === null) return [];
  try {
    const bytes = Buffer.alloc(Math.min(fs.fstatSync(fd).size, maxCollectFileBytes));
    const length = fs.readSync(fd, bytes, 0, bytes.length, 0);
    const patterns: unknown = JSON.parse(bytes.toString('utf8', 0, length));
    if (!Array.isArray(patterns)) return [];
    return patterns.filter(
      (pattern): pattern is string => typeof pattern === 'string' && /^\/[^\0]*$/.test(pattern),
    );
  } catch {
    return [];
  } finally {
    fs.closeSync(fd);
  }
}
