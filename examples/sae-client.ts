import { createRequire } from 'node:module';

/**
 * Alibaba's own client core, pointed at a Longshore server. This is all that a program changes:
 * the endpoint (and HTTP when there is no TLS in front).
 */
const require = createRequire(import.meta.url);
const {
  default: Client,
  Config,
  OpenApiRequest,
  Params,
} = require('@alicloud/openapi-client') as typeof import('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util') as typeof import('@alicloud/tea-util');

export type SaeCall = (
  action: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  query: Readonly<Record<string, string>>,
  form?: Readonly<Record<string, string>>,
) => Promise<Record<string, unknown>>;

/** A function that calls one SAE operation with a signed request and gives the response body. */
export function saeClient(
  url: string,
  key: { readonly id: string; readonly secret: string; readonly token?: string },
  signatureAlgorithm?: 'v2',
): SaeCall {
  const client = new Client(
    new Config({
      accessKeyId: key.id,
      accessKeySecret: key.secret,
      ...(key.token === undefined ? {} : { securityToken: key.token }),
      ...(signatureAlgorithm === undefined ? {} : { signatureAlgorithm }),
      endpoint: new URL(url).host,
      protocol: 'HTTP',
    }),
  );
  return async (action, method, path, query, form) => {
    const params = new Params({
      action,
      version: '2019-05-06',
      protocol: 'HTTP',
      pathname: path,
      method,
      authType: 'AK',
      style: 'ROA',
      reqBodyType: form === undefined ? 'json' : 'formData',
      bodyType: 'json',
    });
    const request = new OpenApiRequest({
      query: { ...query },
      ...(form === undefined ? {} : { body: { ...form } }),
    });
    const answer = (await client.callApi(params, request, new RuntimeOptions({}))) as {
      body: Record<string, unknown>;
    };
    return answer.body;
  };
}
