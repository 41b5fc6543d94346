/** Signing in with a password, and what tokens are good for (cdm.md §2.2). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tokensPerUserLimit } from '../../../src/dialects/huawei/iam/tokens.ts';
import { type Exchange, type HuaweiHost, region, send, startHuaweiHost } from './harness.ts';

const password = 'correct horse battery';

interface Scope {
  readonly project?: object;
  readonly domain?: object;
}

/** Signs in as a user of the one domain. */
function signIn(
  host: Pick<HuaweiHost, 'url'>,
  user: object,
  scope?: Scope,
  query = '',
): Promise<Exchange> {
  const identity = { methods: ['password'], password: { user } };
  return send(host.url, {
    method: 'POST',
    path: `/v3/auth/tokens${query}`,
    headers: { 'content-type': 'application/json;charset=utf8' },
    body: JSON.stringify({ auth: { identity, ...(scope === undefined ? {} : { scope }) } }),
  });
}

async function hostWithPassword(t: Parameters<typeof startHuaweiHost>[0]): Promise<HuaweiHost> {
  const host = await startHuaweiHost(t);
  await host.engine.passwords.set('root', password);
  return host;
}

const user = { name: 'root', password, domain: { name: 'longshore' } };
const project = { project: { name: region } };

function tokenOf(exchange: Exchange): string {
  assert.equal(exchange.status, 201, exchange.text);
  return String(exchange.headers['x-subject-token']);
}

function clusters(host: HuaweiHost, token: string): Promise<Exchange> {
  return send(host.url, {
    method: 'GET',
    path: `/v1.1/${host.projectId}/clusters`,
    headers: { 'x-auth-token': token },
  });
}

describe('a token', () => {
  test('comes in the header, with all that clients read in the body', async (t) => {
    const host = await hostWithPassword(t);
    const exchange = await signIn(host, user, project);
    const token = tokenOf(exchange);
    assert.match(token, /^[\w-]{43,}$/);
    assert.ok(!exchange.text.includes(token));
    assert.ok(!exchange.text.includes(password));
    const body = exchange.json['token'] as Record<string, Record<string, unknown>>;
    const domain = { id: host.family.projects.domain.id, name: 'longshore' };
    assert.deepEqual(body['methods'], ['password']);
    assert.deepEqual(body['project'], { id: host.projectId, name: region, domain });
    assert.equal(body['user']?.['name'], 'root');
    assert.deepEqual(body['user']?.['domain'], domain);
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/;
    assert.match(String(body['issued_at']), time);
    assert.match(String(body['expires_at']), time);
    const lifetimeMs =
      Date.parse(String(body['expires_at'])) - Date.parse(String(body['issued_at']));
    assert.equal(lifetimeMs, 86_400_000);
    const catalog = body['catalog'] as unknown as { type: string; endpoints: { url: string }[] }[];
    assert.deepEqual(
      catalog.map(({ type, endpoints }) => [type, endpoints[0]?.url]),
      [
        ['iam', `${host.url}/v3`],
        ['cdm', `${host.url}/v1.1/${host.projectId}`],
      ],
    );
    const bare = await signIn(host, user, project, '?nocatalog');
    assert.deepEqual((bare.json['token'] as { catalog: unknown }).catalog, []);
  });

  test('opens its project and no other', async (t) => {
    const host = await hostWithPassword(t);
    const token = tokenOf(await signIn(host, user, project));
    assert.equal((await clusters(host, token)).status, 200);
    const spare = tokenOf(await signIn(host, user, { project: { name: 'spare' } }));
    const refused = await clusters(host, spare);
    assert.deepEqual([refused.status, refused.json['error_code']], [403, 'APIGW.0302']);
  });

  test('of a domain opens no project', async (t) => {
    const host = await hostWithPassword(t);
    for (const scope of [undefined, { domain: { name: 'longshore' } }]) {
      const exchange = await signIn(host, user, scope);
      const body = exchange.json['token'] as Record<string, unknown>;
      assert.ok('domain' in body && !('project' in body));
      const refused = await clusters(host, tokenOf(exchange));
      assert.deepEqual([refused.status, refused.json['error_code']], [403, 'APIGW.0302']);
    }
    const both = await signIn(host, user, { domain: { name: 'longshore' }, ...project });
    assert.ok('project' in (both.json['token'] as object));
  });

  test('can be asked for by ids', async (t) => {
    const host = await hostWithPassword(t);
    const first = await signIn(host, user, { project: { id: host.projectId } });
    const { id } = (first.json['token'] as { user: { id: string } }).user;
    const again = await signIn(host, { id, password }, { project: { id: host.projectId } });
    assert.equal((await clusters(host, tokenOf(again))).status, 200);
  });

  test('outlives the server, and only its hash is kept', async (t) => {
    const host = await hostWithPassword(t);
    const token = tokenOf(await signIn(host, user, project));
    const { rows } = await host.engine.documents.documents({
      dialect: 'cdm',
      kind: 'iam-token',
      offset: 0,
      limit: 10,
    });
    assert.equal(rows.length, 1);
    assert.ok(!JSON.stringify(rows).includes(token));
    const next = await host.restart();
    assert.equal((await clusters(next, token)).status, 200);
  });

  test('expires after a day, and is forgotten after another', async (t) => {
    const host = await hostWithPassword(t);
    const token = tokenOf(await signIn(host, user, project));
    const issuedMs = Date.now();
    host.clock.nowMs = issuedMs + 86_400_001;
    const expired = await clusters(host, token);
    assert.equal(expired.status, 401);
    assert.match(String(expired.json['error_msg']), /: token expires, expires_at:\d{4}-.*000Z$/);
    host.clock.nowMs = issuedMs + 2 * 86_400_000 + 1;
    tokenOf(await signIn(host, user, project));
    const forgotten = await clusters(host, token);
    assert.match(String(forgotten.json['error_msg']), /: decrypt token fail$/);
  });

  test('is void once its user has another password, or is gone', async (t) => {
    const host = await hostWithPassword(t);
    await host.engine.access.putUser({ name: 'ann', policies: ['AdministratorAccess'] });
    await host.engine.passwords.set('ann', password);
    const ann = { name: 'ann', password };
    const before = tokenOf(await signIn(host, ann, project));
    await host.engine.passwords.set('ann', `${password} staple`);
    assert.equal((await clusters(host, before)).status, 401);
    const after = tokenOf(
      await signIn(host, { name: 'ann', password: `${password} staple` }, project),
    );
    assert.equal((await clusters(host, after)).status, 200);
    await host.engine.access.deleteUser('ann');
    assert.equal((await clusters(host, after)).status, 401);
    // Another of that name is another user.
    host.clock.nowMs = null;
    await host.engine.access.putUser({ name: 'ann', policies: [] });
    assert.equal((await clusters(host, after)).status, 401);
  });

  test('makes room for newer ones of its user', async (t) => {
    const host = await hostWithPassword(t);
    const root = await host.engine.passwords.check('root', password);
    assert.ok(root !== null);
    const scope = { kind: 'project', projectId: host.projectId } as const;
    const first = tokenOf(await signIn(host, user, project));
    for (let count = 0; count < tokensPerUserLimit; count += 1) {
      await host.family.tokens.issue(root, scope, Date.now());
    }
    assert.equal((await clusters(host, first)).status, 401);
    const query = { dialect: 'cdm', kind: 'iam-token', offset: 0, limit: 1 } as const;
    assert.equal((await host.engine.documents.documents(query)).total, tokensPerUserLimit);
  });

  test('can be examined by its own user and by roots', async (t) => {
    const host = await hostWithPassword(t);
    await host.engine.access.putUser({ name: 'ann', policies: [] });
    await host.engine.passwords.set('ann', password);
    const root = tokenOf(await signIn(host, user, project));
    const ann = tokenOf(await signIn(host, { name: 'ann', password }));
    const examine = (method: string, caller: string, subject: string) =>
      send(host.url, {
        method,
        path: '/v3/auth/tokens',
        headers: { 'x-auth-token': caller, 'x-subject-token': subject },
      });
    for (const [caller, subject] of [
      [root, ann],
      [ann, ann],
    ] as const) {
      const exchange = await examine('GET', caller, subject);
      assert.equal(exchange.status, 200);
      assert.equal(exchange.headers['x-subject-token'], subject);
      assert.equal((exchange.json['token'] as { user: { name: string } }).user.name, 'ann');
    }
    const head = await examine('HEAD', root, ann);
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal((await examine('GET', ann, root)).status, 403);
    assert.equal((await examine('GET', root, 'unknown')).status, 404);
    assert.equal((await examine('GET', 'unknown', root)).status, 401);
    assert.equal((await examine('GET', root, '')).status, 400);
  });
});

describe('signing in', () => {
  const refusals = [
    ['a wrong password', { ...user, password: 'wrong' }, project, 401],
    ['an unknown user', { ...user, name: 'nobody' }, project, 401],
    ['another domain', { ...user, domain: { name: 'elsewhere' } }, project, 401],
    ['an unknown id', { id: '0'.repeat(32), password }, project, 401],
    ['no user at all', { password }, project, 400],
    ['a password that is none', { name: 'root', password: 7 }, project, 400],
    ['an unknown project', user, { project: { name: 'nowhere' } }, 404],
    ['a project without a name', user, { project: {} }, 400],
    ['a scope of another domain', user, { domain: { id: 'x' } }, 404],
  ] as const;
  test('is refused in the words of the contract', async (t) => {
    const host = await hostWithPassword(t);
    for (const [name, who, scope, status] of refusals) {
      const { json, ...exchange } = await signIn(host, who, scope);
      assert.equal(exchange.status, status, name);
      assert.equal((json['error'] as { code: number }).code, status, name);
      assert.equal(exchange.headers['x-subject-token'], undefined, name);
      assert.ok(!exchange.text.includes(password), name);
      host.family.passwordFailures.succeeded('root');
    }
  });

  test('is refused for users without a password', async (t) => {
    const host = await startHuaweiHost(t);
    assert.equal((await signIn(host, user, project)).status, 401);
  });

  test('is refused for other methods', async (t) => {
    const host = await hostWithPassword(t);
    const body = { auth: { identity: { methods: ['token'], token: { id: 'x' } } } };
    const exchange = await send(host.url, {
      method: 'POST',
      path: '/v3/auth/tokens',
      body: JSON.stringify(body),
    });
    assert.equal(exchange.status, 400);
  });

  test('is locked for a quarter of an hour after more than five wrong passwords', async (t) => {
    const host = await hostWithPassword(t);
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      assert.equal((await signIn(host, { ...user, password: 'wrong' }, project)).status, 401);
    }
    assert.equal((await signIn(host, user, project)).status, 403);
    host.clock.nowMs = Date.now() + 15 * 60_000 + 1;
    assert.equal((await signIn(host, user, project)).status, 201);
  });
});

describe('lists of IAM', () => {
  test('take a token, and have the shapes that clients read', async (t) => {
    const host = await hostWithPassword(t);
    const headers = { 'x-auth-token': tokenOf(await signIn(host, user)) };
    const get = async (path: string) => {
      const exchange = await send(host.url, { method: 'GET', path, headers });
      assert.equal(exchange.status, 200, exchange.text);
      return exchange.json;
    };
    const names = (json: Record<string, unknown>): readonly string[] =>
      (json['projects'] as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names(await get('/v3/projects')), [region, 'spare']);
    assert.deepEqual(names(await get('/v3/auth/projects')), [region, 'spare']);
    assert.deepEqual(names(await get('/v3/projects?name=spare')), ['spare']);
    assert.deepEqual(names(await get('/v3/projects?page=2&per_page=1')), ['spare']);
    assert.deepEqual(names(await get('/v3/projects?enabled=false')), []);
    const { domains } = await get('/v3/auth/domains');
    assert.deepEqual(
      (domains as { id: string; name: string; enabled: boolean }[]).map(
        ({ id, name, enabled }) => ({
          id,
          name,
          enabled,
        }),
      ),
      [{ ...host.family.projects.domain, enabled: true }],
    );
    const { regions } = await get('/v3/regions');
    assert.ok((regions as { type: string }[]).every(({ type }) => type === 'public'));
    assert.deepEqual(
      (regions as { id: string }[]).map(({ id }) => id),
      [region, 'cn-south-1', 'ap-southeast-3', 'spare'],
    );
    const wrong = await send(host.url, { method: 'GET', path: '/v3/projects?page=0', headers });
    assert.equal(wrong.status, 400);
  });
});
