/** What the data pages compute by themselves: speeds, time left, requests of the forms. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { variablesOf } from '../../../console/src/pages/data-job/variables.ts';
import { newDraft, requestOf } from '../../../console/src/pages/data-job-edit/draft.ts';
import {
  completed,
  isDefinition,
  newSource,
  rowsSince,
} from '../../../console/src/pages/data-job-edit/ends.ts';
import { optionsOf, valuesOf } from '../../../console/src/pages/link/fields.ts';
import { leftMs, ratesOf } from '../../../console/src/pages/transfer-run/rates.ts';
import type { TransferSampleView } from '../../../src/dialects/native/views/transfer-progress.ts';
import type { ReportView } from '../../../src/dialects/native/views/transfer-report.ts';

function sample(seconds: number, rows: number, bytes = 0): TransferSampleView {
  return {
    atMs: seconds * 1_000,
    rowsRead: rows,
    rowsWritten: rows,
    rowsRejected: 0,
    bytesRead: bytes,
    bytesWritten: bytes,
  };
}

function report(more: Partial<ReportView> = {}): ReportView {
  return {
    phase: 'loading',
    percent: 50,
    counters: {
      rowsRead: 0,
      rowsWritten: 0,
      rowsUpdated: 0,
      rowsDeleted: 0,
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
    startedAtMs: 0,
    updatedAtMs: 0,
    endedAtMs: null,
    ...more,
  };
}

describe('speeds', () => {
  test('are means between samples, never below zero, of rows or of bytes', () => {
    const rates = ratesOf([sample(0, 0), sample(1, 100), sample(3, 100), sample(4, 50)]);
    assert.deepEqual(rates.written, [100, 0, 0], 'what is taken back is no speed');
    assert.deepEqual(rates.timesMs, [1_000, 3_000, 4_000]);
    assert.equal(rates.unit, 'rows');
    const bytes = ratesOf([sample(0, 0, 0), sample(2, 0, 1_000)]);
    assert.deepEqual([bytes.unit, bytes.written], ['bytes', [500]]);
    assert.deepEqual(ratesOf([]).timesMs, []);
    assert.deepEqual(ratesOf([sample(0, 0), sample(0.1, 9)]).timesMs, [], 'too close');
  });

  test('tell the time that is left, where a size or a share is known', () => {
    const samples = [sample(0, 0), sample(10, 100)];
    assert.equal(leftMs(report({ expectedRows: 300 }), samples), 20_000);
    assert.equal(leftMs(report({ expectedRows: 50 }), samples), 0, 'estimates may be low');
    assert.equal(leftMs(report({ percent: 25 }), samples), 30_000);
    assert.equal(leftMs(report({ percent: 1 }), samples), null);
    assert.equal(leftMs(report({ expectedRows: 300 }), []), null);
    assert.equal(leftMs(report({ expectedRows: 300, phase: 'proving' }), samples), null);
    assert.equal(leftMs(report({ expectedRows: 300 }), [sample(0, 5), sample(9, 5)]), null);
  });
});

describe('the request of a data job', () => {
  const draft = newDraft('here');
  const columns = (body: Record<string, unknown>): unknown => {
    const { from, to } = body['definition'] as {
      from: { columns: unknown };
      to: { columns: unknown };
    };
    return [from.columns, to.columns];
  };

  test('names columns by place: pairs that are on, then fields that are added', () => {
    assert.deepEqual(columns(requestOf(draft)), [null, null]);
    const fields = [
      { source: 'a', target: 'A', on: true },
      { source: 'b', target: 'B', on: false },
    ];
    const addedFields = [{ name: 'x', value: '1' }];
    const definition = { ...draft.definition, addedFields };
    assert.deepEqual(columns(requestOf({ ...draft, fields, definition })), [['a'], ['A', 'x']]);
  });

  test('keeps what a schedule has besides its cron expression', () => {
    const schedule = { timing: { kind: 'cron', expression: '0 1 * * *' }, zone: 'UTC', graceMs: 5 };
    const asked = (cron: string, before: unknown): unknown =>
      requestOf({ ...draft, cron, schedule: before })['schedule'];
    assert.deepEqual(asked('0 2 * * *', schedule), {
      ...schedule,
      timing: { kind: 'cron', expression: '0 2 * * *' },
    });
    assert.equal(asked('', schedule), null);
    assert.equal(asked(' 0 2 * * * ', null), '0 2 * * *');
    assert.equal(asked('', null), null);
    const other = { timing: { kind: 'fixed-rate', everyMs: 1_000 } };
    assert.deepEqual(asked('', other), other);
  });

  test('paths are trimmed, variables are read from lines', () => {
    const from = { ...newSource('files', 'f'), paths: [' a ', '', 'b'] };
    const definition = { ...draft.definition, from } as typeof draft.definition;
    const body = requestOf({ ...draft, definition, variables: 'a=b=c\n\n d = e\nf' });
    assert.deepEqual((body['definition'] as { from: { paths: unknown } }).from.paths, ['a', 'b']);
    assert.deepEqual(body['variables'], { a: 'b=c', d: ' e', f: '' });
    assert.deepEqual(variablesOf(''), {});
  });

  test('what is typed as JSON is completed, unless its kinds are unknown', () => {
    const typed = {
      from: { kind: 'files', link: 'f', paths: ['a'], format: { kind: 'csv', headerLines: 0 } },
      to: { kind: 'table', link: 't' },
    };
    assert.ok(isDefinition(typed));
    const whole = completed(typed, draft.definition);
    assert.equal(whole.proof, 'checksums');
    assert.ok(whole.from.kind === 'files' && whole.from.format.kind === 'csv');
    assert.deepEqual([whole.from.format.headerLines, whole.from.format.encoding], [0, 'utf-8']);
    for (const odd of [
      null,
      [],
      'x',
      {},
      { from: null, to: null },
      { ...typed, from: { kind: 'odd' } },
      { ...typed, from: { kind: 'files', format: { kind: 'odd' } } },
    ]) {
      assert.ok(!isDefinition(odd), JSON.stringify(odd));
    }
  });

  test('windows of an incremental job meet and do not overlap', () => {
    assert.equal(
      rowsSince('at', 'month'),
      "at >= '${dateformat(yyyy-MM-01, -1, MONTH)}' and at < '${dateformat(yyyy-MM-01)}'",
    );
  });
});

describe('the form of a link', () => {
  test('sends what it shows; secrets that are empty are left out', () => {
    const options = optionsOf('postgres', 'local', {
      hosts: 'a, b  c',
      user: 'me',
      password: '',
      identifierQuote: 'none',
    });
    assert.deepEqual(options['hosts'], ['a', 'b', 'c']);
    assert.deepEqual([options['port'], options['tls']], [5_432, 'prefer']);
    assert.equal(options['identifierQuote'], '');
    assert.ok(!('password' in options));
    assert.equal(optionsOf('postgres', 'local', {})['identifierQuote'], null);
  });

  test('a warehouse carries the store of its files', () => {
    const options = optionsOf('warehouse', 's3', { endpoint: 'http://x', bucket: 'b' });
    const { files } = options as { files: Record<string, unknown> };
    assert.deepEqual(
      [files['kind'], files['endpoint'], options['bucket']],
      ['s3', 'http://x', 'b'],
    );
    assert.ok(!('bucket' in files));
  });

  test('stored options come back as they were', () => {
    for (const kind of ['postgres', 'mysql', 'sqlite', 's3', 'local', 'sftp', 'ftp'] as const) {
      const options = optionsOf(kind, 'local', { hosts: 'a,b', identifierQuote: '`' });
      assert.deepEqual(optionsOf(kind, 'local', valuesOf(options)), options, kind);
    }
    const nested = optionsOf('warehouse', 'local', { share: 's', path: 'p' });
    assert.deepEqual(optionsOf('warehouse', 'local', valuesOf(nested)), nested);
  });
});
