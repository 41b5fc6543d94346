import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { AttemptStorage } from '../../../../src/executors/attempts/storage.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const run = promisify(execFile);

async function storageOf(t: TestContext, live: ReadonlySet<string> = new Set()) {
  const dataDir = await temporaryFolder(t);
  const root = join(dataDir, 'attempts');
  await mkdir(root);
  const warnings: string[] = [];
  const log = { warn: (_fields: object, text: string) => void warnings.push(text) };
  const storage = new AttemptStorage(join(dataDir, 'attempts'), (id) => live.has(id), log);
  const make = async (id: string, bytes: number): Promise<void> => {
    await mkdir(join(root, id, 'work', 'deep'), { recursive: true });
    await writeFile(join(root, id, 'stdout'), Buffer.alloc(bytes, 1));
    await writeFile(join(root, id, 'work', 'deep', 'file'), Buffer.alloc(bytes, 1));
  };
  /** What `du` says of all ended attempts' contents. */
  const du = async (ids: readonly string[]): Promise<number> => {
    let total = 0;
    for (const id of ids) {
      for (const name of await readdir(join(root, id))) {
        const { stdout } = await run('du', ['-s', '-B512', join(root, id, name)]);
        total += Number(stdout.split('\t')[0]) * 512;
      }
    }
    return total;
  };
  const lookAll = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const page of storage.look(2)) {
      assert.ok(page.length <= 2);
      ids.push(...page.map(({ attemptId }) => attemptId));
    }
    return ids.toSorted();
  };
  return { root, storage, make, du, lookAll, warnings };
}

test('what is kept is measured as it lies on the disk, once', async (t) => {
  const { root, storage, make, du, lookAll } = await storageOf(t, new Set(['live.0.1']));
  const ids = ['a.0.1', 'b.0.1', 'c.0.1'];
  for (const id of [...ids, 'live.0.1']) await make(id, 10_000);
  await mkdir(join(root, '.boot'));
  await symlink('/usr', join(root, 'a.0.1', 'work', 'usr'));
  storage.ended('a.0.1');
  await storage.measure();
  assert.equal(storage.stats().bytes, null, 'nobody has looked at everything yet');
  assert.deepEqual(await lookAll(), ids);
  assert.equal(storage.stats().bytes, await du(ids));

  await make('d.0.1', 50_000);
  storage.ended('d.0.1');
  await storage.measure();
  await storage.measure();
  assert.equal(storage.stats().bytes, await du([...ids, 'd.0.1']));
});

test('removing takes away what was counted, also in the middle of a look', async (t) => {
  const { root, storage, make, du, lookAll } = await storageOf(t);
  for (const id of ['a.0.1', 'b.0.1', 'c.0.1', 'd.0.1']) await make(id, 20_000);
  const looking = storage.look(1);
  const first = await looking.next();
  const counted = first.done === true ? '' : (first.value[0]?.attemptId ?? '');
  const uncounted = ['a.0.1', 'b.0.1', 'c.0.1', 'd.0.1'].find((id) => id !== counted) ?? '';
  await make('late.0.1', 20_000);
  storage.ended('late.0.1');
  assert.deepEqual(await storage.remove([counted, uncounted, 'unknown.0.1', '../escape']), []);
  for await (const page of looking) assert.equal(page.length, 1);
  await storage.measure();
  const left = (await readdir(root)).toSorted();
  assert.equal(left.length, 3);
  const stats = storage.stats();
  assert.equal(stats.bytes, await du(left));
  assert.equal(stats.removedAttempts, 2);
  await storage.remove(left);
  assert.equal(storage.stats().bytes, 0);
  assert.deepEqual(await lookAll(), []);
});

test('an attempt that is alive is left alone and named', async (t) => {
  const { root, storage, make } = await storageOf(t, new Set(['live.0.1']));
  for (const id of ['live.0.1', 'runs.0.1', 'over.0.1']) await make(id, 100);
  const mark = `pid ${process.pid} boot x at 1700000000.000\n`;
  await writeFile(join(root, 'runs.0.1', 'process'), mark);
  await writeFile(join(root, 'over.0.1', 'process'), `${mark}exit 0\n`);
  const left = await storage.remove(['live.0.1', 'runs.0.1', 'over.0.1']);
  assert.deepEqual([...left].toSorted(), ['live.0.1', 'runs.0.1']);
  assert.deepEqual((await readdir(root)).toSorted(), ['live.0.1', 'runs.0.1']);
});
