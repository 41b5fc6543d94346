import { type AttemptEnd, decideAttemptEnd } from '../../domain/progress.ts';
import { type AttemptState, isFinal, type RunState, transition } from '../../domain/states.ts';
import type { AttemptEndReport, AttemptReport } from '../../ports/executor.ts';
import type { AttemptHandle, ReportResult } from '../../ports/store.ts';
import { parseAttemptId } from '../sql/attempt-id.ts';
import {
  endMessage,
  keptProgress,
  keptResult,
  keptWorker,
  startedReason,
} from '../sql/attempt-notes.ts';
import { endIsTold, startIsTold } from '../sql/story.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { Columns } from './columns.ts';
import { runDefinition, type Revisions, type RevisionsOf } from './revisions.ts';
import { finishRun, releaseReplacing, settleStopped, stopRuns } from './stops.ts';
import { lockedColumns, type LockedRun } from './locked-run.ts';
import { statement } from './transactions.ts';
import { attemptKey, type Work } from './work.ts';

const lockReported = statement(
  'report-runs',
  `select ${lockedColumns} from runs r
   where r.id = any($1::text[]) order by r.n for no key update`,
);
const reportedAttempts = statement(
  'report-attempts',
  `select a.*
   from unnest($1::bigint[], $2::integer[], $3::integer[]) as x(run_n, idx, number)
   join attempts a on a.run_n = x.run_n and a.idx = x.idx and a.number = x.number`,
);

/** Reports that came with one call. */
export interface ReportBatch {
  readonly reports: readonly AttemptReport[];
  readonly nowMs: number;
}

interface Tally {
  stale: number;
  wake: boolean;
  readonly stop: AttemptHandle[];
  readonly finished: string[];
  /** Templates in which this call ended a run. */
  readonly ended: Set<number>;
}

interface Found {
  readonly run: LockedRun;
  readonly attempt: AttemptRow;
}

/** What executors tell, checked against the fence and the transition table before it counts. */
export class Reports {
  readonly #revisions: Revisions;

  constructor(revisions: Revisions) {
    this.#revisions = revisions;
  }

  /** Applies the reports of several calls in their order; answers each call by itself. */
  async apply(work: Work, batches: readonly ReportBatch[]): Promise<ReportResult[]> {
    const positions = batches.flatMap(({ reports }) =>
      reports.flatMap((report) => parseAttemptId(report.attemptId) ?? []),
    );
    const ids = [...new Set(positions.map(({ runId }) => runId))];
    const runs = ids.length === 0 ? [] : await work.lockRuns<LockedRun>(lockReported, [ids]);
    const byId = new Map(runs.map((run) => [run.id, run]));
    const wanted = new Columns(['run_n', 'idx', 'number']);
    const asked = new Set<string>();
    for (const { runId, index, number } of positions) {
      const run = byId.get(runId);
      if (run === undefined) continue;
      const key = attemptKey(run.n, index, number);
      if (asked.has(key)) continue;
      asked.add(key);
      wanted.add({ run_n: run.n, idx: index, number });
    }
    if (wanted.size > 0) {
      for (const row of await work.tx.rows<AttemptRow>(reportedAttempts, wanted.texts())) {
        const key = attemptKey(row.run_n, row.idx, row.number);
        if (!work.attempts.has(key)) work.attempts.set(key, row);
      }
    }
    const revisions = await this.#revisions.load(
      work.tx,
      runs.filter(({ spec }) => spec === null),
    );

    const tallies: Tally[] = [];
    let lastMs = 0;
    for (const { reports, nowMs } of batches) {
      const tally: Tally = { stale: 0, wake: false, stop: [], finished: [], ended: new Set() };
      tallies.push(tally);
      lastMs = nowMs;
      for (const report of reports) {
        const found = find(work, byId, report);
        if (found === null) tally.stale += 1;
        else if (report.kind === 'started') started(work, found, report);
        else if (report.kind === 'progress') progressed(work, found, report);
        else await ended(work, found, report, nowMs, revisions, tally);
      }
    }
    const released = await releaseReplacing(work, lastMs);
    return tallies.map(({ stale, wake, stop, finished, ended: templates }) => ({
      stale,
      stop,
      finished,
      wake: wake || work.placesGiven || [...templates].some((n) => released.has(n)),
    }));
  }
}

/** Null when the report must not count: unknown, finished, or of an owner that lost it. */
function find(
  work: Work,
  runs: ReadonlyMap<string, LockedRun>,
  report: AttemptReport,
): Found | null {
  const at = parseAttemptId(report.attemptId);
  const run = at === null ? undefined : runs.get(at.runId);
  if (at === null || run === undefined) return null;
  const attempt = work.attempts.get(attemptKey(run.n, at.index, at.number));
  if (attempt === undefined || attempt.fence !== report.fence) return null;
  if (isFinal('attempt', attempt.state as AttemptState)) return null;
  return { run, attempt };
}

function started(
  work: Work,
  { run, attempt }: Found,
  report: AttemptReport & { kind: 'started' },
): void {
  if (attempt.started_at !== null) return;
  const from = attempt.state as AttemptState;
  // A stop may have been asked before the start was confirmed; the stop stands.
  const next = from === 'claimed' ? transition('attempt', 'claimed', 'running') : from;
  const message = attempt.message === '' ? (report.note ?? '') : attempt.message;
  const worker = keptWorker(report);
  const change = { state: next, pid: report.pid, message, worker, started_at: report.atMs };
  work.changeAttempt(attempt, change);
  if (startIsTold(from, message)) return;
  const subject = `#${attempt.idx}.${attempt.number}`;
  work.event(run.n, report.atMs, subject, from, next, startedReason(report));
}

/** Many of one transaction are one row: the latest counts. */
function progressed(
  work: Work,
  { attempt }: Found,
  report: AttemptReport & { kind: 'progress' },
): void {
  const progress = keptProgress(report.progress);
  if (progress === null || progress === attempt.progress) return;
  work.changeAttempt(attempt, { progress });
}

async function ended(
  work: Work,
  { run, attempt }: Found,
  report: AttemptEndReport,
  nowMs: number,
  revisions: RevisionsOf,
  tally: Tally,
): Promise<void> {
  const { retry } = runDefinition(run, revisions).spec;
  const end = toEnd(report, attempt);
  const { replicas, succeeded, failed } = run;
  const progress = { state: run.state as RunState, replicas, succeeded, failed };
  const decision = decideAttemptEnd(progress, retry, end);
  const from = attempt.state as AttemptState;
  const note = attempt.message;
  transition('attempt', from, decision.attempt);
  work.changeAttempt(attempt, {
    state: decision.attempt,
    exit_code: end.kind === 'exit' ? end.exitCode : null,
    signal: end.kind === 'signal' ? end.signal : null,
    message: endMessage(decision.reason, note),
    result: keptResult(report),
    ended_at: report.atMs,
  });
  if (!endIsTold(decision.attempt, note)) {
    const subject = `#${attempt.idx}.${attempt.number}`;
    work.event(run.n, report.atMs, subject, from, decision.attempt, decision.reason);
  }

  transition('instance', 'active', decision.instance);
  if (decision.instance !== 'succeeded') {
    work.putInstance({
      run_n: run.n,
      idx: attempt.idx,
      state: decision.instance,
      attempt: attempt.number,
      due_at: nowMs + decision.retryInMs,
    });
  }
  work.changeRun(run, {
    active: run.active - 1,
    succeeded: succeeded + (decision.instance === 'succeeded' ? 1 : 0),
    failed: failed + (countsAsFailed(decision.attempt, end) ? 1 : 0),
  });
  if (decision.instance === 'pending') {
    tally.wake = true;
    work.tx.wake = true;
  }
  const reason = `instance #${attempt.idx} ${decision.reason}`;
  await settle(work, run, decision.run, reason, nowMs, tally);
}

async function settle(
  work: Work,
  run: LockedRun,
  verdict: 'continue' | 'complete' | 'give-up',
  reason: string,
  nowMs: number,
  tally: Tally,
): Promise<void> {
  if (verdict === 'complete') {
    finishRun(work, run, 'succeeded', null, '', nowMs);
    tally.finished.push(run.id);
  } else if (verdict === 'give-up') {
    const handles = await stopRuns(work, [run], 'budget', () => reason, nowMs);
    const stop = handles.get(run.n) ?? [];
    tally.stop.push(...stop);
    if (stop.length === 0) tally.finished.push(run.id);
    tally.wake = true;
  } else if (run.state === 'stopping' && run.active <= 0) {
    settleStopped(work, run, nowMs);
    tally.finished.push(run.id);
    tally.wake = true;
  } else {
    return;
  }
  tally.ended.add(run.template_n);
}

function toEnd(report: AttemptEndReport, attempt: AttemptRow): AttemptEnd {
  if (report.kind === 'lost') return { kind: 'lost', message: report.message };
  if (report.kind === 'refused') {
    const foundSo = attempt.adopted === 1 && attempt.started_at === null;
    const neverStarted = report.again === true || foundSo;
    return { kind: neverStarted ? 'never-started' : 'refused', message: report.message };
  }
  const { stopped, message, final } = report;
  if (report.signal !== null) return { kind: 'signal', signal: report.signal, stopped, message };
  return {
    kind: 'exit',
    exitCode: report.exitCode ?? 0,
    stopped,
    message,
    ...(final === undefined ? {} : { final }),
  };
}

/** Failed attempts are what the budget and the `Failed` counter count; a stop we asked for is none. */
function countsAsFailed(state: AttemptState, end: AttemptEnd): boolean {
  return (state === 'failed' || state === 'lost') && end.kind !== 'never-started';
}
