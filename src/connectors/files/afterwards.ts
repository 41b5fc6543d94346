import type { FileSource } from '../../domain/transfer/definition.ts';
import type { FileStore } from '../../ports/file-store.ts';

/**
 * What becomes of files that were read (cdm.md §4.4, fromFileOpType): renamed files get the time
 * behind their name. Files that are not there any more are passed over, so repeating is harmless.
 */
export async function settleFiles(
  store: FileStore,
  paths: readonly string[],
  afterwards: FileSource['afterwards'],
  nowMs: number,
): Promise<void> {
  if (afterwards === 'nothing') return;
  const stamp = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14);
  for (const path of paths) {
    if ((await store.stat(path)) === null) continue;
    if (afterwards === 'delete') await store.remove(path);
    else await store.rename(path, `${path}.${stamp}`);
  }
}
