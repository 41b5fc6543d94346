import { parseMark, targetMarkKey, type TargetMark } from './marks.ts';
import { PostgresSide } from './postgres-side.ts';
import { TransferRefusedError } from './refused.ts';

/**
 * Refuses a database into which a store is being moved: part of it is still missing.
 * @throws TransferRefusedError with what completes it. An unreachable database passes: the store
 *   itself says that.
 */
export async function refuseHalfMoved(url: string): Promise<void> {
  let side: PostgresSide;
  try {
    side = await PostgresSide.connect(url);
  } catch {
    return;
  }
  try {
    const mark = parseMark<TargetMark>(await side.meta(targetMarkKey));
    if (mark?.state !== 'copying') return;
    throw new TransferRefusedError(
      `${side.name} holds a part of ${mark.from} only: its move is under way or was cut off; ` +
        'complete it with: longshore move',
      'Or empty the database, and the store stays where it was',
    );
  } finally {
    await side.close();
  }
}
