import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { message, paths, rootKey, send, signV3, startServer, version } from './harness.ts';
import type { Sent } from './harness.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

const echo: Sent = { method: 'GET', url: `${paths.echo}?AppId=a` };

describe('pipeline', () => {
  let server: Server;
  const tasks: (() => void | Promise<void>)[] = [];
  before(async () => {
    server = await startServer({ after: (task) => tasks.unshift(task) });
  });
  after(async () => {
    for (const task of tasks) await task();
  });

  const call = (sent: Sent, options?: Parameters<typeof signV3>[2]) =>
    send(server.port, signV3(server.host, sent, options));

  async function assertRefused(
    answer: ReturnType<typeof send>,
    status: number,
    code: string,
    text?: string,
  ) {
    const { status: actual, json, headers } = await answer;
    assert.equal(json['Code'], code);
    assert.equal(actual, status);
    assert.equal(json['ErrorCode'], code);
    assert.equal(json['Success'], false);
    assert.equal(json['HostId'], server.host);
    assert.equal(headers['x-acs-request-id'], json['RequestId']);
    assert.match(String(json['Recommend']), new RegExp(`q=${code}&requestId=${json['RequestId']}`));
    if (text !== undefined) assert.equal(json['Message'], text);
  }

  it('answers the success envelope in the order of the samples', async () => {
    const { status, headers, json } = await call(echo);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/json;charset=utf-8');
    assert.equal(headers['x-acs-trace-id'], json['TraceId']);
    assert.deepEqual(Object.keys(json), [
      'RequestId',
      'Message',
      'TraceId',
      'Data',
      'ErrorCode',
      'Code',
      'Success',
    ]);
    assert.match(
      String(json['RequestId']),
      /^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[0-9A-F]{4}-[0-9A-F]{12}$/,
    );
    assert.match(String(json['TraceId']), /^[0-9a-f]{8}\d{17}[de][0-9a-f]{4}$/);
    assert.deepEqual(json['Data'], { AppId: 'a' });
  });

  it('merges query, form and JSON; the query wins; + is a space; empty is present', async () => {
    const form = await call({
      method: 'POST',
      url: `${paths.put}?AppId=query&Empty=`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'AppId=form&Form=a+b%20c%2B%C3%A9',
    });
    assert.deepEqual(form.json['Data'], { AppId: 'query', Empty: '', Form: 'a b c+é' });
    const json = await call({
      method: 'POST',
      url: paths.put,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: '{"Data":"{\\"k\\":1}","Count":3,"Form":true,"Empty":null,"__proto__":"x"}',
    });
    assert.deepEqual(json.json['Data'], { Data: '{"k":1}', Count: '3', Form: 'true' });
  });

  it('refuses a replay, and knows the nonce of another key apart', async () => {
    const signed = signV3(server.host, echo, { nonce: 'once' });
    assert.equal((await send(server.port, signed)).status, 200);
    await assertRefused(send(server.port, signed), 400, 'SignatureNonceUsed', message('nonceUsed'));
    const { key, secret } = await server.access.createKey({ user: 'owner' });
    const other = await call(echo, { nonce: 'once', key: { id: key.id, secret } });
    assert.equal(other.status, 200);
  });

  it('does not let a forged request burn a nonce', async () => {
    const forged = { key: { id: rootKey.id, secret: 'wrongwrong' }, nonce: 'kept' };
    await assertRefused(call(echo, forged), 400, 'SignatureDoesNotMatch');
    assert.equal((await call(echo, { nonce: 'kept' })).status, 200);
  });

  it('shows its canonical request when the signature is wrong', async () => {
    const signed = signV3(server.host, echo);
    const changed = { ...signed, url: `${paths.echo}?AppId=b` };
    const { json } = await send(server.port, changed);
    assert.match(
      String(json['Message']),
      /^Specified signature does not match our calculation\. server StringToSign is \[ACS3-HMAC-SHA256\n[0-9a-f]{64}\] server CanonicalRequest is \[GET\n/,
    );
  });

  it('refuses a body other than the signed one', async () => {
    const signed = signV3(server.host, {
      method: 'POST',
      url: paths.put,
      headers: { 'content-type': 'application/json' },
      body: '{"Data":"1"}',
    });
    await assertRefused(
      send(server.port, { ...signed, body: '{"Data":"2"}' }),
      400,
      'SignatureDoesNotMatch',
    );
  });

  it('keeps to the order of checks and their messages', async () => {
    const unknown = { key: { id: 'LSunknown', secret: 'x' } };
    const old = new Date(Date.now() - 16 * 60_000).toISOString();
    await assertRefused(
      send(server.port, { ...echo, headers: { host: server.host } }),
      400,
      'MissingAccessKeyId',
      message('missingAccessKeyId'),
    );
    await assertRefused(
      call(echo, { ...unknown, date: 'yesterday' }),
      400,
      'InvalidTimeStamp.Format',
      message('timestampFormat'),
    );
    await assertRefused(
      call(echo, { ...unknown, date: old }),
      400,
      'InvalidTimeStamp.Expired',
      message('timestampExpired'),
    );
    await assertRefused(
      call(echo, unknown),
      404,
      'InvalidAccessKeyId.NotFound',
      message('unknownAccessKey'),
    );
    await assertRefused(
      call({ ...echo, url: '/pop/v1/nothing' }, unknown),
      404,
      'InvalidApi.NotFound',
      message('apiNotFound'),
    );
    await assertRefused(call({ ...echo, method: 'PATCH' }), 404, 'InvalidApi.NotFound');
    await assertRefused(call({ method: 'POST', url: '/elsewhere' }), 404, 'InvalidApi.NotFound');
    await assertRefused(
      call(echo, { extra: { 'x-acs-version': '2000-01-01' } }),
      400,
      'InvalidVersion',
      message('invalidVersion'),
    );
    await assertRefused(
      call(echo, { extra: { 'x-acs-action': 'Other' } }),
      404,
      'InvalidApi.NotFound',
    );
    for (const authorization of ['ACS3-HMAC-SM3 Credential=a', 'ACS3-RSA-SHA256 x']) {
      await assertRefused(
        send(server.port, { ...echo, headers: { host: server.host, authorization } }),
        400,
        'InvalidSignatureMethod',
        message('invalidSignatureMethod'),
      );
    }
    for (const authorization of ['ACS3-HMAC-SHA256 Credential=a', 'acs nocolon']) {
      await assertRefused(
        send(server.port, { ...echo, headers: { host: server.host, authorization } }),
        400,
        'IncompleteSignature',
        message('incompleteSignature'),
      );
    }
  });

  it('follows the server clock on both sides of the window', async () => {
    server.setSkewMs(14 * 60_000);
    assert.equal((await call(echo)).status, 200);
    server.setSkewMs(-14 * 60_000);
    assert.equal((await call(echo)).status, 200);
    server.setSkewMs(-16 * 60_000);
    await assertRefused(call(echo), 400, 'InvalidTimeStamp.Expired');
    server.setSkewMs(0);
  });

  it('checks temporary credentials', async () => {
    const { key, secret } = await server.access.createKey({ user: 'owner', ttlMs: 60_000 });
    const sts = { id: key.id, secret };
    const token = (value: string) => ({ key: sts, extra: { 'x-acs-security-token': value } });
    assert.match(key.id, /^STS\.LS\w{20}$/);
    assert.equal((await call(echo, token(key.securityToken ?? ''))).status, 200);
    await assertRefused(
      call(echo, { key: sts }),
      400,
      'MissingSecurityToken',
      message('missingSecurityToken'),
    );
    await assertRefused(
      call(echo, token('other')),
      400,
      'InvalidSecurityToken.MismatchWithAccessKey',
      message('securityTokenMismatch'),
    );
    await assertRefused(
      call(echo, token('no{token}')),
      400,
      'InvalidSecurityToken.Malformed',
      message('securityTokenMalformed'),
    );
    await assertRefused(
      call(echo, { extra: { 'x-acs-security-token': 'any' } }),
      400,
      'InvalidSecurityToken.MismatchWithAccessKey',
    );
    server.setSkewMs(2 * 60_000);
    await assertRefused(
      call(echo, token(key.securityToken ?? '')),
      400,
      'InvalidSecurityToken.Expired',
      message('securityTokenExpired'),
    );
    server.setSkewMs(0);
  });

  it('refuses a disabled key until it is enabled again', async () => {
    const { key, secret } = await server.access.createKey({ user: 'owner' });
    const options = { key: { id: key.id, secret } };
    assert.equal((await call(echo, options)).status, 200);
    await server.access.setKeyEnabled(key.id, false);
    await assertRefused(
      call(echo, options),
      400,
      'InvalidAccessKeyId.Inactive',
      message('inactiveAccessKey'),
    );
    await server.access.setKeyEnabled(key.id, true);
    assert.equal((await call(echo, options)).status, 200);
    await server.access.deleteKey(key.id);
    await assertRefused(call(echo, options), 404, 'InvalidAccessKeyId.NotFound');
  });

  it('asks the policies and says what was missing', async () => {
    const { key, secret } = await server.access.createKey({
      user: 'reader',
      policies: ['AliyunSAEReadOnlyAccess'],
    });
    const options = { key: { id: key.id, secret } };
    assert.equal((await call(echo, options)).status, 200);
    const refused = call({ method: 'POST', url: paths.put }, options);
    await assertRefused(refused, 403, 'NoPermission', 'You are not authorized to do this action.');
    const detail = (await refused).json['AccessDeniedDetail'] as Record<string, unknown>;
    assert.equal(detail['AuthAction'], 'sae:PutEcho');
    assert.equal(detail['NoPermissionType'], 'ImplicitDeny');
    assert.equal(detail['AuthPrincipalDisplayName'], 'reader');
    assert.equal(detail['AuthPrincipalOwnerId'], '1000000000000001');
    await server.access.putPolicy('elsewhere-only', {
      Version: '1',
      Statement: {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { IpAddress: { 'acs:SourceIp': '127.0.0.0/8' } },
      },
    });
    await server.access.putUser({
      name: 'reader',
      policies: ['AliyunSAEReadOnlyAccess', 'elsewhere-only'],
    });
    const denied = (await call(echo, options)).json['AccessDeniedDetail'];
    assert.equal((denied as Record<string, unknown>)['NoPermissionType'], 'ExplicitDeny');
  });

  it('answers what cannot be decoded with a 400', async () => {
    for (const query of ['AppId=%ff', 'AppId=%zz', 'AppId=%', '%c3=1']) {
      const url = `${paths.echo}?${query}`;
      await assertRefused(call({ ...echo, url }), 400, 'InvalidParameter.WithMessage');
    }
    const bodies: [string, string | Uint8Array][] = [
      ['application/x-www-form-urlencoded', 'Form=%ff'],
      ['application/x-www-form-urlencoded', Uint8Array.of(0x41, 0x3d, 0xff)],
      ['application/json', '{'],
      ['application/json', '[]'],
      ['application/json', Uint8Array.of(0x22, 0xff, 0x22)],
      ['/;;', 'x'],
    ];
    for (const [type, body] of bodies) {
      const sent = { method: 'POST', url: paths.put, headers: { 'content-type': type }, body };
      await assertRefused(call(sent), 400, 'InvalidParameter.WithMessage');
    }
  });

  it('takes 100 KiB of query, and refuses an oversize body as JSON', async () => {
    const envs = 'x'.repeat(100 * 1024);
    const { json } = await call({ ...echo, url: `${paths.echo}?Envs=${envs}` });
    assert.deepEqual(json['Data'], { Envs: envs });
    const body = Buffer.alloc(4 * 1024 * 1024 + 1, 'a');
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await assertRefused(
      call({ method: 'POST', url: paths.put, headers, body }),
      400,
      'InvalidParameter.WithMessage',
    );
  });

  it('maps refusals of the engine, and hides and logs what was unexpected', async () => {
    await assertRefused(
      call({ method: 'DELETE', url: paths.echo }),
      400,
      'Mapped.template-suspended',
      'refused',
    );
    const broken = call({ method: 'PUT', url: paths.echo });
    await assertRefused(broken, 500, 'InternalError', message('internalError'));
    const { RequestId: requestId } = (await broken).json;
    assert.ok(
      server.logged.some((fields) => 'requestId' in fields && fields.requestId === requestId),
    );
    assert.ok(!(await broken).text.includes('secret detail'));
  });

  it('serves operations by name on / and ties RPC signatures to their action', async () => {
    const action = { 'x-acs-action': 'DescribeEcho', 'x-acs-version': version };
    const byHeader = await call({ method: 'POST', url: '/?AppId=a' }, { extra: action });
    assert.deepEqual(byHeader.json['Data'], { AppId: 'a' });
    await assertRefused(
      call({ method: 'GET', url: '/' }, { extra: { ...action, 'x-acs-version': '1' } }),
      400,
      'InvalidVersion',
    );
    await assertRefused(
      call({ method: 'GET', url: '/' }, { extra: { ...action, 'x-acs-action': 'None' } }),
      404,
      'InvalidApi.NotFound',
    );
    // A header that nobody signed must not choose the operation.
    const signed = signV3(server.host, { method: 'GET', url: '/?Action=DescribeEcho' });
    await assertRefused(
      send(server.port, {
        ...signed,
        headers: { ...signed.headers, 'x-acs-action': 'BreakJob', 'x-acs-version': version },
      }),
      400,
      'IncompleteSignature',
    );
    await assertRefused(
      send(server.port, {
        method: 'GET',
        url: `${paths.echo}?AccessKeyId=a&Signature=b&SignatureNonce=c&Action=PutEcho&Version=${version}`,
      }),
      404,
      'InvalidApi.NotFound',
    );
  });

  it('answers HEAD like any unknown method', async () => {
    const { status, headers, text } = await send(server.port, { ...echo, method: 'HEAD' });
    assert.equal(status, 404);
    assert.equal(headers['content-type'], 'application/json;charset=utf-8');
    assert.equal(text, '');
  });
});

describe('nonce limit', () => {
  it('denies with Throttling when nothing more can be recorded', async (t) => {
    const server = await startServer(t, { nonceLimit: 2 });
    const codes: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { status, json } = await send(server.port, signV3(server.host, echo));
      codes.push(status === 429 ? json['Code'] : status);
    }
    assert.deepEqual(codes, [200, 200, 'Throttling']);
  });
});
