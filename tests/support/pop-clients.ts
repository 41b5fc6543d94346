import { createRequire } from 'node:module';
import type { SaeCall } from '../../examples/sae-client.ts';

const require = createRequire(import.meta.url);

interface PopConfig {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly endpoint: string;
  readonly apiVersion: string;
  readonly securityToken?: string;
}
interface RoaClient {
  request(
    method: string,
    path: string,
    query: Record<string, string>,
    body: string,
    headers: Record<string, string>,
    options: object,
  ): Promise<Record<string, unknown>>;
}
interface RpcClient {
  request(
    action: string,
    params: Record<string, string>,
    options: object,
  ): Promise<Record<string, unknown>>;
}

const { ROAClient, RPCClient } = require('@alicloud/pop-core') as {
  ROAClient: new (config: PopConfig) => RoaClient;
  RPCClient: new (config: PopConfig) => RpcClient;
};

interface Key {
  readonly id: string;
  readonly secret: string;
}

const config = (url: string, key: Key): PopConfig => ({
  accessKeyId: key.id,
  accessKeySecret: key.secret,
  endpoint: url,
  apiVersion: '2019-05-06',
});

/** The classic client core in its ROA form (V1 signatures). */
export function popRoa(url: string, key: Key): SaeCall {
  const client = new ROAClient(config(url, key));
  return (_action, method, path, query, form) => {
    const body = form === undefined ? '' : new URLSearchParams(form).toString();
    const headers: Record<string, string> =
      form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    return client.request(method, path, { ...query }, body, headers, { timeout: 20_000 });
  };
}

/** The classic client core in its RPC form: everything at `/` by Action (sae.md §3.4). */
export function popRpc(url: string, key: Key): SaeCall {
  const client = new RPCClient(config(url, key));
  return (action, method, _path, query, form) =>
    client.request(
      action,
      { ...query, ...form },
      { method: method === 'GET' ? 'GET' : 'POST', timeout: 20_000 },
    );
}
