import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkArchive, unpackArchive } from '../../../../src/executors/packages/cache/archive.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { executableMode, linkMode, zip, type ZipEntry } from './zip-writer.ts';

const mib = 1024 * 1024;
const usual = { maxUnpackedBytes: 1024 * mib, maxEntries: 1000 };

/** Unpacks an archive of these bytes; `out` is a new folder inside of `root`. */
async function unpack(t: TestContext, bytes: Buffer, limits = usual) {
  const root = await temporaryFolder(t);
  const file = path.join(root, 'package.zip');
  await writeFile(file, bytes);
  const out = path.join(root, 'out');
  const done = unpackArchive(file, out, 'app.zip', limits, new AbortController().signal);
  return { root, out, done };
}

test('files, folders and modes come out as they went in, closed to writing', async (t) => {
  const { out, done } = await unpack(
    t,
    zip([
      { name: 'bin/' },
      { name: 'bin/run.sh', content: '#!/bin/sh\n', mode: executableMode },
      { name: 'deep/er/Häfen.txt', content: 'x'.repeat(100_000) },
      { name: 'deep/link', content: 'er/Häfen.txt', mode: linkMode },
      { name: 'empty/' },
    ]),
  );
  assert.equal(await done, 10 + 100_000 + Buffer.byteLength('er/Häfen.txt'));
  assert.equal(await readFile(path.join(out, 'deep/link'), 'utf8'), 'x'.repeat(100_000));
  const modes = await Promise.all(
    ['.', 'bin', 'bin/run.sh', 'deep/er', 'deep/er/Häfen.txt', 'empty'].map(
      async (name) => (await lstat(path.join(out, name))).mode & 0o7777,
    ),
  );
  assert.deepEqual(modes, [0o755, 0o755, 0o555, 0o755, 0o444, 0o755]);
});

const evil: Readonly<Record<string, readonly [readonly ZipEntry[], RegExp]>> = {
  'a path that climbs out': [
    [{ name: '../evil', content: 'x' }],
    /app\.zip cannot be unpacked: .*\.\.\/evil/,
  ],
  'a path that climbs out later': [[{ name: 'a/../../evil' }], /cannot be unpacked/],
  'an absolute path': [[{ name: '/tmp/evil' }], /cannot be unpacked: absolute path/],
  'a backslash': [[{ name: '..\\evil' }], /cannot be unpacked/],
  'a dot segment': [[{ name: './evil' }], /impossible name: "\.\/evil"/],
  'a line break in a name': [[{ name: 'a\nb' }], /impossible name/],
  'a link to elsewhere': [
    [{ name: 'l', content: '/etc/passwd', mode: linkMode }],
    /link that leads/,
  ],
  'a link upwards': [[{ name: 'l', content: '../..', mode: linkMode }], /"l" to "\.\.\/\.\."/],
  'a link to nothing': [[{ name: 'l', content: 'gone', mode: linkMode }], /leads nowhere/],
  'links that lead out together': [
    [
      { name: 'd1/d2/up', content: '../..', mode: linkMode },
      { name: 'd1/d2/out', content: 'up/../x', mode: linkMode },
      { name: 'x', content: '' },
    ],
    /link that leads/,
  ],
  'a file written through a link': [
    [
      { name: 'l', content: '/tmp', mode: linkMode },
      { name: 'l/evil', content: 'x' },
    ],
    /holds "l" twice/,
  ],
  'a name that is there twice': [
    [
      { name: 'a', content: '1' },
      { name: 'a', content: '2' },
    ],
    /"a" twice/,
  ],
  'a file that is a folder too': [[{ name: 'a', content: '1' }, { name: 'a/b' }], /"a" twice/],
  'a device': [[{ name: 'dev', mode: 0o020666 }], /neither file nor folder/],
  'an encrypted file': [[{ name: 'a', content: 'x', encrypted: true }], /encrypted file, "a"/],
  'a size that is a lie': [
    [{ name: 'a', content: 'x'.repeat(5000), claimedBytes: 10 }],
    /cannot be unpacked: too many bytes/,
  ],
};
for (const [what, [entries, words]] of Object.entries(evil)) {
  test(`refused: ${what}`, async (t) => {
    const { root, done } = await unpack(t, zip(entries));
    await assert.rejects(done, words);
    assert.deepEqual((await readdir(root)).toSorted(), ['out', 'package.zip']);
    await assert.rejects(lstat(path.join(root, 'evil')));
    await assert.rejects(lstat('/tmp/evil'));
  });
}

test('too many entries, folders on the way included', async (t) => {
  const many = Array.from({ length: 11 }, (_, at) => ({ name: `f${at}` }));
  const tight = { ...usual, maxEntries: 10 };
  await assert.rejects((await unpack(t, zip(many), tight)).done, /more than 10 files and folders/);
  const deep = [{ name: `${'d/'.repeat(10)}f` }];
  await assert.rejects((await unpack(t, zip(deep), tight)).done, /more than 10 files and folders/);
  const deeper = [{ name: `${'d/'.repeat(100)}f` }];
  await assert.rejects((await unpack(t, zip(deeper))).done, /path of more than 64 folders/);
});

test('more bytes than allowed, and a bomb within them', async (t) => {
  const entry = { name: 'a', content: Buffer.alloc(mib) };
  const { done } = await unpack(t, zip([entry]), { ...usual, maxUnpackedBytes: mib - 1 });
  await assert.rejects(done, /more than 1048575 bytes when unpacked/);
  const big = Buffer.alloc(8 * mib);
  const bomb = Array.from({ length: 9 }, (_, at) => ({ name: `b${at}`, content: big }));
  await assert.rejects((await unpack(t, zip(bomb))).done, /more than 200 times its size.*bomb/);
});

test('what is no archive is said to be none', async (t) => {
  const { root, done } = await unpack(t, Buffer.from('<html>not found</html>'));
  await assert.rejects(done, /app\.zip is not a zip archive/);
  await assert.rejects(
    checkArchive(path.join(root, 'package.zip'), 'app.jar'),
    /app\.jar is not a zip/,
  );
  const script = path.join(root, 'run.jar');
  await writeFile(script, Buffer.concat([Buffer.from('#!/bin/sh\n'), zip([{ name: 'a' }])]));
  await checkArchive(script, 'run.jar');
});

test('an abort ends it', async (t) => {
  const root = await temporaryFolder(t);
  const file = path.join(root, 'package.zip');
  await writeFile(file, zip([{ name: 'a', content: 'x' }]));
  await mkdir(path.join(root, 'sub'));
  const stopped = AbortSignal.abort(new Error('stopped'));
  await assert.rejects(
    unpackArchive(file, path.join(root, 'out'), 'app.zip', usual, stopped),
    /^Error: stopped$/,
  );
});
