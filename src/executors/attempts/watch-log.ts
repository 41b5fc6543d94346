import fs from 'node:fs';
import path from 'node:path';
import type { Executor, LogStream } from '../../ports/executor.ts';
import { isAttemptId } from './folder.ts';

/**
 * Calls `listener` whenever a stream of an attempt grows; returns what ends it. Null when there is
 * no output file yet, or the system watches no more files: then its reader has to look by itself.
 */
export function watchLogFile(
  folder: string,
  stream: LogStream,
  listener: () => void,
): (() => void) | null {
  try {
    const watcher = fs.watch(path.join(folder, stream), { persistent: false }, listener);
    // A file that goes away while it is watched is no fault; its reader finds out.
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return null;
  }
}

/** `watchLog` of an executor that keeps output in a folder for each attempt. */
export function logWatcher(
  folderOf: (attemptId: string) => string,
): NonNullable<Executor['watchLog']> {
  return (attemptId, stream, listener) =>
    isAttemptId(attemptId) ? watchLogFile(folderOf(attemptId), stream, listener) : null;
}
