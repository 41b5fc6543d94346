import type { Run } from '../../../domain/run.ts';
import type { TransferCounters, TransferReport } from '../../../domain/transfer/report.ts';
import { jobFailureCode } from '../failure-codes.ts';
import { externalIdOf, submissionIdOf } from '../submission-ids.ts';
import type { Submission } from '../submissions.ts';
import type { Job } from '../job-document.ts';

/** Words of `status` (cdm.md §5.1). */
export type SubmissionStatus =
  | 'NEVER_EXECUTED'
  | 'PENDING'
  | 'BOOTING'
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'FAILURE_ON_SUBMIT';

/** What was accepted just now is about to boot; only what waits longer is really queued. */
const queuedAfterMs = 1_000;
const maxInt32 = 2 ** 31 - 1;
/** Longest text of a failure. */
const maxErrorChars = 4_000;

/** Status and progress of a run (cdm.md §5.1, §5.8). */
export function standOf(
  run: Run,
  report: TransferReport | null,
  nowMs: number,
): { readonly status: SubmissionStatus; readonly progress: number } {
  switch (run.state) {
    case 'queued':
      return nowMs - run.notBeforeMs < queuedAfterMs
        ? { status: 'BOOTING', progress: 1 }
        : { status: 'PENDING', progress: 0 };
    case 'running':
    case 'stopping':
      return report === null || report.phase === 'planning'
        ? { status: 'BOOTING', progress: 1 }
        : { status: 'RUNNING', progress: Math.min(Math.max(Math.round(report.percent), 1), 99) };
    case 'succeeded':
      return { status: 'SUCCEEDED', progress: 100 };
    case 'failed':
      return {
        status: run.startedAtMs === null && report === null ? 'FAILURE_ON_SUBMIT' : 'FAILED',
        progress: -1,
      };
    case 'canceled':
      return { status: 'FAILED', progress: -1 };
  }
}

/** A submission as status and history show it; `start`: as startJob does (cdm.md §3.2). */
export function renderSubmission(
  submission: Submission,
  nowMs: number,
  shape: 'full' | 'start' = 'full',
): Record<string, unknown> {
  const { run, report, startedBy, jobName, isLast } = submission;
  const { status, progress } = standOf(run, report, nowMs);
  const counters = report?.counters;
  const start = {
    'submission-id': submissionIdOf(run.id),
    'job-name': jobName,
    'creation-user': startedBy,
    'creation-date': run.createdAtMs,
    'execute-date': run.startedAtMs ?? run.createdAtMs,
    'last-update-date': updatedAtMs(submission),
    'last-update-user': startedBy,
    // Older clients read the misspelling of the field's origin.
    'last-udpate-user': startedBy,
    progress,
    status,
    isStopingIncrement: '',
    isIncrementing: false,
    'is-execute-auto': run.trigger === 'schedule',
    isDeleteJob: isLast,
    delete_rows: int32(counters?.rowsDeleted ?? 0),
    update_rows: int32(counters?.rowsUpdated ?? 0),
    write_rows: int32(counters?.rowsWritten ?? 0),
  };
  if (shape === 'start') return start;
  return {
    ...start,
    'external-id': externalIdOf(run.id),
    ...(status === 'SUCCEEDED' && counters !== undefined
      ? { counters: { [counterGroup]: renderCounters(counters) } }
      : {}),
    ...(status === 'FAILED' || status === 'FAILURE_ON_SUBMIT' ? renderError(submission) : {}),
  };
}

/** What is told of a job that never ran (cdm.md §3.10). */
export function renderNeverExecuted({ template, document }: Job): Record<string, unknown> {
  const { createdAtMs } = template;
  return {
    'submission-id': 0,
    'job-name': document.name,
    'creation-user': document.createdBy,
    'creation-date': createdAtMs,
    'execute-date': createdAtMs,
    'last-update-date': createdAtMs,
    'last-update-user': document.createdBy,
    'last-udpate-user': document.createdBy,
    progress: 0,
    status: 'NEVER_EXECUTED',
    isStopingIncrement: '',
    isIncrementing: false,
    'is-execute-auto': false,
    isDeleteJob: document.disposal !== 'none',
    delete_rows: 0,
    update_rows: 0,
    write_rows: 0,
    'external-id': '',
  };
}

/** Last change of a submission. */
export function updatedAtMs({ run, report }: Pick<Submission, 'run' | 'report'>): number {
  const startedAtMs = run.startedAtMs ?? run.createdAtMs;
  return run.endedAtMs ?? Math.max(startedAtMs, report?.updatedAtMs ?? 0);
}

const counterGroup = 'org.apache.sqoop.submission.counter.SqoopCounters';

/** `-1` = does not apply (cdm.md §3.2). */
function renderCounters(counters: TransferCounters): Record<string, number> {
  const wide = (value: number | null): number => value ?? -1;
  const narrow = (value: number | null): number => (value === null ? -1 : int32(value));
  return {
    ROWS_READ: wide(counters.rowsRead),
    ROWS_WRITTEN: wide(counters.rowsWritten),
    ROWS_WRITTEN_SKIPPED: wide(counters.rowsRejected),
    BYTES_READ: wide(counters.bytesRead),
    BYTES_WRITTEN: wide(counters.bytesWritten),
    TOTAL_FILES: narrow(counters.filesTotal),
    FILES_READ: narrow(counters.filesRead),
    FILES_WRITTEN: narrow(counters.filesWritten),
    FILES_SKIPPED: narrow(counters.filesSkipped),
    TOTAL_SIZE: wide(counters.bytesTotal),
  };
}

/** One line and more of it. Failures never hold secrets. */
function renderError({ run, report, definition }: Submission): {
  readonly 'error-summary': string;
  readonly 'error-details': string;
} {
  const failure = report?.error ?? null;
  const stopped = run.state === 'canceled' || failure?.code === 'stopped';
  if (stopped || failure === null) {
    const line = oneLine(run.message === '' ? 'the job failed' : run.message);
    const summary = stopped ? line : `Cdm.0037: ${line}`;
    return { 'error-summary': summary, 'error-details': run.message.slice(0, maxErrorChars) };
  }
  const tables = report?.tables.filter(({ state }) => state === 'failed') ?? [];
  const lines = [
    failure.details === '' ? failure.message : failure.details,
    ...tables.map(({ source, message }) => `${source}: ${message}`),
  ];
  return {
    'error-summary': `${jobFailureCode(failure, definition ?? null)}: ${oneLine(failure.message)}`,
    'error-details': lines.join('\n').slice(0, maxErrorChars),
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').slice(0, 1_000);
}

/** @returns the number, at most what 32 bits hold. */
export function int32(value: number): number {
  return Math.min(value, maxInt32);
}
