import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { RuntimeOptions } from '@alicloud/tea-util';
import { paths, rootKey, startServer, version } from './harness.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

/** Text that every client encodes in its own way. */
const awkward = `["a b","*~!'()"]+é`;

// Both packages are CommonJS: their exports are told as they are at run time.
const require = createRequire(import.meta.url);
const { default: OpenApiClient, ...openApi } =
  require('@alicloud/openapi-client') as typeof import('@alicloud/openapi-client');

interface PopRoa {
  get(path: string, query: object, options: object): Promise<object>;
  post(
    path: string,
    query: object,
    body: string,
    headers: object,
    options: object,
  ): Promise<object>;
}
interface PopRpc {
  request(action: string, params: object, options?: object): Promise<object>;
}
const popCore = require('@alicloud/pop-core') as {
  ROAClient: new (config: Readonly<Record<string, string>>) => PopRoa;
  RPCClient: new (config: Readonly<Record<string, string>>) => PopRpc;
};

describe('official clients', () => {
  let server: Server;
  const tasks: (() => void | Promise<void>)[] = [];
  before(async () => {
    server = await startServer({ after: (task) => tasks.unshift(task) });
  });
  after(async () => {
    for (const task of tasks) await task();
  });

  function current(config: Record<string, string>) {
    const client = new OpenApiClient(
      new openApi.Config({
        accessKeyId: rootKey.id,
        accessKeySecret: rootKey.secret,
        endpoint: server.host,
        protocol: 'HTTP',
        ...config,
      }),
    );
    return async (
      target: { action: string; method: string; path: string; style?: string; json?: boolean },
      query: Record<string, string>,
      body?: Record<string, string>,
    ) => {
      const params = new openApi.Params({
        action: target.action,
        version,
        protocol: 'HTTP',
        pathname: target.path,
        method: target.method,
        authType: 'AK',
        style: target.style ?? 'ROA',
        reqBodyType: target.json === true ? 'json' : 'formData',
        bodyType: 'json',
      });
      const request = new openApi.OpenApiRequest({
        query,
        ...(body === undefined ? {} : { body }),
      });
      const answer = await client.callApi(params, request, new RuntimeOptions({}));
      return (answer as unknown as { body: { Data: unknown } }).body.Data;
    };
  }

  for (const config of [{}, { signatureAlgorithm: 'v2' }]) {
    const name = `openapi-client ${config.signatureAlgorithm ?? 'v3'}`;
    const get = { action: 'DescribeEcho', method: 'GET', path: paths.echo };
    const post = { action: 'PutEcho', method: 'POST', path: paths.put };

    it(`${name}: GET with awkward and empty values`, async () => {
      const data = await current(config)(get, { Command: awkward, Empty: '' });
      assert.deepEqual(data, { Command: awkward, Empty: '' });
    });

    it(`${name}: form, empty form and JSON body`, async () => {
      const call = current(config);
      assert.deepEqual(await call(post, { AppId: 'a' }, { Form: awkward }), {
        AppId: 'a',
        Form: awkward,
      });
      assert.deepEqual(await call(post, { AppId: 'a' }), { AppId: 'a' });
      assert.deepEqual(await call({ ...post, json: true }, {}, { Data: awkward }), {
        Data: awkward,
      });
    });

    it(`${name}: RPC style`, async () => {
      const call = current(config);
      const target = { action: 'PutEcho', method: 'POST', path: '/', style: 'RPC' };
      assert.deepEqual(await call(target, { AppId: 'a' }, { Form: awkward }), {
        AppId: 'a',
        Form: awkward,
      });
    });

    it(`${name}: temporary credentials`, async () => {
      const { key, secret } = await server.access.createKey({ user: 'owner', ttlMs: 60_000 });
      const call = current({
        ...config,
        type: 'sts',
        accessKeyId: key.id,
        accessKeySecret: secret,
        securityToken: key.securityToken ?? '',
      });
      assert.deepEqual(await call(get, { AppId: 'a' }), { AppId: 'a' });
    });

    it(`${name}: errors are typed`, async () => {
      const call = current(config);
      await assert.rejects(
        call({ action: 'RefuseJob', method: 'DELETE', path: paths.echo }, {}),
        (error: Error & { code?: string }) =>
          error.code === 'Mapped.template-suspended' && /refused request id: /.test(error.message),
      );
      await assert.rejects(
        current({ ...config, accessKeySecret: 'wrongwrong' })(get, {}),
        (error: Error & { code?: string }) => error.code === 'SignatureDoesNotMatch',
      );
    });
  }

  const popConfig = () => ({
    accessKeyId: rootKey.id,
    accessKeySecret: rootKey.secret,
    endpoint: `http://${server.host}`,
    apiVersion: version,
  });

  it('pop-core ROA: GET, form POST and temporary credentials', async () => {
    const client = new popCore.ROAClient(popConfig());
    const got = await client.get(paths.echo, { Command: awkward, Empty: '' }, {});
    assert.deepEqual({ ...(got as { Data: object }).Data }, { Command: awkward, Empty: '' });
    const form = new URLSearchParams({ Form: awkward }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const posted = await client.post(paths.put, { AppId: 'a' }, form, headers, {});
    assert.deepEqual({ ...(posted as { Data: object }).Data }, { AppId: 'a', Form: awkward });
    const { key, secret } = await server.access.createKey({ user: 'owner', ttlMs: 60_000 });
    const temporary = new popCore.ROAClient({
      ...popConfig(),
      accessKeyId: key.id,
      accessKeySecret: secret,
      securityToken: key.securityToken ?? '',
    });
    const again = await temporary.get(paths.echo, { AppId: 'a' }, {});
    assert.deepEqual({ ...(again as { Data: object }).Data }, { AppId: 'a' });
  });

  it('pop-core RPC: GET and POST, and its error names', async () => {
    const client = new popCore.RPCClient(popConfig());
    for (const method of ['GET', 'POST']) {
      const answer = await client.request('DescribeEcho', { Command: awkward }, { method });
      assert.deepEqual({ ...(answer as { Data: object }).Data }, { Command: awkward });
    }
    await assert.rejects(
      client.request('RefuseJob', {}),
      (error: Error & { code?: string }) =>
        error.code === 'Mapped.template-suspended' &&
        error.name === 'Mapped.template-suspendedError',
    );
  });
});
