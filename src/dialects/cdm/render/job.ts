import { renderStored } from './values.ts';
import type { Job } from '../job-document.ts';
import { externalIdOf } from '../submission-ids.ts';
import type { Submission } from '../submissions.ts';
import { int32, standOf, type SubmissionStatus, updatedAtMs } from './submission.ts';

/** What a job says of its last submission. */
const jobStatus: Readonly<Record<SubmissionStatus, string>> = {
  NEVER_EXECUTED: 'NEW',
  PENDING: 'BOOTING',
  BOOTING: 'BOOTING',
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  FAILURE_ON_SUBMIT: 'FAILED',
};

/** A job as showJobs shows it (cdm.md §3.2). `last`: its newest submission; null = none yet. */
export function renderJob(
  { template, document }: Job,
  last: Submission | null,
  nowMs: number,
): Record<string, unknown> {
  return {
    job_type: document.jobType,
    name: document.name,
    id: document.id,
    'from-connector-name': document.fromConnector,
    'from-link-name': document.fromLink,
    'from-config-values': renderStored(document.from, 'from'),
    'to-connector-name': document.toConnector,
    'to-link-name': document.toLink,
    'to-config-values': renderStored(document.to, 'to'),
    'driver-config-values': renderStored(document.driver, 'driver'),
    enabled: document.enabled,
    'creation-user': document.createdBy,
    'creation-date': template.createdAtMs,
    'update-user': document.updatedBy,
    'update-date': template.updatedAtMs,
    status: last === null ? 'NEW' : jobStatus[standOf(last.run, last.report, nowMs).status],
    group_name: document.groupName,
    is_use_sql: document.useSql,
    is_incre_job: false,
    is_incrementing: false,
    flag: 0,
    ...(last === null ? {} : renderLast(last)),
  };
}

function renderLast(last: Submission): Record<string, unknown> {
  const { run, report } = last;
  const counters = report?.counters;
  const rowsWritten = counters?.rowsWritten ?? 0;
  return {
    external_id: externalIdOf(run.id),
    execute_create_date: run.createdAtMs,
    ...(run.startedAtMs === null ? {} : { execute_start_date: run.startedAtMs }),
    execute_update_date: updatedAtMs(last),
    rows_read: counters?.rowsRead ?? 0,
    rows_written: int32(rowsWritten),
    write_rows: int32(rowsWritten),
    update_rows: int32(counters?.rowsUpdated ?? 0),
    delete_rows: int32(counters?.rowsDeleted ?? 0),
    bytes_read: counters?.bytesRead ?? 0,
    bytes_written: counters?.bytesWritten ?? 0,
    files_read: int32(counters?.filesRead ?? 0),
    files_written: int32(counters?.filesWritten ?? 0),
  };
}
