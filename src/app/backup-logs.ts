import { closeSync, createReadStream, createWriteStream, fstatSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { files, isAttemptId, openRegular, releasedFile } from '../executors/attempts/folder.ts';
import type { OnProgress } from '../stores/transfer/copy.ts';
import { dataFiles } from './data-files.ts';

/** What reading an attempt's output needs; not what was run, which holds secrets. */
const logFiles = [
  files.stdout,
  files.stderr,
  releasedFile(files.stdout),
  releasedFile(files.stderr),
] as const;

/**
 * Copies the output of every attempt of this folder as far as it goes now; attempts may run.
 * The attempts' folders belong to their jobs: links in them are not followed.
 * @returns the paths of the copies below `draft`.
 */
export async function copyLogs(
  dataDir: string,
  draft: string,
  onProgress: OnProgress,
): Promise<readonly string[]> {
  const folder = join(dataDir, dataFiles.attempts);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const attempts = names.filter(isAttemptId);
  const copied: string[] = [];
  for (const [index, attempt] of attempts.entries()) {
    onProgress({ step: 'copying output (attempts)', done: index, total: attempts.length });
    for (const name of logFiles) {
      const fd = openRegular(join(folder, attempt, name));
      if (fd === null) continue;
      const path = `${dataFiles.attempts}/${attempt}/${name}`;
      await mkdir(join(draft, dataFiles.attempts, attempt), { recursive: true, mode: 0o700 });
      await copyNow(fd, join(draft, path));
      copied.push(path);
    }
  }
  return copied;
}

/** Copies what the file holds at this moment, and closes it. */
async function copyNow(fd: number, to: string): Promise<void> {
  const { size } = fstatSync(fd);
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600 });
  // A stream cannot end before its first byte: of an empty file, which may just be growing,
  // nothing is read.
  const source = size === 0 ? null : createReadStream('', { fd, start: 0, end: size - 1 });
  if (source === null) closeSync(fd);
  await pipeline(source ?? [], target);
}
