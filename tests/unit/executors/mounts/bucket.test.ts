import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Mount } from '../../../../src/domain/template.ts';
import { bucketAddress } from '../../../../src/executors/mounts/bucket.ts';
import { listPageObjects } from '../../../../src/executors/mounts/limits.ts';
import { keepOnlyCopies } from '../../../../src/executors/mounts/manifest.ts';
import { createMountProvider } from '../../../../src/executors/mounts/provider.ts';
import type { MountProviderOptions } from '../../../../src/executors/mounts/provider.ts';
import type { AttemptMount } from '../../../../src/ports/executor.ts';
import { startObjectServer } from '../../../support/s3.ts';
import type { ObjectServer } from '../../../support/s3.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { needs } from '../../../support/tools.ts';

const signal = new AbortController().signal;
const pair = { accessKeyId: 'ak', secret: 'a very secret word' };

const bucket = (name: string, inside: string, readOnly = false): AttemptMount => ({
  mountPath: '/data',
  readOnly,
  source: { kind: 'bucket', bucket: name, path: inside, credentials: pair },
});

describe('buckets that are folders', () => {
  test('bind the path, or say that it does not exist', async (t) => {
    const folder = await temporaryFolder(t);
    fs.mkdirSync(path.join(folder, 'data'));
    fs.writeFileSync(path.join(folder, 'data', 'user.data'), 'x');
    const provider = createMountProvider({ volumes: [], buckets: [{ name: 'b', folder }] });
    const { binds } = await provider.prepare(
      [bucket('b', 'data/user.data', true), bucket('b', '/')],
      folder,
      signal,
    );
    assert.deepEqual(binds, [
      { hostPath: path.join(folder, 'data/user.data'), mountPath: '/data', readOnly: true },
      { hostPath: folder, mountPath: '/data', readOnly: false },
    ]);
    await assert.rejects(
      provider.prepare([bucket('b', 'data/other')], folder, signal),
      /^Error: the path "data\/other" does not exist in bucket "b"/,
    );
    assert.deepEqual(fs.readdirSync(path.join(folder, 'data')), ['user.data']);
    await provider.finish(folder, signal);
  });

  test('that nobody mapped, or without a key pair, are refused with the line that helps', async (t) => {
    const folder = await temporaryFolder(t);
    const secretFile = path.join(folder, 'secret');
    fs.writeFileSync(secretFile, ' word\n');
    const endpoint = 'http://127.0.0.1:9';
    const buckets = [
      { name: 'bare' },
      { name: 'keyless', endpoint },
      { name: 'keyed', endpoint, accessKeyId: 'own', secretFile, region: 'eu-1' },
      { name: 'unreadable', endpoint, accessKeyId: 'own', secretFile: `${secretFile}-gone` },
    ];
    const provider = createMountProvider({ volumes: [], buckets });
    const refuses = (name: string, withPair: boolean): string | null => {
      const credentials = withPair
        ? { accessKeyId: 'ak', sealedSecret: 'sealed', purpose: 'p' }
        : null;
      const source = { kind: 'bucket', bucket: name, path: '/', credentials } as const;
      const mount: Mount = { mountPath: '/x', readOnly: true, source };
      return provider.refuses([mount], 'process');
    };
    assert.match(refuses('b', true) ?? '', /buckets: \[\{name: "b", folder: "\/path\/of\/it"\}\]/);
    assert.match(refuses('bare', true) ?? '', /without a folder and without an endpoint/);
    assert.match(refuses('keyless', false) ?? '', /"keyless" has no key pair; .*secretFile/);
    assert.equal(refuses('keyless', true), null);
    assert.equal(refuses('keyed', false), null);

    assert.deepEqual(await bucketAddress('keyed', null, buckets), {
      bucket: 'keyed',
      endpoint,
      region: 'eu-1',
      accessKeyId: 'own',
      secret: 'word',
    });
    assert.equal((await bucketAddress('keyed', pair, buckets)).secret, pair.secret);
    await assert.rejects(bucketAddress('unreadable', null, buckets), /cannot be read from .*-gone/);
  });
});

describe('buckets of an object store', needs('moto_server'), () => {
  let server: ObjectServer;
  let count = 0;
  const cleanup: (() => void | Promise<void>)[] = [];
  before(async () => {
    server = await startObjectServer({ after: (task) => void cleanup.push(task) });
  });
  after(async () => {
    for (const task of cleanup) await task();
  });

  /** A bucket of the test's own with these objects, and a provider that knows it. */
  async function stage(
    t: TestContext,
    objects: Readonly<Record<string, string>>,
    stageLimits: MountProviderOptions['stageLimits'] = {},
  ) {
    count += 1;
    const name = `bucket-${count}`;
    await server.makeBucket(name);
    for (const [key, content] of Object.entries(objects)) await server.put(name, key, content);
    const scratch = await temporaryFolder(t);
    const buckets = [{ name, endpoint: server.endpoint }];
    const provider = createMountProvider({ volumes: [], buckets, stageLimits });
    const prepare = async (...mounts: readonly AttemptMount[]): Promise<readonly string[]> => {
      const { binds } = await provider.prepare(mounts, scratch, signal);
      assert.deepEqual(
        binds.map(({ mountPath, readOnly }) => ({ mountPath, readOnly })),
        mounts.map(({ mountPath, readOnly }) => ({ mountPath, readOnly })),
      );
      return binds.map(({ hostPath }) => hostPath);
    };
    return { name, scratch, buckets, provider, prepare };
  }

  test('are copied, and get back what the job made or changed, and nothing else', async (t) => {
    const s = await stage(t, {
      'in/a.txt': 'a',
      'in/deep/b.txt': 'b',
      'in/deep/gone.txt': 'g',
      'in/empty/': '',
      'in-other/c.txt': 'c',
    });
    const [copy = ''] = await s.prepare(bucket(s.name, '/in/'));
    assert.deepEqual(fs.readdirSync(copy, { recursive: true }).sort(), [
      'a.txt',
      'deep',
      'deep/b.txt',
      'deep/gone.txt',
      'empty',
    ]);
    assert.equal(fs.readFileSync(path.join(copy, 'deep/b.txt'), 'utf8'), 'b');
    assert.equal(fs.statSync(path.join(copy, 'deep')).mode & 0o777, 0o777);
    const a = await server.get(s.name, 'in/a.txt');
    // Same length and same time of change: only ctime tells.
    const { atime, mtime } = fs.statSync(path.join(copy, 'deep/b.txt'));
    fs.writeFileSync(path.join(copy, 'deep/b.txt'), 'B');
    fs.utimesSync(path.join(copy, 'deep/b.txt'), atime, mtime);
    fs.mkdirSync(path.join(copy, 'out/deeper'), { recursive: true });
    fs.writeFileSync(path.join(copy, 'out/deeper/new'), 'n'.repeat(3_000_000));
    fs.writeFileSync(path.join(copy, 'out/empty'), '');
    fs.rmSync(path.join(copy, 'deep/gone.txt'));
    // In the next life of the server, with the same configuration.
    const next = createMountProvider({ volumes: [], buckets: s.buckets });
    await next.finish(s.scratch, signal);
    assert.deepEqual(await server.keys(s.name), [
      'in-other/c.txt',
      'in/a.txt',
      'in/deep/b.txt',
      'in/deep/gone.txt',
      'in/empty/',
      'in/out/deeper/new',
      'in/out/empty',
    ]);
    assert.equal(await server.get(s.name, 'in/deep/b.txt'), 'B');
    assert.equal(await server.get(s.name, 'in/a.txt'), a);
    assert.equal((await server.get(s.name, 'in/out/deeper/new'))?.length, 3_000_000);
    assert.deepEqual(fs.readdirSync(s.scratch), []);
    await next.finish(s.scratch, signal);
  });

  test('give a single object as a file, and the whole bucket for an empty path', async (t) => {
    const s = await stage(t, { 'data/user.data': 'one', x: 'two' });
    const [file = '', all = ''] = await s.prepare(
      bucket(s.name, 'data/user.data'),
      bucket(s.name, '', true),
    );
    assert.equal(fs.readFileSync(file, 'utf8'), 'one');
    assert.equal(fs.readFileSync(path.join(all, 'x'), 'utf8'), 'two');
    fs.writeFileSync(file, 'changed');
    fs.writeFileSync(path.join(all, 'x'), 'not taken back: read-only');
    await s.provider.finish(s.scratch, signal);
    assert.equal(await server.get(s.name, 'data/user.data'), 'changed');
    assert.equal(await server.get(s.name, 'x'), 'two');
  });

  test('tell a missing path and a missing bucket, and leave nothing', async (t) => {
    const s = await stage(t, { 'data/a': 'a' });
    await assert.rejects(
      s.prepare(bucket(s.name, 'dat')),
      new RegExp(`the path "dat" does not exist in bucket "${s.name}"`),
    );
    const buckets = [{ name: 'never-made', endpoint: server.endpoint }];
    await assert.rejects(
      createMountProvider({ volumes: [], buckets }).prepare(
        [bucket('never-made', 'x')],
        s.scratch,
        signal,
      ),
      /bucket "never-made" at http.*: the bucket does not exist/,
    );
    assert.deepEqual(fs.readdirSync(s.scratch), []);
  });

  test('leave alone what others changed meanwhile, and say so once', async (t) => {
    const s = await stage(t, { a: 'a', b: 'b' });
    const [copy = ''] = await s.prepare(bucket(s.name, '/'));
    for (const name of ['a', 'b', 'new']) fs.writeFileSync(path.join(copy, name), 'job');
    fs.symlinkSync('/etc/passwd', path.join(copy, 'link'));
    fs.linkSync(path.join(copy, 'new'), path.join(copy, 'hard'));
    await server.put(s.name, 'a', 'somebody else');
    await assert.rejects(s.provider.finish(s.scratch, signal), (error: Error) => {
      assert.match(error.message, /^not taken back, the job's copy stays in \//);
      for (const part of ['"a" (changed in the bucket meanwhile)', '"link" (no plain file)']) {
        assert.ok(error.message.includes(part), `${part} is not in ${error.message}`);
      }
      return true;
    });
    assert.equal(await server.get(s.name, 'a'), 'somebody else');
    assert.equal(await server.get(s.name, 'b'), 'job');
    assert.deepEqual(await server.keys(s.name), ['a', 'b']);
    assert.equal(fs.readFileSync(path.join(copy, 'a'), 'utf8'), 'job');
    await s.provider.finish(s.scratch, signal);
  });

  test('can be given back later, by the same writer, when the store was away', async (t) => {
    const s = await stage(t, { a: 'a' });
    const [copy = ''] = await s.prepare(bucket(s.name, '/'));
    fs.writeFileSync(path.join(copy, 'a'), 'job');
    const manifest = path.join(path.dirname(copy), 'manifest.json');
    assert.equal(fs.statSync(manifest).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.dirname(copy)).mode & 0o777, 0o700);
    await server.denyAll();
    try {
      await assert.rejects(s.provider.finish(s.scratch, signal), (error: Error) => {
        assert.match(
          error.message,
          /^not taken back yet, the job's copy stays in \/.*: bucket .*access denied/,
        );
        assert.ok(!error.message.includes(pair.secret));
        return true;
      });
    } finally {
      await server.allowAll();
    }
    // A server that ends between upload and note finds an object that it wrote itself.
    const kept = fs.readFileSync(manifest);
    await s.provider.finish(s.scratch, signal);
    assert.equal(await server.get(s.name, 'a'), 'job');
    fs.mkdirSync(path.dirname(copy));
    fs.mkdirSync(copy);
    fs.writeFileSync(manifest, kept);
    fs.writeFileSync(path.join(copy, 'a'), 'job again');
    await s.provider.finish(s.scratch, signal);
    assert.equal(await server.get(s.name, 'a'), 'job again');
  });

  test('after the last try stay as copies, without any key pair', async (t) => {
    const s = await stage(t, { a: 'a' });
    const [copy = ''] = await s.prepare(bucket(s.name, '/'));
    fs.writeFileSync(path.join(copy, 'a'), 'job');
    fs.mkdirSync(path.join(s.scratch, 'namespace', 'files'), { recursive: true });
    const manifest = path.join(path.dirname(copy), 'manifest.json');
    assert.ok(fs.readFileSync(manifest, 'utf8').includes(pair.secret));
    await keepOnlyCopies(s.scratch);
    assert.deepEqual(fs.readdirSync(s.scratch), ['buckets']);
    assert.equal(fs.readFileSync(path.join(copy, 'a'), 'utf8'), 'job');
    const text = fs.readFileSync(manifest, 'utf8');
    assert.ok(text.includes(s.name) && !text.includes(pair.secret));
    // A server that ended before it told so tells it again, and writes with no other key pair.
    await assert.rejects(s.provider.finish(s.scratch, signal), /^Error: not taken back, the job's/);
    assert.equal(await server.get(s.name, 'a'), 'a');
    fs.writeFileSync(manifest, text.slice(0, 40));
    await keepOnlyCopies(s.scratch);
    assert.deepEqual(fs.readdirSync(path.dirname(copy)), ['0']);
  });

  test('stay below the limits of bytes, objects and time', async (t) => {
    const objects = { a: '12345', b: '12345', c: '12345' };
    for (const limits of [{ maxBytes: 14 }, { maxObjects: 2 }]) {
      const s = await stage(t, objects, limits);
      await assert.rejects(s.prepare(bucket(s.name, '/')), /hold more than fits/);
      assert.deepEqual(fs.readdirSync(s.scratch), []);
    }
    const late = await stage(t, objects, { timeoutMs: 0 });
    await assert.rejects(late.prepare(bucket(late.name, '/')), /took longer than 0 ms/);
    const out = await stage(t, { a: '1' }, { maxObjects: 1 });
    const [copy = ''] = await out.prepare(bucket(out.name, '/'));
    for (const name of ['x', 'y']) fs.writeFileSync(path.join(copy, name), name);
    await assert.rejects(out.provider.finish(out.scratch, signal), /"[xy]" \(more than fits\)/);
  });

  test('refuse keys that are no paths, and files under files', async (t) => {
    const bad = await stage(t, { 'a/../../b': 'x' });
    await assert.rejects(
      bad.prepare(bucket(bad.name, '/')),
      /"a\/\.\.\/\.\.\/b" .*cannot be a file/,
    );
    const both = await stage(t, { a: 'x', 'a/b': 'y' });
    await assert.rejects(both.prepare(bucket(both.name, '/')), /cannot both be files/);
    assert.deepEqual(fs.readdirSync(bad.scratch), []);
  });

  test('end early when asked to', async (t) => {
    const s = await stage(t, { a: 'a' });
    const stopped = AbortSignal.abort(new Error('the run was stopped'));
    await assert.rejects(
      s.provider.prepare([bucket(s.name, '/')], s.scratch, stopped),
      /the run was stopped/,
    );
  });

  test('are listed page by page', async (t) => {
    const objects = Object.fromEntries(
      Array.from({ length: listPageObjects + 10 }, (_, at) => [`many/${at % 7}/${at}`, `${at}`]),
    );
    const s = await stage(t, objects);
    const [copy = ''] = await s.prepare(bucket(s.name, 'many', true));
    for (const [key, content] of Object.entries(objects)) {
      assert.equal(fs.readFileSync(path.join(copy, key.slice(5)), 'utf8'), content);
    }
  });

  test('tell an object store that cannot be reached', async (t) => {
    const folder = await temporaryFolder(t);
    const buckets = [{ name: 'b', endpoint: 'http://127.0.0.1:9' }];
    await assert.rejects(
      createMountProvider({ volumes: [], buckets }).prepare([bucket('b', 'x')], folder, signal),
      /^Error: bucket "b" at http:\/\/127\.0\.0\.1:9, looking at "x": .*ECONNREFUSED/,
    );
  });
});
