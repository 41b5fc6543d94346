import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, ownIdentity } from '../../../src/app/process-identity.ts';
import { DataDirBusyError, lockDataDir } from '../../../src/app/server-lock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { within } from '../../support/until.ts';

test('a claim of an ended process, or of an earlier one with our number, is cleared away', async (t) => {
  const dataDir = await temporaryFolder(t);
  const ended = spawn(process.execPath, ['-e', '']);
  await within('the child ends', once(ended, 'exit'));
  await mkdir(join(dataDir, 'lock'));
  const stale = [`${ended.pid}.1-abc`, `${process.pid}.1-abc`, 'rubbish'];
  for (const name of stale) await writeFile(join(dataDir, 'lock', name), '');

  const lock = await lockDataDir(dataDir);
  const { pid, mark } = ownIdentity();
  assert.deepEqual(await readdir(join(dataDir, 'lock')), [`${pid}.${mark}`]);
  await lock.release();
  assert.deepEqual(await readdir(join(dataDir, 'lock')), []);
});

test(
  'a claim of a living process is respected and ours taken back',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async (t) => {
    const dataDir = await temporaryFolder(t);
    const script = `
      import { lockDataDir } from ${JSON.stringify(new URL('../../../src/app/server-lock.ts', import.meta.url).href)};
      await lockDataDir(${JSON.stringify(dataDir)});
      process.stdout.write('locked');
      process.stdin.resume();`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => other.kill('SIGKILL'));
    await within('the other process locks', once(other.stdout, 'data'));

    await assert.rejects(lockDataDir(dataDir), (error) => {
      assert.ok(error instanceof DataDirBusyError);
      assert.match(error.message, new RegExp(`pid ${other.pid}\\b.*stop it first.*--data`));
      return true;
    });
    assert.equal((await readdir(join(dataDir, 'lock'))).length, 1);

    other.stdin.end();
    await within('the other process ends', once(other, 'exit'));
    await (await lockDataDir(dataDir)).release();
  },
);

test('a process is told apart from another with the same number', () => {
  const own = ownIdentity();
  assert.equal(isAlive(own), true);
  assert.equal(isAlive({ ...own, mark: '0-00000000' }), own.mark === 'unknown');
  assert.equal(isAlive({ pid: 2 ** 22 + 1, mark: 'unknown' }), false);
});
