import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { localConnector } from '../../../../src/connectors/local/connector.ts';
import { openLocalStore } from '../../../../src/connectors/local/local-store.ts';
import { encodeRows } from '../../../../src/lib/rows/text.ts';
import type { FileStore } from '../../../../src/ports/file-store.ts';
import {
  loaderOf,
  look,
  never,
  paths,
  pieces,
  plant,
  planned,
  sourceOf,
  targetOf,
} from '../../../contract/connector/files-adapter.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** A share beside a folder that nobody may reach through it. */
async function shareBeside(context: TestContext): Promise<{
  readonly store: FileStore;
  readonly share: string;
  readonly outside: string;
}> {
  const folder = await temporaryFolder(context);
  const share = join(folder, 'share');
  const outside = join(folder, 'outside');
  await mkdir(share);
  await mkdir(outside);
  await writeFile(join(outside, 'secret.csv'), 'secret\n');
  return { store: await openLocalStore(share), share, outside };
}

describe('a share is a closed room', () => {
  test('links that lead out are neither read, listed, written through nor removed through', async (context) => {
    const { store, share, outside } = await shareBeside(context);
    await symlink(outside, join(share, 'out'));
    await symlink(join(outside, 'secret.csv'), join(share, 'secret.csv'));
    await symlink('/', join(share, 'root'));
    await assert.rejects(look(store, 'out/secret.csv'), { message: /leads out of the share/ });
    await assert.rejects(look(store, 'secret.csv'), { message: /leads out of the share/ });
    await assert.rejects(store.stat('root/etc/passwd'), { message: /leads out/ });
    await assert.rejects(plant(store, 'out/new.csv', 'x'), { message: /leads out/ });
    await assert.rejects(store.append('secret.csv', 0, never), { name: 'TransferError' });
    await assert.rejects(store.makeFolder('out/folder'), { message: /leads out/ });
    await assert.rejects(store.rename('out/secret.csv', 'mine.csv'), { message: /leads out/ });
    await assert.rejects(store.remove('out/secret.csv'), { message: /leads out/ });
    assert.deepEqual(await paths(store, ''), []);
    await store.removeTree('out', never);
    await store.removeTree('', never);
    assert.deepEqual(await readdir(share), []);
    assert.deepEqual(await readdir(outside), ['secret.csv']);
    assert.equal(await readFile(join(outside, 'secret.csv'), 'utf8'), 'secret\n');
  });

  test('writing replaces a link itself and not what it leads to', async (context) => {
    const { store, share, outside } = await shareBeside(context);
    await symlink(join(outside, 'secret.csv'), join(share, 'f.csv'));
    await plant(store, 'f.csv', 'mine');
    assert.equal(String(await look(store, 'f.csv')), 'mine');
    assert.equal(await readFile(join(outside, 'secret.csv'), 'utf8'), 'secret\n');
  });

  test('links within are followed, in a circle only once', async (context) => {
    const { store, share } = await shareBeside(context);
    await plant(store, '2026-01/a.csv', '1\n');
    await symlink('2026-01', join(share, 'current'));
    await symlink('..', join(share, '2026-01', 'up'));
    assert.equal(String(await look(store, 'current/a.csv')), '1\n');
    assert.deepEqual(await paths(store, 'current'), ['current/a.csv']);
  });

  test('what is no file is no data', async (context) => {
    const { store, share } = await shareBeside(context);
    const made = spawnSync('mkfifo', [join(share, 'pipe.csv')]);
    assert.equal(made.status, 0);
    assert.deepEqual(await paths(store, ''), []);
    await assert.rejects(look(store, 'pipe.csv'), { message: /pipe\.csv is no file/ });
  });
});

describe('what a dead writer left', () => {
  test('is no data, and goes when it is a day old', async (context) => {
    const { store, share } = await shareBeside(context);
    await writeFile(join(share, '.longshore-0123.tmp'), 'half');
    await writeFile(join(share, '.longshore-4567.tmp'), 'of one that writes now');
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await utimes(join(share, '.longshore-0123.tmp'), longAgo, longAgo);
    await plant(store, 'a.csv', '1\n');
    assert.deepEqual((await readdir(share)).sort(), ['.longshore-4567.tmp', 'a.csv']);
    const connector = localConnector({
      databaseRoot: null,
      shares: { share },
      refuses: () => null,
      nowMs: Date.now,
    });
    const link = { kind: 'local', share: 'share' } as const;
    const source = await connector.source(link, sourceOf({ paths: ['/'] }), never);
    assert.equal((await source.tables())[0]?.files, 1);
  });
});

describe('shares', () => {
  test('an address that the operator mapped is found with any slashes', async (context) => {
    const { share } = await shareBeside(context);
    const connector = localConnector({
      databaseRoot: null,
      shares: { '\\\\nas\\dir': share },
      refuses: () => null,
      nowMs: Date.now,
    });
    for (const name of ['\\\\nas\\dir', '//nas/dir/']) {
      await connector.test({ kind: 'local', share: name }, never);
    }
    const unknown = connector.test({ kind: 'local', share: 'etc' }, never);
    await assert.rejects(unknown, { code: 'link-unreachable', message: /these are: \\\\nas\\dir/ });
    assert.ok(!String(await unknown.catch((error: Error) => error.message)).includes(share));
  });
});

const asUser = process.getuid?.() === 0 ? {} : { skip: 'mounting a small disk needs root' };

describe('a full disk', asUser, () => {
  test('fails with its name, and nothing half is left under a final name', async (context) => {
    const folder = await temporaryFolder(context);
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    if (mounted.status !== 0) {
      context.skip(`a small disk cannot be mounted here: ${String(mounted.stderr)}`);
      return;
    }
    try {
      const store = await openLocalStore(disk);
      await plant(store, 'out/kept.csv', 'kept');
      const large = pieces(Buffer.alloc(3_000_000, 'x'), 100_000);
      await assert.rejects(store.write('out/large.bin', large, { signal: never }), {
        code: 'disk-full',
        message: /out\/large\.bin: the disk is full/,
      });
      assert.deepEqual(await paths(store, 'out'), ['out/kept.csv']);

      const connector = localConnector({
        databaseRoot: null,
        shares: { disk },
        refuses: () => null,
        nowMs: Date.now,
      });
      const link = { kind: 'local', share: 'disk' } as const;
      const target = await connector.target(link, targetOf(), 'job', never);
      await plant(store, 'in.csv', '1,x\n');
      const source = await connector.source(link, sourceOf({ paths: ['in.csv'] }), never);
      const [table] = await source.tables();
      assert.ok(table);
      const plan = planned(table, target);
      await target.prepare([plan], 'r1');
      const loader = await target.open(loaderOf(plan));
      const bytes = encodeRows(Array.from({ length: 10_000 }, () => ['1', 'x'.repeat(300)]));
      await assert.rejects(loader.write({ bytes, rows: 10_000 }), { code: 'disk-full' });
      await loader.close();
      await target.abandon([plan], 'r1');
      assert.deepEqual(await paths(store, 'out'), ['out/kept.csv']);
    } finally {
      assert.equal(spawnSync('umount', [disk]).status, 0);
    }
  });
});
