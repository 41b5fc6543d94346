import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TransferDefinition } from '../../../../src/domain/transfer/definition.ts';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import type { Digest, Digester, RowSource, RowTarget } from '../../../../src/ports/connector.ts';
import type { Arrival } from '../../../../src/executors/transfer/state/arrivals.ts';
import type { TableCounts } from '../../../../src/executors/transfer/state/report.ts';
import type { Before, KeptTable } from '../../../../src/executors/transfer/state/run.ts';
import {
  digestEarly,
  measureBefore,
  prove,
  type Proved,
} from '../../../../src/executors/transfer/worker/proof.ts';
import { definition, fromTable, toTable } from '../../../e2e/transfers/harness.ts';

const column = (name: string): Column => ({
  name,
  type: { kind: 'int64' },
  nullable: false,
  nativeType: 'bigint',
  comment: '',
  keyPosition: 0,
});

function kept(index: number, target: string, before: Before | null): KeptTable {
  const source = { schema: '', name: `s${index}` };
  return {
    table: {
      index,
      source: {
        name: source,
        columns: [column('a'), column('b')],
        named: true,
        estimatedRows: null,
        bytes: null,
        files: null,
      },
      target: { schema: '', name: target },
      columns: ['a', 'b'].map((name) => ({ source: column(name), target: column(name) })),
    },
    details: {
      read: { kind: 'text' },
      write: { kind: 'text' },
      transforms: false,
      added: [null, null],
      keyed: true,
      binary: false,
      toFiles: false,
      estimatedRows: null,
    },
    source: source.name,
    target,
    state: 'done',
    message: '',
    before,
  };
}

/** Digests that are known beforehand, by table. */
class KnownDigests implements Digester {
  readonly asked: string[] = [];
  readonly #methods: readonly string[];
  readonly #digests: Readonly<Record<string, Digest>>;

  readonly readBack?: NonNullable<Digester['readBack']>;

  /** @param back what commits are found to have brought; absent = that cannot be told. */
  constructor(
    digests: Readonly<Record<string, Digest>>,
    methods = ['fast', 'slow', 'count'],
    back?: Digest,
  ) {
    this.#digests = digests;
    this.#methods = methods;
    if (back === undefined) return;
    this.readBack = ({ table, columns, method, tokens, everywhere }) => {
      const asked = [table.name, method, columns.map(({ name }) => name).join(''), ...tokens];
      this.asked.push([...asked, everywhere ? 'everywhere' : 'there'].join(' '));
      return Promise.resolve(back);
    };
  }

  methods(): readonly string[] {
    return this.#methods;
  }

  digest({ table, columns, method }: Parameters<Digester['digest']>[0]): Promise<Digest> {
    this.asked.push(`${table.name} ${method} ${columns.map(({ name }) => name).join('')}`);
    const found = this.#digests[table.name];
    if (found === undefined) return Promise.reject(new Error(`no table ${table.name}`));
    return Promise.resolve(method === 'count' ? { ...found, checksum: null } : found);
  }
}

const ends = (source: Digester | null, target: Digester | null) => ({
  source: { digester: source } as RowSource,
  target: { digester: target } as RowTarget,
});

const job = (more: Partial<TransferDefinition> = {}): TransferDefinition =>
  definition({ from: fromTable('x', 's0'), to: toTable('y', 't'), ...more });

const empty: Before = { rows: 0, checksum: null };
const digest = (rows: number, sum: number): Digest => ({
  rows,
  checksum: sum.toString(16).padStart(16, '0'),
});

const notSummed = { of: () => Promise.resolve(null) };
const threeRows: TableCounts = { rowsRead: 3, rowsWritten: 3, rowsRejected: 0, checksum: null };

const counted = (...tables: readonly TableCounts[]): ReadonlyMap<number, TableCounts> =>
  new Map(tables.entries());

async function proved(
  source: Digester | null,
  target: Digester | null,
  {
    tables = [kept(0, 't', empty)],
    counts = {},
    arrivals = null,
    more = {},
  }: {
    readonly tables?: readonly KeptTable[];
    readonly counts?: Partial<TableCounts>;
    readonly arrivals?: readonly Arrival[] | null;
    readonly more?: Partial<TransferDefinition>;
  } = {},
): Promise<Proved> {
  return prove(job(more), ends(source, target), {
    tables,
    counts: new Map(tables.map(({ table }) => [table.index, { ...threeRows, ...counts }])),
    early: new Map(),
    arrivalsOf: () => Promise.resolve(arrivals),
    nowMs: () => 0,
    signal: new AbortController().signal,
  });
}

describe('the proof of a load', () => {
  test('a checksum taken while rows moved is not asked for again, unless another is needed', async () => {
    const { signal } = new AbortController();
    const source = new KnownDigests({ s0: digest(3, 7) });
    const target = new KnownDigests({ t: digest(3, 7) });
    const tables = [kept(0, 't', empty)];
    const early = await digestEarly(
      'checksums',
      job(),
      ends(source, target),
      tables,
      notSummed,
      signal,
    );
    assert.deepEqual(source.asked, ['s0 fast ab']);
    const facts = {
      tables,
      early,
      arrivalsOf: () => Promise.resolve(null),
      nowMs: () => 0,
      signal,
    };
    const whole = await prove(job(), ends(source, target), {
      ...facts,
      counts: new Map([[0, threeRows]]),
    });
    assert.equal(whole.report.outcome, 'match');
    assert.deepEqual(source.asked, ['s0 fast ab']);
    // A row that was rejected makes checksums differ: rows are counted.
    await prove(job(), ends(source, target), {
      ...facts,
      counts: new Map([[0, { ...threeRows, rowsWritten: 2, rowsRejected: 1 }]]),
    });
    assert.deepEqual(source.asked, ['s0 fast ab', 's0 count ab']);
    // What reads every row through the worker would hold up the load.
    const reading = ['text-rows(int,int)', 'count'];
    const slow = new KnownDigests({ s0: digest(3, 7) }, reading);
    const other = ends(slow, new KnownDigests({ t: digest(3, 7) }, reading));
    const none = await digestEarly(
      'checksums',
      job({ proof: 'rows' }),
      other,
      tables,
      notSummed,
      signal,
    );
    assert.equal(none.size, 0);
    assert.deepEqual(slow.asked, []);
  });

  test('the first checksum that both sides compute is taken', async () => {
    const source = new KnownDigests({ s0: digest(3, 7) });
    const target = new KnownDigests({ t: digest(3, 7) }, ['slow', 'count']);
    const { report, contradiction } = await proved(source, target);
    assert.equal(report.outcome, 'match');
    assert.equal(contradiction, null);
    assert.deepEqual(source.asked, ['s0 slow ab']);
    assert.deepEqual(target.asked, ['t slow ab']);
  });

  test('checksums that differ contradict the load', async () => {
    const source = new KnownDigests({ s0: digest(3, 7) });
    const { report, contradiction } = await proved(source, new KnownDigests({ t: digest(3, 8) }));
    assert.equal(report.outcome, 'mismatch');
    assert.match(contradiction ?? '', /table t: source has 3 rows/);
  });

  test('a mode that changes rows explains a difference', async () => {
    const to = toTable('y', 't', { conflict: 'replace' });
    const source = new KnownDigests({ s0: digest(3, 7) });
    const target = new KnownDigests({ t: digest(2, 8) });
    const { report, contradiction } = await proved(source, target, { more: { to } });
    assert.equal(report.outcome, 'mismatch');
    assert.equal(contradiction, null);
    assert.match(report.tables[0]?.method ?? '', /equal keys/);
  });

  test('what was there before is taken away, also over the end of the space of sums', async () => {
    const before: Before = { rows: 2, checksum: digest(2, 10).checksum, method: 'fast' };
    const after: Digest = { rows: 5, checksum: '0000000000000003' };
    // 3 - 10 = -7 modulo 2^64.
    const source = new KnownDigests({ s0: { rows: 3, checksum: 'fffffffffffffff9' } });
    const { report } = await proved(source, new KnownDigests({ t: after }), {
      tables: [kept(0, 't', before)],
    });
    assert.equal(report.outcome, 'match');
    assert.equal(report.tables[0]?.targetRows, 3);
  });

  test('what an earlier version computed of it is not compared with sums of this one', async () => {
    const source = new KnownDigests({ s0: digest(3, 7) });
    for (const method of ['faster', undefined]) {
      const before = { rows: 2, checksum: digest(2, 10).checksum, ...(method && { method }) };
      const { report, contradiction } = await proved(
        source,
        new KnownDigests({ t: digest(5, 99) }),
        {
          tables: [kept(0, 't', before)],
        },
      );
      assert.equal(report.outcome, 'counts-only');
      assert.equal(contradiction, null);
    }
  });

  test('tables that become one are proved together', async () => {
    const source = new KnownDigests({ s0: digest(3, 5), s1: digest(3, 6) });
    const target = new KnownDigests({ t: digest(6, 11) });
    const { report } = await proved(source, target, {
      tables: [kept(0, 't', empty), kept(1, 't', empty)],
    });
    assert.equal(report.outcome, 'match');
    assert.equal(report.tables.length, 1);
  });

  test('of rows that were added up as they were read, the source only tells how many there are', async () => {
    const { signal } = new AbortController();
    const source = new KnownDigests({ s0: digest(3, 99), s1: digest(2, 99) });
    const tables = [kept(0, 't', empty), kept(1, 't', empty)];
    const target = new KnownDigests({ t: digest(5, 11) });
    const summed = { of: () => Promise.resolve(() => 0n) };
    const early = await digestEarly('counts', job(), ends(source, target), tables, summed, signal);
    assert.deepEqual(source.asked, ['s0 count ab', 's1 count ab']);
    const of = (rows: number, sum: number): TableCounts => ({
      rowsRead: rows,
      rowsWritten: rows,
      rowsRejected: 0,
      checksum: digest(rows, sum).checksum,
    });
    const facts = {
      tables,
      early,
      arrivalsOf: () => Promise.resolve(null),
      nowMs: () => 0,
      signal,
    };
    const both = ends(source, target);
    const right = await prove(job(), both, { ...facts, counts: counted(of(3, 5), of(2, 6)) });
    assert.equal(right.report.outcome, 'match');
    assert.match(right.report.tables[0]?.method ?? '', /source checksum of rows as they were read/);
    assert.equal(right.report.tables[0]?.sourceRows, 5);
    assert.equal(source.asked.length, 2);
    const wrong = await prove(job(), both, { ...facts, counts: counted(of(3, 5), of(2, 7)) });
    assert.equal(wrong.report.outcome, 'mismatch');
    assert.match(wrong.contradiction ?? '', /source has 5 rows/);
    // One chunk without a sum: the source is asked for its own.
    const unsummed = { ...of(2, 6), checksum: null };
    await prove(job(), both, { ...facts, counts: counted(of(3, 5), unsummed) });
    assert.deepEqual(source.asked.slice(2), ['s0 fast ab', 's1 fast ab']);
  });

  test('rows that were never read are missed, though all that were read are there', async () => {
    const source = new KnownDigests({ s0: digest(4, 99) });
    const counts = { checksum: digest(3, 7).checksum };
    const target = new KnownDigests({ t: digest(3, 7) });
    const { report, contradiction } = await proved(source, target, { counts });
    assert.equal(report.outcome, 'mismatch');
    assert.match(contradiction ?? '', /source has 4 rows .*, target 3 /);
  });

  test('rows that were added up are compared without those that were rejected', async () => {
    const source = new KnownDigests({ s0: digest(3, 99) });
    const counts = { rowsWritten: 2, rowsRejected: 1, checksum: digest(2, 5).checksum };
    const good = await proved(source, new KnownDigests({ t: digest(2, 5) }), { counts });
    assert.equal(good.report.outcome, 'match');
    const bad = await proved(source, new KnownDigests({ t: digest(2, 6) }), { counts });
    assert.equal(bad.report.outcome, 'mismatch');
    assert.notEqual(bad.contradiction, null);
  });

  describe('of commits that are read back', () => {
    const found = (seq: number, rows: number, sums: readonly [number, number | null]): Arrival => ({
      table: 0,
      seq,
      label: `piece ${seq}`,
      token: `token ${seq}`,
      rows,
      checksum: digest(rows, sums[0]).checksum,
      found: sums[1] === null ? null : digest(rows, sums[1]).checksum,
    });

    test('adds up what was found, and looks for the rest at once', async () => {
      const source = new KnownDigests({ s0: digest(5, 11) });
      const target = new KnownDigests({}, ['fast', 'count'], digest(2, 6));
      const arrivals = [found(0, 3, [5, 5]), found(1, 1, [2, null]), found(2, 1, [4, null])];
      const counts = { rowsRead: 5, rowsWritten: 5, checksum: digest(5, 11).checksum };
      const tables = [kept(0, 't', { rows: 1_000, checksum: null })];
      const { report } = await proved(source, target, { counts, tables, arrivals });
      assert.equal(report.outcome, 'match', JSON.stringify(report));
      assert.deepEqual(target.asked, ['t fast ab token 1 token 2 there']);
      const [table] = report.tables;
      assert.equal(table?.targetRows, 5);
      assert.match(table.method, /as each commit was read back; 1000 rows were there before/);
    });

    test('looks everywhere for what is not where it should be', async () => {
      const target = new KnownDigests({}, ['fast', 'count'], digest(1, 6));
      const arrivals = [found(0, 2, [5, null])];
      const counts = { rowsRead: 2, rowsWritten: 2, checksum: digest(2, 5).checksum };
      const source = new KnownDigests({ s0: digest(2, 5) });
      const { report } = await proved(source, target, { counts, arrivals });
      assert.deepEqual(target.asked, ['t fast ab token 0 there', 't fast ab token 0 everywhere']);
      assert.equal(report.outcome, 'mismatch');
    });

    test('names the first piece that differs', async () => {
      const source = new KnownDigests({ s0: digest(3, 11) });
      const target = new KnownDigests({}, ['fast', 'count'], digest(0, 0));
      const arrivals = [found(0, 1, [5, 5]), found(1, 1, [2, 3]), found(2, 1, [4, 9])];
      const counts = { checksum: digest(3, 11).checksum };
      const { report, contradiction } = await proved(source, target, { counts, arrivals });
      assert.equal(report.outcome, 'mismatch');
      assert.match(contradiction ?? '', /the first that differ are those of piece 1$/);
    });

    test('is the proof of plain loads only, where all came in by single commits', async () => {
      const arrivals = [found(0, 3, [7, 7])];
      const counts = { checksum: digest(3, 7).checksum };
      for (const to of [
        toTable('y', 't', { conflict: 'update' }),
        toTable('y', 't', { stage: true }),
        toTable('y', 't', { after: 'DELETE FROM t' }),
      ]) {
        const source = new KnownDigests({ s0: digest(3, 7) });
        const target = new KnownDigests({ t: digest(3, 7) }, ['fast', 'count'], digest(9, 9));
        const { report } = await proved(source, target, { counts, arrivals, more: { to } });
        assert.equal(report.outcome, 'match');
        assert.deepEqual(target.asked, ['t fast ab']);
      }
      const source = new KnownDigests({ s0: digest(3, 7) });
      const target = new KnownDigests({ t: digest(3, 7) }, ['fast', 'count'], digest(9, 9));
      await proved(source, target, { counts, arrivals: null });
      assert.deepEqual(target.asked, ['t fast ab']);
    });

    test('what was there before is only counted, unless dirty rows may make it needed', async () => {
      const tables = [kept(0, 't', null)];
      const { signal } = new AbortController();
      const both = () => {
        const target = new KnownDigests({ t: digest(2, 9) }, ['fast', 'count'], digest(0, 0));
        return { target, ends: ends(new KnownDigests({}), target) };
      };
      const plain = both();
      const measured = await measureBefore(job(), plain.ends, tables, signal);
      assert.deepEqual(measured.get(0), { rows: 2, checksum: null });
      assert.deepEqual(plain.target.asked, ['t count ab']);
      const tolerant = both();
      const dirtyRows = { tolerate: true, maxPerShard: 1, maxPercent: null, copyTo: null };
      await measureBefore(job({ dirtyRows }), tolerant.ends, tables, signal);
      assert.deepEqual(tolerant.target.asked, ['t count ab', 't fast ab']);
      // What is read through the worker is not read beside the rows that move.
      const reading = ['text-rows(int,int)', 'count'];
      const slow = new KnownDigests({ t: digest(2, 9) }, reading, digest(0, 0));
      const other = ends(new KnownDigests({}, reading), slow);
      await measureBefore(job({ proof: 'rows' }), other, tables, signal);
      assert.deepEqual(slow.asked, ['t count ab', 't text-rows(int,int) ab']);
    });
  });

  test('rejected rows leave counts alone to be compared', async () => {
    const counts = { rowsRead: 3, rowsWritten: 2, rowsRejected: 1 };
    const source = new KnownDigests({ s0: digest(3, 7) });
    const good = await proved(source, new KnownDigests({ t: digest(2, 5) }), { counts });
    assert.equal(good.report.outcome, 'counts-only');
    const bad = await proved(source, new KnownDigests({ t: digest(1, 5) }), { counts });
    assert.equal(bad.report.outcome, 'mismatch');
    assert.equal(bad.contradiction, null);
  });

  test('converted columns are left out', async () => {
    const converters = [{ column: 'b', type: 'TRIM', params: {} }];
    const source = new KnownDigests({ s0: digest(3, 7) });
    const { report } = await proved(source, new KnownDigests({ t: digest(3, 7) }), {
      more: { converters },
    });
    assert.equal(report.outcome, 'match');
    assert.deepEqual(source.asked, ['s0 fast a']);
    assert.match(report.tables[0]?.method ?? '', /without computed columns/);
  });

  test('sides that cannot be asked are taken as they were counted', async () => {
    assert.equal((await proved(null, null)).report.outcome, 'counts-only');
    const lost = { rowsRead: 3, rowsWritten: 2, rowsRejected: 0 };
    assert.equal((await proved(null, null, { counts: lost })).report.outcome, 'mismatch');
  });

  test('a comparison that fails says so and is none', async () => {
    const { report, contradiction } = await proved(new KnownDigests({}), new KnownDigests({}));
    assert.equal(report.outcome, 'skipped');
    assert.equal(contradiction, null);
    assert.match(report.tables[0]?.method ?? '', /no table/);
  });

  test('before the load rows are counted, and summed only where there are any', async () => {
    const tables = [kept(0, 't', null)];
    const { signal } = new AbortController();
    const source = new KnownDigests({});
    const none = new KnownDigests({ t: digest(0, 0) });
    const measured = await measureBefore(job(), ends(source, none), tables, signal);
    assert.deepEqual(measured.get(0), { rows: 0, checksum: null });
    assert.deepEqual(none.asked, ['t count ab']);
    const some = new KnownDigests({ t: digest(2, 9) });
    await measureBefore(job(), ends(source, some), tables, signal);
    assert.deepEqual(some.asked, ['t count ab', 't fast ab']);
  });
});
