import { existsSync, statSync } from 'node:fs';
import { parseMark, sourceMarkKey, type SourceMark } from './marks.ts';
import { TransferRefusedError } from './refused.ts';
import { SqliteSide } from './sqlite-side.ts';

/**
 * Refuses an embedded store that lives on elsewhere: a server on it would run the same jobs a
 * second time.
 * @throws TransferRefusedError with the way to the new place, and the way back.
 */
export async function refuseMovedAway(file: string): Promise<void> {
  if (!existsSync(file) || statSync(file).size === 0) return;
  const side = new SqliteSide(file);
  try {
    const mark = parseMark<SourceMark>(await side.meta(sourceMarkKey));
    if (mark?.state !== 'moved') return;
    throw new TransferRefusedError(
      `${file} was moved to ${mark.to} on ${new Date(mark.atMs).toISOString()}; ` +
        'start the server with store.url (LONGSHORE_STORE_URL) set to that database, ' +
        'or go back to what the folder held on that day with: longshore move --undo',
      'What happened in the new place since then does not come back with --undo',
    );
  } finally {
    await side.close();
  }
}
