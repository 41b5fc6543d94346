import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readTar } from '../../../../src/executors/container/tar.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

for (const format of ['gnu', 'pax', 'ustar'] as const) {
  test(`archives of the program tar are read (${format})`, async (t) => {
    const folder = await temporaryFolder(t);
    const root = join(folder, 'root');
    const deep = format === 'ustar' ? 'd'.repeat(90) : 'd'.repeat(200);
    const contents: Record<string, string> = {
      'root/empty': '',
      'root/one block': 'x'.repeat(512),
      'root/häfen 港口': 'unicode',
      [`root/${deep}/${'f'.repeat(99)}`]: 'y'.repeat(100_000),
    };
    await mkdir(join(root, deep), { recursive: true });
    for (const [name, text] of Object.entries(contents)) await writeFile(join(folder, name), text);
    await symlink('/etc/passwd', join(root, 'link'));
    const archive = join(folder, 'a.tar');
    await promisify(execFile)('tar', [`--format=${format}`, '-C', folder, '-cf', archive, 'root']);
    const seen: Record<string, string> = {};
    for await (const { name, kind, size, content } of readTar(
      createReadStream(archive, { highWaterMark: 700 }) as AsyncIterable<Buffer>,
    )) {
      if (kind !== 'file') continue;
      const parts: Buffer[] = [];
      // Skipping a content must not disturb what follows.
      if (name !== 'root/one block') for await (const part of content) parts.push(part);
      const text = Buffer.concat(parts).toString();
      seen[name] = name === 'root/one block' ? 'x'.repeat(size) : text;
      assert.equal(size, Buffer.byteLength(seen[name]));
    }
    assert.deepEqual(seen, contents);
  });
}

test('an archive that breaks off is no complete one', async () => {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(300, 1);
  }
  await assert.rejects(async () => {
    for await (const entry of readTar(chunks())) assert.fail(entry.name);
  }, /breaks off/);
});
