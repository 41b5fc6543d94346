import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Column, ColumnType } from '../../../src/domain/transfer/columns.ts';
import type { FileTarget } from '../../../src/domain/transfer/definition.ts';
import { encodeRows, rowCount } from '../../../src/lib/rows/text.ts';
import type { RowBatch, RowTarget, SourceTable } from '../../../src/ports/connector.ts';
import type { FileStore } from '../../../src/ports/file-store.ts';
import {
  csv,
  type FilesAdapter,
  type FilesUnderTest,
  json,
  loaderOf,
  look,
  never,
  openStore,
  paths,
  plant,
  planned,
  targetOf,
} from './files-adapter.ts';

const column = (name: string, type: ColumnType): Column => ({
  name,
  type,
  nullable: true,
  nativeType: 'x',
  comment: '',
  keyPosition: 0,
});

const orders: SourceTable = {
  name: { schema: 'shop', name: 'orders' },
  columns: [
    column('id', { kind: 'int64' }),
    column('paid', { kind: 'bool' }),
    column('note', { kind: 'text' }),
  ],
  named: true,
  estimatedRows: null,
  bytes: null,
  files: null,
};

const batch = (...rows: (string | null)[][]): RowBatch => ({
  bytes: encodeRows(rows),
  rows: rows.length,
});

/** Files as a target of rows, in any kind of store. */
export function fileTargetSuite(adapter: FilesAdapter): void {
  describe(`${adapter.name}: files as a target of rows`, adapter.options ?? {}, () => {
    let under: FilesUnderTest;
    let store: FileStore;
    let number = 0;

    before(async () => {
      under = await adapter.open();
      store = await openStore(under);
    });
    after(async () => {
      await store?.close();
      await under?.close();
    });

    const open = async (
      changes: Partial<FileTarget> = {},
    ): Promise<{
      readonly target: RowTarget;
      readonly directory: string;
      readonly runId: string;
    }> => {
      number += 1;
      const directory = changes.directory ?? `out/${number}`;
      const to = targetOf({ bucket: under.bucket, directory, ...changes });
      const target = await under.connector.target(under.link, to, 'job', never);
      return { target, directory, runId: `run${number}` };
    };

    /** Writes batches of one shard, each a commit, and finishes. */
    const written = async (
      changes: Partial<FileTarget>,
      batches: readonly RowBatch[],
      source = orders,
    ): Promise<ReadonlyMap<string, Buffer>> => {
      const { target, directory, runId } = await open(changes);
      const table = planned(source, target);
      await target.prepare([table], runId);
      const loader = await target.open(loaderOf(table, { runId }));
      for (const rows of batches) {
        await loader.write(rows);
        await loader.prepareCommit();
        await loader.commit();
      }
      await loader.close();
      await target.finish([table], runId).catch(async (error: unknown) => {
        await target.abandon([table], runId);
        throw error;
      });
      await target.finish([table], runId);
      await target.close();
      const files = new Map<string, Buffer>();
      for (const path of await paths(store, directory)) {
        files.set(path.slice(directory.length + 1), (await look(store, path)) ?? Buffer.alloc(0));
      }
      return files;
    };
    const texts = (files: ReadonlyMap<string, Buffer>): Record<string, string> =>
      Object.fromEntries([...files].map(([path, bytes]) => [path, bytes.toString()]));

    const rows = batch(
      ['1', 't', 'a,b'],
      ['2', 'f', null],
      ['3', null, 'say "x"\nand\ty'],
      ['4', 't', ''],
    );

    test('rows become one file that is named after the table', async () => {
      assert.deepEqual(texts(await written({}, [rows])), {
        'orders.csv': '1,true,"a,b"\n2,false,\n3,,"say ""x""\nand\ty"\n4,true,""\n',
      });
    });

    test('records of a database pass as they are, or get the line ends of the job', async () => {
      for (const [lineSeparator, quoted, lineEnd, expected] of [
        ['\n', true, '\n', '1,true,"a\nb"\n2,,c\n'],
        ['\r\n', true, '\r\n', '1,true,"a\nb"\r\n2,,c\r\n'],
        ['\r\n', false, '\r\n', '1,true,a\nb\r\n2,,c\r\n'],
        ['\r', true, '\r', '1,true,"a\nb"\r2,,c\r'],
        // Those who give records do not know such an end.
        ['~\n', true, '\n', '1,true,"a\nb"~\n2,,c~\n'],
      ] as const) {
        const { target, directory, runId } = await open({
          format: { ...csv, lineSeparator, quoted },
        });
        const table = planned(orders, target);
        const format = target.formats(table)[0];
        assert.ok(format?.kind === 'csv');
        assert.equal(format.lineEnd, lineEnd);
        await target.prepare([table], runId);
        const loader = await target.open(loaderOf(table, { runId, format }));
        await loader.write({ bytes: Buffer.from(`1,true,"a\nb"${lineEnd}`), rows: 1 });
        await loader.write({ bytes: Buffer.from(`2,,c${lineEnd}`), rows: 1 });
        await loader.prepareCommit();
        await loader.commit();
        await loader.close();
        await target.finish([table], runId);
        assert.equal(String(await look(store, `${directory}/orders.csv`)), expected);
      }
    });

    test('header, separators, line breaks, NULL, encoding and the style of the vendor', async () => {
      const format = {
        ...csv,
        fieldSeparator: '||',
        lineSeparator: '\r\n',
        headerLines: 1,
        encoding: 'GBK',
        quoteStyle: 'legacy',
        lineBreaks: { policy: 'replace', by: ' ' },
      } as const;
      const files = await written({ format, nulls: 'NULL', baseName: 'p#/${tableName}' }, [
        batch(['1', 't', '中\r\n"文"'], ['2', null, 'x']),
      ]);
      const bytes = files.get('p#_orders.csv') ?? Buffer.alloc(0);
      assert.equal(
        new TextDecoder('gbk').decode(bytes),
        'id||paid||note\r\n1||true||"""中 "文""""\r\n2||NULL||x\r\n',
      );
    });

    test('a character that the encoding lacks is a refused row, and nothing of its batch is written', async () => {
      const { target, runId } = await open({ format: { ...csv, encoding: 'iso-8859-2' } });
      const table = planned(orders, target);
      await target.prepare([table], runId);
      const loader = await target.open(loaderOf(table, { runId }));
      await assert.rejects(loader.write(batch(['1', 't', 'ok'], ['2', 't', '漢'])), {
        name: 'RowsRefused',
        row: 1,
      });
      assert.equal((await loader.write(batch(['1', 't', 'ok']))).written, 1);
      await loader.close();
      await target.abandon([table], runId);
    });

    test('JSON: an object per line, numbers with every digit', async () => {
      assert.deepEqual(
        texts(
          await written({ format: json }, [
            batch(['12345678901234567890', 't', 'é"\n'], ['2', null, null]),
          ]),
        ),
        {
          'orders.json':
            '{"id":12345678901234567890,"paid":true,"note":"é\\"\\n"}\n{"id":2,"paid":null,"note":null}\n',
        },
      );
    });

    test('a table without rows becomes a file too, with its header', async () => {
      const format = { ...csv, lineSeparator: '\n', headerLines: 1 };
      assert.deepEqual(texts(await written({ format }, [])), { 'orders.csv': 'id,paid,note\n' });
    });

    test('files are closed before they grow beyond the limit', async () => {
      const many = Array.from({ length: 100 }, (_, row) => [String(row), 't', 'x'.repeat(20)]);
      const format = { ...csv, lineSeparator: '\n', headerLines: 1 };
      const files = await written({ format, maxFileBytes: 1000 }, [
        batch(...many.slice(0, 70)),
        batch(...many.slice(70)),
      ]);
      assert.deepEqual([...files.keys()], ['orders_1.csv', 'orders_2.csv', 'orders_3.csv']);
      let read = 0;
      for (const bytes of files.values()) {
        assert.ok(bytes.length <= 1000, `${bytes.length} bytes`);
        assert.ok(bytes.toString().startsWith('id,paid,note\n'));
        read += rowCount(bytes) - 1;
      }
      assert.equal(read, 100);
    });

    test('gzip: every commit can be gone on with, and the file is read by any tool', async () => {
      const files = await written({ compression: 'gzip' }, [
        batch(['1', 't', 'a']),
        batch(['2', 'f', 'b']),
      ]);
      assert.deepEqual([...files.keys()], ['orders.csv.gz']);
      const bytes = files.get('orders.csv.gz') ?? Buffer.alloc(0);
      assert.equal(gunzipSync(bytes).toString(), '1,true,a\n2,false,b\n');
    });

    test('nothing has its final name before the end; the marker comes last', async () => {
      const { target, directory, runId } = await open({ marker: '_SUCCESS' });
      const table = planned(orders, target);
      await target.prepare([table], runId);
      const loader = await target.open(loaderOf(table, { runId }));
      await loader.write(rows);
      await loader.prepareCommit();
      await loader.commit();
      await loader.close();
      assert.equal(await store.stat(`${directory}/orders.csv`), null);
      assert.equal(await store.stat(`${directory}/_SUCCESS`), null);
      await target.finish([table], runId);
      assert.deepEqual(await paths(store, directory), [
        `${directory}/_SUCCESS`,
        `${directory}/orders.csv`,
      ]);
    });

    test('several shards and tables get names with numbers', async () => {
      const { target, directory, runId } = await open({ baseName: 'all' });
      const tables = [planned(orders, target, 0), planned(orders, target, 1)];
      await target.prepare(tables, runId);
      for (const [table, shard] of [
        [0, 1],
        [0, 0],
        [1, 0],
      ] as const) {
        const planTable = tables[table];
        assert.ok(planTable);
        const loader = await target.open(loaderOf(planTable, { runId, shard, shards: 2 }));
        await loader.write(batch([`${table}${shard}`, 't', 'x']));
        await loader.prepareCommit();
        await loader.commit();
        await loader.close();
      }
      await target.finish(tables, runId);
      const contents = [];
      for (const path of await paths(store, directory)) {
        contents.push([path.slice(directory.length), String(await look(store, path))]);
      }
      assert.deepEqual(contents, [
        ['/all_1.csv', '00,true,x\n'],
        ['/all_2.csv', '01,true,x\n'],
        ['/all_3.csv', '10,true,x\n'],
      ]);
    });

    test('a process that died is gone on with behind its last commit', async () => {
      for (const compression of ['none', 'gzip'] as const) {
        const { target, directory, runId } = await open({ compression, maxFileBytes: 60 });
        const table = planned(orders, target);
        await target.prepare([table], runId);
        const dying = await target.open(loaderOf(table, { runId }));
        const row = (id: number): RowBatch => batch([String(id), 't', 'x'.repeat(20)]);
        let token = '';
        for (const id of [1, 2, 3]) {
          await dying.write(row(id));
          token = await dying.prepareCommit();
          await dying.commit();
        }
        // Written, not committed: neither the rest of a file nor next files may stay.
        for (const id of [90, 91, 92, 93]) await dying.write(row(id));
        await dying.close();
        await target.close();

        const next = await open({ compression, maxFileBytes: 60, directory });
        assert.equal(await next.target.outcome(token), 'committed');
        await next.target.prepare([table], runId);
        const loader = await next.target.open(loaderOf(table, { runId, after: token }));
        await loader.write(row(80));
        await loader.rollback();
        await loader.write(row(4));
        await loader.prepareCommit();
        await loader.commit();
        await loader.close();
        await next.target.finish([table], runId);
        const all: string[] = [];
        for (const path of await paths(store, directory)) {
          const bytes = (await look(store, path)) ?? Buffer.alloc(0);
          all.push((compression === 'gzip' ? gunzipSync(bytes) : bytes).toString());
        }
        const ids = all
          .join('')
          .split('\n')
          .map((line) => line.split(',')[0]);
        assert.deepEqual(ids, ['1', '2', '3', '4', '']);
      }
    });

    test('a commit that was prepared and lost is told from one that is there', async () => {
      const { target, runId } = await open();
      const table = planned(orders, target);
      await target.prepare([table], runId);
      const loader = await target.open(loaderOf(table, { runId }));
      await loader.write(batch(['1', 't', 'x']));
      const token = await loader.prepareCommit();
      assert.equal(await target.outcome(token), 'committed');
      await loader.commit();
      await loader.close();
      const again = await target.open(loaderOf(table, { runId }));
      await again.close();
      assert.equal(await target.outcome(token), 'rolled-back');
      await target.abandon([table], runId);
      await target.abandon([table], runId);
      assert.equal(await target.outcome(token), 'unknown');
    });

    test('a failed run leaves the folder as it was', async () => {
      const { target, directory, runId } = await open();
      await plant(store, `${directory}/old.csv`, 'old');
      const table = planned(orders, target);
      await target.prepare([table], runId);
      const loader = await target.open(loaderOf(table, { runId }));
      await loader.write(rows);
      await loader.close();
      await target.abandon([table], runId);
      assert.deepEqual(await paths(store, directory), [`${directory}/old.csv`]);
    });

    test('a folder is emptied, or refused unless the job may add to it', async () => {
      const refused = await open({ append: false });
      await plant(store, `${refused.directory}/old.csv`, 'old');
      await assert.rejects(
        refused.target.prepare([planned(orders, refused.target)], refused.runId),
        { code: 'file-exists' },
      );
      const files = await written({ directory: refused.directory, clear: true, append: false }, [
        batch(['1', 't', 'x']),
      ]);
      assert.deepEqual([...files.keys()], ['orders.csv']);
    });

    test('a file of the same name and size: replaced, left, or the job stops', async () => {
      const directory = 'duplicates';
      const write = (duplicates: FileTarget['duplicates'], note: string) =>
        written({ directory, duplicates }, [batch(['1', 't', note])]);
      await write('replace', 'a');
      assert.equal(texts(await write('skip', 'b'))['orders.csv'], '1,true,a\n');
      assert.equal(texts(await write('replace', 'c'))['orders.csv'], '1,true,c\n');
      await assert.rejects(write('abort', 'd'), { code: 'file-exists', message: /orders\.csv/ });
      assert.equal(String(await look(store, `${directory}/orders.csv`)), '1,true,c\n');
      assert.equal(texts(await write('abort', 'longer'))['orders.csv'], '1,true,longer\n');
    });

    test('what cannot be written is refused before anything is done', async () => {
      for (const changes of [
        { format: { kind: 'binary' } },
        { compression: 'bzip2' },
        { encrypt: { key: '0'.repeat(64), iv: '0'.repeat(32) } },
      ] satisfies Partial<FileTarget>[]) {
        await assert.rejects(open(changes), { code: 'invalid-definition' });
      }
      const unknown = await open({ format: { ...csv, encoding: 'klingon' } });
      await assert.rejects(
        unknown.target.prepare([planned(orders, unknown.target)], unknown.runId),
        { code: 'invalid-definition', message: /klingon/ },
      );
    });
  });
}
