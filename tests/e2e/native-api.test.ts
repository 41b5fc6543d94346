import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { nativeOperations } from '../../src/dialects/native/operations/index.ts';
import { createKey, dataFolder, type RunningServer, startServer } from '../support/server.ts';
import { until, within } from '../support/until.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly authorization?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const basic = (id: string, secret: string): string => `Basic ${btoa(`${id}:${secret}`)}`;

suite('native API', () => {
  let server: RunningServer;
  let operator: string;
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };

  before(async () => {
    server = await startServer(cleanup, await dataFolder(cleanup));
    const token = await readFile(join(server.dataDir, 'operator.token'), 'utf8');
    operator = `Bearer ${token.trim()}`;
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const send = (path: string, ask: Ask = {}): Promise<Response> => {
    const { method = 'GET', body, authorization = operator, headers = {} } = ask;
    return fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        ...headers,
        ...(authorization === null ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
  };
  const ask = async (path: string, options: Ask = {}): Promise<Answer> => {
    const response = await send(path, options);
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  };
  const create = async (name: string, script: string, more: object = {}): Promise<void> => {
    const body = { name, command: ['sh', '-c', script], ...more };
    const { status, body: made } = await ask('/templates', { method: 'POST', body });
    assert.equal(status, 201, JSON.stringify(made));
  };
  const submit = async (name: string, body: object = {}): Promise<string> => {
    const answer = await ask(`/templates/${name}/runs`, { method: 'POST', body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return (answer.body['run'] as { id: string }).id;
  };
  const ended = async (run: string): Promise<Record<string, unknown>> => {
    const { body } = await ask(`/runs/${run}?waitMs=15000`);
    assert.match(String(body['state']), /^(succeeded|failed|canceled)$/);
    return body;
  };

  suite('who asks, and what is allowed', () => {
    test('no, wrong, disabled and deleted credentials get one and the same answer', async () => {
      const key = await createKey(cleanup, server.dataDir, ['--user', 'gone', '--root']);
      const good = basic(key.id, key.secret);
      assert.equal((await ask('/info', { authorization: good })).status, 200);
      const wrong = [
        null,
        'Bearer nope',
        'Bearer ',
        'Basic !!!',
        'Digest x',
        basic(key.id, 'wrong'),
        basic('nobody', key.secret),
        basic(key.id, ''),
        `Bearer ${'x'.repeat(5000)}`,
      ];
      const details = new Set<unknown>();
      for (const authorization of wrong) {
        const { status, headers, body } = await ask('/info', { authorization });
        assert.equal(status, 401, String(authorization).slice(0, 40));
        assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/);
        assert.match(headers.get('www-authenticate') ?? '', /Basic/);
        assert.equal(body['code'], 'unauthenticated');
        details.add(body['detail']);
      }
      await ask(`/keys/${key.id}/disable`, { method: 'POST' });
      const disabled = await ask('/info', { authorization: good });
      assert.equal(disabled.status, 401);
      details.add(disabled.body['detail']);
      assert.equal(details.size, 1);
      await ask(`/keys/${key.id}/enable`, { method: 'POST' });
      assert.equal((await ask('/info', { authorization: good })).status, 200);
      assert.equal((await ask(`/keys/${key.id}`, { method: 'DELETE' })).status, 204);
      assert.equal((await ask('/info', { authorization: good })).status, 401);
    });

    test('every operation is denied by default, before it says what exists', async () => {
      const key = await createKey(cleanup, server.dataDir, ['--user', 'nothing']);
      const authorization = basic(key.id, key.secret);
      for (const { name, method, path } of nativeOperations) {
        const filled = path.replace('{stream}', 'stdout').replaceAll(/\{\w+\}/g, 'x');
        const { status, body } = await ask(filled, {
          method,
          authorization,
          ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
        });
        assert.equal(status, 403, name);
        assert.equal(body['code'], 'forbidden', name);
        assert.match(String(body['detail']), new RegExp(`longshore:${name}\\b`));
        assert.match(String(body['fix']), /policies attach/);
        const without = await ask(filled, { method, authorization: null });
        assert.equal(without.status, 401, name);
      }
    });

    test('a policy opens what it names; a Deny on an id holds for the name too', async () => {
      await create('shut', 'true');
      await create('open', 'true');
      const { id } = (await ask('/templates/shut')).body;
      const document = {
        Version: '1',
        Statement: [
          { Effect: 'Allow', Action: 'longshore:*Template*', Resource: '*' },
          { Effect: 'Deny', Action: 'longshore:*', Resource: `acs:longshore:*:*:templates/${id}` },
        ],
      };
      const stored = await ask('/policies/reader', { method: 'PUT', body: { document } });
      assert.equal(stored.status, 200, JSON.stringify(stored.body));
      const key = await createKey(cleanup, server.dataDir, [
        '--user',
        'reader',
        '--policy',
        'reader',
      ]);
      const authorization = basic(key.id, key.secret);
      assert.equal((await ask('/templates/open', { authorization })).status, 200);
      assert.equal((await ask('/templates', { authorization })).status, 200);
      assert.equal((await ask(`/templates/${id}`, { authorization })).status, 403);
      assert.equal((await ask('/templates/shut', { authorization })).status, 403);
      assert.equal((await ask('/runs', { authorization })).status, 403);
      const used = await ask('/policies/reader', { method: 'DELETE' });
      assert.deepEqual([used.status, used.body['code']], [409, 'policy-in-use']);
      await ask('/users/reader/policies/reader', { method: 'DELETE' });
      assert.equal((await ask('/templates/open', { authorization })).status, 403);
    });

    test('rootship cannot be taken by someone who may manage keys and users', async () => {
      const document = {
        Version: '1',
        Statement: [{ Effect: 'Allow', Action: 'longshore:*', Resource: '*' }],
      };
      await ask('/policies/manager', { method: 'PUT', body: { document } });
      await createKey(cleanup, server.dataDir, ['--user', 'chief', '--root']);
      const key = await createKey(cleanup, server.dataDir, [
        '--user',
        'manager',
        '--policy',
        'manager',
      ]);
      const authorization = basic(key.id, key.secret);
      const chiefKey = ((await ask('/keys')).body['rows'] as { id: string; user: string }[]).find(
        ({ user }) => user === 'chief',
      );
      for (const [method, path, body] of [
        ['POST', '/keys', { user: 'me', root: true }],
        ['POST', '/keys', { user: 'chief' }],
        ['PUT', '/users/manager', { root: true, policies: [] }],
        ['PUT', '/users/chief', { policies: [] }],
        ['DELETE', '/users/chief', undefined],
        ['PUT', '/users/chief/policies/manager', undefined],
        ['DELETE', `/keys/${chiefKey?.id}`, undefined],
        ['POST', `/keys/${chiefKey?.id}/disable`, undefined],
      ] as const) {
        const { status, body: problem } = await ask(path, { method, body, authorization });
        assert.equal(status, 403, `${method} ${path}`);
        assert.match(String(problem['detail']), /only a root/);
      }
      const allowed = await ask('/keys', {
        method: 'POST',
        body: { user: 'worker' },
        authorization,
      });
      assert.equal(allowed.status, 201);
    });

    test('a temporary key needs its token, and no list shows a secret', async () => {
      const body = { user: 'visitor', root: true, ttlMs: 3_600_000 };
      const made = (await ask('/keys', { method: 'POST', body })).body;
      const { id } = made['key'] as { id: string };
      const secret = String(made['secret']);
      const token = String(made['securityToken']);
      const authorization = basic(id, secret);
      assert.equal((await ask('/info', { authorization })).status, 401);
      const headers = { 'longshore-security-token': token };
      assert.equal((await ask('/info', { authorization, headers })).status, 200);
      const lists = await Promise.all(
        ['/keys', '/users'].map(async (path) => (await send(path)).text()),
      );
      for (const text of lists) {
        assert.ok(!text.includes(secret));
        assert.ok(!text.includes(token));
      }
    });
  });

  suite('templates and runs', () => {
    test('a template is created, changed, suspended, resumed and deleted, with a record of each', async () => {
      await create('life', 'true', { replicas: 2, env: { A: '1' }, timezone: 'Europe/Berlin' });
      const again = await ask('/templates', {
        method: 'POST',
        body: { name: 'life', command: ['true'] },
      });
      assert.deepEqual([again.status, again.body['code']], [409, 'already-exists']);
      const changed = await ask('/templates/life', {
        method: 'PUT',
        body: { name: 'life', command: ['false'] },
      });
      assert.deepEqual([changed.body['command'], changed.body['revision']], [['false'], 2]);
      await ask('/templates/life/suspend', { method: 'POST' });
      const refused = await ask('/templates/life/runs', { method: 'POST' });
      assert.deepEqual([refused.status, refused.body['code']], [409, 'template-suspended']);
      const refusals = (await ask('/templates/life/refusals')).body['rows'] as { code: string }[];
      assert.equal(refusals[0]?.code, 'template-suspended');
      await ask('/templates/life/resume', { method: 'POST' });
      const changes = (await ask('/templates/life/changes')).body['rows'] as {
        kind: string;
        by: string;
      }[];
      assert.deepEqual(changes.map(({ kind }) => kind).toSorted(), [
        'create',
        'resume',
        'suspend',
        'update',
      ]);
      assert.ok(changes.every(({ by }) => by === 'operator'));
      assert.equal((await ask('/templates/life', { method: 'DELETE' })).status, 204);
      const gone = await ask('/templates/life');
      assert.deepEqual([gone.status, gone.body['code']], [404, 'template-not-found']);
    });

    test('a wrong name is answered with the nearest one; a wrong request with its faults', async () => {
      await create('nightly', 'true');
      assert.match(
        String((await ask('/templates/nightli')).body['detail']),
        /did you mean nightly\?/,
      );
      for (const [body, fault] of [
        [{ name: 'x' }, /command/],
        [{ name: 'x', command: [] }, /command/],
        [{ name: 'x', command: ['a'], comand: 1 }, /comand/],
        [{ name: '../x', command: ['a'] }, /name/],
        [{ name: 'x', command: ['a'], replicas: '2' }, /replicas/],
        [{ name: 'x', command: ['a'], timezone: 'Mars/Base' }, /timezone Mars\/Base/],
      ] as const) {
        const { status, body: problem } = await ask('/templates', { method: 'POST', body });
        assert.equal(status, 400, JSON.stringify(body));
        assert.match(String(problem['detail']), fault);
      }
      for (const query of ['limit=0', 'limit=501', 'offset=-1', 'limit=x', 'nope=1', 'state=odd']) {
        assert.equal((await ask(`/runs?${query}`)).status, 400, query);
      }
      const unknown = await ask('/nothing/here');
      assert.deepEqual([unknown.status, unknown.body['code']], [404, 'no-such-operation']);
    });

    test('a run tells its end, its instances and why; a key makes it once', async () => {
      await create('twice', 'echo "$GREETING $LONGSHORE_INSTANCE_INDEX"; exit $CODE', {
        replicas: 2,
        env: { GREETING: 'hi', CODE: '0' },
      });
      const run = await submit('twice', { idempotencyKey: 'k1' });
      assert.equal(await submit('twice', { idempotencyKey: 'k1' }), run);
      const end = await ended(run);
      assert.deepEqual(
        [end['state'], end['succeeded'], end['templateName']],
        ['succeeded', 2, 'twice'],
      );
      assert.deepEqual(end['notActedOn'], []);
      const instances = (await ask(`/runs/${run}/instances`)).body['rows'] as {
        attempts: { id: string; exitCode: number }[];
      }[];
      assert.deepEqual(
        instances.map(({ attempts }) => attempts.map(({ exitCode }) => exitCode)),
        [[0], [0]],
      );
      const events = (await ask(`/runs/${run}/events`)).body['rows'] as {
        to: string;
        reason: string;
      }[];
      assert.ok(events.some(({ to }) => to === 'succeeded'));
      assert.ok(events.every(({ reason }) => reason !== ''));
      const failing = await ended(await submit('twice', { env: { CODE: '3' }, replicas: 1 }));
      assert.equal(failing['state'], 'failed');
      assert.match(String(failing['message']), /code 3/);
      const page = (await ask('/runs?template=twice&limit=1&offset=0')).body as {
        rows: unknown[];
        total: number;
      };
      assert.deepEqual([page.rows.length, page.total], [1, 2]);
      assert.equal((await ask(`/runs/${run}`, { method: 'DELETE' })).status, 204);
      assert.equal((await ask(`/runs/${run}`)).status, 404);
    });
  });

  suite('output', () => {
    test('bytes are read by offset and stay complete', async () => {
      await create('bytes', String.raw`printf 'abc\000\377def'; printf oops >&2`);
      const run = await submit('bytes');
      await ended(run);
      const path = `/attempts/${run}.0.1/logs`;
      const first = await send(`${path}/stdout?maxBytes=4`);
      assert.deepEqual([...new Uint8Array(await first.arrayBuffer())], [97, 98, 99, 0]);
      assert.equal(first.headers.get('longshore-log-next-offset'), '4');
      assert.equal(first.headers.get('longshore-log-final'), 'false');
      const rest = await send(`${path}/stdout?offset=4`);
      assert.deepEqual([...new Uint8Array(await rest.arrayBuffer())], [255, 100, 101, 102]);
      assert.equal(rest.headers.get('longshore-log-size'), '8');
      assert.equal(rest.headers.get('longshore-log-final'), 'true');
      assert.equal(await (await send(`${path}/stderr`)).text(), 'oops');
      const attempt = await ask(`/attempts/${run}.0.1`);
      assert.match(String(attempt.body['location']), /attempts/);
      assert.equal((await ask('/attempts/none.0.1')).body['code'], 'attempt-not-found');
      assert.equal((await ask(`${path}/other`)).status, 400);
    });

    test('a stream follows a running job, resumes by id without a gap, and tells the end', async () => {
      // The job waits for its gate, so the test sees output while it runs.
      const gate = join(server.dataDir, 'gate');
      await create('slow', `echo one; until [ -e ${gate} ]; do sleep 0.05; done; echo two; exit 5`);
      const run = await submit('slow');
      const path = `/attempts/${run}.0.1/logs/stdout/follow`;
      const begun = await eventsOf(send, path, null, (event) => event.event === 'chunk');
      const id = begun.at(-1)?.id ?? '';
      assert.equal(id, '4');
      await writeFile(gate, '');
      const rest = await eventsOf(send, path, id, (event) => event.event === 'end');
      const text = rest
        .filter(({ event }) => event === 'chunk')
        .map(({ data }) => Buffer.from(String(data['base64']), 'base64').toString())
        .join('');
      assert.equal(text, 'two\n');
      assert.deepEqual(rest.at(-1)?.data, {
        state: 'failed',
        exitCode: 5,
        signal: null,
        offset: 8,
      });
    });

    test('a run is stopped on demand', async () => {
      await create('endless', 'sleep 600');
      const run = await submit('endless');
      const stopped = await ask(`/runs/${run}/stop`, { method: 'POST' });
      assert.equal(stopped.status, 200, JSON.stringify(stopped.body));
      assert.equal((await ended(run))['state'], 'canceled');
    });
  });

  test('bodies that are too large or no JSON are refused in shape', async () => {
    const headers = { authorization: operator, 'content-type': 'application/json' };
    const url = `${server.url}/api/v1/templates`;
    const broken = await fetch(url, { method: 'POST', headers, body: '{"name":' });
    assert.equal(broken.status, 400);
    assert.equal(((await broken.json()) as { code: string }).code, 'invalid-request');
    const odd = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/xml' },
      body: '<a/>',
    });
    assert.equal(odd.status, 415);
    assert.match(odd.headers.get('content-type') ?? '', /problem\+json/);
  });

  test('the OpenAPI document is public, sound, and covers every operation', async () => {
    const { status, body } = await ask('/openapi.json', { authorization: null });
    assert.equal(status, 200);
    assert.equal(body['openapi'], '3.1.0');
    const paths = body['paths'] as Record<
      string,
      Record<
        string,
        { operationId: string; parameters: { name: string; in: string; required: boolean }[] }
      >
    >;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`,
      ),
    );
    const wanted = nativeOperations.map(
      ({ name, method, path }) => `${name} ${method} /api/v1${path}`,
    );
    assert.deepEqual(described.toSorted(), wanted.toSorted());
    assert.equal(new Set(nativeOperations.map(({ name }) => name)).size, nativeOperations.length);
    for (const [path, methods] of Object.entries(paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { operationId, parameters } of Object.values(methods)) {
        const declared = parameters
          .filter((p) => p.in === 'path' && p.required)
          .map(({ name }) => name);
        assert.deepEqual(declared.toSorted(), inPath.toSorted(), operationId);
      }
    }
    const { schemas } = body['components'] as { schemas: Record<string, object> };
    const references = [
      ...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g),
    ];
    assert.ok(references.length > nativeOperations.length);
    for (const [, name] of references) {
      assert.ok(Object.keys(schemas[name ?? ''] ?? {}).length > 0, `schema ${name}`);
    }
  });
});

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

/** Events of a stream up to the one that is `last`; then hangs up. */
async function eventsOf(
  send: (path: string, ask: Ask) => Promise<Response>,
  path: string,
  lastEventId: string | null,
  last: (event: Event) => boolean,
): Promise<readonly Event[]> {
  const response = await untilFound(() =>
    send(path, { headers: lastEventId === null ? {} : { 'last-event-id': lastEventId } }),
  );
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const events: Event[] = [];
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let pending = '';
    for await (const bytes of response.body ?? []) {
      pending += decoder.decode(bytes as Uint8Array, { stream: true });
      for (let end = pending.indexOf('\n\n'); end !== -1; end = pending.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          pending
            .slice(0, end)
            .split('\n')
            .map((line) => line.split(/: (.*)/s, 2)),
        ) as Record<string, string>;
        pending = pending.slice(end + 2);
        if (fields['event'] === undefined) continue;
        const data = JSON.parse(fields['data'] ?? '{}') as Record<string, unknown>;
        const event = { event: fields['event'], id: fields['id'] ?? '', data };
        events.push(event);
        if (last(event)) return;
      }
    }
    assert.fail('the stream ended too early');
  };
  await within(`events of ${path}`, read());
  return events;
}

/** The attempt exists a moment after its run was accepted. */
async function untilFound(ask: () => Promise<Response>): Promise<Response> {
  return until('the attempt exists', async () => {
    const response = await ask();
    if (response.status === 200) return response;
    await response.body?.cancel();
    return null;
  });
}
