import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { saeClient } from '../../../examples/sae-client.ts';
import { popRoa, popRpc } from '../../support/pop-clients.ts';
import { type SaeServer, startSaeServer } from '../../support/sae.ts';

/** Calls one SAE operation and gives the response body. */
export type OperationCall = (
  action: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  query: Readonly<Record<string, string>>,
  form?: Readonly<Record<string, string>>,
) => Promise<Record<string, unknown>>;

/** Alibaba's client cores by their name and signature, each as a way to call `server`. */
export const clientCores: Readonly<Record<string, (server: SaeServer) => OperationCall>> = {
  'openapi-client, V3': (server) => saeClient(server.url, server.key) as OperationCall,
  'openapi-client, V1': (server) => saeClient(server.url, server.key, 'v2') as OperationCall,
  'pop-core, ROA': (server) => withPlainObjects(popRoa(server.url, server.key) as OperationCall),
  'pop-core, RPC': (server) => withPlainObjects(popRpc(server.url, server.key) as OperationCall),
};

/** The classic core gives objects without a prototype, which are equal to none that have one. */
function withPlainObjects(call: OperationCall): OperationCall {
  return async (...request) =>
    JSON.parse(JSON.stringify(await call(...request))) as Record<string, unknown>;
}

/** Asserts the members that every usual answer has (sae.md §2.4). */
export function assertEnvelope(answer: Readonly<Record<string, unknown>>): void {
  assert.match(
    String(answer['RequestId']),
    /^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[0-9A-F]{4}-[0-9A-F]{12}$/,
  );
  assert.deepEqual(
    [answer['Message'], answer['ErrorCode'], answer['Code'], answer['Success']],
    ['success', '', '200', true],
  );
}

/** A list inside an answer, as rows of fields. */
export function rowsOf(answer: unknown, name: string): readonly Record<string, unknown>[] {
  const list = (answer as Record<string, unknown>)[name];
  assert.ok(Array.isArray(list), `${name} is no array`);
  return list as Record<string, unknown>[];
}

/** The JSON type of each member, for comparing with the contract. */
export function typesOf(
  row: Readonly<Record<string, unknown>> | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? 'array' : typeof value,
    ]),
  );
}

/** Members by type, written shortly: `types('string', 'A B')` is `{ A: 'string', B: 'string' }`. */
export function types(type: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, type]));
}

/** Starts one server for all tests of the suite it is called in, and ends it after them. */
export function suiteServer(env: Readonly<Record<string, string>> = {}): () => SaeServer {
  const tasks: (() => void | Promise<void>)[] = [];
  let server: SaeServer | undefined;
  before(async () => {
    server = await startSaeServer({ after: (task) => tasks.push(task) }, { env });
  });
  after(async () => {
    for (const task of tasks.toReversed()) await task();
  });
  return () => {
    assert.ok(server, 'the suite has no server yet');
    return server;
  };
}

/** The client core of today’s SDKs, for tests that need only one. */
export function currentClient(server: SaeServer): OperationCall {
  return saeClient(server.url, server.key) as OperationCall;
}

/** A client of a user who may only do what this policy document says. */
export async function clientWithPolicy(
  server: SaeServer,
  user: string,
  statements: readonly Readonly<Record<string, string>>[],
): Promise<OperationCall> {
  const file = join(server.dataDir, `${user}.json`);
  await writeFile(file, JSON.stringify({ Version: '1', Statement: statements }));
  await server.cli('policies', 'put', user, file);
  const key = (await server.cli('keys', 'create', '--user', user, '--policy', user)) as {
    readonly id: string;
    readonly secret: string;
  };
  return saeClient(server.url, key) as OperationCall;
}
