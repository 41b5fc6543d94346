/** What of the executor's contract fits requests: there is no shell, and they die with the server. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { HttpArtifact } from '../../../src/domain/template.ts';
import {
  createHttpExecutor,
  type HttpExecutorOptions,
} from '../../../src/executors/http/executor.ts';
import type { AttemptReport, AttemptStart } from '../../../src/ports/executor.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until, within } from '../../support/until.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

type Handler = (request: Seen, response: http.ServerResponse) => void;

/** A real server on loopback, with the requests it got. */
async function serve(t: TestContext, handler: Handler) {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(pieces).toString() };
      seen.push(one);
      handler(one, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, seen };
}

async function open(
  t: TestContext,
  dataDir: string,
  options: Partial<Pick<HttpExecutorOptions, 'allow' | 'maxConcurrent'>> = {},
) {
  const reports: AttemptReport[] = [];
  const executor = createHttpExecutor({
    dataDir,
    allow: ['127.0.0.1'],
    maxConcurrent: 4,
    nowMs: Date.now,
    log: { warn: (fields, message) => assert.fail(`${message}: ${JSON.stringify(fields)}`) },
    ...options,
  });
  await executor.open((news) => void reports.push(...news));
  t.after(() => executor.close());
  const start = (attemptId: string, wish: Partial<HttpArtifact> & { readonly url: string }): void =>
    executor.start([attempt(attemptId, wish)]);
  const report = <Kind extends AttemptReport['kind']>(attemptId: string, kind: Kind) =>
    until(`${kind} of ${attemptId}: ${JSON.stringify(reports)}`, () =>
      reports.find(
        (one): one is Extract<AttemptReport, { kind: Kind }> =>
          one.attemptId === attemptId && one.kind === kind,
      ),
    );
  const output = async (attemptId: string, stream: 'stdout' | 'stderr' = 'stdout') =>
    Buffer.from(
      (await executor.readLog(attemptId, stream, 0, 1024 * 1024))?.bytes ?? new Uint8Array(),
    ).toString();
  return { executor, reports, start, report, output };
}

function attempt(
  attemptId: string,
  wish: Partial<HttpArtifact> & { readonly url: string },
): AttemptStart {
  return {
    attemptId,
    fence: 7,
    env: {},
    spec: {
      task: {
        artifact: {
          kind: 'http',
          method: 'GET',
          body: null,
          cookie: '',
          timeoutMs: 10_000,
          success: { kind: 'status' },
          ...wish,
        },
        argv: [],
        env: {},
        identityEnv: {},
        postStart: null,
        preStop: null,
      },
      replicas: 1,
      shards: null,
      concurrency: 'allow',
      retry: { limit: 0, backoffMs: 0, backoffMaxMs: 0 },
      timeoutMs: null,
      graceMs: 1,
      timezone: 'UTC',
      resources: { cpuMillis: 0, memoryMib: 0 },
    },
  };
}

test('a request arrives as the job wants it; the answer is output and result', async (t) => {
  const { url, seen } = await serve(t, (_, response) => response.end('{"code":200}\n'));
  const { start, report, output, reports } = await open(t, await temporaryFolder(t));
  start('g.0.1', {
    url: `${url}/a?b=c d`,
    success: { kind: 'member', name: 'code', value: '200' },
  });
  const ended = await report('g.0.1', 'ended');
  assert.deepEqual(
    [ended.exitCode, ended.signal, ended.stopped, ended.message, ended.result, ended.fence],
    [0, null, false, '', '{"code":200}\n', 7],
  );
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ['started', 'ended'],
  );
  assert.equal(await output('g.0.1'), '{"code":200}\n');
  assert.match(
    await output('g.0.1', 'stderr'),
    /^GET http:\/\/127\.0\.0\.1:\d+\/a: 200 OK, 13 bytes in \d+ ms\n$/,
  );
  start('p.0.1', { url: `${url}/p`, method: 'POST', body: 'k=v&k2=港', cookie: 'a=b; c=d' });
  await report('p.0.1', 'ended');
  start('h.0.1', { url, method: 'HEAD' });
  assert.equal((await report('h.0.1', 'ended')).result, '');
  const [get, post, head] = seen;
  assert.deepEqual([get?.method, get?.url, get?.body], ['GET', '/a?b=c%20d', '']);
  assert.deepEqual(
    [post?.method, post?.body, post?.headers.cookie, post?.headers['content-type']],
    ['POST', 'k=v&k2=港', 'a=b; c=d', 'application/x-www-form-urlencoded; charset=utf-8'],
  );
  assert.equal(head?.method, 'HEAD');
});

test('what is no success fails with the reason', async (t) => {
  const server = await serve(t, ({ url }, response) => {
    if (url === '/cut') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setImmediate(() => response.destroy());
    } else {
      response.writeHead(503).end('try later');
    }
  });
  const { start, report } = await open(t, await temporaryFolder(t));
  start('f.0.1', { url: server.url });
  const failed = await report('f.0.1', 'ended');
  assert.deepEqual(
    [failed.exitCode, failed.message, failed.result],
    [1, 'answered 503 Service Unavailable', 'try later'],
  );
  start('f.0.2', { url: `${server.url}/cut` });
  assert.match((await report('f.0.2', 'ended')).message, /the answer broke off after \d+ bytes/);
  const gone = await serve(t, (_, response) => response.end());
  start('f.0.3', { url: 'http://127.0.0.1:1/' });
  assert.match((await report('f.0.3', 'ended')).message, /ECONNREFUSED/);
  start('f.0.4', { url: gone.url.replace('http:', 'https:') });
  assert.equal((await report('f.0.4', 'ended')).exitCode, 1);
});

test('private addresses are refused, also behind a name and behind a redirect', async (t) => {
  const { port, seen } = await serve(t, (_, response) => response.end('secret'));
  const { executor, start, report } = await open(t, await temporaryFolder(t), { allow: [] });
  start('r.0.1', { url: `http://127.0.0.1:${port}/` });
  assert.match((await report('r.0.1', 'refused')).message, /127\.0\.0\.1 is private/);
  const { spec } = attempt('r', { url: `http://[::ffff:127.0.0.1]:${port}/` });
  assert.match(executor.refuses(spec) ?? '', /is private/);
  start('r.0.2', { url: `http://localhost:${port}/` });
  const named = await report('r.0.2', 'ended');
  assert.equal(named.exitCode, 1);
  assert.match(named.message, /localhost is .*127\.0\.0\.1.*, which is private/);
  assert.deepEqual(seen, [], 'nothing was sent');
  const free = await open(t, await temporaryFolder(t), { allow: 'any' });
  free.start('r.0.3', { url: `http://localhost:${port}/` });
  assert.equal((await free.report('r.0.3', 'ended')).result, 'secret');
});

test('redirects are followed on the same host only', async (t) => {
  const other = await serve(t, (_, response) => response.end('other'));
  const locations: Readonly<Record<string, readonly [number, string]>> = {
    '/near': [302, '/end'],
    '/kept': [307, '/end'],
    '/far': [302, `http://localhost:${other.port}/x?token=1`],
    '/port': [302, other.url],
    '/loop': [301, '/loop'],
    '/bad': [302, 'http://['],
    '/file': [302, 'file:///etc/passwd'],
  };
  const server = await serve(t, ({ url }, response) => {
    const [status, location] = locations[url] ?? [200, null];
    response.writeHead(status, location === null ? {} : { location }).end(url);
  });
  const { start, report } = await open(t, await temporaryFolder(t), { allow: 'any' });
  const post = { method: 'POST', body: 'a=b' } as const;
  const end = async (name: string, wish: Partial<HttpArtifact> = {}) => {
    start(`m.${name}`, { url: `${server.url}/${name}`, cookie: 'secret=1', ...wish });
    return report(`m.${name}`, 'ended');
  };
  assert.equal((await end('near', post)).result, '/end');
  assert.equal((await end('kept', post)).result, '/end');
  assert.deepEqual(
    server.seen.filter(({ url }) => url === '/end').map(({ method, body }) => [method, body]),
    [
      ['GET', ''],
      ['POST', 'a=b'],
    ],
  );
  const far = await end('far');
  assert.equal(far.exitCode, 1);
  assert.match(
    far.message,
    /^answered 302 Found; its redirect to http:\/\/localhost:\d+\/x is not/,
  );
  assert.match((await end('port')).message, /is not followed/);
  assert.match((await end('loop')).message, /more than 5 redirects/);
  assert.match((await end('bad')).message, /leads to no address/);
  assert.match((await end('file')).message, /is not followed/);
  assert.deepEqual(other.seen, []);
});

test('time and size are bounded', async (t) => {
  const server = await serve(t, ({ url }, response) => {
    if (url === '/never') return;
    if (url === '/trickle') return void response.write('a');
    const more = (): boolean => !response.destroyed && response.write('x'.repeat(64 * 1024), more);
    more();
  });
  const { start, report, output } = await open(t, await temporaryFolder(t));
  for (const name of ['never', 'trickle']) {
    start(`b.${name}`, { url: `${server.url}/${name}`, timeoutMs: 150 });
    const ended = await report(`b.${name}`, 'ended');
    assert.deepEqual(
      [ended.exitCode, ended.stopped, ended.message],
      [1, false, 'no complete answer within 150 ms'],
    );
  }
  start('b.big', { url: `${server.url}/big` });
  const big = await report('b.big', 'ended');
  assert.deepEqual([big.exitCode, big.result], [0, 'x'.repeat(1_000)]);
  assert.equal((await output('b.big')).length, 256 * 1024);
  start('b.part', { url: `${server.url}/big`, success: { kind: 'body', value: 'x' } });
  assert.match((await report('b.part', 'ended')).message, /longer than 262144 bytes/);
});

test('a stop ends what is under way and what waits', async (t) => {
  const server = await serve(t, () => {});
  const { executor, start, report } = await open(t, await temporaryFolder(t), { maxConcurrent: 1 });
  start('s.0.1', { url: server.url });
  start('s.0.2', { url: server.url });
  await report('s.0.1', 'started');
  executor.stop('s.0.2');
  assert.equal((await report('s.0.2', 'refused')).message, 'stopped before it was started');
  executor.stop('s.0.1');
  executor.stop('s.0.1');
  executor.stop('unknown');
  const ended = await report('s.0.1', 'ended');
  assert.deepEqual([ended.exitCode, ended.signal, ended.stopped], [null, 'SIGTERM', true]);
});

test('many wait for their turn; the same id is sent once', async (t) => {
  let most = 0;
  let now = 0;
  const server = await serve(t, ({ url }, response) => {
    most = Math.max(most, (now += 1));
    setImmediate(() => {
      now -= 1;
      response.end(url);
    });
  });
  const dataDir = await temporaryFolder(t);
  const { executor, start, report, reports } = await open(t, dataDir);
  const ids = Array.from({ length: 50 }, (_, index) => `many.${index}.1`);
  executor.start([...ids, ...ids].map((id) => attempt(id, { url: `${server.url}/${id}` })));
  for (const id of ids) assert.equal((await report(id, 'ended')).result, `/${id}`);
  assert.equal(server.seen.length, ids.length);
  assert.equal(reports.length, 2 * ids.length);
  assert.ok(most <= 4, `${most} at once`);
  start('many.0.1', { url: server.url });
  await until('its end is told again', () => reports.length > 2 * ids.length);
  assert.equal(server.seen.length, ids.length);
});

test('what cannot be sent is refused in words', async (t) => {
  const { executor, start, report } = await open(t, await temporaryFolder(t));
  const cases: readonly (readonly [Partial<HttpArtifact>, RegExp])[] = [
    [{ url: 'ftp://example.com/' }, /no http or https address/],
    [{ url: 'nonsense' }, /no http or https address/],
    [{ url: `http://example.com/${'x'.repeat(9_000)}` }, /longer than 8192/],
    [{ cookie: 'a\r\nHost: b' }, /characters that no header can have/],
    [{ body: 'x'.repeat(1024 * 1024 + 1) }, /body is longer/],
    [{ timeoutMs: 0 }, /timeout of 0 ms/],
  ];
  for (const [wish, words] of cases) {
    const { spec } = attempt('x', { url: 'http://example.com/', ...wish });
    assert.match(executor.refuses(spec) ?? '', words);
  }
  const { spec } = attempt('x', { url: 'http://example.com/' });
  assert.equal(executor.refuses(spec), null);
  const image = {
    ...spec,
    task: { ...spec.task, artifact: { kind: 'image', image: 'i' } as const },
  };
  assert.match(executor.refuses(image) ?? '', /requests only/);
  for (const id of ['../x', '.hidden', 'a/b', '', 'x'.repeat(129)]) {
    start(id, { url: 'http://127.0.0.1:1/' });
    assert.match((await report(id, 'refused')).message, /attempt id/);
  }
});

test('a later server knows what ended, and what was under way is lost', async (t) => {
  const server = await serve(t, ({ url }, response) => {
    if (url !== '/never') response.writeHead(500).end('broken');
  });
  const dataDir = await temporaryFolder(t);
  const first = await open(t, dataDir, { maxConcurrent: 2 });
  first.start('a.0.1', { url: server.url });
  await first.report('a.0.1', 'ended');
  for (const id of ['a.0.2', 'a.0.3', 'a.0.4']) first.start(id, { url: `${server.url}/never` });
  await first.report('a.0.3', 'started');
  await until('both requests are there', () => server.seen.length === 3);
  await first.executor.close();
  const second = await open(t, dataDir);
  await second.executor.adopt([
    { attemptId: 'a.0.1', fence: 9, started: false },
    { attemptId: 'a.0.2', fence: 9, started: true },
    { attemptId: 'a.0.3', fence: 9, started: false },
    { attemptId: 'a.0.4', fence: 9, started: false },
    { attemptId: 'a.0.5', fence: 9, started: true },
  ]);
  second.executor.stopOthers();
  const ended = await second.report('a.0.1', 'ended');
  assert.deepEqual(
    [ended.exitCode, ended.message, ended.result, ended.fence],
    [1, 'answered 500 Internal Server Error', 'broken', 9],
  );
  await second.report('a.0.1', 'started');
  for (const id of ['a.0.2', 'a.0.3', 'a.0.5']) {
    assert.match((await second.report(id, 'lost')).message, /while the request was under way/);
  }
  assert.equal(
    (await second.report('a.0.4', 'refused')).message,
    'the server stopped before the start',
  );
  second.start('a.0.2', { url: server.url });
  await until(
    'it is told again',
    () => second.reports.filter((one) => one.kind === 'lost').length > 3,
  );
  assert.equal(server.seen.length, 3, 'nothing is sent again');
});

test('after a restart of the machine nobody says that nothing was sent', async (t) => {
  const dataDir = await temporaryFolder(t);
  await (await open(t, dataDir)).executor.close();
  fs.writeFileSync(path.join(dataDir, 'http', '.boot'), 'another');
  const { executor, report } = await open(t, dataDir);
  await executor.adopt([{ attemptId: 'b.0.1', fence: 1, started: false }]);
  await report('b.0.1', 'lost');
});

test('a server that was given up for a moment goes on under its new fence', async (t) => {
  const held: http.ServerResponse[] = [];
  const server = await serve(t, (_, response) => held.push(response));
  const { executor, start, report, reports } = await open(t, await temporaryFolder(t));
  start('n.0.1', { url: server.url });
  await until('the request is there', () => held.length === 1);
  await executor.adopt([{ attemptId: 'n.0.1', fence: 8, started: true }]);
  await until('its start is told again', () => reports.some(({ fence }) => fence === 8));
  held[0]?.end('done');
  const ended = await report('n.0.1', 'ended');
  assert.deepEqual([ended.fence, ended.result], [8, 'done']);
});

test('what is removed is gone; what runs stays', async (t) => {
  const held: http.ServerResponse[] = [];
  const server = await serve(t, ({ url }, response) => {
    if (url === '/held') held.push(response);
    else response.end('kept for a while');
  });
  const { executor, start, report, output } = await open(t, await temporaryFolder(t));
  start('k.0.1', { url: server.url });
  start('k.0.2', { url: `${server.url}/held` });
  await report('k.0.1', 'ended');
  await until('the other is there', () => held.length === 1);
  const pages: string[] = [];
  for await (const page of executor.kept?.look(10) ?? [])
    pages.push(...page.map((one) => one.attemptId));
  assert.deepEqual(pages, ['k.0.1']);
  assert.ok((executor.kept?.stats().bytes ?? 0) > 0);
  assert.deepEqual(await executor.kept?.remove(['k.0.1', 'k.0.2', 'never', '../k']), ['k.0.2']);
  assert.equal(await executor.readLog('k.0.1', 'stdout', 0, 10), null);
  assert.equal(await executor.readLog('../k', 'stdout', 0, 10), null);
  held[0]?.end('late');
  await report('k.0.2', 'ended');
  assert.equal(await output('k.0.2'), 'late');
  const chunk = await executor.readLog('k.0.2', 'stdout', 1, 2);
  assert.deepEqual([chunk?.offset, chunk?.nextOffset, chunk?.size], [1, 3, 4]);
  await within('closing', executor.close());
  assert.deepEqual(executor.health(), { ready: false, reason: 'closed' });
});
