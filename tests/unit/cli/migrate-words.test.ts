import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace, summaryText } from '../../../src/cli/commands/migrate-words.ts';
import type { ReportView } from '../../../src/dialects/native/views/transfer-report.ts';

const report: ReportView = {
  phase: 'loading',
  percent: 50,
  counters: {
    rowsRead: 0,
    rowsWritten: 0,
    rowsUpdated: 0,
    rowsDeleted: 0,
    rowsRejected: 0,
    bytesRead: 0,
    bytesWritten: null,
    filesTotal: null,
    filesRead: null,
    filesWritten: null,
    filesSkipped: null,
    bytesTotal: null,
  },
  expectedRows: 1_000_000,
  chunksTotal: 4,
  chunksDone: 1,
  tables: [],
  resumes: [],
  proof: null,
  error: null,
  startedAtMs: 0,
  updatedAtMs: 4_000,
  endedAtMs: null,
};
const at = (counters: Partial<ReportView['counters']>, more: Partial<ReportView> = {}) => ({
  ...report,
  ...more,
  counters: { ...report.counters, ...counters },
});

test('the bar tells rows, bytes, rate and what is left of the time', () => {
  const pace = new Pace();
  pace.step(at({}), 0);
  const step = pace.step(at({ rowsRead: 200_000, bytesRead: 20 * 1024 * 1024 }), 2_000);
  assert.deepEqual(step, {
    step: '20.0 MiB  100,000 rows/s  ETA 0:08',
    done: 200_000,
    total: 1_000_000,
  });
  const more = pace.step(at({ rowsRead: 1_200_000 }), 4_000);
  assert.equal(more.total, 1_200_000, 'an estimate that was too small grows');
});

test('without expected rows it goes by bytes, else by chunks', () => {
  const pace = new Pace();
  const bytes = { bytesTotal: 4_000_000, bytesRead: 0 };
  pace.step(at(bytes, { expectedRows: null }), 0);
  const step = pace.step(
    at({ ...bytes, bytesRead: 1_000_000, rowsRead: 10 }, { expectedRows: null }),
    1_000,
  );
  assert.deepEqual([step.done, step.total], [1_000_000, 4_000_000]);
  assert.match(step.step, /^10 rows .* ETA 0:03$/);
  const chunks = new Pace().step(at({ bytesRead: null }, { expectedRows: null }), 0);
  assert.deepEqual([chunks.done, chunks.total], [1, 4]);
  assert.equal(new Pace().step(at({}, { phase: 'proving' }), 0).step, 'proving');
});

test('the summary has counters, resumes, quarantine, proof and error', () => {
  const text = summaryText({
    runId: 'r',
    state: 'failed',
    message: 'said already',
    report: at(
      { rowsRead: 5_000, rowsWritten: 4_990, rowsUpdated: 7, rowsRejected: 10, rowsDeleted: 3 },
      {
        endedAtMs: 2_000,
        resumes: [{ atMs: 1, shard: 2, message: 'taken over', rowsRepeated: 40 }],
        proof: {
          outcome: 'mismatch',
          durationMs: 100,
          tables: [
            {
              table: 't',
              sourceRows: 5_000,
              targetRows: 4_990,
              sourceChecksum: 'aa',
              targetChecksum: 'bb',
              method: 'm',
            },
          ],
        },
        error: { code: 'proof-mismatch', message: 'they differ', details: '' },
      },
    ),
  });
  for (const words of [
    /^r: failed after 2\.0 s$/m,
    /read 5,000 rows/,
    /wrote 4,990, 7 of them over others/,
    /deleted 3 before/,
    /rejected 10, 2,500 rows\/s/,
    /taken up again once:\n {2}shard 2: taken over \(40 rows repeated/,
    /SOURCE AND TARGET DIFFER/,
    /checksums aa and bb/,
    /longshore quarantine r/,
    /failed: they differ \(proof-mismatch\)/,
  ]) {
    assert.match(text, words);
  }
  assert.ok(!text.includes('said already'));
  const early = { runId: 'r', state: 'failed', message: 'no such link', report: null };
  assert.equal(summaryText(early), 'r: failed: no such link');
});
