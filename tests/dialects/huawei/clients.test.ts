/** Signatures, projects and errors through the vendor's client core (cdm.md §2). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureOf, region, sdkClient, send, startHuaweiHost } from './harness.ts';

describe('signatures of the vendor’s core', () => {
  const names = [
    'plain-name_1.x~',
    '作业名称',
    'a b',
    '作业 b',
    'x{y}z',
    '{作业}',
    "it's (a) *star*!",
    'a+b&c=d;e@f:g,h$',
    'é ü',
    'pct%41',
  ];
  for (const name of names) {
    test(`are accepted for the name ${name}, which arrives as it is`, async (t) => {
      const host = await startHuaweiHost(t);
      // Clients escape what a path cannot hold; the core escapes the rest or leaves it as it is.
      for (const written of new Set([name, encodeURIComponent(name)])) {
        if (written.includes('%') && written === name) continue;
        const failure = await failureOf(
          host.call('GET', '/v1.1/{project_id}/clusters/{cluster_id}', {
            params: { project_id: host.projectId, cluster_id: written },
          }),
        );
        assert.equal(failure.httpStatusCode, 404, `${written}: ${failure.errorMsg}`);
        assert.equal(failure.errorCode, 'Cdm.0201');
        assert.equal(failure.errorMsg, `Cluster [${name}] does not exist.`);
      }
    });
  }

  test('cover queries and bodies, of a GET too', async (t) => {
    const host = await startHuaweiHost(t);
    const answer = await host.call('GET', `/v1.1/${host.projectId}/clusters`, {
      query: { filter: 'a b/ü+&=', page_no: 1, page_size: 10 },
      headers: { 'x-language': 'zh-cn' },
      body: {},
    });
    assert.equal(answer.httpStatusCode, 200);
  });

  test('with a wrong secret are refused, and the key is locked after more than five', async (t) => {
    const host = await startHuaweiHost(t);
    const { projectId, rootKey, url } = host;
    const wrong = sdkClient(url, { id: rootKey.id, secret: 'not the secret' }, { projectId });
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      const failure = await failureOf(wrong('GET', `/v1.1/${projectId}/clusters`));
      assert.deepEqual(
        [failure.httpStatusCode, failure.errorCode, failure.errorMsg],
        [401, 'APIGW.0301', 'Incorrect IAM authentication information: verify aksk signature fail'],
      );
    }
    const locked = await failureOf(host.call('GET', `/v1.1/${projectId}/clusters`));
    assert.match(locked.errorMsg, /AK access failed to reach the limit,forbidden$/);
    host.clock.nowMs = Date.now() + 5 * 60_000 + 1;
    const answer = await host.call('GET', `/v1.1/${projectId}/clusters`);
    assert.equal(answer.httpStatusCode, 200);
  });

  test('are forgotten as failures by one that is right', async (t) => {
    const host = await startHuaweiHost(t);
    const { projectId, rootKey, url } = host;
    const wrong = sdkClient(url, { id: rootKey.id, secret: 'not the secret' }, { projectId });
    for (let round = 0; round < 2; round += 1) {
      for (let attempt = 0; attempt < 5; attempt += 1) {
        await failureOf(wrong('GET', `/v1.1/${projectId}/clusters`));
      }
      assert.equal((await host.call('GET', `/v1.1/${projectId}/clusters`)).httpStatusCode, 200);
    }
  });

  test('are refused outside of a quarter of an hour, for unknown and for disabled keys', async (t) => {
    const host = await startHuaweiHost(t);
    const { projectId, rootKey, url } = host;
    const path = `/v1.1/${projectId}/clusters`;
    for (const skewMs of [-16 * 60_000, 16 * 60_000]) {
      host.clock.nowMs = Date.now() + skewMs;
      assert.match((await failureOf(host.call('GET', path))).errorMsg, /signature expired$/);
    }
    host.clock.nowMs = null;
    const unknown = sdkClient(url, { id: 'NOBODYSKEY', secret: 'x' }, { projectId });
    const failure = await failureOf(unknown('GET', path));
    assert.match(failure.errorMsg, /Get secretKey failed,ak:NOBODYSKEY,err:ak not exist$/);
    await host.engine.access.setKeyEnabled(rootKey.id, false);
    assert.match((await failureOf(host.call('GET', path))).errorMsg, /err:ak is inactive$/);
  });

  test('win over a token that comes with them', async (t) => {
    const host = await startHuaweiHost(t);
    const { projectId, rootKey, url } = host;
    const path = `/v1.1/${projectId}/clusters`;
    const nonsense = { 'X-Auth-Token': 'nonsense' };
    assert.equal((await host.call('GET', path, { headers: nonsense })).httpStatusCode, 200);
    const wrong = sdkClient(url, { id: rootKey.id, secret: 'not the secret' }, { projectId });
    const headers = { 'X-Auth-Token': await rootToken(host) };
    assert.equal((await failureOf(wrong('GET', path, { headers }))).httpStatusCode, 401);
    assert.equal((await send(url, { method: 'GET', path, headers })).status, 200);
  });

  test('of temporary keys need their security token', async (t) => {
    const host = await startHuaweiHost(t);
    const { engine, projectId, url } = host;
    const path = `/v1.1/${projectId}/clusters`;
    const { key, secret } = await engine.access.createKey({ user: 'root', ttlMs: 3_600_000 });
    const temporary = sdkClient(url, { id: key.id, secret }, { projectId });
    assert.equal((await failureOf(temporary('GET', path))).httpStatusCode, 401);
    const headers = { 'X-Security-Token': key.securityToken ?? '' };
    assert.equal((await temporary('GET', path, { headers })).httpStatusCode, 200);
    const other = { 'X-Security-Token': `${key.securityToken ?? ''}x` };
    assert.equal((await failureOf(temporary('GET', path, { headers: other }))).httpStatusCode, 401);
  });
});

describe('projects', () => {
  test('are found by the name of the region', async (t) => {
    const host = await startHuaweiHost(t);
    const call = sdkClient(host.url, host.rootKey, { projectId: null, region });
    const answer = await call('GET', '/v1.1/{project_id}/clusters', {
      params: { project_id: host.projectId },
    });
    assert.equal(answer.httpStatusCode, 200);
  });

  test('are made by the client for a region that has none, with a cluster of their own', async (t) => {
    const host = await startHuaweiHost(t);
    const { family, rootKey, url } = host;
    const name = 'ap-southeast-3';
    assert.equal(await family.projects.findByName(name), null);
    const call = sdkClient(url, rootKey, { projectId: null, region: name });
    // The core signs with the project that it made; it cannot be known before.
    await failureOf(call('GET', '/v1.1/unknown/clusters'));
    const project = await family.projects.findByName(name);
    assert.ok(project !== null);
    const answer = await call('GET', `/v1.1/${project.id}/clusters`);
    assert.equal((answer['clusters'] as unknown[]).length, 1);
    const first = (await host.call('GET', `/v1.1/${host.projectId}/clusters`))['clusters'];
    assert.notEqual(
      (answer['clusters'] as { id: string }[])[0]?.id,
      (first as { id: string }[])[0]?.id,
    );
  });

  test('are not made for a region that IAM does not list', async (t) => {
    const host = await startHuaweiHost(t);
    const call = sdkClient(host.url, host.rootKey, { projectId: null, region: 'mars-north-1' });
    await assert.rejects(call('GET', '/v1.1/x/clusters'), /not supported to create project/);
  });

  test('are made by users whom a policy lets, once each', async (t) => {
    const host = await startHuaweiHost(t);
    const projects = '/v3/projects';
    const body = { project: { name: 'cn-south-1', domain_id: host.family.projects.domain.id } };
    const allow = (action: string) => ({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
    });
    const stranger = await host.userWith(allow('cdm:*'));
    const denied = await failureOf(
      sdkClient(host.url, stranger.key, { projectId: null })('POST', projects, { body }),
    );
    assert.equal(denied.httpStatusCode, 403);
    const maker = await host.userWith(allow('iam:projects:*'));
    const call = sdkClient(host.url, maker.key, { projectId: null });
    const made = await call('POST', projects, { body });
    assert.equal(made.httpStatusCode, 201);
    const { id, ...project } = made['project'] as Record<string, unknown>;
    assert.match(String(id), /^[0-9a-f]{32}$/);
    assert.equal(project['name'], 'cn-south-1');
    assert.equal(project['enabled'], true);
    assert.equal((await failureOf(call('POST', projects, { body }))).httpStatusCode, 409);
    const { projects: found } = await call('GET', projects, { query: { name: 'cn-south-1' } });
    assert.deepEqual(
      (found as { id: string }[]).map((each) => each.id),
      [id],
    );
    const restarted = await host.restart();
    assert.equal((await restarted.family.projects.findByName('cn-south-1'))?.id, id);
  });

  test('of others are closed: path, header and signature must agree', async (t) => {
    const host = await startHuaweiHost(t);
    const { family, projectId, rootKey, url } = host;
    const spare = (await family.projects.findByName('spare'))?.id ?? '';
    const cases = [
      { path: `/v1.1/${'0'.repeat(32)}/clusters`, header: null },
      { path: `/v1.1/${projectId}/clusters`, header: spare },
      { path: `/v1.1/${spare}/clusters`, header: projectId },
    ];
    for (const { path, header } of cases) {
      const failure = await failureOf(sdkClient(url, rootKey, { projectId: header })('GET', path));
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [403, 'APIGW.0302'], path);
    }
    const call = sdkClient(url, rootKey, { projectId: spare });
    assert.equal((await call('GET', `/v1.1/${spare}/clusters`)).httpStatusCode, 200);
  });
});

describe('policies', () => {
  test('are asked about the action and the cluster', async (t) => {
    const host = await startHuaweiHost(t);
    const { projectId, services, url, family } = host;
    const project = await family.projects.find(projectId);
    assert.ok(project !== null);
    const other = await services.clusters.create(project, { name: 'other', vpcId: 'v' });
    const { key } = await host.userWith({
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: 'cdm:cluster:get', Resource: `cdm:cluster/${other.id}` },
      ],
    });
    const call = sdkClient(url, key, { projectId });
    const path = `/v1.1/${projectId}/clusters`;
    assert.equal((await call('GET', `${path}/${other.id}`)).httpStatusCode, 200);
    const first = services.clusters.firstId(project);
    for (const denied of [call('GET', `${path}/${first}`), call('GET', path)]) {
      const failure = await failureOf(denied);
      assert.deepEqual([failure.httpStatusCode, failure.errorCode], [403, 'Cdm.0032']);
    }
  });
});

describe('errors', () => {
  test('have every name that clients read them by', async (t) => {
    const host = await startHuaweiHost(t);
    const answer = await send(host.url, {
      method: 'GET',
      path: `/v1.1/${host.projectId}/clusters`,
    });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['content-type'], 'application/json;charset=UTF-8');
    const requestId = answer.headers['x-request-id'];
    assert.match(String(requestId), /^[0-9a-f]{32}$/);
    const message = 'Incorrect IAM authentication information: x-auth-token not found';
    assert.deepEqual(answer.json, {
      code: 'APIGW.0301',
      errCode: 'APIGW.0301',
      error_code: 'APIGW.0301',
      message,
      externalMessage: message,
      error_msg: message,
      request_id: requestId,
    });
  });

  test('of IAM have both of its forms', async (t) => {
    const host = await startHuaweiHost(t);
    const answer = await send(host.url, {
      method: 'POST',
      path: '/v3/auth/tokens',
      body: '{"auth":{}}',
    });
    assert.equal(answer.status, 400);
    const { error, error_code: code, error_msg: message } = answer.json;
    assert.deepEqual(error, { code: 400, title: 'Bad Request', message });
    assert.equal(code, 'IAM.0011');
    assert.match(String(message), /auth\.identity is required/);
  });

  test('for unknown paths and methods say so before anything else', async (t) => {
    const host = await startHuaweiHost(t);
    const base = `/v1.1/${host.projectId}`;
    for (const [method, path] of [
      ['GET', `${base}/nothing`],
      ['PATCH', `${base}/clusters`],
      ['GET', base],
      ['GET', `/cdm/v1.0/${host.projectId}/clusters/a/b/c/d/e`],
      ['GET', `${base}/clusters//`],
      ['GET', '/v3/users'],
      ['GET', '/v1.1/'],
    ] as const) {
      const answer = await send(host.url, { method, path });
      assert.equal(answer.status, 404, path);
      assert.equal(answer.json['error_code'], 'APIGW.0101', path);
    }
  });

  test('for schemes of other releases are 401', async (t) => {
    const host = await startHuaweiHost(t);
    const answer = await send(host.url, {
      method: 'GET',
      path: `/v1.1/${host.projectId}/clusters`,
      headers: { authorization: 'V11-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c' },
    });
    assert.equal(answer.status, 401);
    assert.match(String(answer.json['error_msg']), /only SDK-HMAC-SHA256 is supported/);
  });

  test('for bodies above 12 MiB are 413, announced or not', async (t) => {
    const host = await startHuaweiHost(t);
    const body = Buffer.alloc(12 * 1024 * 1024 + 1, 0x20);
    const path = `/v1.1/${host.projectId}/clusters`;
    for (const headers of [
      { 'content-length': String(body.length) },
      { 'transfer-encoding': 'chunked' },
    ]) {
      const answer = await send(host.url, { method: 'POST', path, headers, body });
      assert.deepEqual([answer.status, answer.json['error_code']], [413, 'APIGW.0201']);
    }
    const unknown = { method: 'POST', path: '/v3/auth/tokens', body: Buffer.alloc(65_537, 0x20) };
    assert.equal((await send(host.url, unknown)).status, 413);
  });

  test('for bodies that are not JSON, or not an object, are Cdm.0018', async (t) => {
    const host = await startHuaweiHost(t);
    const token = await rootToken(host);
    const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
    const path = `/v1.1/${host.projectId}/clusters`;
    for (const body of [
      '{',
      '[]',
      '"x"',
      '\u0000',
      Buffer.from([0xff, 0xfe]),
      '['.repeat(100_000),
    ]) {
      const answer = await send(host.url, { method: 'POST', path, headers, body });
      assert.deepEqual([answer.status, answer.json['error_code']], [400, 'Cdm.0018'], String(body));
    }
    for (const body of ['', '{}', 'null', ' \n']) {
      const answer = await send(host.url, { method: 'POST', path, headers, body });
      assert.deepEqual([answer.status, answer.json['error_code']], [400, 'Cdm.0238'], body);
    }
  });
});

async function rootToken(host: Awaited<ReturnType<typeof startHuaweiHost>>): Promise<string> {
  const { engine, family, projectId } = host;
  await engine.passwords.set('root', 'root password');
  const user = await engine.passwords.check('root', 'root password');
  assert.ok(user !== null);
  const scope = { kind: 'project', projectId } as const;
  return (await family.tokens.issue(user, scope, Date.now())).text;
}
