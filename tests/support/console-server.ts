import assert from 'node:assert/strict';
import type { Credentials } from './browser.ts';
import { createKey, dataFolder, type RunningServer, startServer } from './server.ts';
import type { Cleanup } from './temporary-folder.ts';

/** A server with the console, and what may be done on it. */
export interface ConsoleServer extends RunningServer {
  /** An access key that passes every check. */
  readonly root: Credentials;
  /** Calls the native API as the operator. @throws AssertionError unless it is answered 2xx. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Makes a user with a password; `policies` are names, a document becomes a policy of its own. */
  createUser(
    name: string,
    password: string,
    rights: { readonly root?: boolean; readonly policies?: readonly string[] },
  ): Promise<Credentials>;
  /** Makes a policy that allows the actions on everything. */
  allow(name: string, actions: readonly string[]): Promise<string>;
}

/** Starts `longshore up` for a test of the console. */
export async function startConsoleServer(
  cleanup: Cleanup,
  args: readonly string[] = [],
): Promise<ConsoleServer> {
  const dataDir = await dataFolder(cleanup);
  const server = await startServer(cleanup, dataDir, args);
  const { id, secret } = await createKey(cleanup, dataDir);
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    ...server,
    root: { accessKeyId: id, accessKeySecret: secret },
    call,
    async createUser(name, password, { root = false, policies = [] }) {
      await call('PUT', `/users/${name}`, { root, policies });
      await call('PUT', `/users/${name}/password`, { password });
      return { user: name, password };
    },
    async allow(name, actions) {
      const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }];
      await call('PUT', `/policies/${name}`, { document: { Version: '1', Statement } });
      return name;
    },
  };
}
