import type { RowTarget } from '../../../ports/connector.ts';
import type { ClaimedChunk, Intent } from '../state/chunks.ts';
import type { RunState } from '../state/state.ts';

/**
 * Finds out where a chunk stands that somebody began before: whether the last commit happened,
 * and where to go on.
 * @returns the chunk as it is to be done now; null when it is done already.
 * @throws TransferError when the target cannot be asked.
 */
export async function takeUp(
  chunk: ClaimedChunk,
  {
    state,
    target,
    me,
  }: { readonly state: RunState; readonly target: RowTarget; readonly me: string },
): Promise<ClaimedChunk | null> {
  const { intent, before, shard } = chunk;
  if (intent === null) {
    if (before === null) return chunk;
    state.chunks.undone(chunk);
    if (before !== me) {
      const from = chunk.position === null ? 'its beginning' : 'its last commit';
      state.chunks.note(
        shard,
        `${chunk.chunk.label}: taken over from worker ${before}, which ended; goes on from ${from}; nothing is repeated`,
        0,
      );
    }
    return chunk;
  }
  const outcome = await target.outcome(intent.token);
  if (outcome === 'committed') {
    state.chunks.committed(chunk, withRows(intent));
    const { position } = intent;
    const rest = position === null ? 'it is done' : 'goes on behind it';
    state.chunks.note(
      shard,
      `${chunk.chunk.label}: the end of its commit was not seen; the target has it, so ${rest}`,
      0,
    );
    return position === null
      ? null
      : { ...chunk, position, checksum: intent.checksum ?? null, intent: null };
  }
  const repeats = outcome === 'unknown';
  state.chunks.undone(chunk, { repeats });
  if (!repeats) {
    state.chunks.note(
      shard,
      `${chunk.chunk.label}: its commit did not happen; it is done again, nothing is repeated`,
      0,
    );
  }
  return { ...chunk, intent: null, repeats };
}

/** Rows that only the commit itself would have told are those that were sent. */
function withRows(intent: Intent): Intent {
  const { counts } = intent;
  if (counts.rowsWritten > 0) return intent;
  return {
    ...intent,
    counts: { ...counts, rowsWritten: counts.rowsRead - counts.rowsRejected },
  };
}
