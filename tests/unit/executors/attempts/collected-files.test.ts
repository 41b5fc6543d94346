/** Files of host processes: found, copied by the job's user, and read from there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  collectedFolder,
  collectedPaths,
  collectHostFiles,
  readCollectedChunk,
} from '../../../../src/executors/attempts/collected.ts';
import { type Cleanup, temporaryFolder } from '../../../support/temporary-folder.ts';

const own = { uid: null, gid: null };

async function folders(cleanup: Cleanup): Promise<{ logs: string; folder: string }> {
  const root = await temporaryFolder(cleanup);
  await chmod(root, 0o755);
  const [logs, folder] = [join(root, 'logs'), join(root, 'attempt')];
  await mkdir(logs);
  await mkdir(folder);
  return { logs, folder };
}

function text(folder: string, file: string): string | null {
  const chunk = readCollectedChunk(folder, file, 0, 1024 * 1024);
  return chunk === null ? null : Buffer.from(chunk.bytes).toString();
}

test('files that the patterns name are copied once, whatever their names', async (t) => {
  const { logs, folder } = await folders(t);
  const odd = ['a.log', "it's $(id) 100%.log", 'new\nline.log', '-n.log', 'ü[1].log'];
  for (const name of odd) await writeFile(join(logs, name), `in ${name}`);
  await writeFile(join(logs, 'other.txt'), 'not asked for');
  await mkdir(join(logs, 'folder.log'));
  await writeFile(join(logs, 'folder.log', 'deep.log'), 'deeper');
  const patterns = [join(logs, '*.log'), join(logs, 'ü[1].log'), '/no/such/folder/*.log'];
  assert.deepEqual(await collectHostFiles({ folder, patterns, ...own }), []);
  const expected = odd.map((name) => join(logs, name)).toSorted();
  assert.deepEqual(collectedPaths(folder), expected);
  for (const name of odd) assert.equal(text(folder, join(logs, name)), `in ${name}`);
  assert.equal(text(folder, join(logs, 'other.txt')), null);

  await writeFile(join(logs, 'a.log'), 'changed after the end');
  await writeFile(join(logs, 'late.log'), 'late');
  await collectHostFiles({ folder, patterns, ...own });
  assert.equal(text(folder, join(logs, 'a.log')), 'in a.log', 'what was collected stays');
  assert.equal(text(folder, join(logs, 'late.log')), 'late');
});

test('a pipe, a device or a huge file in the place of a log does no harm', async (t) => {
  const { logs, folder } = await folders(t);
  execFileSync('mkfifo', [join(logs, 'pipe.log')]);
  await symlink('/dev/zero', join(logs, 'zero.log'));
  await writeFile(join(logs, 'big.log'), '');
  await truncate(join(logs, 'big.log'), 65 * 1024 * 1024);
  assert.deepEqual(await collectHostFiles({ folder, patterns: [join(logs, '*')], ...own }), []);
  assert.deepEqual(collectedPaths(folder), [join(logs, 'big.log')]);
  const chunk = readCollectedChunk(folder, join(logs, 'big.log'), 0, 1);
  assert.equal(chunk?.size, 64 * 1024 * 1024, 'its newest bytes');
});

test('too many files, and paths that are too long, are told', async (t) => {
  const { logs, folder } = await folders(t);
  for (let n = 0; n < 205; n += 1) await writeFile(join(logs, `${n}.log`), '');
  await writeFile(join(logs, `${'x'.repeat(240)}.txt`), '');
  const patterns = [join(logs, '*.txt'), join(logs, '*.log')];
  const problems = await collectHostFiles({ folder, patterns, ...own });
  assert.match(problems.join('; '), /too long to be collected; only 200 of 206 files/);
  assert.equal(collectedPaths(folder).length, 200);
});

test('files of an attempt take so many bytes at most, however many there are', async (t) => {
  const { logs, folder } = await folders(t);
  for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(logs, name), name.repeat(600));
  await writeFile(join(logs, 'e'), '');
  const patterns = ['a', 'b', 'c', 'd', 'e'].map((name) => join(logs, name));
  const collect = () => collectHostFiles({ folder, patterns, ...own }, 1000);
  const told = ['only 1000 bytes of all files are collected; 3 of the files are cut or empty'];
  assert.deepEqual(await collect(), told);
  const kept = () => patterns.map((file) => text(folder, file)?.length);
  assert.deepEqual(kept(), [600, 400, 0, 0, 0]);
  // After a crash what is there counts too.
  await rm(join(folder, collectedFolder, encodeURIComponent(join(logs, 'b'))));
  await collect();
  assert.deepEqual(kept(), [600, 400, 0, 0, 0]);
});

test('a link in the place of the copies is not followed', async (t) => {
  const { logs, folder } = await folders(t);
  const file = join(logs, 'a.log');
  await writeFile(join(logs, encodeURIComponent(file)), 'of somebody else');
  await symlink(logs, join(folder, collectedFolder));
  assert.deepEqual(collectedPaths(folder), []);
  assert.equal(text(folder, file), null);
  await rm(join(folder, collectedFolder));
  await mkdir(join(folder, collectedFolder));
  await symlink(
    join(logs, encodeURIComponent(file)),
    join(folder, collectedFolder, encodeURIComponent(file)),
  );
  assert.equal(text(folder, file), null);
});

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can run a job as another user' };

test('what the job’s user may not read is not collected for it', asRoot, async (t) => {
  const { logs, folder } = await folders(t);
  const nobody = { uid: 65_534, gid: 65_534 };
  await chown(folder, nobody.uid, nobody.gid);
  await writeFile(join(logs, 'secret.log'), 'secret', { mode: 0o600 });
  await writeFile(join(logs, 'open.log'), 'open', { mode: 0o644 });
  await symlink('/etc/shadow', join(logs, 'link.log'));
  const patterns = [join(logs, '*.log'), '/etc/shadow'];
  await collectHostFiles({ folder, patterns, ...nobody });
  const texts = collectedPaths(folder)
    .map((file) => text(folder, file))
    .join('');
  assert.equal(texts, 'open');
  const left = (await readdir(join(folder, collectedFolder))).filter((name) =>
    name.endsWith('.new'),
  );
  assert.deepEqual(left, []);
});
