import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TransferDefinition } from '../../../../src/domain/transfer/definition.ts';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import type { Digest, Digester, RowSource, RowTarget } from '../../../../src/ports/connector.ts';
import type { Before, KeptTable } from '../../../../src/executors/transfer/state/run.ts';
import {
  digestWhileLoading,
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

  constructor(digests: Readonly<Record<string, Digest>>, methods = ['fast', 'slow', 'count']) {
    this.#digests = digests;
    this.#methods = methods;
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

async function proved(
  source: Digester | null,
  target: Digester | null,
  {
    tables = [kept(0, 't', empty)],
    counts = { rowsRead: 3, rowsWritten: 3, rowsRejected: 0 },
    more = {},
  }: {
    readonly tables?: readonly KeptTable[];
    readonly counts?: {
      readonly rowsRead: number;
      readonly rowsWritten: number;
      readonly rowsRejected: number;
    };
    readonly more?: Partial<TransferDefinition>;
  } = {},
): Promise<Proved> {
  return prove(job(more), ends(source, target), {
    tables,
    counts: new Map(tables.map(({ table }) => [table.index, counts])),
    early: new Map(),
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
    const early = await digestWhileLoading(job(), ends(source, target), tables, signal);
    assert.deepEqual(source.asked, ['s0 fast ab']);
    const facts = { tables, early, nowMs: () => 0, signal };
    const all = { rowsRead: 3, rowsWritten: 3, rowsRejected: 0 };
    const whole = await prove(job(), ends(source, target), {
      ...facts,
      counts: new Map([[0, all]]),
    });
    assert.equal(whole.report.outcome, 'match');
    assert.deepEqual(source.asked, ['s0 fast ab']);
    // A row that was rejected makes checksums differ: rows are counted.
    await prove(job(), ends(source, target), {
      ...facts,
      counts: new Map([[0, { ...all, rowsWritten: 2, rowsRejected: 1 }]]),
    });
    assert.deepEqual(source.asked, ['s0 fast ab', 's0 count ab']);
    // What reads every row through the worker would hold up the load.
    const reading = ['text-rows(int,int)', 'count'];
    const slow = new KnownDigests({ s0: digest(3, 7) }, reading);
    const other = ends(slow, new KnownDigests({ t: digest(3, 7) }, reading));
    const none = await digestWhileLoading(job({ proof: 'rows' }), other, tables, signal);
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
    const before: Before = { rows: 2, checksum: digest(2, 10).checksum };
    const after: Digest = { rows: 5, checksum: '0000000000000003' };
    // 3 - 10 = -7 modulo 2^64.
    const source = new KnownDigests({ s0: { rows: 3, checksum: 'fffffffffffffff9' } });
    const { report } = await proved(source, new KnownDigests({ t: after }), {
      tables: [kept(0, 't', before)],
    });
    assert.equal(report.outcome, 'match');
    assert.equal(report.tables[0]?.targetRows, 3);
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
