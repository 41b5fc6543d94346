import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { HeadObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { s3Connector } from '../../../../src/connectors/s3/connector.ts';
import type { LinkOptions } from '../../../../src/domain/transfer/link.ts';
import type { FileStore } from '../../../../src/ports/file-store.ts';
import { Closing, contextOf } from '../../../contract/connector/files-adapter-remote.ts';
import { cuttingProxy } from '../../../support/cutting-proxy.ts';
import { type ObjectServer, startObjectServer } from '../../../support/s3.ts';
import { needs } from '../../../support/tools.ts';

type S3Link = Extract<LinkOptions, { kind: 's3' }>;

const MIB = 1024 * 1024;
const never = new AbortController().signal;

describe('S3', needs('moto_server'), () => {
  const closing = new Closing();
  let server: ObjectServer;
  let link: S3Link;
  let store: FileStore;
  let client: S3Client;

  const open = (changes: Partial<S3Link> = {}, bucket = 'data'): Promise<FileStore> => {
    const files = s3Connector(contextOf()).files;
    if (files === undefined) throw new Error('the connector has no files');
    return files({ ...link, ...changes }, bucket, never);
  };

  before(async () => {
    server = await startObjectServer(closing);
    await server.makeBucket('data');
    link = {
      kind: 's3',
      endpoint: server.endpoint,
      region: 'us-east-1',
      accessKeyId: 'test',
      secretAccessKey: 'the-secret-of-the-link',
      sessionToken: '',
      pathStyle: true,
      connectTimeoutMs: 5_000,
      socketTimeoutMs: 10_000,
    };
    store = await open();
    closing.after(() => store.close());
    client = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    closing.after(() => client.destroy());
  });
  after(() => closing.close());

  test('a big file goes in parts and comes back the same; only a small one has an MD5', async () => {
    const written = createHash('sha256');
    const big = await store.write('big.bin', stream(20 * MIB + 1, written), { signal: never });
    assert.deepEqual([big.bytes, big.md5], [20 * MIB + 1, null]);
    const read = createHash('sha256');
    for await (const piece of store.read('big.bin', { start: 0, end: null }, never))
      read.update(piece);
    assert.equal(read.digest('hex'), written.digest('hex'));
    const small = await store.write('small.txt', one('hello'), {
      signal: never,
      contentType: 'text/x-own',
    });
    assert.equal(small.md5, createHash('md5').update('hello').digest('hex'));
    assert.equal((await store.stat('small.txt'))?.contentType, 'text/x-own');
  });

  test('an upload in parts that breaks off leaves no object and no parts', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield* stream(18 * MIB);
      throw new Error('the source broke off');
    }
    await assert.rejects(store.write('broken.bin', breaking(), { signal: never }), /broke off/);
    assert.equal(await store.stat('broken.bin'), null);
    const left = await client.send(new ListMultipartUploadsCommand({ Bucket: 'data' }));
    assert.deepEqual(left.Uploads ?? [], []);
  });

  test('a KMS key is asked for, and then the ETag is no MD5', async () => {
    const info = await store.write('sealed.txt', one('x'), { signal: never, kmsKeyId: 'key-1' });
    assert.equal(info.md5, null);
    const head = await client.send(new HeadObjectCommand({ Bucket: 'data', Key: 'sealed.txt' }));
    assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ['aws:kms', 'key-1']);
  });

  test('more objects than a page holds are all listed', async () => {
    const names = Array.from({ length: 1_003 }, (_, at) => `many/${String(at).padStart(5, '0')}`);
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((name) => server.put('data', name, '')));
    }
    const found: string[] = [];
    for await (const { path } of store.list('many', never)) found.push(path);
    assert.deepEqual(found, names);
  });

  test('a lost connection is taken up where it broke; many of them are an error', async (t) => {
    const proxy = await cuttingProxy(t, Number(new URL(server.endpoint).port));
    const near = await open({ endpoint: `http://127.0.0.1:${proxy.port}` });
    t.after(() => near.close());
    const written = createHash('sha256');
    await store.write('cut.bin', stream(6 * MIB, written), { signal: never });
    const wanted = written.digest('hex');
    proxy.cutAfter(2 * MIB, 2);
    const read = createHash('sha256');
    for await (const piece of near.read('cut.bin', { start: 0, end: null }, never))
      read.update(piece);
    assert.equal(read.digest('hex'), wanted);
    proxy.cutAfter(500, 1_000);
    await assert.rejects(drain(near, 'cut.bin'), (error: Error & { transient: boolean }) => {
      assert.equal(error.name, 'TransferError');
      assert.equal(error.transient, true);
      assert.match(error.message, /cut\.bin|127\.0\.0\.1/);
      return true;
    });
  });

  test('a service that falls silent in the midst of a file is given up', async (t) => {
    const proxy = await cuttingProxy(t, Number(new URL(server.endpoint).port));
    const near = await open({ endpoint: `http://127.0.0.1:${proxy.port}`, socketTimeoutMs: 300 });
    t.after(() => near.close());
    await store.write('silent.bin', stream(3 * MIB), { signal: never });
    proxy.cutAfter(1_000, 1_000, 'stall');
    await assert.rejects(drain(near, 'silent.bin'), { name: 'TransferError', transient: true });
  });

  test('a service that accepts and says nothing is unreachable', async (t) => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const endpoint = `http://127.0.0.1:${port}`;
    await assert.rejects(open({ endpoint, socketTimeoutMs: 300 }), {
      name: 'TransferError',
      code: 'link-unreachable',
    });
  });

  test('an object that changes while it is read is told', async (t) => {
    const proxy = await cuttingProxy(t, Number(new URL(server.endpoint).port));
    const near = await open({ endpoint: `http://127.0.0.1:${proxy.port}` });
    t.after(() => near.close());
    await store.write('moving.bin', stream(4 * MIB), { signal: never });
    // Often enough that one of the connections is made after the change.
    proxy.cutAfter(2 * MIB, 1_000);
    let changed = false;
    const read = async (): Promise<void> => {
      for await (const _ of near.read('moving.bin', { start: 0, end: null }, never)) {
        if (changed) continue;
        changed = true;
        await store.write('moving.bin', stream(4 * MIB, undefined, 7), { signal: never });
      }
    };
    await assert.rejects(read(), { code: 'read-failed', message: /changed/ });
  });

  test('the session token is sent, and no secret is in an error', async (t) => {
    const proxy = await cuttingProxy(t, Number(new URL(server.endpoint).port));
    const near = await open({
      endpoint: `http://127.0.0.1:${proxy.port}`,
      sessionToken: 'the-token-of-the-link',
    });
    t.after(() => near.close());
    assert.match(proxy.sent(), /x-amz-security-token: the-token-of-the-link/i);
    await assert.rejects(drain(near, 'not/there'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'path-missing');
      assert.doesNotMatch(error.message, /the-secret|the-token/);
      return true;
    });
  });

  test('a bucket that is not there and keys that are refused are told apart', async () => {
    await assert.rejects(open({}, 'no-such-bucket'), {
      code: 'bucket-missing',
      message: /no-such-bucket/,
    });
    await assert.rejects(open({}, ''), { code: 'bucket-missing' });
    await server.denyAll();
    try {
      await assert.rejects(open(), (error: Error & { code: string }) => {
        assert.equal(error.code, 'link-credentials');
        assert.doesNotMatch(error.message, /the-secret/);
        return true;
      });
      await assert.rejects(s3Connector(contextOf()).test(link, never), {
        code: 'link-credentials',
      });
    } finally {
      await server.allowAll();
    }
  });

  test('an address that the operator forbids is not asked', async () => {
    const context = { ...contextOf(), refuses: (host: string) => `no way to ${host}` };
    await assert.rejects(s3Connector(context).test(link, never), {
      code: 'link-unreachable',
      message: 'no way to 127.0.0.1',
    });
  });
});

async function* stream(
  bytes: number,
  hash?: ReturnType<typeof createHash>,
  seed = 1,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += 300_000) {
    const piece = Buffer.alloc(Math.min(300_000, bytes - at), (at / 300_000 + seed) % 251);
    hash?.update(piece);
    yield piece;
  }
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function drain(store: FileStore, path: string): Promise<void> {
  for await (const _ of store.read(path, { start: 0, end: null }, never));
}
