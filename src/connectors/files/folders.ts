import type { FileTarget } from '../../domain/transfer/definition.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { folderOf } from './entries.ts';
import { once } from './parts.ts';
import { cleanPath, WORK_FOLDER_PREFIX } from './selection.ts';

/** Removes everything in a folder; a folder that is not there is empty. */
export async function clearFolder(
  store: FileStore,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const found = await store.stat(folder);
  if (found === null || !found.folder) return;
  await store.removeTree(folder, signal);
  if (store.hasFolders) await store.makeFolder(folder);
}

/** Whether a folder holds no file, besides those of runs under way. */
export async function isEmptyFolder(
  store: FileStore,
  folder: string,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await store.stat(folder);
  if (found === null) return true;
  for await (const { path } of store.list(folder, signal)) {
    if (!folderOf(path).includes(WORK_FOLDER_PREFIX)) return false;
  }
  return true;
}

/** Writes the empty file that tells that the output is complete (cdm.md §5.9, marker file). */
export async function writeMarker(
  store: FileStore,
  to: Pick<FileTarget, 'directory' | 'marker'>,
  signal: AbortSignal,
): Promise<void> {
  if (to.marker === null || to.marker === '') return;
  const path = cleanPath(`${to.directory}/${to.marker}`);
  await store.write(path, once(Buffer.alloc(0)), { signal });
}
