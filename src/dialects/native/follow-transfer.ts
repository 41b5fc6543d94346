import { isFinal } from '../../domain/states.ts';
import type { Engine } from '../../engine/index.ts';
import type { StreamEvent } from './operation.ts';
import type { TransferProgress } from './views/transfer-progress.ts';
import { reportView } from './views/transfer-report.ts';
import { waitFor } from './wait.ts';

/** Workers tell where they stand once in a second. */
const lookAgainMs = 1_000;
/** A comment after this many quiet looks keeps proxies from closing the line: 15 s. */
const looksPerComment = 15;

/**
 * Where a run that moves data stands, as it goes on. Event `progress` has the time of its latest
 * sample as its id, so `Last-Event-ID` resumes the history without a gap; event `end` follows the
 * last one. Ends without `end` when the server drains.
 * @param sinceMs samples up to here are known.
 */
export async function* followTransfer(
  engine: Engine,
  runId: string,
  sinceMs: number,
  closing: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let since = sinceMs;
  let last = '';
  let quietLooks = 0;
  while (!closing.aborted) {
    // Read first: what is final now has nothing newer than what is read after.
    const run = await engine.runs.get(runId);
    const over = run === null || isFinal('run', run.state);
    const progress = await progressOf(engine, runId, run, since);
    const text = JSON.stringify(progress);
    if (text !== last) {
      since = progress.samples.at(-1)?.atMs ?? since;
      last = JSON.stringify({ ...progress, samples: [] });
      quietLooks = 0;
      yield { event: 'progress', id: String(since), data: progress };
    }
    if (over) {
      yield { event: 'end', id: String(since), data: { state: run?.state ?? 'deleted' } };
      return;
    }
    quietLooks += 1;
    if (quietLooks % looksPerComment === 0) yield { event: null, id: null, data: null };
    await waitFor(engine.runs.changed(runId, lookAgainMs), closing);
  }
}

async function progressOf(
  engine: Engine,
  runId: string,
  run: { readonly state: string; readonly message: string } | null,
  since: number,
): Promise<TransferProgress> {
  const report = await engine.dataJobs.report(runId);
  const course = await engine.dataJobs.course(runId);
  return {
    runId,
    state: run?.state ?? 'deleted',
    message: run?.message ?? '',
    report: report === null ? null : reportView(report),
    shards: (course?.shards ?? []).map((shard) => ({ ...shard })),
    samples: (course?.samples ?? [])
      .filter(({ atMs }) => atMs > since)
      .map((sample) => ({ ...sample })),
  };
}
