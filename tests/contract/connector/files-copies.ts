import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type BinaryCopy, openBinaryCopy } from '../../../src/connectors/files/binary-copy.ts';
import type { CopyCounts } from '../../../src/connectors/files/copy-file.ts';
import type { FileSource, FileTarget } from '../../../src/domain/transfer/definition.ts';
import type { FileStore } from '../../../src/ports/file-store.ts';
import { tarGzOf, zipOf } from './archives.ts';
import {
  type FilesAdapter,
  type FilesUnderTest,
  look,
  never,
  openStore,
  paths,
  plant,
  sourceOf,
  targetOf,
} from './files-adapter.ts';

const md5 = (content: string | Uint8Array): string =>
  createHash('md5').update(content).digest('hex');

/** Files copied as they are, within any kind of store. */
export function fileCopySuite(adapter: FilesAdapter): void {
  describe(`${adapter.name}: files copied as they are`, adapter.options ?? {}, () => {
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

    interface Job {
      readonly copy: BinaryCopy;
      readonly input: string;
      readonly output: string;
    }
    const job = async (
      files: Readonly<Record<string, string | Uint8Array>>,
      source: Partial<FileSource> = {},
      target: Partial<FileTarget> = {},
    ): Promise<Job> => {
      number += 1;
      const [input, output] = [`from${number}`, `to${number}`];
      for (const [name, content] of Object.entries(files)) {
        await plant(store, `${input}/${name}`, content);
      }
      const copy = openBinaryCopy({
        from: store,
        source: sourceOf({ paths: [input], format: { kind: 'binary' }, ...source }),
        to: store,
        target: targetOf({ directory: output, format: { kind: 'binary' }, ...target }),
        context: { databaseRoot: null, shares: {}, refuses: () => null, nowMs: Date.now },
        signal: never,
      });
      return { copy, input, output };
    };

    /** Copies everything. @returns counts, and the files that are there. */
    const run = async ({
      copy,
      output,
    }: Job): Promise<{ readonly counts: CopyCounts; readonly files: Record<string, string> }> => {
      const counts = { bytesRead: 0, bytesWritten: 0, filesWritten: 0, filesSkipped: 0 };
      const { chunks } = await copy.plan({ shards: 2, fine: true });
      await copy.prepare();
      for (const chunk of chunks) {
        await copy.copy({
          chunk,
          position: null,
          repeats: false,
          onFile: (_, more) => {
            counts.bytesRead += more.bytesRead;
            counts.bytesWritten += more.bytesWritten;
            counts.filesWritten += more.filesWritten;
            counts.filesSkipped += more.filesSkipped;
          },
          signal: never,
        });
      }
      await copy.finish();
      await copy.succeeded(chunks);
      const files: Record<string, string> = {};
      for (const path of await paths(store, output)) {
        files[path.slice(output.length + 1)] = (await look(store, path))?.toString('latin1') ?? '';
      }
      return { counts, files };
    };

    test('a tree is kept, a single file keeps its name, the marker comes last', async () => {
      const tree = await job({ 'a.bin': 'A', 'd/e/b.bin': 'BB' }, {}, { marker: 'DONE' });
      const { counts, files } = await run(tree);
      assert.deepEqual(files, { DONE: '', 'a.bin': 'A', 'd/e/b.bin': 'BB' });
      assert.deepEqual(counts, { bytesRead: 3, bytesWritten: 3, filesWritten: 2, filesSkipped: 0 });
      const one = await job({ 'd/x.bin': 'X' }, { paths: [`from${number + 1}/d/x.bin`] });
      assert.deepEqual((await run(one)).files, { 'x.bin': 'X' });
    });

    test('names alone are kept below a folder, unless two are the same', async () => {
      const flat = await job({ 'a/x': '1', 'b/y': '2' }, {}, { flattenInto: 'flat' });
      assert.deepEqual((await run(flat)).files, { 'flat/x': '1', 'flat/y': '2' });
      const same = await job({ 'a/x': '1', 'b/x': '2' }, {}, { flattenInto: 'flat' });
      await assert.rejects(run(same), { code: 'file-exists' });
    });

    test('same name and same size: replaced, left, or the job stops', async () => {
      for (const [duplicates, expected] of [
        ['replace', 'new'],
        ['skip', 'old'],
        ['abort', null],
      ] as const) {
        const files = { f: 'new', g: 'longer' };
        const copying = await job(files, {}, { duplicates, viaTemporary: true });
        await plant(store, `${copying.output}/f`, 'old');
        await plant(store, `${copying.output}/g`, 'x');
        if (expected === null) {
          await assert.rejects(run(copying), { code: 'file-exists', message: /\/f is there/ });
          continue;
        }
        const { counts, files: there } = await run(copying);
        assert.deepEqual(there, { f: expected, g: 'longer' });
        assert.equal(counts.filesSkipped, duplicates === 'skip' ? 1 : 0);
      }
    });

    test('a try that was cut short is gone on with, and its own file is no duplicate', async () => {
      const copying = await job({ a: '1', b: '2', c: '3' }, {}, { duplicates: 'abort' });
      const [chunk] = (await copying.copy.plan({ shards: 1, fine: true })).chunks;
      assert.ok(chunk);
      await plant(store, `${copying.output}/a`, '1');
      await plant(store, `${copying.output}/b`, '2');
      const positions: string[] = [];
      const onFile = (position: string): void => void positions.push(position);
      const request = { chunk, position: '1', onFile, signal: never };
      await assert.rejects(copying.copy.copy({ ...request, repeats: false }), {
        code: 'file-exists',
      });
      await copying.copy.copy({ ...request, repeats: true });
      assert.deepEqual(positions, ['2', '3']);
      assert.equal((await paths(store, copying.output)).length, 3);
    });

    test('digests are read and checked, compared and recorded', async () => {
      const source = { md5Suffix: '.md5' };
      const good = await job({ f: 'data', 'f.md5': `${md5('data')}  f\n` }, source, {
        md5: { check: true, record: true },
      });
      assert.deepEqual((await run(good)).files, { f: 'data', 'f.md5': `${md5('data')}\n` });
      for (const files of [{ f: 'data', 'f.md5': md5('other') }, { f: 'data' }]) {
        const bad = await job(files, source);
        await assert.rejects(run(bad), { code: 'file-digest', message: /from\d+\/f/ });
        assert.equal(await store.stat(`${bad.output}/f`), null);
      }
    });

    test('files are encrypted and decrypted by AES-256-GCM; a wrong key is not found out', async () => {
      const cipher = { key: 'ab'.repeat(32), iv: 'cd'.repeat(16) };
      const plain = Buffer.from('secret '.repeat(1000));
      const there = await run(await job({ f: plain }, {}, { encrypt: cipher }));
      const aes = createCipheriv(
        'aes-256-gcm',
        Buffer.from(cipher.key, 'hex'),
        Buffer.from(cipher.iv, 'hex'),
      );
      const sealed = Buffer.concat([aes.update(plain), aes.final(), aes.getAuthTag()]);
      assert.equal(there.files['f'], sealed.toString('latin1'));
      const back = await run(await job({ f: sealed }, { decrypt: cipher }));
      assert.equal(back.files['f'], plain.toString());
      const wrong = await run(
        await job({ f: sealed }, { decrypt: { ...cipher, key: '00'.repeat(32) } }),
      );
      assert.equal(wrong.files['f']?.length, plain.length);
      const short = await job({ f: 'short' }, { decrypt: cipher });
      await assert.rejects(run(short), { code: 'file-format' });
    });

    test('compressed files are written as what is in them', async () => {
      const long = `${'deep/'.repeat(25)}c.txt`;
      const inside = { 'a.txt': 'A', 'sub/b.txt': 'B'.repeat(2000), [long]: 'C' };
      const gz = await job(
        { 'd/f.txt.gz': gzipSync('hello'), 'plain.txt': 'p' },
        {
          compression: 'gzip',
          compressedSuffix: '*.gz',
        },
      );
      assert.deepEqual((await run(gz)).files, { 'd/f.txt': 'hello', 'plain.txt': 'p' });
      const zip = await job({ 'd/x.zip': zipOf(inside) }, { compression: 'zip' });
      const expected = Object.fromEntries(
        Object.entries(inside).map(([path, content]) => [`d/${path}`, content]),
      );
      assert.deepEqual((await run(zip)).files, expected);
      const tar = await job({ 'd/x.tar.gz': tarGzOf(inside) }, { compression: 'tar.gz' });
      assert.deepEqual((await run(tar)).files, expected);
    });

    test('archives that lead out or are damaged are refused', async () => {
      const zip = zipOf({ 'a.txt': 'content that is long enough' });
      const damaged = Buffer.from(zip);
      damaged[40] = (damaged[40] ?? 0) ^ 0xff;
      const cases: readonly [Uint8Array, FileSource['compression']][] = [
        [zipOf({ '../out.txt': 'x' }), 'zip'],
        [tarGzOf({ 'a/../../out.txt': 'x' }), 'tar.gz'],
        [damaged, 'zip'],
        [zip.subarray(0, zip.length - 5), 'zip'],
      ];
      for (const [bytes, compression] of cases) {
        const bad = await job({ f: bytes }, { compression });
        await assert.rejects(run(bad), { code: 'file-format', message: /from\d+\/f/ });
        // Nothing, whether or not the folder was made.
        const there = await store.stat(bad.output);
        assert.deepEqual(there === null ? [] : await paths(store, bad.output), []);
      }
    });

    test('bytes are reported while they move', async () => {
      const big = await job({ f: Buffer.alloc(3_000_000, 'x') });
      const { chunks } = await big.copy.plan({ shards: 1, fine: true });
      let [read, wrote, calls] = [0, 0, 0];
      for (const chunk of chunks) {
        await big.copy.copy({
          chunk,
          position: null,
          repeats: false,
          onFile: () => undefined,
          onBytes: (more, less) => {
            read += more;
            wrote += less;
            calls += 1;
          },
          signal: never,
        });
      }
      assert.deepEqual([read, wrote], [3_000_000, 3_000_000]);
      assert.ok(calls > 3);
    });

    test('only binary ends fit together', () => {
      const parts = {
        from: store,
        to: store,
        context: { databaseRoot: null, shares: {}, refuses: () => null, nowMs: Date.now },
        signal: never,
      };
      const source = sourceOf({ format: { kind: 'binary' } });
      assert.throws(() => openBinaryCopy({ ...parts, source, target: targetOf() }), {
        code: 'invalid-definition',
      });
    });
  });
}
