import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FileStore } from '../../../src/ports/file-store.ts';
import {
  type FilesAdapter,
  type FilesUnderTest,
  look,
  never,
  openStore,
  paths,
  pieces,
  plant,
} from './files-adapter.ts';

/** What `FileStore` promises, for any kind of store. */
export function fileStoreSuite(adapter: FilesAdapter): void {
  describe(`${adapter.name}: files`, adapter.options ?? {}, () => {
    let under: FilesUnderTest;
    let store: FileStore;

    before(async () => {
      under = await adapter.open();
      store = await openStore(under);
    });
    after(async () => {
      await store?.close();
      await under?.close();
    });

    test('a link that works is told from links that do not', async () => {
      await under.connector.test(under.link, never);
      for (const { link, code } of under.badLinks) {
        await assert.rejects(under.connector.test(link, never), { name: 'TransferError', code });
      }
    });

    test('what is written is read back, whole or in part', async () => {
      const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => at % 251));
      const info = await store.write('a/b/big.bin', pieces(content, 65_000), { signal: never });
      assert.equal(info.bytes, content.length);
      assert.deepEqual(await look(store, 'a/b/big.bin'), content);
      const part: Uint8Array[] = [];
      const range = { start: 1_000_001, end: 2_500_003 };
      for await (const piece of store.read('a/b/big.bin', range, never)) part.push(piece);
      assert.deepEqual(Buffer.concat(part), content.subarray(range.start, range.end));
    });

    test('an empty file and names of any letters are possible', async () => {
      await plant(store, 'names/leer – 空 #1 & %20.csv', '');
      assert.deepEqual(await look(store, 'names/leer – 空 #1 & %20.csv'), Buffer.alloc(0));
      assert.deepEqual(await paths(store, 'names'), ['names/leer – 空 #1 & %20.csv']);
    });

    test('stat tells files, folders and what is not there', async () => {
      await plant(store, 'stat/x.txt', 'hello');
      const file = await store.stat('stat/x.txt');
      assert.deepEqual([file?.path, file?.bytes, file?.folder], ['stat/x.txt', 5, false]);
      assert.ok(Math.abs((file?.modifiedAtMs ?? 0) - Date.now()) < 48 * 3600 * 1000);
      assert.equal((await store.stat('stat'))?.folder, true);
      assert.equal(await store.stat('stat/y.txt'), null);
      assert.equal(await store.stat('stat/x.txt/z'), null);
    });

    test('a folder is listed with all below, sorted by path', async () => {
      for (const path of ['l/b.txt', 'l/a/2', 'l/a/1/x', 'l/a.txt', 'l-other/n']) {
        await plant(store, path, path);
      }
      assert.deepEqual(await paths(store, 'l'), ['l/a.txt', 'l/a/1/x', 'l/a/2', 'l/b.txt']);
      assert.deepEqual(await paths(store, 'l/a/2'), ['l/a/2']);
      await assert.rejects(paths(store, 'l/missing'), { code: 'path-missing' });
    });

    test('reading what is not there names it', async () => {
      const read = async (): Promise<void> => {
        for await (const _ of store.read('nowhere/f.csv', { start: 0, end: null }, never));
      };
      await assert.rejects(read(), (error: Error) => {
        assert.equal((error as Error & { code: string }).code, 'path-missing');
        assert.match(error.message, /nowhere\/f\.csv/);
        return true;
      });
    });

    test('a write that breaks off leaves what was there, and nothing half', async () => {
      await plant(store, 'w/f.txt', 'before');
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(400_000, 'x');
        throw new Error('the source broke off');
      }
      await assert.rejects(store.write('w/f.txt', breaking(), { signal: never }));
      await assert.rejects(store.write('w/g.txt', breaking(), { signal: never }));
      assert.equal(String(await look(store, 'w/f.txt')), 'before');
      assert.deepEqual(await paths(store, 'w'), ['w/f.txt']);
    });

    test('an aborted write leaves nothing', async () => {
      const aborter = new AbortController();
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let count = 0; count < 10_000; count += 1) {
          if (count === 3) aborter.abort();
          yield Buffer.alloc(100_000);
        }
      }
      await assert.rejects(store.write('ab/f.bin', endless(), { signal: aborter.signal }));
      assert.equal(await store.stat('ab/f.bin'), null);
    });

    test('a rename replaces what had the name', async () => {
      await plant(store, 'r/one', '1');
      await plant(store, 'r/new/two', '2');
      await store.rename('r/one', 'r/new/two');
      await store.rename('r/new/two', 'r/deep/er/three');
      assert.deepEqual(await paths(store, 'r'), ['r/deep/er/three']);
      assert.equal(String(await look(store, 'r/deep/er/three')), '1');
    });

    test('removing takes a file or a tree, and what is not there is no error', async () => {
      for (const path of ['rm/a', 'rm/b/c', 'rm-not/d']) await plant(store, path, path);
      await store.remove('rm/a');
      await store.remove('rm/a');
      assert.deepEqual(await paths(store, 'rm'), ['rm/b/c']);
      await store.removeTree('rm', never);
      await store.removeTree('rm', never);
      assert.equal(await store.stat('rm'), null);
      assert.deepEqual(await paths(store, 'rm-not'), ['rm-not/d']);
    });

    test('a file is gone on with behind what is kept, where the store can', async () => {
      const first = await store.append('ap/f.csv', 0, never);
      if (first === null) return;
      await first.write(Buffer.from('one\n'));
      await first.sync();
      await first.write(Buffer.from('lost\n'));
      assert.equal(first.bytes, 9);
      await first.close();
      const second = await store.append('ap/f.csv', 4, never);
      await second?.write(Buffer.from('two\n'));
      await second?.sync();
      await second?.close();
      assert.equal(String(await look(store, 'ap/f.csv')), 'one\ntwo\n');
      await assert.rejects(store.append('ap/f.csv', 100, never), { name: 'TransferError' });
    });

    test('no path leads out', async () => {
      await assert.rejects(store.stat('../x'), { name: 'TransferError' });
      await assert.rejects(plant(store, 'a/../../x', 'x'), { name: 'TransferError' });
    });

    test('folders exist of themselves, or not at all', async () => {
      await store.makeFolder('mk/a/b');
      await store.makeFolder('mk/a/b');
      const found = await store.stat('mk/a/b');
      assert.equal(found?.folder ?? false, store.hasFolders);
    });
  });
}
