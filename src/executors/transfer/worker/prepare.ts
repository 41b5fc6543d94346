import type { Ends } from '../plan/ends.ts';
import { planTransfer } from '../plan/plan.ts';
import type { WorkerParts } from './parts.ts';
import { measureBefore } from './proof.ts';

/**
 * Plans the run and prepares the target: what one worker does before all others. After a crash
 * within it is done from its beginning, before any row.
 * @throws TransferError what is wrong with the job.
 */
export async function planAndPrepare(
  parts: WorkerParts,
  ends: Ends,
  signal: AbortSignal,
): Promise<void> {
  const { state, definition, runId, say } = parts;
  const plan = await planTransfer(definition, ends);
  signal.throwIfAborted();
  state.run.savePlan([...plan.tables, ...plan.failed.map(({ work }) => work)], plan);
  for (const { work, error } of plan.failed) {
    state.run.failTable(work.table.index, error.message);
  }
  const tables = plan.tables.map(({ table }) => table);
  const chunks = plan.tables.reduce((sum, work) => sum + work.chunks.length, 0);
  say(`${plan.tables.length} tables, ${chunks} chunks`);
  const rowsDeleted = await ends.target.prepare(tables, runId);
  const kept = state.run.tables().filter((table) => table.state !== 'failed');
  const before = await measureBefore(definition, ends, kept, signal);
  state.run.beginLoading(before, rowsDeleted);
}
