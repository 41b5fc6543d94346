import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { warehouseConnector } from '../../../src/connectors/warehouse/connector.ts';
import type { Column, ColumnType } from '../../../src/domain/transfer/columns.ts';
import type { WarehouseSource, WarehouseTarget } from '../../../src/domain/transfer/definition.ts';
import type { LinkOptions } from '../../../src/domain/transfer/link.ts';
import { decodeRow, encodeRows, rowOffsets } from '../../../src/lib/rows/text.ts';
import type {
  Connector,
  PlannedTable,
  RowSource,
  RowTarget,
  SourceTable,
} from '../../../src/ports/connector.ts';
import type { FileStore } from '../../../src/ports/file-store.ts';
import {
  type FilesAdapter,
  type FilesUnderTest,
  loaderOf,
  look,
  never,
  openStore,
  paths,
  plant,
  planned,
  readAll,
} from './files-adapter.ts';
import { contextOf } from './files-adapter-remote.ts';

type Rows = readonly (readonly (string | null)[])[];
type WarehouseLink = Extract<LinkOptions, { kind: 'warehouse' }>;

const orders: readonly (readonly [string, ColumnType])[] = [
  ['id', { kind: 'int64' }],
  ['note', { kind: 'varchar', length: 20 }],
  ['paid', { kind: 'bool' }],
  ['raw', { kind: 'bytes', length: null }],
  ['at', { kind: 'timestamptz', fraction: 6 }],
  ['day', { kind: 'text' }],
];
const orderRows: Rows = [
  ['1', 'a', 't', '\\x00ff', '2026-01-31 23:59:59.5+00', '2026-01-01'],
  ['2', '', 'f', '\\x', null, '2026-01-02'],
  ['3', null, null, null, null, '2026-01-02'],
  ['4', 'ü 空', 't', null, null, 'a/b=c %'],
  ['5', 'x', 't', null, null, null],
];

/** Tables as folders, in any kind of file store. */
export function warehouseSuite(adapter: FilesAdapter): void {
  describe(`${adapter.name}: a warehouse`, adapter.options ?? {}, () => {
    let under: FilesUnderTest;
    let store: FileStore;
    let connector: Connector<'warehouse'>;
    let link: WarehouseLink;
    let runs = 0;

    before(async () => {
      under = await adapter.open();
      store = await openStore(under);
      connector = warehouseConnector(contextOf(), () => openStore(under));
      const files = under.link as WarehouseLink['files'];
      link = { kind: 'warehouse', files, bucket: under.bucket, path: '/hive/' };
    });
    after(async () => {
      await store?.close();
      await under?.close();
    });

    const openTarget = (changes: Partial<WarehouseTarget>): Promise<RowTarget> =>
      connector.target(link, targetOf(changes), 'job', never);
    const openSource = (changes: Partial<WarehouseSource>): Promise<RowSource> =>
      connector.source(link, sourceOf(changes), never);

    /** A whole load; each group of rows is a chunk. */
    const load = async (
      changes: Partial<WarehouseTarget>,
      chunks: readonly Rows[],
      shape = orders,
    ): Promise<void> => {
      const target = await openTarget(changes);
      runs += 1;
      const runId = `run${runs}`;
      const table = await plan(target, shape);
      await target.prepare([table], runId);
      const loader = await target.open(loaderOf(table, { runId }));
      for (const rows of chunks) {
        await loader.write({ bytes: encodeRows(rows), rows: rows.length });
        await loader.prepareCommit();
        await loader.commit();
      }
      await loader.close();
      await target.finish([table], runId);
      await target.finish([table], runId);
      await target.close();
    };
    const readRows = async (changes: Partial<WarehouseSource>): Promise<Rows> => {
      const source = await openSource(changes);
      const { bytes, rows } = await readAll(source);
      await source.close();
      return decoded(bytes, rows).toSorted((a, b) => Number(a[0]) - Number(b[0]));
    };

    for (const storage of ['text', 'parquet'] as const) {
      test(`rows come back from the partitions they were written to (${storage})`, async () => {
        const table = `orders_${storage}`;
        await load({ table, storage, partitionColumns: ['day'] }, [
          orderRows.slice(0, 2),
          orderRows.slice(2),
        ]);
        const found = await paths(store, `hive/shop.db/${table}`);
        const folders = new Set(found.map((path) => path.split('/').slice(3, -1).join('/')));
        assert.deepEqual([...folders].toSorted(), [
          '',
          'day=2026-01-01',
          'day=2026-01-02',
          'day=__HIVE_DEFAULT_PARTITION__',
          'day=a%2Fb%3Dc %25',
        ]);
        const rows = await readRows({ table });
        const utc = orderRows.map((row) => row.map((field) => field?.replace(/\+00$/, '') ?? null));
        assert.deepEqual(rows, utc);
        const source = await openSource({ table });
        const [told] = await source.tables();
        assert.deepEqual(
          told?.columns.map(({ name, nativeType }) => `${name} ${nativeType}`),
          [
            'id BIGINT',
            'note VARCHAR(60)',
            'paid BOOLEAN',
            'raw BINARY',
            'at TIMESTAMP',
            'day STRING',
          ],
        );
        await source.close();
      });
    }

    test('the schema lies beside the files', async () => {
      await load({ table: 'described', partitionColumns: ['day'] }, []);
      const text = await look(store, 'hive/shop.db/described/_cdm_table.json');
      const schema = JSON.parse(String(text)) as Record<string, unknown>;
      assert.deepEqual(schema['partitionColumns'], [{ name: 'day', type: 'STRING' }]);
      assert.equal(schema['storageFormat'], 'TEXTFILE');
      assert.equal(schema['fieldSeparator'], '\u0001');
      assert.deepEqual((schema['columns'] as unknown[])[0], { name: 'id', type: 'BIGINT' });
    });

    test('partitions are chosen by values and by expressions, and unknown ones are named', async () => {
      const shape: typeof orders = [
        ['id', { kind: 'int32' }],
        ['year', { kind: 'int32' }],
        ['city', { kind: 'text' }],
      ];
      const rows = ['2019', '2020', '2021', '2022'].flatMap((year, at) => [
        [String(at * 2), year, 'bonn'],
        [String(at * 2 + 1), year, 'ulm'],
      ]);
      await load({ table: 'chosen', partitionColumns: ['year', 'city'] }, [rows], shape);
      const ids = async (partitions: WarehouseSource['partitions']): Promise<readonly unknown[]> =>
        (await readRows({ table: 'chosen', partitions })).map(([id]) => id);
      assert.deepEqual(await ids({ year: ['2019', '2022'], city: ['ulm'] }), ['1', '7']);
      assert.deepEqual(await ids({ year: '${value} >= 2020 && ${value} < 2022' }), [
        '2',
        '3',
        '4',
        '5',
      ]);
      assert.deepEqual(await ids({ city: "${value} == 'bonn'", year: ['2021'] }), ['4']);
      for (const partitions of [{ month: ['1'] }, { year: '${value} >=' }]) {
        const source = await openSource({ table: 'chosen', partitions });
        await assert.rejects(source.tables(), { code: 'invalid-definition' });
        await source.close();
      }
    });

    test('columns are chosen, partition columns among them', async () => {
      await load({ table: 'narrow', partitionColumns: ['day'] }, [orderRows]);
      const rows = await readRows({ table: 'narrow', columns: ['id', 'day', 'paid', '2'] });
      assert.deepEqual(rows[0], ['1', '2026-01-01', 't', 'a']);
      const source = openSource({ table: 'narrow', columns: ['nothing'] });
      await assert.rejects((await source).tables(), { code: 'column-mismatch' });
    });

    test('a load adds to what is there, truncates it, or replaces what it writes', async () => {
      const at = (id: string, day: string): Rows[number] => [id, null, null, null, null, day];
      const table = 'modes';
      const partitionColumns = ['day'];
      const ids = async (): Promise<string> => (await readRows({ table })).map(([id]) => id).join();
      await load({ table, partitionColumns }, [[at('1', 'a'), at('2', 'b')]]);
      await load({ table, partitionColumns }, [[at('3', 'a')]]);
      assert.equal(await ids(), '1,2,3');
      await load({ table, partitionColumns, clear: 'overwrite' }, [[at('4', 'a')]]);
      assert.equal(await ids(), '2,4');
      const named = [{ day: 'b' }];
      await load({ table, partitionColumns, clear: 'truncate', partitions: named }, []);
      assert.equal(await ids(), '4');
      await load({ table, partitionColumns, clear: 'truncate' }, [[at('5', 'c')]]);
      assert.equal(await ids(), '5');
      await load({ table, partitionColumns, preparation: 'recreate' }, [[at('6', 'c')]]);
      assert.equal(await ids(), '6');
      const left = (await paths(store, `hive/shop.db/${table}`)).filter((path) =>
        /\/\./.test(path),
      );
      assert.deepEqual(left, []);
    });

    test('a partition that the job names fills the column which the rows lack', async () => {
      const shape = orders.filter(([name]) => name !== 'day');
      const row = ['9', null, null, null, null];
      const partitions = [{ day: '2020' }];
      await load({ table: 'fixed', partitions }, [[row]], shape);
      assert.deepEqual(await readRows({ table: 'fixed' }), [[...row, '2020']]);
      await assert.rejects(load({ table: 'fixed' }, [[row]], shape), { code: 'partition-column' });
    });

    test('what was not committed never comes into the table; tokens tell what was', async () => {
      const target = await openTarget({ table: 'crash', partitionColumns: ['day'] });
      const table = await plan(target, orders);
      await target.prepare([table], 'r-crash');
      const request = loaderOf(table, { runId: 'r-crash' });
      const loader = await target.open(request);
      await loader.write({ bytes: encodeRows(orderRows.slice(0, 1)), rows: 1 });
      const first = await loader.prepareCommit();
      await loader.commit();
      await loader.write({ bytes: encodeRows(orderRows.slice(1, 2)), rows: 1 });
      const second = await loader.prepareCommit();
      // As if the process had ended here; another one goes on.
      await loader.close();
      const other = await openTarget({ table: 'crash', partitionColumns: ['day'] });
      assert.deepEqual(
        [await other.outcome(first), await other.outcome(second)],
        ['committed', 'rolled-back'],
      );
      const again = await other.open({ ...request, after: first });
      await again.write({ bytes: encodeRows(orderRows.slice(1, 2)), rows: 1 });
      await again.rollback();
      await again.write({ bytes: encodeRows(orderRows.slice(2, 3)), rows: 1 });
      await again.prepareCommit();
      await again.commit();
      const unfinished = await paths(store, 'hive/shop.db/crash');
      assert.ok(unfinished.every((path) => /_cdm_table\.json$|\/\.longshore-/.test(path)));
      await other.finish([table], 'r-crash');
      assert.deepEqual(
        (await readRows({ table: 'crash' })).map(([id]) => id),
        ['1', '3'],
      );
      await target.close();
      await other.close();
    });

    test('an abandoned run leaves the table as it was', async () => {
      const target = await openTarget({ table: 'kept', clear: 'overwrite' });
      await load({ table: 'kept' }, [orderRows]);
      const table = await plan(target, orders);
      await target.prepare([table], 'r-kept');
      const loader = await target.open(loaderOf(table, { runId: 'r-kept' }));
      await loader.write({ bytes: encodeRows(orderRows), rows: orderRows.length });
      await loader.prepareCommit();
      await loader.commit();
      await loader.close();
      await target.abandon([table], 'r-kept');
      await target.abandon([table], 'r-kept');
      assert.equal((await readRows({ table: 'kept' })).length, orderRows.length);
      await target.close();
    });

    test('rows that files cannot hold are refused by number, and nothing of their batch is written', async () => {
      for (const [storage, bad] of [
        ['text', 'line\nbreak'],
        ['text', 'sep\u0001arator'],
      ] as const) {
        const target = await openTarget({ table: `refused_${storage}`, storage });
        const table = await plan(target, orders);
        await target.prepare([table], 'r-refused');
        const loader = await target.open(loaderOf(table, { runId: 'r-refused' }));
        const rows = [orderRows[0] ?? [], ['2', bad, null, null, null, null]];
        await assert.rejects(loader.write({ bytes: encodeRows(rows), rows: 2 }), {
          name: 'RowsRefused',
          row: 1,
        });
        await loader.prepareCommit();
        await loader.commit();
        await target.finish([table], 'r-refused');
        assert.deepEqual((await readRows({ table: `refused_${storage}` })).length, 0);
        await target.close();
      }
      await load({ table: 'dropped', lineBreaks: { policy: 'replace', by: ' ' } }, [
        [['1', 'a\r\nb', null, null, null, null]],
      ]);
      assert.equal((await readRows({ table: 'dropped' }))[0]?.[1], 'a b');
    });

    test('a table that is not there and a file that lies elsewhere are named', async () => {
      await assert.rejects(openSource({ table: 'nowhere' }), { code: 'table-missing' });
      const target = await openTarget({ table: 'nowhere', preparation: 'none' });
      await assert.rejects(plan(target, orders), { code: 'table-missing' });
      await target.close();
      await assert.rejects(openSource({ table: '../x' }), { code: 'invalid-definition' });
      await load({ table: 'strange', partitionColumns: ['day'] }, [orderRows]);
      await plant(store, 'hive/shop.db/strange/loose.txt', 'x');
      const source = await openSource({ table: 'strange' });
      await assert.rejects(source.tables(), (error: Error & { code: string }) => {
        assert.equal(error.code, 'file-format');
        assert.match(error.message, /strange\/loose\.txt/);
        return true;
      });
      await source.close();
      await plant(store, 'hive/shop.db/broken/_cdm_table.json', '{"columns": 1}');
      await assert.rejects(openSource({ table: 'broken' }), { code: 'file-format' });
    });
  });
}

function sourceOf(changes: Partial<WarehouseSource>): WarehouseSource {
  return {
    kind: 'warehouse',
    link: 'hive',
    database: 'shop',
    table: 'orders',
    columns: null,
    partitions: {},
    ...changes,
  };
}

function targetOf(changes: Partial<WarehouseTarget>): WarehouseTarget {
  return {
    kind: 'warehouse',
    link: 'hive',
    database: 'shop',
    table: 'orders',
    columns: null,
    preparation: 'create',
    clear: 'none',
    partitions: [],
    partitionColumns: [],
    storage: 'text',
    nulls: 'null',
    lineBreaks: { policy: 'keep' },
    ...changes,
  };
}

/** A plan that writes columns of these types. */
async function plan(target: RowTarget, shape: typeof orders): Promise<PlannedTable> {
  const columns = shape.map(([name, type]): Column => ({
    name,
    type,
    nullable: true,
    nativeType: '',
    comment: '',
    keyPosition: 0,
  }));
  const source: SourceTable = {
    name: { schema: 's', name: 'from' },
    columns,
    named: true,
    estimatedRows: null,
    bytes: null,
    files: null,
  };
  const { name } = await target.look(source);
  return { ...planned(source, target), target: name };
}

function decoded(bytes: Buffer, rows: number): (string | null)[][] {
  const offsets = rowOffsets(bytes);
  return Array.from({ length: rows }, (_, row) =>
    decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0),
  );
}
