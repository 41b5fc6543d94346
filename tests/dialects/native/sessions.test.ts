/** The console's sessions on the wire: what a browser, a thief and a foreign page can do. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { SessionView } from '../../../src/dialects/native/views/session.ts';
import { type ConsoleServer, startConsoleServer } from '../../support/console-server.ts';
import { startServer } from '../../support/server.ts';
import { cleanupList } from '../../support/temporary-folder.ts';

const password = 'correct horse battery';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address the client has; loopback has many. */
  readonly from?: string;
}

/** fetch sets headers of its own; this sends what it is told. */
function send(url: string, { method = 'GET', path = '/session', body, headers, from }: Sent) {
  return new Promise<Answer>((resolve, reject) => {
    const request = httpRequest(
      `${url}/api/v1${path}`,
      {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(from === undefined ? {} : { localAddress: from }),
        agent: false,
        timeout: 20_000,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const own = { 'x-longshore-console': '1' };

function setCookie(answer: Answer): string {
  return [answer.headers['set-cookie'] ?? []].flat().join('\n');
}

function cookieOf(answer: Answer): string {
  return setCookie(answer).split(';')[0] ?? '';
}

const codeOf = (answer: Answer): string => (JSON.parse(answer.text) as { code: string }).code;

describe('sessions of the console', () => {
  const cleanup = cleanupList();
  let server: ConsoleServer;
  const signIn = (body: unknown, more: Sent = {}): Promise<Answer> =>
    send(server.url, { method: 'POST', body, ...more, headers: { ...own, ...more.headers } });

  before(async () => {
    server = await startConsoleServer(cleanup, ['--set', 'http.trustedProxies=127.0.0.9']);
    await server.createUser('ann', password, { root: true });
    await server.allow('RunsOnly', ['longshore:*Run', 'longshore:ListRuns']);
    await server.createUser('bob', password, { policies: ['RunsOnly'] });
  });

  after(() => cleanup.end());

  test('a password gives a cookie that works for everything, closed to scripts', async () => {
    const answer = await signIn({ user: 'ann', password });
    assert.equal(answer.status, 200);
    assert.match(
      setCookie(answer),
      /^longshore_session=[\w-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    assert.equal(answer.headers['cache-control'], 'no-store');
    const view = JSON.parse(answer.text) as SessionView;
    assert.equal(view.user, 'ann');
    assert.equal(view.root, true);
    assert.equal(view.keyId, null);
    assert.ok(!answer.text.includes(password));
    const cookie = cookieOf(answer);
    const again = await send(server.url, { headers: { cookie } });
    assert.deepEqual(JSON.parse(again.text), view);
    const info = await send(server.url, { path: '/info', headers: { cookie } });
    assert.equal(info.status, 200);
    const made = await send(server.url, {
      method: 'PUT',
      path: '/users/carl',
      body: { policies: [] },
      headers: { cookie, ...own },
    });
    assert.equal(made.status, 200, made.text);
  });

  test('an access key does too; a temporary one needs its token, and its session ends with it', async () => {
    const byKey = await signIn(server.root);
    assert.equal(byKey.status, 200);
    assert.ok('accessKeyId' in server.root);
    assert.equal((JSON.parse(byKey.text) as SessionView).keyId, server.root.accessKeyId);
    const { key, secret, securityToken } = await server.call<{
      key: { id: string; expiresAtMs: number };
      secret: string;
      securityToken: string;
    }>('POST', '/keys', { user: 'bob', ttlMs: 60_000 });
    const body = { accessKeyId: key.id, accessKeySecret: secret };
    assert.equal((await signIn(body, { from: '127.0.0.2' })).status, 401);
    const temporary = await signIn({ ...body, securityToken });
    assert.equal(temporary.status, 200);
    const { expiresAtMs } = JSON.parse(temporary.text) as SessionView;
    assert.equal(expiresAtMs, key.expiresAtMs);
    assert.match(setCookie(temporary), /Max-Age=(5\d|60);/);
    // Deleted, it is void at once.
    await server.call('DELETE', `/keys/${key.id}`);
    const cookie = cookieOf(temporary);
    const over = await send(server.url, { headers: { cookie } });
    assert.equal(over.status, 401);
    assert.match(setCookie(over), /^longshore_session=; Max-Age=0;/);
  });

  test('rights tell what a policy could allow, and the server decides', async () => {
    const answer = await signIn({ user: 'bob', password });
    const { rights } = JSON.parse(answer.text) as SessionView;
    assert.equal(rights['ListRuns'], true);
    assert.equal(rights['StopRun'], true);
    assert.equal(rights['ListTemplates'], false);
    assert.equal(rights['PutUser'], false);
    const refused = await send(server.url, {
      path: '/templates',
      headers: { cookie: cookieOf(answer) },
    });
    assert.equal(refused.status, 403);
    assert.equal(codeOf(refused), 'forbidden');
  });

  test('signing out ends it, copies included', async () => {
    const cookie = cookieOf(await signIn({ user: 'ann', password }));
    const out = await send(server.url, { method: 'DELETE', headers: { cookie, ...own } });
    assert.equal(out.status, 204);
    assert.match(setCookie(out), /^longshore_session=; Max-Age=0; Path=\/; HttpOnly/);
    assert.equal((await send(server.url, { headers: { cookie } })).status, 401);
    assert.equal((await send(server.url, { path: '/info', headers: { cookie } })).status, 401);
  });

  test('a new password ends every session that the old one began', async () => {
    await server.createUser('dora', password, {});
    const cookie = cookieOf(await signIn({ user: 'dora', password }));
    assert.equal((await send(server.url, { headers: { cookie } })).status, 200);
    await server.call('PUT', '/users/dora/password', { password: 'another long one' });
    assert.equal((await send(server.url, { headers: { cookie } })).status, 401);
  });

  test('it outlives the server', async (t) => {
    const mine = cleanupList();
    t.after(() => mine.end());
    const first = await startConsoleServer(mine);
    const cookie = cookieOf(
      await send(first.url, { method: 'POST', body: first.root, headers: own }),
    );
    await first.stop();
    const second = await startServer(mine, first.dataDir);
    assert.equal((await send(second.url, { headers: { cookie } })).status, 200);
  });

  test('a foreign page can change nothing with it', async () => {
    const cookie = cookieOf(await signIn({ user: 'ann', password }));
    const change = { method: 'PUT', path: '/users/evil', body: { root: true, policies: [] } };
    const { host } = new URL(server.url);
    const foreign: readonly Readonly<Record<string, string>>[] = [
      {},
      { ...own, origin: 'http://evil.example' },
      { ...own, origin: 'null' },
      { ...own, origin: 'http://127.0.0.1:1' },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'same-site', origin: `http://${host}` },
    ];
    for (const headers of foreign) {
      const answer = await send(server.url, { ...change, headers: { cookie, ...headers } });
      assert.equal(answer.status, 403, JSON.stringify(headers));
      assert.equal(codeOf(answer), 'foreign-origin');
    }
    const users = await server.call<{ rows: { name: string }[] }>('GET', '/users');
    assert.ok(!users.rows.some(({ name }) => name === 'evil'));
    const mine = { cookie, ...own, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    const allowed = await send(server.url, { ...change, path: '/users/fine', headers: mine });
    assert.equal(allowed.status, 200, allowed.text);
  });

  test('nor can it sign a user in, or out', async () => {
    const body = { user: 'ann', password };
    const forged = await send(server.url, { method: 'POST', body });
    assert.equal(codeOf(forged), 'foreign-origin');
    assert.equal(setCookie(forged), '');
    const cookie = cookieOf(await signIn(body));
    const out = await send(server.url, { method: 'DELETE', headers: { cookie } });
    assert.equal(codeOf(out), 'foreign-origin');
    assert.equal((await send(server.url, { headers: { cookie } })).status, 200);
  });

  test('programs go on as before: a header wins over a cookie and needs nothing else', async () => {
    assert.ok('accessKeyId' in server.root);
    const { accessKeyId, accessKeySecret } = server.root;
    const text = Buffer.from(`${accessKeyId}:${accessKeySecret}`).toString('base64');
    const answer = await send(server.url, {
      method: 'PUT',
      path: '/users/byheader',
      body: { policies: [] },
      headers: { authorization: `Basic ${text}`, cookie: 'longshore_session=rubbish' },
    });
    assert.equal(answer.status, 200);
    const wrong = await send(server.url, { headers: { authorization: 'Basic eDp5' } });
    assert.equal(wrong.status, 401);
    assert.match(String(wrong.headers['www-authenticate']), /Basic/);
    // A challenge would make a browser ask in a window of its own.
    const browser = await send(server.url, { headers: { 'sec-fetch-site': 'same-origin' } });
    assert.equal(browser.headers['www-authenticate'], undefined);
  });

  test('Secure comes with TLS, and only a trusted proxy is believed about that', async () => {
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
    const believed = await signIn({ user: 'ann', password }, { headers, from: '127.0.0.9' });
    assert.match(setCookie(believed), /; Secure$/);
    const stranger = await signIn({ user: 'ann', password }, { headers, from: '127.0.0.10' });
    assert.doesNotMatch(setCookie(stranger), /Secure/);
  });

  test('guessing is slowed down by address; what was wrong is not told', async () => {
    const from = '127.0.0.77';
    const wrong = [
      { user: 'ann', password: 'wrong password' },
      { user: 'nobody', password: 'wrong password' },
      { accessKeyId: 'nobody', accessKeySecret: 'wrong password' },
      {
        accessKeyId: 'accessKeyId' in server.root ? server.root.accessKeyId : '',
        accessKeySecret: 'x',
      },
      { user: 'bob', password: 'x' },
    ];
    const told = new Set<string>();
    for (const body of wrong) {
      const answer = await signIn(body, { from });
      assert.equal(answer.status, 401);
      const { requestId: _requestId, ...problem } = JSON.parse(answer.text) as Record<
        string,
        string
      >;
      told.add(JSON.stringify(problem));
    }
    assert.equal(told.size, 1);
    const held = await signIn({ user: 'ann', password }, { from });
    assert.equal(held.status, 429);
    assert.equal(codeOf(held), 'too-many-sign-ins');
    assert.match(String(held.headers['retry-after']), /^[12]$/);
    // Others are not held.
    assert.equal((await signIn({ user: 'ann', password }, { from: '127.0.0.78' })).status, 200);
  });

  test('sign-ins, failed ones and sign-outs stand in the audit log, without a secret', async () => {
    const from = '127.0.0.88';
    await signIn({ user: 'ann', password: 'guessed-secret' }, { from });
    const cookie = cookieOf(await signIn({ user: 'ann', password }, { from }));
    await send(server.url, { method: 'DELETE', headers: { cookie, ...own }, from });
    const { rows } = await server.call<{ rows: readonly Record<string, unknown>[] }>(
      'GET',
      '/audit?limit=100',
    );
    const mine = rows.filter(({ sourceIp }) => sourceIp === from);
    const outcome = (operation: string): readonly unknown[] =>
      mine.filter((row) => row['operation'] === operation).map((row) => row['outcome']);
    assert.deepEqual([...outcome('SignIn')].sort(), ['ok', 'refused']);
    assert.deepEqual(outcome('SignOut'), ['ok']);
    assert.ok(!JSON.stringify(rows).includes('guessed-secret'));
    assert.ok(!JSON.stringify(rows).includes(password));
  });

  test('bad input is refused with its fault', async () => {
    const bad: readonly unknown[] = [
      {},
      [],
      null,
      'text',
      { user: 'ann' },
      { user: 'ann', password, more: 1 },
      { user: 'ann', password: 7 },
      { user: '', password },
      { user: 'ann', password: 'x'.repeat(129) },
      { accessKeyId: 'a', accessKeySecret: '' },
      { accessKeyId: 'a', accessKeySecret: 'b', password },
    ];
    for (const body of bad) {
      const answer = await signIn(body, { from: '127.0.0.99' });
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(codeOf(answer), 'invalid-request');
      assert.ok(!answer.text.includes(password));
    }
    const large = await signIn({ user: 'ann', password: 'x'.repeat(20_000) });
    assert.equal(large.status, 413);
    for (const cookie of [
      'longshore_session=',
      'longshore_session=%00',
      `longshore_session=${'A'.repeat(4_000)}`,
    ]) {
      assert.equal((await send(server.url, { headers: { cookie } })).status, 401, cookie);
    }
  });
});
