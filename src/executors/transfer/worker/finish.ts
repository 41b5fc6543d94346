import { TransferError } from '../../../domain/transfer/errors.ts';
import type { Ends } from '../plan/ends.ts';
import { tableCounts } from '../state/report.ts';
import { DirtyRows } from './dirty.ts';
import { writeDirtyFiles } from './dirty-files.ts';
import type { WorkerParts } from './parts.ts';
import { prove, type ProofFacts } from './proof.ts';

/** Everything is loaded: makes it final at the target. @throws TransferError. */
export async function finish(parts: WorkerParts, ends: Ends, signal: AbortSignal): Promise<void> {
  const { state, definition, runId } = parts;
  const loaded = state.run.tables().filter((kept) => kept.state !== 'failed');
  new DirtyRows(definition.dirtyRows, state).judgeShare(true);
  await writeDirtyFiles(parts, signal);
  parts.say(`finishing ${loaded.length} tables`);
  const files = await ends.target.finish(
    loaded.map(({ table }) => table),
    runId,
  );
  state.run.proving(files);
}

/** Compares source and target, tells the source that all is well, and ends the run. @throws TransferError. */
export async function proveAndEnd(
  parts: WorkerParts,
  ends: Ends,
  { early, arrivalsOf }: Pick<ProofFacts, 'early' | 'arrivalsOf'>,
  signal: AbortSignal,
): Promise<void> {
  const { state, definition, nowMs } = parts;
  const tables = state.run.tables();
  const loaded = tables.filter((kept) => kept.state !== 'failed');
  if (definition.proof !== 'none') {
    const counts = tableCounts(state.database);
    const { report, contradiction } = await prove(definition, ends, {
      tables: loaded,
      counts,
      early,
      arrivalsOf,
      nowMs,
      signal,
    });
    state.run.proved(report);
    parts.say(`proof: ${report.outcome} in ${report.durationMs} ms`);
    if (contradiction !== null) throw new TransferError('proof-mismatch', contradiction);
  }
  const failed = tables.filter((kept) => kept.state === 'failed');
  if (failed.length > 0) {
    const list = failed.map(({ source, message }) => `${source}: ${message}`).join('\n');
    state.run.fail({
      code: 'write-failed',
      message:
        `${failed.length} of ${tables.length} tables failed: ${failed.map(({ source }) => source).join(', ')}`.slice(
          0,
          1_000,
        ),
      details: list.slice(0, 16_000),
    });
    return;
  }
  await ends.source.succeeded(state.run.allChunks());
  state.run.done();
}
