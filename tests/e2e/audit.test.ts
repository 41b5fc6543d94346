import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import type { AuditLineView } from '../../src/dialects/native/views/audit.ts';
import { popRoa } from '../support/pop-clients.ts';
import { createTemplate, exec, type SaeServer, startSaeServer } from '../support/sae.ts';
import { createKey, longshore } from '../support/server.ts';
import { until, within } from '../support/until.ts';

interface Page {
  readonly rows: readonly AuditLineView[];
  readonly nextCursor: string | null;
}

/** Whoever knows the operator's token, on the native API. */
async function operator(server: Pick<SaeServer, 'url' | 'dataDir'>) {
  const token = (await readFile(join(server.dataDir, 'operator.token'), 'utf8')).trim();
  const headers = { authorization: `Bearer ${token}` };
  const send = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}/api/v1${path}`, {
      signal: AbortSignal.timeout(20_000),
      ...init,
      headers: { ...headers, ...init.headers },
    });
  return {
    send,
    lines: async (query: Readonly<Record<string, string>> = {}) => {
      const response = await send(`/audit?${new URLSearchParams({ limit: '500', ...query })}`);
      assert.equal(response.status, 200, await response.clone().text());
      return (await response.json()) as Page;
    },
    put: (path: string, body: unknown, method = 'PUT') =>
      send(path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

const emptyPolicy = {
  document: { Version: '1', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] },
};

const brief = ({ user, dialect, operation, outcome, code }: AuditLineView): readonly string[] => [
  user,
  dialect,
  operation,
  outcome,
  code,
];

test('every management call of every API has its line, reads have none', async (t) => {
  const server = await startSaeServer(t);
  const native = await operator(server);
  const appId = await createTemplate(server.sae, ['true']);
  await exec(server.sae, appId);
  await server.sae('DescribeJob', 'GET', '/pop/v1/sam/job/describeJob', { AppId: appId });
  await assert.rejects(
    server.sae('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId: 'no-such-app' }),
  );
  await native.put('/policies/nothing', emptyPolicy);
  await native.put('/policies/nothing', { document: { Statement: 'no' } });

  const rows = await until('the line of the run', async () => {
    const page = await native.lines();
    return page.rows.some(({ operation }) => operation === 'ExecJob') ? page.rows : null;
  });
  assert.deepEqual(
    rows.map(brief).toReversed().toSorted(),
    [
      ['operator', 'native', 'CreateKey', 'ok', ''],
      ['operator', 'native', 'PutPolicy', 'ok', ''],
      ['operator', 'native', 'PutPolicy', 'refused', 'invalid-argument'],
      ['tester', 'sae', 'CreateJob', 'ok', ''],
      ['tester', 'sae', 'DeleteJob', 'refused', 'InvalidApplication.NotFound'],
      ['tester', 'sae', 'ExecJob', 'ok', ''],
    ].toSorted(),
  );
  const created = rows.find(({ operation }) => operation === 'CreateJob');
  assert.ok(created !== undefined);
  assert.ok(created.names.includes('CommandArgs') && created.names.includes('ImageUrl'));
  assert.equal(created.keyId, server.key.id);
  assert.equal(created.sourceIp, '127.0.0.1');
  assert.match(created.requestId, /^[0-9A-F-]{36}$/);
  const executed = rows.find(({ operation }) => operation === 'ExecJob');
  assert.equal(executed?.resource, `AppId=${appId}`);
  assert.equal(
    rows.find(({ operation }) => operation === 'PutPolicy')?.resource,
    'policies/nothing',
  );

  const only = async (query: Readonly<Record<string, string>>) =>
    (await native.lines(query)).rows.map(({ operation }) => operation);
  assert.deepEqual(await only({ user: 'tester', outcome: 'refused' }), ['DeleteJob']);
  assert.deepEqual(await only({ dialect: 'native', outcome: 'ok' }), ['PutPolicy', 'CreateKey']);
  assert.deepEqual(await only({ resource: appId }), ['ExecJob']);
  assert.deepEqual(await only({ operation: 'CreateJob', fromMs: String(Date.now() + 60_000) }), []);
  const paged: string[] = [];
  let cursor: string | null = null;
  do {
    const query: Record<string, string> = { limit: '2', ...(cursor === null ? {} : { cursor }) };
    const page: Page = await native.lines(query);
    paged.push(...page.rows.map(({ operation }) => operation));
    cursor = page.nextCursor;
  } while (cursor !== null);
  assert.deepEqual(
    paged,
    rows.map(({ operation }) => operation),
  );
  const wrong = await native.send('/audit?cursor=1;drop');
  assert.equal(wrong.status, 400);

  const exported = await (await native.send('/audit/export?user=tester')).text();
  const kept = exported
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditLineView);
  assert.deepEqual(
    kept,
    rows.filter(({ user }) => user === 'tester'),
  );
  const printed = (await server.cli('audit', '--user', 'tester')) as Page;
  assert.deepEqual(printed.rows, kept);
  const text = await longshore(t, server.dataDir, ['audit', '--outcome', 'refused']);
  assert.match(text, /DeleteJob\s+refused: InvalidApplication\.NotFound/);
});

test('denied calls and failed sign-ins have lines; strangers cannot flood the log', async (t) => {
  const server = await startSaeServer(t);
  const native = await operator(server);
  const poor = await createKey(t, server.dataDir, ['--user', 'poor']);
  const wrong = popRoa(server.url, { id: poor.id, secret: 'not-the-secret' });
  const path = '/pop/v1/sam/job/describeJob';
  await assert.rejects(wrong('DescribeJob', 'GET', path, { AppId: 'x' }));
  const nobody = popRoa(server.url, { id: 'hunter2-typed-as-a-key', secret: 'x' });
  await assert.rejects(nobody('DescribeJob', 'GET', path, { AppId: 'x' }));
  const right = popRoa(server.url, poor);
  await assert.rejects(
    right('DescribeJob', 'GET', path, { AppId: 'x' }),
    /NoPermission|not authorized/,
  );
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${btoa(`${id}:${secret}`)}`,
  });
  await native.send('/runs', { headers: basic(poor.id, poor.secret) });
  await native.send('/runs', { headers: basic(poor.id, 'wrong') });
  await fetch(`${server.url}/v3/auth/tokens`, {
    method: 'POST',
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'poor', password: 'guessed', domain: { name: 'x' } } },
        },
      },
    }),
  });
  const found = await until('all lines', async () => {
    const { rows } = await native.lines({ outcome: 'refused' });
    return rows.length >= 6 ? rows : null;
  });
  assert.deepEqual(
    found.map(brief).toReversed().toSorted(),
    [
      ['', 'sae', 'DescribeJob', 'refused', 'InvalidAccessKeyId.NotFound'],
      [
        'poor',
        'iam',
        'keystoneCreateUserTokenByPassword',
        'refused',
        found.find(({ dialect }) => dialect === 'iam')?.code ?? '',
      ],
      ['poor', 'native', 'ListRuns', 'refused', 'forbidden'],
      ['poor', 'native', 'ListRuns', 'refused', 'unauthenticated'],
      ['poor', 'sae', 'DescribeJob', 'refused', 'NoPermission'],
      ['poor', 'sae', 'DescribeJob', 'refused', 'SignatureDoesNotMatch'],
    ].toSorted(),
  );

  for (let burst = 0; burst < 10; burst += 1) {
    await Promise.all(
      Array.from({ length: 40 }, () => native.send('/runs', { headers: basic('no-key', 'x') })),
    );
  }
  const { rows } = await native.lines({ operation: 'ListRuns' });
  assert.ok(rows.length < 200, `${rows.length} lines`);
});

test('a call is answered when its line is durable: kill -9 takes none', async (t) => {
  const server = await startSaeServer(t);
  const native = await operator(server);
  const done: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const response = await native.put(`/policies/p-${n}`, emptyPolicy);
    assert.equal(response.status, 200);
    done.push(`policies/p-${n}`);
  }
  await server.crash();
  const db = new Sqlite(join(server.dataDir, 'longshore.db'), { readonly: true });
  try {
    const kept = db
      .prepare(`select resource from audit_lines where operation = 'PutPolicy' order by n`)
      .pluck()
      .all();
    assert.deepEqual(kept, done);
  } finally {
    db.close();
  }
});

test('lines come live, and a cut line goes on after the last', async (t) => {
  const server = await startSaeServer(t);
  const native = await operator(server);
  const first = await following(t, native, '');
  await native.put('/policies/one', emptyPolicy);
  const one = await first.next();
  assert.equal(one.line.resource, 'policies/one');
  first.cut();
  await native.put('/policies/two', emptyPolicy);
  await native.put('/users/somebody', { policies: [] });
  const second = await following(t, native, one.id, '?resource=policies/');
  assert.equal((await second.next()).line.resource, 'policies/two');
  await native.put('/policies/three', emptyPolicy);
  assert.equal((await second.next()).line.resource, 'policies/three', 'the user is filtered away');
  second.cut();
});

test('no secret of any request is in the log', async (t) => {
  const server = await startSaeServer(t);
  const native = await operator(server);
  const appId = await createTemplate(server.sae, ['true']);
  const secrets: string[] = [server.key.secret];
  const call = async (work: Promise<unknown>): Promise<void> => {
    // Refused or not, it has its line.
    await work.catch(() => undefined);
  };
  const text = fc.string({ minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(text, text, fc.boolean(), async (name, more, isWhole) => {
      // Wherever a client may put a secret, also where it does not belong.
      const secret = `s3cr3t-${randomBytes(9).toString('hex')}`;
      secrets.push(secret);
      const envs = JSON.stringify([{ name: isWhole ? 'PASSWORD' : name, value: secret }]);
      await call(
        server.sae('UpdateJob', 'POST', '/pop/v1/sam/job/updateJob', {
          AppId: appId,
          Envs: envs,
          CommandArgs: JSON.stringify([more, secret]),
          [`${secret}`]: more,
        }),
      );
      await call(exec(server.sae, appId, { Envs: envs, JarStartArgs: secret }));
      await call(
        server.sae('CreateSecret', 'POST', '/pop/v1/sam/secret/secret', {
          NamespaceId: 'cn-hangzhou',
          SecretName: 'pull',
          SecretType: 'kubernetes.io/dockerconfigjson',
          SecretData: JSON.stringify({ '.dockerconfigjson': secret }),
        }),
      );
      await call(
        popRoa(server.url, { id: secret, secret })(
          'DeleteJob',
          'DELETE',
          '/pop/v1/sam/job/deleteJob',
          {},
        ),
      );
      await call(native.put('/users/someone/password', { password: `${secret}A1!` }));
      await call(
        native.put(
          '/templates',
          { name, command: ['sh', '-c', secret], env: { [secret]: secret }, [secret]: secret },
          'POST',
        ),
      );
      await call(
        native.put('/links/default/link', {
          kind: 'postgres',
          options: { host: 'h', password: secret, [secret]: 1 },
          [secret]: {},
        }),
      );
      await call(
        native.send('/runs', {
          headers: { authorization: `Basic ${btoa(`${secret}:${secret}`)}` },
        }),
      );
      await call(native.put('/session', { user: secret, password: secret }, 'POST'));
      await call(
        fetch(`${server.url}/event/v1/http?token=${secret}`, { method: 'POST', body: secret }),
      );
      await call(
        fetch(`${server.url}/v3/auth/tokens`, {
          method: 'POST',
          body: JSON.stringify({
            auth: {
              identity: {
                methods: ['password'],
                password: { user: { name: secret, password: secret, domain: { name: secret } } },
              },
              [secret]: secret,
            },
          }),
        }),
      );
    }),
    { numRuns: 12 },
  );
  await until('lines of all calls', async () => {
    const { rows } = await native.lines({ operation: 'UpdateJob' });
    return rows.length === 12 ? true : null;
  });
  assert.equal(await server.stop(), 0);
  const db = new Sqlite(join(server.dataDir, 'longshore.db'), { readonly: true });
  try {
    const rows = db.prepare('select * from audit_lines').all();
    assert.ok(rows.length > 12 * 6, `${rows.length} lines`);
    const all = JSON.stringify(rows);
    for (const secret of secrets) assert.ok(!all.includes(secret), `${secret} is in the log`);
  } finally {
    db.close();
  }
});

interface LiveLine {
  readonly id: string;
  readonly line: AuditLineView;
}

/** An open live line. */
async function following(
  t: TestContext,
  native: Awaited<ReturnType<typeof operator>>,
  lastEventId: string,
  query = '',
): Promise<{ next(): Promise<LiveLine>; cut(): void }> {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const response = await native.send(`/audit/follow${query}`, {
    signal: abort.signal,
    headers: lastEventId === '' ? {} : { 'last-event-id': lastEventId },
  });
  assert.equal(response.status, 200);
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  const decoder = new TextDecoder();
  let rest = '';
  const read = async (): Promise<LiveLine> => {
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end === -1) {
        const { value, done } = await reader.read();
        assert.ok(!done, 'the line ended');
        rest += decoder.decode(value, { stream: true });
        continue;
      }
      const event = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const id = /^id: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (id !== undefined && data !== undefined) {
        return { id, line: JSON.parse(data) as AuditLineView };
      }
    }
  };
  return {
    next: () => within('a line of the audit log', read()),
    cut: () => abort.abort(),
  };
}
