import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FileSource } from '../../../src/domain/transfer/definition.ts';
import type { RowFormat, RowSource } from '../../../src/ports/connector.ts';
import type { FileStore } from '../../../src/ports/file-store.ts';
import { within } from '../../support/until.ts';
import {
  csv,
  type FilesAdapter,
  type FilesUnderTest,
  json,
  never,
  openStore,
  paths,
  plant,
  readAll,
  sourceOf,
} from './files-adapter.ts';

const plain: RowFormat = {
  kind: 'csv',
  separator: ',',
  quoted: true,
  lineEnd: '\n',
};

/** Files as a source of rows, in any kind of store. */
export function fileSourceSuite(adapter: FilesAdapter): void {
  describe(`${adapter.name}: files as a source of rows`, adapter.options ?? {}, () => {
    let under: FilesUnderTest;
    let store: FileStore;
    let folders = 0;

    before(async () => {
      under = await adapter.open();
      store = await openStore(under);
    });
    after(async () => {
      await store?.close();
      await under?.close();
    });

    /** Plants files in a folder of their own. @returns the folder. */
    const filled = async (files: Record<string, string | Uint8Array>): Promise<string> => {
      folders += 1;
      const folder = `in${folders}`;
      for (const [name, content] of Object.entries(files)) {
        await plant(store, `${folder}/${name}`, content);
      }
      return folder;
    };
    const open = (changes: Partial<FileSource>): Promise<RowSource> =>
      under.connector.source(under.link, sourceOf({ bucket: under.bucket, ...changes }), never);

    test('all files below a folder are one table', async () => {
      const folder = await filled({ 'a.csv': '1,x\n2,y\n', 'sub/b.csv': '3,z' });
      const source = await open({ paths: [folder] });
      const read = await readAll(source);
      assert.equal(read.bytes.toString(), '1\tx\n2\ty\n3\tz\n');
      assert.deepEqual([read.table.files, read.table.bytes, read.rows], [2, 11, 3]);
      assert.deepEqual(
        read.table.columns.map(({ name, nativeType, type }) => [name, nativeType, type.kind]),
        [
          ['column1', '', 'text'],
          ['column2', '', 'text'],
        ],
      );
      const sourceBytes = read.batches.map((batch) => batch.sourceBytes ?? 0);
      assert.equal(
        sourceBytes.reduce((sum, bytes) => sum + bytes, 0),
        11,
      );
      await source.close();
    });

    test('reading goes on behind every position and gives each row once', async () => {
      const lines = Array.from({ length: 500 }, (_, row) => `${row},"a ""${row}"", b\nc",\n`);
      const body = `id,text,none\n${lines.join('')}`;
      const variants: Partial<FileSource>[] = [
        { paths: [await filled({ 'f.csv': `\ufeff${body}` })] },
        { paths: [await filled({ 'f.csv.gz': gzipSync(body) })], compression: 'gzip' },
        { paths: [await filled({ 'f.csv': Buffer.from(body, 'utf16le') })] },
        { paths: [await filled({ 'f.csv': body.replaceAll('\n', '\r\n') })] },
      ];
      for (const [place, variant] of variants.entries()) {
        const encoding = place === 2 ? 'utf-16le' : 'utf-8';
        const source = await open({ ...variant, format: { ...csv, headerLines: 1, encoding } });
        for (const format of [plain, { kind: 'text' }] satisfies RowFormat[]) {
          const whole = await readAll(source, format, 3000);
          assert.equal(whole.rows, 500);
          assert.ok(whole.batches.length > 3);
          assert.equal(whole.batches[0]?.extraRows, 1);
          const { table } = whole;
          const [chunk] = await source.chunks(table, { shards: 1, fine: true, chunkRows: 100 });
          assert.ok(chunk);
          for (const [at, batch] of whole.batches.entries()) {
            const rest: Uint8Array[] = whole.batches.slice(0, at + 1).map(({ bytes }) => bytes);
            for await (const more of source.read({
              table,
              columns: table.columns,
              chunk,
              position: batch.position ?? null,
              format,
              batchBytes: 3000,
              signal: never,
            })) {
              rest.push(more.bytes);
            }
            assert.deepEqual(Buffer.concat(rest), whole.bytes, `variant ${place}, batch ${at}`);
          }
        }
        await source.close();
      }
    });

    test('a header gives names, columns are chosen by number', async () => {
      const folder = await filled({ 'a.csv': 'Id;Name;Note\n1;x;p\n2;y;q;surplus\n3\n' });
      const format = { ...csv, fieldSeparator: ';', headerLines: 1 };
      const all = await readAll(await open({ paths: [folder], format }));
      assert.deepEqual(
        all.table.columns.map(({ name }) => name),
        ['Id', 'Name', 'Note'],
      );
      assert.equal(all.table.named, true);
      assert.equal(all.bytes.toString(), '1\tx\tp\n');
      assert.deepEqual(
        all.rejected.map(({ where, reason }) => `${where}: ${reason}`),
        [
          `${folder}/a.csv, record 3: 4 fields, but there are only 3 columns`,
          `${folder}/a.csv, record 4: 1 field, but 3 are needed`,
        ],
      );
      const some = await readAll(await open({ paths: [folder], format, columns: ['1', '3'] }));
      assert.equal(some.bytes.toString(), '1\tp\n2\tq\n');
      assert.equal(some.rejected.length, 1);
    });

    test('bytes pass untouched where the file lies as it is wanted', async () => {
      const body = '1,"a,""b""\nc",\n2,é,x\n';
      const folder = await filled({ 'a.csv': body });
      const read = await readAll(await open({ paths: [folder] }), plain);
      assert.equal(read.bytes.toString(), body);
    });

    test('other layouts become the one that is wanted', async () => {
      const folder = await filled({ 'a.csv': 'a "q"|b,c||\\N\r\n||x|y\r\n' });
      const format = { ...csv, fieldSeparator: '|', quoted: false };
      const read = await readAll(await open({ paths: [folder], format }), plain);
      assert.equal(read.bytes.toString(), '"a ""q""","b,c",,\n,,x,y\n');
    });

    test('an empty field is an empty text where the target keeps texts, else NULL', async () => {
      const folder = await filled({ 'a.csv': 'x,,\n,"",\\N\n' });
      const source = await open({ paths: [folder] });
      const [table] = await source.tables();
      assert.ok(table);
      const [chunk] = await source.chunks(table, { shards: 1, fine: true, chunkRows: 1 });
      assert.ok(chunk);
      const read = async (format: RowFormat): Promise<string> => {
        const bytes: Uint8Array[] = [];
        for await (const batch of source.read({
          table,
          columns: table.columns,
          chunk,
          position: null,
          format,
          emptyTexts: [true, false, true],
          batchBytes: 1000,
          signal: never,
        })) {
          bytes.push(batch.bytes);
        }
        return Buffer.concat(bytes).toString();
      };
      assert.equal(await read({ kind: 'text' }), 'x\t\\N\t\n\t\\N\t\\N\n');
      assert.equal(await read(plain), 'x,,""\n"",,\n');
    });

    test('bytes that are no text of the encoding are dirty rows, the others are read', async () => {
      const gbk = Buffer.from([
        0x31, 0x2c, 0xd6, 0xd0, 0xce, 0xc4, 0x0a, 0x32, 0x2c, 0xd6, 0x20, 0x0a,
      ]);
      const folder = await filled({ 'a.csv': gbk });
      const asGbk = await readAll(
        await open({ paths: [folder], format: { ...csv, encoding: 'GBK' } }),
      );
      assert.equal(asGbk.bytes.toString(), '1\t中文\n');
      assert.match(asGbk.rejected[0]?.reason ?? '', /not valid GBK/);
      const asUtf8 = await readAll(await open({ paths: [folder] }), plain);
      assert.deepEqual(
        asUtf8.rejected.map(({ where, reason }) => [where, reason]),
        [
          [`${folder}/a.csv, record 1`, 'not valid UTF-8'],
          [`${folder}/a.csv, record 2`, 'not valid UTF-8'],
        ],
      );
    });

    test('a regular expression takes lines apart', async () => {
      const folder = await filled({ 'a.log': '[INFO] started\n[WARN] slow\nnoise\n' });
      const format = { ...csv, linePattern: String.raw`\[(\w+)\] (.*)` };
      const read = await readAll(await open({ paths: [folder], format }));
      assert.equal(read.bytes.toString(), 'INFO\tstarted\nWARN\tslow\n');
      assert.equal(read.rejected[0]?.where, `${folder}/a.log, record 3`);
    });

    test('dates are read by patterns, by name or number of their column', async () => {
      const folder = await filled({
        'a.csv': 'day,at,n\n31/01/2026,20260131235959.120,1\n31-01-2026,,2\n',
      });
      const format = { ...csv, headerLines: 1 };
      const datePatterns = { day: 'dd/MM/yyyy', 2: 'yyyyMMddHHmmss.SSS' };
      const read = await readAll(await open({ paths: [folder], format, datePatterns }));
      assert.equal(read.bytes.toString(), '2026-01-31\t2026-01-31 23:59:59.12\t1\n');
      assert.match(read.rejected[0]?.reason ?? '', /does not follow the date pattern/);
      await assert.rejects(open({ paths: [folder], datePatterns: { day: 'dd/bb' } }), {
        code: 'invalid-definition',
      });
    });

    test('JSON: lines, an array, a document with rows at a path', async () => {
      const rows = [
        '{"id":12345678901234567890,"a":{"b":"x\\ny","c":null},"l":[1,{"z":2}]}',
        '{"a":{"b":1.10},"id":1}',
      ];
      const expected = '12345678901234567890\tx\\ny\t\\N\t[1,{"z":2}]\n1\t1.10\t\\N\t\\N\n';
      const variants: readonly [string, Partial<typeof json>][] = [
        [rows.join('\n'), {}],
        [rows.join(''), { shape: 'object' }],
        [`[ ${rows.join(' ,\n')} ]`, {}],
        [`{"n":1,"data":{"rows":[${rows.join(',')}]}}`, { reference: 'data.rows' }],
      ];
      for (const [text, changes] of variants) {
        const folder = await filled({ 'a.json': text });
        const read = await readAll(
          await open({ paths: [folder], format: { ...json, ...changes } }),
        );
        assert.deepEqual(
          read.table.columns.map(({ name }) => name),
          ['id', 'a.b', 'a.c', 'l'],
        );
        assert.equal(read.bytes.toString(), expected);
      }
    });

    test('JSON: goes on behind every position; broken rows are dirty, a cut off file fails', async () => {
      const lines = Array.from({ length: 300 }, (_, row) => `{"id":${row},"t":"}]\\"${row}"}`);
      for (const body of [lines.join('\n'), `[${lines.join(',')}]`]) {
        const folder = await filled({ 'a.json': body });
        const source = await open({ paths: [folder], format: json });
        const whole = await readAll(source, { kind: 'text' }, 1000);
        assert.equal(whole.rows, 300);
        assert.ok(whole.batches.length > 2);
        const { table } = whole;
        const [chunk] = await source.chunks(table, { shards: 1, fine: true, chunkRows: 100 });
        assert.ok(chunk);
        for (const [at, { position = null }] of whole.batches.entries()) {
          const rest: Uint8Array[] = whole.batches.slice(0, at + 1).map(({ bytes }) => bytes);
          const { columns } = table;
          const request = { table, columns, chunk, position, batchBytes: 1000, signal: never };
          for await (const more of source.read({ ...request, format: { kind: 'text' } })) {
            rest.push(more.bytes);
          }
          assert.deepEqual(Buffer.concat(rest), whole.bytes);
        }
      }
      const broken = await filled({ 'b.json': '{"id":1}\n{"id":}\n7\n{"id":2}\n' });
      const read = await readAll(await open({ paths: [broken], format: json }));
      assert.equal(read.bytes.toString(), '1\n2\n');
      assert.deepEqual(
        read.rejected.map(({ where }) => where),
        [`${broken}/b.json, row 2`, `${broken}/b.json, row 3`],
      );
      const short = await filled({ 'c.json': '{"id":1}\n{"id":' });
      await assert.rejects(readAll(await open({ paths: [short], format: json })), {
        code: 'file-format',
        message: /c\.json: it ends within row 2/,
      });
    });

    test('only what fits the filters is read; markers and digests are no data', async () => {
      const folder = await filled({
        'day1/a.csv': '1\n',
        'day1/b.txt': '2\n',
        'day2/a.csv': '3\n',
        'day2/a.csv.md5': 'x',
        _SUCCESS: '',
      });
      const filter = {
        by: 'wildcard',
        folders: ['day?'],
        files: ['*.csv', 'x*'],
        modifiedFrom: '2001-01-01 00:00:00',
        modifiedBefore: null,
      } as const;
      const wanted = {
        paths: [folder],
        marker: { name: '_SUCCESS', waitMs: 0 },
        md5Suffix: '.md5',
      };
      const read = await readAll(await open({ ...wanted, filter }));
      assert.equal(read.bytes.toString(), '1\n3\n');
      const by = { ...filter, by: 'regex', folders: ['.*2'], files: [] } as const;
      assert.equal((await readAll(await open({ ...wanted, filter: by }))).bytes.toString(), '3\n');
      const old = { ...filter, modifiedBefore: '978307200000' };
      assert.deepEqual(await (await open({ ...wanted, filter: old })).tables(), []);
    });

    test('paths, markers and lists that are missing are named, or count as empty', async () => {
      const folder = await filled({ 'list.txt': '\n', 'a.csv': '1\n' });
      const missing = { paths: [`${folder}/none`] };
      await assert.rejects((await open(missing)).tables(), {
        code: 'path-missing',
        message: /none/,
      });
      assert.deepEqual(await (await open({ ...missing, missingIsEmpty: true })).tables(), []);
      const marker = { name: 'DONE', waitMs: 0 };
      await assert.rejects((await open({ paths: [folder], marker })).tables(), {
        code: 'path-missing',
        message: /DONE did not come/,
      });
      await plant(store, `${folder}/list.txt`, `/${folder}/a.csv\r\n\r\n`);
      const listFile = { link: 'files', bucket: under.bucket, path: `${folder}/list.txt` };
      const read = await readAll(await open({ paths: [], listFile }));
      assert.equal(read.bytes.toString(), '1\n');
    });

    test('a marker that comes while it is waited for lets the job begin', async () => {
      const folder = await filled({ 'a.csv': '1\n' });
      const marker = { name: 'DONE', waitMs: 60_000 };
      const tables = (await open({ paths: [folder], marker })).tables();
      await plant(store, `${folder}/DONE`, '');
      assert.equal((await within('the marker is seen', tables)).length, 1);
      const aborter = new AbortController();
      const from = sourceOf({
        bucket: under.bucket,
        paths: [folder],
        marker: { ...marker, name: 'NO' },
      });
      const source = await under.connector.source(under.link, from, aborter.signal);
      const waiting = source.tables();
      aborter.abort();
      await assert.rejects(within('waiting ends when the job is stopped', waiting), {
        name: 'AbortError',
      });
    });

    test('files are dealt by number or by bytes, and none is cut', async () => {
      const small = Object.fromEntries(
        Array.from({ length: 9 }, (_, at) => [`s${at}.csv`, '1\n'.repeat(10)]),
      );
      const folder = await filled({ ...small, 'big.csv': '1\n'.repeat(300) });
      const bytesOf = async (splitBy: 'count' | 'size'): Promise<readonly (number | null)[]> => {
        const source = await open({ paths: [folder], splitBy });
        const [table] = await source.tables();
        assert.ok(table);
        const chunks = await source.chunks(table, { shards: 2, fine: false, chunkRows: 1 });
        assert.deepEqual(
          chunks.map(({ shard }) => shard),
          [0, 1],
        );
        return chunks.map(({ weight }) => weight);
      };
      assert.deepEqual(await bytesOf('size'), [600, 180]);
      assert.deepEqual(await bytesOf('count'), [680, 100]);
    });

    test('broken files fail with their name', async () => {
      const body = gzipSync(Array.from({ length: 2000 }, (_, row) => `${row}\n`).join(''));
      const cases: readonly [string, Uint8Array | string, Partial<FileSource>, RegExp][] = [
        ['cut.gz', body.subarray(0, body.length - 20), { compression: 'gzip' }, /cut off/],
        ['no.gz', 'plain', { compression: 'gzip' }, /gzip/],
        ['no.zip', 'plain', { compression: 'zip' }, /zip archive/],
        ['no.tar.gz', gzipSync('x'.repeat(2000)), { compression: 'tar.gz' }, /tar archive/],
        ['quote.csv', 'a,b\nc,"d\ne,f\n', {}, /record 2: a quote in it is never closed/],
      ];
      for (const [name, content, changes, words] of cases) {
        const folder = await filled({ [name]: content });
        await assert.rejects(
          async () => readAll(await open({ paths: [folder], ...changes })),
          (error: Error & { code?: string }) => {
            assert.equal(error.code, 'file-format', error.stack ?? '');
            assert.match(error.message, words);
            assert.ok(error.message.includes(`${folder}/${name}`), error.message);
            return true;
          },
        );
      }
    });

    test('a file that vanishes or changes after the plan is named', async () => {
      const folder = await filled({ 'a.csv': '1\n', 'b.csv': '2\n' });
      const source = await open({ paths: [folder] });
      const [table] = await source.tables();
      assert.ok(table);
      await source.chunks(table, { shards: 1, fine: true, chunkRows: 1 });
      await store.remove(`${folder}/b.csv`);
      await assert.rejects(readAll(source), { code: 'path-missing', message: /b\.csv vanished/ });
      await plant(store, `${folder}/b.csv`, '22\n');
      await assert.rejects(readAll(source), { code: 'read-failed', message: /b\.csv changed/ });
    });

    test('files that were read are renamed or deleted, others are not', async () => {
      for (const afterwards of ['rename', 'delete'] as const) {
        const folder = await filled({ 'a.csv': '1\n' });
        const source = await open({ paths: [folder], afterwards });
        const [table] = await source.tables();
        assert.ok(table);
        const chunks = await source.chunks(table, { shards: 1, fine: true, chunkRows: 1 });
        await plant(store, `${folder}/late.csv`, '2\n');
        await source.succeeded(chunks);
        await source.succeeded(chunks);
        const left = await paths(store, folder);
        assert.equal(left.length, afterwards === 'rename' ? 2 : 1);
        assert.ok(left.includes(`${folder}/late.csv`));
        assert.ok(!left.includes(`${folder}/a.csv`));
      }
    });
  });
}
