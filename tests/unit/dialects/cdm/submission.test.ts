/** States and counters as clients see them (cdm.md §5.1, §5.8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderSubmission, standOf } from '../../../../src/dialects/cdm/render/submission.ts';
import { failureCodes } from '../../../../src/dialects/cdm/failure-codes.ts';
import type { Run } from '../../../../src/domain/run.ts';
import { transferErrorCodes } from '../../../../src/domain/transfer/errors.ts';
import type { TransferReport } from '../../../../src/domain/transfer/report.ts';

const nowMs = 1_000_000;
const run = (changes: Partial<Run>): Run => ({
  id: 'cdm-7',
  templateId: 't',
  templateRevision: 1,
  dialect: 'cdm',
  namespace: 'c',
  trigger: 'manual',
  idempotencyKey: null,
  state: 'running',
  hold: null,
  stopCause: null,
  replicas: 1,
  active: 1,
  succeeded: 0,
  failed: 0,
  message: '',
  verdict: null,
  createdAtMs: nowMs - 500,
  notBeforeMs: nowMs - 500,
  scheduledAtMs: null,
  startedAtMs: nowMs - 400,
  endedAtMs: null,
  deadlineAtMs: null,
  ...changes,
});
const report = (changes: Partial<TransferReport>): TransferReport => ({
  phase: 'loading',
  percent: 40,
  counters: {
    rowsRead: 3_000_000_000,
    rowsWritten: 3_000_000_000,
    rowsUpdated: 1,
    rowsDeleted: 2,
    rowsRejected: 0,
    bytesRead: null,
    bytesWritten: null,
    filesTotal: null,
    filesRead: null,
    filesWritten: null,
    filesSkipped: null,
    bytesTotal: null,
  },
  expectedRows: null,
  chunksTotal: 1,
  chunksDone: 0,
  tables: [],
  resumes: [],
  proof: null,
  error: null,
  startedAtMs: nowMs - 400,
  updatedAtMs: nowMs - 100,
  endedAtMs: null,
  ...changes,
});

const stands: readonly [string, Partial<Run>, TransferReport | null, string, number][] = [
  ['accepted just now', { state: 'queued', startedAtMs: null }, null, 'BOOTING', 1],
  ['really queued', { state: 'queued', notBeforeMs: nowMs - 5_000 }, null, 'PENDING', 0],
  ['connecting', {}, null, 'BOOTING', 1],
  ['planning', {}, report({ phase: 'planning', percent: 0 }), 'BOOTING', 1],
  ['at the beginning', {}, report({ percent: 0 }), 'RUNNING', 1],
  ['in the middle', {}, report({}), 'RUNNING', 40],
  ['proving', {}, report({ phase: 'proving', percent: 100 }), 'RUNNING', 99],
  ['stopping', { state: 'stopping' }, report({}), 'RUNNING', 40],
  ['done', { state: 'succeeded' }, report({ phase: 'done', percent: 100 }), 'SUCCEEDED', 100],
  ['failed', { state: 'failed' }, report({ phase: 'failed' }), 'FAILED', -1],
  ['stopped', { state: 'canceled' }, report({}), 'FAILED', -1],
  ['never begun', { state: 'failed', startedAtMs: null }, null, 'FAILURE_ON_SUBMIT', -1],
];
for (const [what, changes, told, status, progress] of stands) {
  test(`a run that is ${what} is ${status}`, () => {
    assert.deepEqual(standOf(run(changes), told, nowMs), { status, progress });
  });
}

const rendered = (changes: Partial<Run>, told: TransferReport | null) =>
  renderSubmission(
    { run: run(changes), jobName: 'j', startedBy: 'ann', isLast: false, report: told },
    nowMs,
  );

test('numbers of 32 bits are cut, counters that do not apply are -1', () => {
  const done = rendered({ state: 'succeeded' }, report({ phase: 'done' }));
  assert.equal(done['write_rows'], 2 ** 31 - 1);
  const groups = done['counters'] as Record<string, Record<string, number>>;
  const counters = Object.values(groups)[0];
  assert.equal(counters?.['ROWS_READ'], 3_000_000_000);
  assert.equal(counters?.['TOTAL_FILES'], -1);
  assert.equal(rendered({}, report({}))['counters'], undefined);
});

test('an error is one line with a code, tables that failed are told below', () => {
  const error = { code: 'sql-failed', message: 'no such\ncolumn x', details: 'more' } as const;
  const table = { rowsRead: 0, rowsWritten: 0, rowsRejected: 0, state: 'failed' } as const;
  const told = report({
    error,
    tables: [{ ...table, source: 'a', target: 'b', message: 'no column x' }],
  });
  const failed = rendered({ state: 'failed' }, told);
  assert.equal(failed['error-summary'], 'Cdm.0902: no such column x');
  assert.equal(failed['error-details'], 'more\na: no column x');
  const stopped = rendered({ state: 'canceled', message: 'stopped by ann' }, report({}));
  assert.equal(stopped['error-summary'], 'stopped by ann');
});

test('every failure has a code', () => {
  for (const code of transferErrorCodes) assert.match(failureCodes[code], /^Cdm\.\d{4}$/);
});
