import { abandonMs } from '../limits.ts';
import { isBinaryCopy, openEnds } from '../plan/ends.ts';
import { writeDirtyFiles } from './dirty-files.ts';
import { faultOf } from './failure.ts';
import { fileTrade } from './file-trade.ts';
import type { WorkerParts } from './parts.ts';
import { rowTrade } from './row-trade.ts';
import type { Trade } from './trade.ts';

/** Opens both ends for what the job moves. @throws TransferError. */
export async function openTrade(parts: WorkerParts, signal: AbortSignal): Promise<Trade> {
  const { work, definition, connectorOf, openCopying } = parts;
  return isBinaryCopy(definition)
    ? fileTrade(parts, await openCopying(work, signal))
    : rowTrade(parts, await openEnds(work, connectorOf, signal));
}

/**
 * The last worker of a run that failed removes what must not stay at the target; whoever finds a
 * run that no worker is left of does it for them. Never throws.
 */
export async function tidyUp(parts: WorkerParts): Promise<void> {
  const { state, say } = parts;
  if (state.run.isAbandoned() || state.members.alive().length > 0) return;
  const signal = AbortSignal.timeout(abandonMs);
  try {
    await writeDirtyFiles(parts, signal);
    const trade = await openTrade(parts, signal);
    try {
      await trade.abandon();
    } finally {
      await trade.close();
    }
    state.run.abandoned();
  } catch (error) {
    say(`tidying up was not possible: ${faultOf(error, null).message}`);
  }
}
