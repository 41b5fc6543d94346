import { encodeRow } from '../../../lib/rows/csv.ts';
import { openFiles } from '../plan/ends.ts';
import type { WorkerParts } from './parts.ts';

/** Rows read from the quarantine at once. */
const pageRows = 1_000;

/**
 * Writes the dirty rows of a run where the job wants them besides the quarantine: a file for each
 * shard, the original fields, then the reason (cdm.md §5.10). Repeating it writes the same again.
 * @throws TransferError when they cannot be written.
 */
export async function writeDirtyFiles(parts: WorkerParts, signal: AbortSignal): Promise<void> {
  const { copyTo } = parts.definition.dirtyRows;
  const { quarantine } = parts.state;
  const shards = copyTo === null ? [] : quarantine.shards();
  if (copyTo === null || shards.length === 0) return;
  const files = await openFiles(parts.work, copyTo.link, copyTo.bucket, parts.connectorOf, signal);
  try {
    const directory = copyTo.directory.replace(/^\/+|\/+$/g, '');
    const folder = [directory, segment(parts.definition.name), segment(parts.runId)]
      .filter((part) => part !== '')
      .join('/');
    for (const shard of shards) {
      const path = `${folder}/shard_${shard}.csv`;
      await files.write(path, rowsOf(shard), { contentType: 'text/csv', signal });
    }
  } finally {
    await files.close();
  }

  async function* rowsOf(shard: number): AsyncGenerator<Uint8Array> {
    for (let after = 0; ;) {
      const rows = quarantine.read({ after, limit: pageRows, shard });
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.id;
      yield Buffer.from(rows.map(({ fields, reason }) => encodeRow([...fields, reason])).join(''));
    }
  }
}

/** Names become one segment of a path. */
function segment(name: string): string {
  const safe = name.replace(/[/\\\0]/g, '_');
  return safe === '.' || safe === '..' ? '_' : safe;
}
