import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadOrCreateMasterKey, open, seal } from '../../../src/lib/sealed-box.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('sealed box', () => {
  it('opens only with its key, its context and every byte unchanged', () => {
    const key = randomBytes(32);
    const box = seal(key, 'secret é', 'here', randomBytes(12));
    assert.equal(open(key, box, 'here'), 'secret é');
    assert.throws(() => open(key, box, 'there'), /does not open/);
    assert.throws(() => open(randomBytes(32), box, 'here'), /does not open/);
    for (let at = 0; at < box.length; at += 1) {
      const changed = Buffer.from(box);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => open(key, changed, 'here'));
      assert.throws(() => open(key, box.subarray(0, at), 'here'));
    }
  });
});

describe('master key', () => {
  it('is made once, for its owner only, and leaves no draft', async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, 'master.key');
    const key = loadOrCreateMasterKey(path);
    assert.equal(key.length, 32);
    assert.deepEqual(loadOrCreateMasterKey(path), key);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['master.key']);
  });

  it('is refused when others can read it or its length is wrong', async (t) => {
    const path = join(await temporaryFolder(t), 'master.key');
    loadOrCreateMasterKey(path);
    await chmod(path, 0o640);
    assert.throws(() => loadOrCreateMasterKey(path), /mode 640\): run chmod 600/);
    await writeFile(path, 'short');
    await chmod(path, 0o600);
    assert.throws(() => loadOrCreateMasterKey(path), /holds 5 bytes instead of 32/);
  });
});
