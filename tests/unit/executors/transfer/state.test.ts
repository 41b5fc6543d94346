import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Chunk } from '../../../../src/ports/connector.ts';
import { courseOf, quarantineOf, reportOf } from '../../../../src/executors/transfer/reading.ts';
import { noCounts, NotOursError } from '../../../../src/executors/transfer/state/chunks.ts';
import { reportText } from '../../../../src/executors/transfer/report-text.ts';
import { tableCounts } from '../../../../src/executors/transfer/state/report.ts';
import type { PlannedWork } from '../../../../src/executors/transfer/state/run.ts';
import { openRunState, type RunState } from '../../../../src/executors/transfer/state/state.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const anyRules = { grain: 'chunk', tables: null, workersPerTable: 10 } as const;
const nowMs = (): number => 1_000_000;

function planned(index: number, shards: readonly number[]): PlannedWork {
  const name = { schema: '', name: `t${index}` };
  return {
    table: {
      index,
      source: { name, columns: [], named: true, estimatedRows: 100, bytes: null, files: null },
      target: name,
      columns: [],
    },
    details: {
      read: { kind: 'text' },
      write: { kind: 'text' },
      transforms: false,
      added: [],
      keyed: true,
      binary: false,
      toFiles: false,
      estimatedRows: 100,
    },
    source: name.name,
    target: name.name,
    chunks: shards.map((shard, place): Chunk => ({
      id: String(place),
      shard,
      label: `part ${place}`,
      spec: {},
      weight: null,
    })),
  };
}

/** Two workers of one run; both are this process, so `leave` is what ends one. */
async function run(
  t: TestContext,
  tables: readonly PlannedWork[],
  grain: 'chunk' | 'shard' = 'chunk',
): Promise<{ readonly a: RunState; readonly b: RunState; readonly file: string }> {
  const file = join(await temporaryFolder(t), 'state.db');
  const [a, b] = ['0.1', '1.1'].map((me) => {
    const state = openRunState(file, me, nowMs);
    state.members.join(me);
    return state;
  });
  if (a === undefined || b === undefined) throw new Error('two workers');
  t.after(() => {
    a.close();
    b.close();
  });
  assert.ok(a.run.takePhase('planning'));
  assert.ok(!b.run.takePhase('planning'));
  a.run.savePlan(tables, { grain, filesTotal: null, bytesTotal: null });
  a.run.beginLoading(new Map(), 0);
  return { a, b, file };
}

function claimed(state: RunState, rules: Parameters<RunState['chunks']['claim']>[0] = anyRules) {
  const chunk = state.chunks.claim(rules);
  assert.ok(typeof chunk === 'object', `nothing to take: ${String(chunk)}`);
  return chunk;
}

const commit = (
  state: RunState,
  chunk: ReturnType<typeof claimed>,
  rowsWritten = 1,
  checksum: string | null = null,
): void =>
  state.chunks.committed(chunk, {
    token: 'x',
    position: null,
    counts: { ...noCounts, rowsRead: rowsWritten, rowsWritten },
    checksum,
  });

describe('the state of a run', () => {
  test('a chunk has one owner, and what a dead one had is free', async (t) => {
    const { a, b } = await run(t, [planned(0, [0, 0])]);
    const first = claimed(a);
    const second = claimed(b);
    assert.notEqual(first.seq, second.seq);
    assert.equal(a.chunks.claim(anyRules), 'over');
    a.chunks.intend(first, { token: 'tx', position: null, counts: noCounts, checksum: null });
    a.members.leave('0.1');
    const taken = claimed(b);
    assert.equal(taken.seq, first.seq);
    assert.equal(taken.before, '0.1');
    assert.equal(taken.intent?.token, 'tx');
    // Whoever was thought dead and is not must not commit any more.
    assert.throws(() => commit(a, first), NotOursError);
    commit(b, taken);
    commit(b, second);
    assert.ok(b.run.beginFinishing());
    assert.ok(!a.run.beginFinishing());
  });

  test('checksums of chunks are added up, unless one of them has none', async (t) => {
    const { a } = await run(t, [planned(0, [0, 0]), planned(1, [0, 0])]);
    const sumOf = (table: number) => tableCounts(a.database).get(table)?.checksum;
    commit(a, claimed(a), 1, 'ffffffffffffffff');
    assert.equal(sumOf(0), null);
    const second = claimed(a);
    // In its middle a chunk keeps what it came to so far.
    const middle = { token: 'x', position: 'p', counts: noCounts, checksum: '0000000000000002' };
    a.chunks.committed(second, middle);
    a.chunks.release(second);
    const again = claimed(a);
    assert.equal(again.checksum, '0000000000000002');
    commit(a, again, 1, '0000000000000003');
    assert.equal(sumOf(0), '0000000000000002');
    commit(a, claimed(a), 1, '0000000000000001');
    commit(a, claimed(a), 1, null);
    assert.equal(sumOf(1), null);
  });

  test('what came in by one commit can be looked for, once all of a table did', async (t) => {
    const { a } = await run(t, [planned(0, [0, 0, 1]), planned(1, [0])]);
    commit(a, claimed(a), 3, '00000000000000aa');
    const second = claimed(a);
    a.chunks.committed(second, {
      token: 'half',
      position: 'p',
      counts: noCounts,
      checksum: null,
    });
    a.chunks.release(second);
    commit(a, claimed(a), 4);
    // It came in by two commits, until its shard is written anew.
    a.chunks.restartShard(0, 0);
    commit(a, claimed(a), 3, '00000000000000aa');
    commit(a, claimed(a), 4);
    assert.equal(a.arrivals.of(0), null);
    commit(a, claimed(a), 5);
    const [first, other] = a.arrivals.of(0) ?? [];
    assert.ok(first !== undefined && other !== undefined);
    assert.deepEqual([first.rows, first.checksum, first.found], [3, '00000000000000aa', null]);
    a.arrivals.found(first, '00000000000000ab');
    a.arrivals.found({ ...other, token: 'of a commit before' }, '00000000000000ac');
    const found = a.arrivals.of(0)?.map((arrival) => arrival.found);
    assert.deepEqual(found, ['00000000000000ab', null, null]);
    const twice = claimed(a);
    const middle = { token: 'half', position: 'p', counts: noCounts, checksum: null };
    a.chunks.committed(twice, middle);
    a.chunks.release(twice);
    commit(a, claimed(a), 4);
    assert.equal(a.arrivals.of(1), null);
  });

  test('a shard goes to one worker at a time, in its order', async (t) => {
    const { a, b } = await run(t, [planned(0, [0, 0, 1])], 'shard');
    const rules = { ...anyRules, grain: 'shard' } as const;
    assert.equal(claimed(a, rules).seq, 0);
    assert.equal(claimed(b, rules).seq, 2);
    assert.equal(b.chunks.claim(rules), 'wait');
    assert.equal(claimed(a, rules).seq, 1);
  });

  test('tables and workers on a table are limited', async (t) => {
    const { a, b } = await run(t, [planned(0, [0, 0]), planned(1, [0])]);
    const rules = { grain: 'chunk', tables: 1, workersPerTable: 1 } as const;
    assert.equal(claimed(a, rules).table, 0);
    assert.equal(b.chunks.claim(rules), 'wait');
    assert.equal(claimed(b, { ...rules, tables: 2 }).table, 1);
  });

  test('dirty rows count with the commit of their chunk', async (t) => {
    const { a, b, file } = await run(t, [planned(0, [0, 1])]);
    const row = (name: string) => ({ fields: [name, null], where: 'row 1', reason: 'bad' });
    const first = claimed(a);
    a.quarantine.add(first, [row('lost')]);
    a.chunks.undone(first);
    a.quarantine.add(first, [row('kept')]);
    assert.equal(quarantineOf(file, { after: 0, limit: 10 }).total, 0);
    assert.equal(a.quarantine.ofShard(0), 1);
    commit(a, first);
    b.quarantine.add(claimed(b), [row('pending')]);
    const { rows, total } = quarantineOf(file, { after: 0, limit: 10 });
    assert.equal(total, 1);
    assert.deepEqual(rows[0]?.fields, ['kept', null]);
  });

  test('a quarantine is read slice by slice, filtered by what its rows hold', async (t) => {
    const { a, file } = await run(t, [planned(0, [0, 1])]);
    const chunk = claimed(a);
    a.quarantine.add(
      chunk,
      Array.from({ length: 30 }, (_, at) => ({
        fields: [`Row ${at}`],
        where: `row ${at}`,
        reason: at % 10 === 0 ? 'no Number' : 'too long',
      })),
    );
    commit(a, chunk);
    const first = quarantineOf(file, { after: 0, limit: 20 });
    assert.deepEqual([first.rows.length, first.total, first.next], [20, 30, 20]);
    const second = quarantineOf(file, { after: first.next ?? 0, limit: 20 });
    assert.deepEqual([second.rows.length, second.total, second.next], [10, 30, null]);
    const bad = quarantineOf(file, { after: 0, limit: 2, contains: 'NO NUMBER' });
    assert.deepEqual(
      bad.rows.map(({ fields }) => fields[0]),
      ['Row 0', 'Row 10'],
    );
    const rest = quarantineOf(file, { after: bad.next ?? 0, limit: 2, contains: 'no number' });
    assert.deepEqual([rest.rows.length, rest.next], [1, null]);
    assert.equal(quarantineOf(file, { after: 0, limit: 2, contains: '%' }).rows.length, 0);
    assert.equal(quarantineOf(file, { after: 0, limit: 2, shard: 1 }).rows.length, 0);
    assert.deepEqual(Object.keys(first.columns), ['t0']);
  });

  test('what is committed is no more counted as under way, and shards tell of both', async (t) => {
    const { a, b, file } = await run(t, [planned(0, [0, 0, 1])]);
    const live = { rowsRead: 5, rowsWritten: 5, rowsRejected: 0, bytesRead: 50, bytesWritten: 0 };
    const chunk = claimed(a);
    a.members.beat('0.1', live);
    const counts = (): readonly (number | string)[][] =>
      (courseOf(file, nowMs())?.shards ?? []).map(({ shard, state, rowsRead, chunksDone }) => [
        shard,
        state,
        rowsRead,
        chunksDone,
      ]);
    assert.deepEqual(counts(), [
      [0, 'loading', 5, 0],
      [1, 'waiting', 0, 0],
    ]);
    // Rows of the next chunk came in while this one was committed.
    a.members.beat('0.1', { ...live, rowsRead: 6 });
    commit(a, chunk, 5);
    assert.equal(reportOf(file, nowMs())?.counters.rowsRead, 6);
    // What a beat has not told yet is not taken away from the others.
    a.members.beat('0.1', { ...live, rowsRead: 0 });
    claimed(b);
    b.members.beat('1.1', { ...live, rowsRead: 2 });
    assert.deepEqual(counts()[0], [0, 'loading', 7, 1]);
    a.run.done();
    const last = courseOf(file, nowMs())?.samples.at(-1);
    assert.deepEqual([last?.atMs, last?.rowsRead], [nowMs(), 7]);
  });

  test('a course has few samples however long the run is', async (t) => {
    const file = join(await temporaryFolder(t), 'state.db');
    let now = 1_000_000;
    const state = openRunState(file, '0.1', () => now);
    t.after(() => state.close());
    state.members.join('0.1');
    for (let second = 0; second < 3_000; second++) {
      now += 1_000;
      state.members.beat('0.1');
    }
    const samples = courseOf(file, now)?.samples ?? [];
    assert.ok(samples.length > 200 && samples.length <= 602, String(samples.length));
    assert.equal(samples[0]?.atMs, 1_001_000);
    assert.ok((samples.at(-1)?.atMs ?? 0) > now - 8_001, 'the latest is young');
  });

  test('errors are tried again within their budgets', async (t) => {
    const { a } = await run(t, [planned(0, [0])]);
    const policy = { errorRetries: 2, retryDelaysMs: [10, 20] };
    const error = { code: 'read-failed', transient: false } as const;
    const decide = (tries = 0, transient = false) =>
      a.run.onError({ ...error, transient }, tries, policy);
    assert.deepEqual(decide(0, true), { kind: 'again', waitMs: 500 });
    assert.deepEqual(decide(), { kind: 'again', waitMs: 10 });
    assert.deepEqual(decide(), { kind: 'again', waitMs: 20 });
    assert.deepEqual(decide(), { kind: 'fail' });
    assert.deepEqual(decide(99, true), { kind: 'fail' });
    assert.deepEqual(a.run.onError({ code: 'dirty-limit', transient: false }, 0, policy), {
      kind: 'fail',
    });
  });

  test('the first failure is the run’s', async (t) => {
    const { a, b, file } = await run(t, [planned(0, [0])]);
    a.run.fail({ code: 'disk-full', message: 'first', details: '' });
    const told = b.run.fail({ code: 'stopped', message: 'second', details: '' });
    assert.equal(told.message, 'first');
    const report = reportOf(file, nowMs());
    assert.equal(report?.phase, 'failed');
    assert.equal(report.error?.code, 'disk-full');
  });

  test('a report of very many tables fits its bound and keeps those that failed', async (t) => {
    const tables = Array.from({ length: 3_000 }, (_, index) => planned(index, [0]));
    const { a, file } = await run(t, tables);
    a.run.failTable(2_999, 'gone');
    const report = reportOf(file, nowMs());
    if (report === null) throw new Error('no report');
    assert.equal(report.tables.length, 3_000);
    const text = reportText(report);
    assert.ok(Buffer.byteLength(text) < 64 * 1024);
    assert.match(text, /"gone"/);
  });

  test('a run that an earlier version began is told, and counts its files once it goes on', async (t) => {
    const work = planned(0, [0]);
    const files = { ...work, details: { ...work.details, toFiles: true } };
    const { a, b, file } = await run(t, [files]);
    a.close();
    b.close();
    const earlier = new Sqlite(file);
    for (const name of ['files_empty', 'files_left']) {
      earlier.exec(`alter table run drop column ${name}`);
    }
    for (const name of ['checksum', 'arrived', 'found']) {
      earlier.exec(`alter table chunks drop column ${name}`);
    }
    earlier.close();
    assert.equal(reportOf(file, nowMs())?.counters.filesWritten, 0);
    const later = openRunState(file, '0.2', nowMs);
    t.after(() => later.close());
    assert.equal(tableCounts(later.database).get(0)?.checksum, null);
    assert.equal(later.arrivals.of(0), null);
    later.run.proving({ empty: 3, skipped: 1 });
    const counters = reportOf(file, nowMs())?.counters;
    assert.deepEqual([counters?.filesWritten, counters?.filesSkipped], [2, 1]);
  });

  test('is opened by several workers at the same moment', async (t) => {
    const folder = await temporaryFolder(t);
    const files = Array.from({ length: 40 }, (_, at) => join(folder, `${at}.db`));
    const names = ['0.1', '1.1', '2.1', '3.1'];
    const arrived = new Int32Array(new SharedArrayBuffer(4 * files.length));
    const opener = new URL('state-opener.ts', import.meta.url);
    const threads = names.map((name) => {
      const workerData = { files, name, openers: names.length, arrived };
      return new Worker(opener, { workerData });
    });
    t.after(() => Promise.all(threads.map((thread) => thread.terminate())));
    const signal = AbortSignal.timeout(60_000);
    const codes = await Promise.all(threads.map((thread) => once(thread, 'exit', { signal })));
    assert.deepEqual(codes.flat(), [0, 0, 0, 0]);
    for (const file of files) assert.equal(reportOf(file, nowMs())?.phase, 'planning');
  });

  test('nothing is told of a run that is not here', async (t) => {
    const file = join(await temporaryFolder(t), 'state.db');
    assert.equal(reportOf(file, nowMs()), null);
    assert.equal(courseOf(file, nowMs()), null);
    assert.deepEqual(quarantineOf(file, { after: 0, limit: 1 }), {
      rows: [],
      total: 0,
      next: null,
      columns: {},
    });
  });
});
