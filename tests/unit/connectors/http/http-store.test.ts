import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { httpConnector } from '../../../../src/connectors/http/connector.ts';
import { AddressPolicy } from '../../../../src/executors/http/addresses.ts';
import type { FileStore } from '../../../../src/ports/file-store.ts';
import { contextOf } from '../../../contract/connector/files-adapter-remote.ts';
import { targetOf } from '../../../contract/connector/files-adapter.ts';
import { cuttingProxy } from '../../../support/cutting-proxy.ts';
import type { Cleanup } from '../../../support/temporary-folder.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const never = new AbortController().signal;
const content = Buffer.from(Array.from({ length: 700_000 }, (_, at) => at % 251));

/** A server that knows ranges, with further answers by path. */
async function serve(
  cleanup: Cleanup,
  answers: Readonly<Record<string, Answer>> = {},
): Promise<number> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    const answer = answers[pathname];
    if (answer !== undefined) return answer(request, response);
    if (pathname !== '/f.bin') return void response.writeHead(404).end();
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = range?.[2] ? Number(range[2]) + 1 : content.length;
    response.writeHead(range === null ? 200 : 206, {
      etag: '"one"',
      'content-type': 'application/x-own',
      'last-modified': 'Wed, 21 Oct 2026 07:28:00 GMT',
      'content-length': Math.min(end, content.length) - start,
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${content.length}` }),
    });
    response.end(request.method === 'HEAD' ? undefined : content.subarray(start, end));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function open(allowed: readonly string[] = ['127.0.0.1']): Promise<FileStore> {
  const { files } = httpConnector(contextOf(), new AddressPolicy(allowed));
  if (files === undefined) throw new Error('the connector has no files');
  return files({ kind: 'http' }, '', never);
}

async function drained(
  store: FileStore,
  path: string,
  range: { start: number; end: number | null } = { start: 0, end: null },
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(path, range, never)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('files of the web', () => {
  test('a file is told and read, whole and in part', async (t) => {
    const url = `http://127.0.0.1:${await serve(t)}/f.bin?x=1`;
    const store = await open();
    assert.deepEqual(await store.stat(url), {
      path: url,
      bytes: content.length,
      modifiedAtMs: Date.UTC(2026, 9, 21, 7, 28),
      md5: null,
      folder: false,
      contentType: 'application/x-own',
    });
    assert.deepEqual(await drained(store, url), content);
    const range = { start: 100_001, end: 600_003 };
    assert.deepEqual(await drained(store, url, range), content.subarray(range.start, range.end));
  });

  test('servers that know neither HEAD, nor sizes, nor ranges will do', async (t) => {
    const plain: Answer = (request, response) => {
      if (request.method === 'HEAD') return void response.writeHead(405).end();
      // Without a length it is sent in chunks.
      response.write(content.subarray(0, 300_000));
      response.end(content.subarray(300_000));
    };
    const empty: Answer = (request, response) => {
      if (request.method === 'HEAD') return void response.writeHead(405).end();
      response.writeHead(416, { 'content-range': 'bytes */0' }).end();
    };
    const port = await serve(t, { '/plain': plain, '/empty': empty });
    const store = await open();
    const url = `http://127.0.0.1:${port}/plain`;
    assert.equal((await store.stat(url))?.bytes, content.length);
    const range = { start: 299_990, end: 300_010 };
    assert.deepEqual(await drained(store, url, range), content.subarray(range.start, range.end));
    assert.equal((await store.stat(`http://127.0.0.1:${port}/empty`))?.bytes, 0);
  });

  test('what is missing, refused or broken is told without what may be secret', async (t) => {
    const port = await serve(t, {
      '/closed': (_, response) => void response.writeHead(403).end(),
      '/broken': (_, response) => void response.writeHead(500).end(),
    });
    const store = await open();
    const at = (path: string): string =>
      `http://me:the-password@127.0.0.1:${port}${path}?key=the-key`;
    assert.equal(await store.stat(at('/none')), null);
    for (const [path, code] of [
      ['/none', 'path-missing'],
      ['/closed', 'read-failed'],
      ['/broken', 'read-failed'],
    ] as const) {
      await assert.rejects(drained(store, at(path)), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.ok(error.message.includes(path));
        assert.doesNotMatch(error.message, /the-password|the-key/);
        return true;
      });
    }
    for (const path of ['ftp://127.0.0.1/x', 'file:///etc/passwd', 'no address']) {
      await assert.rejects(store.stat(path), { code: 'path-missing' });
    }
  });

  test('redirects are followed, each judged anew, and not for ever', async (t) => {
    const to =
      (location: string): Answer =>
      (_, response) =>
        void response.writeHead(302, { location }).end();
    const port = await serve(t, {
      '/once': to('/f.bin'),
      '/private': to('http://169.254.169.254/latest'),
      '/file': to('file:///etc/passwd'),
      '/circle': to('/circle'),
    });
    const store = await open();
    const at = (path: string): string => `http://127.0.0.1:${port}${path}`;
    assert.deepEqual(await drained(store, at('/once')), content);
    await assert.rejects(drained(store, at('/private')), {
      code: 'link-unreachable',
      message: /169\.254/,
    });
    await assert.rejects(drained(store, at('/file')), { code: 'path-missing' });
    await assert.rejects(drained(store, at('/circle')), {
      code: 'read-failed',
      message: /redirects/,
    });
  });

  test('private addresses are not asked, whatever their name', async (t) => {
    let asked = 0;
    const port = await serve(t, {
      '/f.bin': (_, response) => {
        asked += 1;
        response.end('x');
      },
    });
    const store = await open([]);
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433']) {
      await assert.rejects(drained(store, `http://${host}:${port}/f.bin`), {
        code: 'link-unreachable',
        message: /private/,
      });
    }
    assert.equal(asked, 0);
  });

  test('a lost connection is taken up; a file that changed meanwhile is told', async (t) => {
    let etag = '"one"';
    const port = await serve(t, {
      '/changing': (_, response) => {
        response.writeHead(200, { etag, 'content-length': content.length });
        response.end(content);
        etag = '"two"';
      },
    });
    const proxy = await cuttingProxy(t, port);
    const store = await open();
    proxy.cutAfter(300_000, 1);
    assert.deepEqual(await drained(store, `http://127.0.0.1:${proxy.port}/f.bin`), content);
    assert.equal(proxy.connections(), 2);
    proxy.cutAfter(300_000, 1);
    await assert.rejects(drained(store, `http://127.0.0.1:${proxy.port}/changing`), {
      code: 'read-failed',
      message: /changed/,
    });
    proxy.cutAfter(2_000, 1_000);
    await assert.rejects(drained(store, `http://127.0.0.1:${proxy.port}/f.bin`), {
      transient: true,
    });
  });

  test('nothing is written', async () => {
    const connector = httpConnector(contextOf(), new AddressPolicy([]));
    await assert.rejects(connector.target({ kind: 'http' }, targetOf(), 'job', never), {
      code: 'invalid-definition',
    });
    const store = await open();
    await assert.rejects(store.remove('http://example.com/x'), { code: 'invalid-definition' });
  });
});
