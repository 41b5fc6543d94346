import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { PackageArtifact } from '../../../../src/domain/template.ts';
import { PackageCache } from '../../../../src/executors/packages/cache/cache.ts';
import { maxParallel } from '../../../../src/executors/packages/limits.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until, within } from '../../../support/until.ts';
import { packageServer } from './package-server.ts';
import { zip } from './zip-writer.ts';

const log = { warn: (fields: object) => assert.fail(JSON.stringify(fields)) };
const never = new AbortController().signal;

async function openCache(
  t: TestContext,
  options: Partial<{
    maxBytes: number;
    timeoutMs: number;
    keep: number;
    files: readonly string[];
    hosts: readonly string[];
    folder: string;
  }> = {},
) {
  const folder = options.folder ?? path.join(await temporaryFolder(t), 'packages');
  const cache = new PackageCache({
    folder,
    fetch: { maxBytes: options.maxBytes ?? 1e6, timeoutMs: options.timeoutMs ?? 10_000 },
    archive: { maxUnpackedBytes: 1e7, maxEntries: 100 },
    maxBytes: options.keep ?? 1e9,
    files: options.files ?? [],
    hosts: options.hosts ?? [],
    log,
  });
  await cache.open();
  return { cache, folder };
}

function python(url: string, version = '1'): PackageArtifact {
  return {
    kind: 'package',
    format: 'python',
    url,
    version,
    python: 'PYTHON 3.9.15',
    modules: null,
  };
}

function jar(url: string, version = '1'): PackageArtifact {
  return { kind: 'package', format: 'jar', url, version, jdk: 'Open JDK 8', options: '', args: '' };
}

const app = (text: string): Buffer => zip([{ name: 'main.py', content: text }]);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const main = (place: { readonly folder: string }): Promise<string> =>
  readFile(path.join(place.folder, 'main.py'), 'utf8');

test('a package is fetched once, asked after by its ETag, and fetched anew when it changed', async (t) => {
  let text = 'one';
  const server = await packageServer(t, (request, response) => {
    const etag = `"${text}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.writeHead(200, { etag }).end(app(text));
  });
  const { cache, folder } = await openCache(t);
  const artifact = python(`${server.url}/app.zip`);
  assert.equal(await main(await cache.acquire(artifact, 'a.0.1', never)), 'one');
  assert.equal(await main(await cache.acquire(artifact, 'a.0.2', never)), 'one');
  text = 'two';
  assert.equal(await main(await cache.acquire(artifact, 'a.0.3', never)), 'two');
  assert.deepEqual(
    server.requests.map(({ headers }) => headers['if-none-match'] ?? null),
    [null, '"one"', '"one"'],
  );
  // A new life remembers.
  const again = await openCache(t, { folder });
  assert.equal(await main(await again.cache.acquire(artifact, 'a.0.4', never)), 'two');
  assert.equal(server.requests.at(-1)?.headers['if-none-match'], '"two"');
  assert.deepEqual(await readdir(path.join(folder, 'tmp')), []);
});

test('Last-Modified serves where there is no ETag; another version asks afresh', async (t) => {
  const date = 'Tue, 01 Jul 2025 00:00:00 GMT';
  const server = await packageServer(t, (request, response) => {
    if (request.headers['if-modified-since'] === date) return void response.writeHead(304).end();
    response.writeHead(200, { 'last-modified': date }).end(app('x'));
  });
  const { cache } = await openCache(t);
  for (const version of ['1', '1', '2']) {
    await cache.acquire(python(`${server.url}/app.zip`, version), `a.0.${version}`, never);
  }
  const asked = server.requests.map(({ headers }) => headers['if-modified-since'] ?? null);
  assert.deepEqual(asked, [null, date, null]);
});

test('attempts that start together share one fetch; one that leaves does not end it', async (t) => {
  const held: http.ServerResponse[] = [];
  const server = await packageServer(t, (_request, response) => void held.push(response));
  const { cache } = await openCache(t);
  const artifact = jar(`${server.url}/app.jar`);
  const leaving = new AbortController();
  const left = cache.acquire(artifact, 'a.9.1', leaving.signal);
  const all = Array.from({ length: 20 }, (_, at) => cache.acquire(artifact, `a.${at}.1`, never));
  await until('the server is asked', () => held.length > 0);
  leaving.abort(new Error('stopped'));
  await assert.rejects(left, /^Error: stopped$/);
  held[0]?.end(app('x'));
  const places = new Set((await Promise.all(all)).map(({ folder }) => folder));
  assert.equal(places.size, 1);
  assert.equal(server.requests.length, 1);
});

test('a fetch that nobody waits for ends', async (t) => {
  const closed = Promise.withResolvers<void>();
  const server = await packageServer(t, (request, response) => {
    request.socket.on('close', () => closed.resolve());
    response.writeHead(200).write('first part');
  });
  const { cache, folder } = await openCache(t);
  const leaving = new AbortController();
  const left = cache.acquire(jar(`${server.url}/app.jar`), 'a.0.1', leaving.signal);
  await until('the server is asked', () => server.requests.length > 0);
  leaving.abort(new Error('stopped'));
  await assert.rejects(left, /^Error: stopped$/);
  await within('the connection is closed', closed.promise);
  await until(
    'nothing is left behind',
    async () => (await readdir(path.join(folder, 'tmp'))).length === 0,
  );
});

test('redirects are followed, a few, and credentials stay with their host', async (t) => {
  const other = await packageServer(t, (_request, response) => {
    response.writeHead(200).end(app('x'));
  });
  const server = await packageServer(t, (request, response) => {
    const to: Record<string, string> = {
      '/app.jar': '/moved.jar',
      '/moved.jar': `${other.url}/real.jar`,
      '/round.jar': '/round.jar',
      '/secret.jar': 'file:///etc/passwd',
    };
    response.writeHead(302, { location: to[request.url ?? ''] }).end();
  });
  const { cache } = await openCache(t);
  const withUser = server.url.replace('http://', 'http://me:s%40crt@');
  await cache.acquire(jar(`${withUser}/app.jar`), 'a.0.1', never);
  const expected = `Basic ${Buffer.from('me:s@crt').toString('base64')}`;
  assert.deepEqual(
    server.requests.map(({ headers }) => headers.authorization),
    [expected, expected],
  );
  assert.deepEqual(
    other.requests.map(({ path: at, headers }) => [at, headers.authorization]),
    [['/real.jar', undefined]],
  );
  await assert.rejects(
    cache.acquire(jar(`${server.url}/round.jar`), 'a', never),
    /redirects more than 5 times/,
  );
  await assert.rejects(
    cache.acquire(jar(`${server.url}/secret.jar`), 'a', never),
    /from http: to file:, which is not followed/,
  );
});

test('what goes wrong is told in words, without secrets, and nothing is left behind', async (t) => {
  const server = await packageServer(t, (request, response) => {
    if (request.url?.startsWith('/gone')) return void response.writeHead(404).end();
    if (request.url?.startsWith('/closed')) return void response.writeHead(403).end();
    if (request.url?.startsWith('/broken')) return void response.writeHead(500).end();
    if (request.url?.startsWith('/page')) return void response.writeHead(200).end('<html>');
    if (request.url?.startsWith('/cut')) {
      response.writeHead(200, { 'content-length': 100 }).write('short', () => response.destroy());
      return;
    }
    if (request.url?.startsWith('/slow')) return void response.writeHead(200).write('x');
    if (request.url?.startsWith('/claims')) response.writeHead(200, { 'content-length': 3000 });
    response.end(Buffer.alloc(3000));
  });
  const { cache, folder } = await openCache(t, { maxBytes: 2000 });
  const unused = http.createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const { port } = unused.address() as { port: number };
  unused.close();
  await once(unused, 'close');
  const digest = 'a'.repeat(64);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['/gone.jar', /gone\.jar does not exist \(HTTP 404\)/],
    ['/closed.jar', /closed\.jar may not be read \(HTTP 403\); check the credentials/],
    ['/broken.jar', /its server answered HTTP 500/],
    ['/page.jar', /page\.jar is not a zip archive/],
    ['/cut.jar', /cut\.jar cannot be reached/],
    ['/claims.jar', /claims\.jar is larger than 2000 bytes.*packages\.maxBytes/],
    ['/large.jar', /large\.jar is larger than 2000 bytes/],
    [
      `/page.jar#sha256=${digest}`,
      new RegExp(
        `has the SHA-256 digest ${sha256(Buffer.from('<html>'))}, its address demands ${digest}`,
      ),
    ],
    ['/page.jar#sha256=12', /not 64 hexadecimal digits/],
  ];
  for (const [place, words] of cases) {
    const [at = '', hash] = place.split('#');
    const url = `${server.url.replace('//', '//user:hunter2@')}${at}?Signature=hunter3${hash === undefined ? '' : `#${hash}`}`;
    await assert.rejects(cache.acquire(jar(url), 'a.0.1', never), (error: Error) => {
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /hunter/);
      return true;
    });
  }
  await assert.rejects(
    cache.acquire(jar(`http://127.0.0.1:${port}/a.jar`), 'a', never),
    /cannot be reached: ECONNREFUSED/,
  );
  const hasty = await openCache(t, { timeoutMs: 200 });
  await assert.rejects(
    hasty.cache.acquire(jar(`${server.url}/slow.jar`), 'a', never),
    /slow\.jar did not arrive within 200 ms; see packages\.timeoutMs/,
  );
  await assert.rejects(cache.acquire(jar('ftp://h/a.jar'), 'a', never), /cannot come from ftp:/);
  await assert.rejects(cache.acquire(jar('nothing'), 'a', never), /is no URL/);
  assert.deepEqual(await readdir(path.join(folder, 'tmp')), []);
  assert.deepEqual(await readdir(path.join(folder, 'content')), []);
});

test('a demanded digest is enough: what is here needs no network', async (t) => {
  const bytes = app('x');
  let served = 0;
  const server = await packageServer(t, (_request, response) => {
    served += 1;
    if (served > 1) return void response.writeHead(500).end();
    response.writeHead(200).end(bytes);
  });
  const { cache } = await openCache(t);
  const url = `${server.url}/app.zip#sha256=${sha256(bytes).toUpperCase()}`;
  await cache.acquire(python(url), 'a.0.1', never);
  assert.equal(await main(await cache.acquire(python(url), 'a.0.2', never)), 'x');
  assert.equal(served, 1);
});

test('file: packages come from the configured folders only', async (t) => {
  const root = await temporaryFolder(t);
  const allowed = path.join(root, 'allowed');
  await mkdir(allowed);
  await writeFile(path.join(allowed, 'app.zip'), app('one'));
  await writeFile(path.join(root, 'secret.zip'), app('secret'));
  await symlink(path.join(root, 'secret.zip'), path.join(allowed, 'link.zip'));
  await mkdir(path.join(allowed, 'folder.zip'));
  const { cache } = await openCache(t, { files: [allowed] });
  const at = (name: string): PackageArtifact => python(`file://${allowed}/${name}`);
  assert.equal(await main(await cache.acquire(at('app.zip'), 'a.0.1', never)), 'one');
  await writeFile(path.join(allowed, 'new.zip'), app('two'));
  await rename(path.join(allowed, 'new.zip'), path.join(allowed, 'app.zip'));
  assert.equal(await main(await cache.acquire(at('app.zip'), 'a.0.2', never)), 'two');
  const outside = /lies outside of the folders that packages may come from; see packages\.files/;
  await assert.rejects(cache.acquire(at('../secret.zip'), 'a', never), outside);
  await assert.rejects(cache.acquire(at('link.zip'), 'a', never), outside);
  await assert.rejects(cache.acquire(python('file:///etc/passwd'), 'a', never), outside);
  await assert.rejects(
    cache.acquire(python(`file://elsewhere${allowed}/app.zip`), 'a', never),
    outside,
  );
  await assert.rejects(cache.acquire(at('gone.zip'), 'a', never), /gone\.zip does not exist/);
  await assert.rejects(cache.acquire(at('folder.zip'), 'a', never), /is no file/);
});

test('the longest unused goes first, and nothing that is in use', async (t) => {
  const root = await temporaryFolder(t);
  const noise = (at: number): Buffer =>
    Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * (at + 3)) % 251));
  for (const at of [0, 1, 2, 3]) {
    await writeFile(path.join(root, `${at}.jar`), zip([{ name: `${at}`, content: noise(at) }]));
  }
  const size = (await readFile(path.join(root, '0.jar'))).length;
  const { cache, folder } = await openCache(t, { files: [root], keep: Math.round(size * 2.5) });
  const take = (at: number, attempt: string): Promise<{ readonly folder: string }> =>
    cache.acquire(jar(`file://${root}/${at}.jar`), attempt, never);
  const kept = async (): Promise<number> => (await readdir(path.join(folder, 'content'))).length;
  const first = await take(0, 'used.0.1');
  const second = await take(1, 'over.0.1');
  cache.release('over.0.1');
  await take(2, 'over.0.2');
  cache.release('over.0.2');
  await until('one went', async () => (await kept()) === 2);
  assert.ok((await readdir(first.folder)).length === 1, 'the one in use stays');
  await assert.rejects(readdir(second.folder), 'the longest unused went');
  // A new life still knows who uses what.
  const again = await openCache(t, { folder, files: [root], keep: 0 });
  await until('what nobody uses went', async () => (await kept()) === 1);
  assert.equal((await readdir(first.folder)).length, 1);
  again.cache.release('used.0.1');
  await until('nothing is kept', async () => (await kept()) === 0);
  assert.equal(again.cache.bytes, 0);
});

test('what a crash left half done is cleared and fetched again', async (t) => {
  const server = await packageServer(t, (_request, response) => {
    response.writeHead(200, { etag: '"x"' }).end(app('x'));
  });
  const { cache, folder } = await openCache(t);
  const artifact = python(`${server.url}/app.zip`);
  const place = await cache.acquire(artifact, 'a.0.1', never);
  await writeFile(path.join(folder, 'tmp', 'half'), 'x');
  await writeFile(path.join(path.dirname(place.folder), 'entry.json'), '{"fileBy');
  const again = await openCache(t, { folder });
  assert.deepEqual(await readdir(path.join(folder, 'tmp')), []);
  assert.equal(await main(await again.cache.acquire(artifact, 'a.0.2', never)), 'x');
  assert.equal(server.requests.at(-1)?.headers['if-none-match'], undefined);
});

test('link-local addresses and cloud metadata are never asked, by redirects neither', async (t) => {
  const server = await packageServer(t, (request, response) => {
    const location = decodeURIComponent(request.url?.slice(1) ?? '');
    response.writeHead(302, { location }).end();
  });
  const { cache } = await openCache(t, { timeoutMs: 2_000 });
  const allowed = await openCache(t, {
    timeoutMs: 2_000,
    hosts: ['127.0.0.1', '169.254.0.0/16', '::/0', '0.0.0.0/0'],
  });
  for (const host of [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '[fe80::1]',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '100.100.100.200',
    '[fd00:ec2::254]',
  ]) {
    const url = `http://${host}/latest/meta-data.jar`;
    const redirect = `${server.url}/${encodeURIComponent(url)}`;
    for (const [at, one] of [cache, allowed.cache].entries()) {
      for (const wanted of [url, redirect]) {
        await assert.rejects(
          one.acquire(jar(wanted), 'a', never),
          /link-local or serves metadata of the cloud/,
          `${wanted} of cache ${at}`,
        );
      }
    }
  }
  assert.equal(server.requests.length, 16);
});

test('packages come from the configured hosts only, redirects included', async (t) => {
  const server = await packageServer(t, (request, response) => {
    if (request.url === '/app.jar') return void response.writeHead(200).end(app('x'));
    const location = decodeURIComponent(request.url?.slice(1) ?? '');
    response.writeHead(302, { location }).end();
  });
  const { port } = new URL(server.url);
  const named = `http://localhost:${port}/app.jar`;
  const elsewhere = await openCache(t, { hosts: ['repo.example', '10.0.0.0/8'] });
  for (const url of [`${server.url}/app.jar`, named]) {
    await assert.rejects(
      elsewhere.cache.acquire(jar(url), 'a', never),
      /127\.0\.0\.1\)? is not among packages\.hosts|::1\) is not among packages\.hosts/,
    );
  }
  assert.equal(server.requests.length, 0);
  const byName = await openCache(t, { hosts: ['LOCALHOST'] });
  await byName.cache.acquire(jar(named), 'a.0.1', never);
  await assert.rejects(
    byName.cache.acquire(jar(`${server.url}/app.jar`), 'a', never),
    /127\.0\.0\.1 is not among packages\.hosts; add it there/,
  );
  const redirect = `${named.replace('app.jar', '')}${encodeURIComponent(`${server.url}/app.jar`)}`;
  await assert.rejects(byName.cache.acquire(jar(redirect), 'a', never), /is not among/);
  const byNetwork = await openCache(t, { hosts: ['127.0.0.0/8'] });
  await byNetwork.cache.acquire(jar(`${server.url}/app.jar`), 'a.0.2', never);
  await assert.rejects(openCache(t, { hosts: ['10.0.0.0/99'] }), /host of packages\.hosts "10/);
});

test('waiting for a turn counts for the time that a package may take', async (t) => {
  // None of them is ever answered.
  const server = await packageServer(t, () => {});
  const { cache } = await openCache(t, { timeoutMs: 1_000 });
  const beganAtMs = performance.now();
  await Promise.all(
    Array.from({ length: 3 * maxParallel }, (_, at) =>
      assert.rejects(
        cache.acquire(jar(`${server.url}/${at}.jar`), `a.${at}.1`, never),
        new RegExp(`/${at}\\.jar did not arrive within 1000 ms; see packages\\.timeoutMs`),
      ),
    ),
  );
  // One after the other they would take three times as long.
  assert.ok(performance.now() - beganAtMs < 2_000);
  await cache.acquire(
    python(`${(await packageServer(t, (_, response) => void response.end(app('x')))).url}/a.zip`),
    'a.99.1',
    never,
  );
});
