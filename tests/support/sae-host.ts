import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import Fastify from 'fastify';
import type { SaeCall } from '../../examples/sae-client.ts';
import { systemClock, systemIds, systemRandom } from '../../src/app/clock.ts';
import { createAliyunFamily } from '../../src/dialects/aliyun/family.ts';
import { openNonceMemory } from '../../src/dialects/aliyun/nonces.ts';
import { answerNotFound, mountProduct, mountRpc } from '../../src/dialects/aliyun/pipeline.ts';
import { createSaeProduct, mountWebhooks, type SaeSettings } from '../../src/dialects/sae/index.ts';
import type { CatalogLimits } from '../../src/domain/catalog.ts';
import { createAccess } from '../../src/engine/access.ts';
import { createCatalog } from '../../src/engine/catalog.ts';
import { createEngine } from '../../src/engine/create.ts';
import type { Engine } from '../../src/engine/index.ts';
import { createTextBox, sealNonceBytes } from '../../src/lib/sealed-box.ts';
import { createSqliteStore } from '../../src/stores/sqlite/store.ts';
import { popRoa, popRpc } from './pop-clients.ts';
import { type Cleanup, temporaryFolder } from './temporary-folder.ts';

const require = createRequire(import.meta.url);
const {
  default: Client,
  Config,
  OpenApiRequest,
  Params,
} = require('@alicloud/openapi-client') as typeof import('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util') as typeof import('@alicloud/tea-util');

export const region = 'cn-hangzhou';
export const accountId = '1000000000000001';

type Texts = Readonly<Record<string, string>>;

/** One signed request through a client core of the vendor; gives the response body. */
export type CatalogCall = (
  action: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  query: Texts,
  body?: { readonly json: Readonly<Record<string, unknown>> } | { readonly form: Texts },
) => Promise<Record<string, unknown>>;

interface Key {
  readonly id: string;
  readonly secret: string;
}

/** The current client core: V3 signatures, or V1. */
function current(host: string, key: Key, algorithm?: 'v2'): CatalogCall {
  const client = new Client(
    new Config({
      accessKeyId: key.id,
      accessKeySecret: key.secret,
      ...(algorithm === undefined ? {} : { signatureAlgorithm: algorithm }),
      endpoint: host,
      protocol: 'HTTP',
    }),
  );
  return async (action, method, pathname, query, body) => {
    const isForm = body !== undefined && 'form' in body;
    const params = new Params({
      action,
      version: '2019-05-06',
      protocol: 'HTTP',
      pathname,
      method,
      authType: 'AK',
      style: 'ROA',
      reqBodyType: isForm ? 'formData' : 'json',
      bodyType: 'json',
    });
    const sent = body === undefined ? {} : { body: isForm ? { ...body.form } : body.json };
    const request = new OpenApiRequest({ query: { ...query }, ...sent });
    const answer = (await client.callApi(params, request, new RuntimeOptions({}))) as {
      body: Record<string, unknown>;
    };
    return answer.body;
  };
}

/** The classic client core in one of its forms; it knows no JSON bodies. */
function classic(call: SaeCall): CatalogCall {
  return async (action, method, path, query, body) => {
    const form =
      body === undefined
        ? undefined
        : 'form' in body
          ? body.form
          : Object.fromEntries(
              Object.entries(body.json).map(([name, value]) => [
                name,
                typeof value === 'string' ? value : JSON.stringify(value),
              ]),
            );
    const answer = await call(action, method as 'POST', path, query, form);
    // Its parser makes objects without a prototype.
    return JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
  };
}

/** Client cores of the vendor: the current one with V3 and V1 signatures, the classic one. */
export const clientNames = ['V3', 'V1', 'classic', 'RPC'] as const;
type ClientName = (typeof clientNames)[number];

/** SAE and its webhooks on a real port, over a real engine and store. Nothing runs: jobs queue. */
export interface SaeHost {
  readonly url: string;
  readonly engine: Engine;
  readonly clients: Readonly<Record<ClientName, CatalogCall>>;
  /** The current client core with the root key. */
  readonly call: CatalogCall;
  /** The same for a user with this policy document. */
  userWith(policy: object): Promise<CatalogCall>;
  /** Errors that the server logged. */
  readonly errors: readonly object[];
}

/** Starts one; it ends with the test. */
export async function startSaeHost(
  cleanup: Cleanup,
  options: {
    readonly settings?: Partial<SaeSettings>;
    readonly limits?: CatalogLimits;
    /** An open in-memory database, for tests that do something to it. */
    readonly memory?: Connection;
  } = {},
): Promise<SaeHost> {
  const folder = await temporaryFolder(cleanup);
  const { memory } = options;
  const store = createSqliteStore(
    memory === undefined ? { path: join(folder, 'store.db') } : { memory },
  );
  await store.open();
  const masterKey = randomBytes(32);
  const box = createTextBox(masterKey, () => randomBytes(sealNonceBytes));
  const access = await createAccess({ store, masterKey, clock: systemClock, randomBytes });
  const { key, secret } = await access.createKey({ user: 'root', root: true });
  const errors: object[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => void errors.push(fields),
  };
  const { engine, close } = createEngine({
    store,
    host: 'test',
    leaseTtlMs: 60_000,
    executors: [],
    access,
    catalog: createCatalog({
      store,
      masterKey,
      randomBytes,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    }),
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log,
  });
  const context = {
    engine,
    region,
    accountId,
    nowMs: () => Date.now(),
    uuid: randomUUID,
    seal: (text: string, purpose: string) => box.seal(text, purpose),
    unseal: (sealed: string, purpose: string) => box.unseal(sealed, purpose),
    log,
  };
  const nonces = openNonceMemory({
    directory: join(folder, 'nonces'),
    nowMs: Date.now(),
    log,
  });
  const family = createAliyunFamily({ context, nonces });
  const app = Fastify({ http: { maxHeaderSize: 256 * 1024 } });
  let url = '';
  const product = createSaeProduct(context, { baseUrl: () => url, ...options.settings });
  await mountProduct(app, product, family);
  await mountRpc(app, family);
  await mountWebhooks(app, product.services);
  app.setNotFoundHandler(answerNotFound(family));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  const host = `127.0.0.1:${address.port}`;
  url = `http://${host}`;
  cleanup.after(async () => {
    app.server.closeAllConnections();
    await app.close();
    nonces.close();
    await close();
    await store.close();
  });
  const root = { id: key.id, secret };
  const v3 = current(host, root);
  return {
    url,
    engine,
    errors,
    call: v3,
    clients: {
      V3: v3,
      V1: current(host, root, 'v2'),
      classic: classic(popRoa(url, root)),
      RPC: classic(popRpc(url, root)),
    },
    async userWith(policy) {
      const name = `user-${randomUUID()}`;
      await access.putPolicy(name, policy);
      const made = await access.createKey({ user: name, policies: [name] });
      return current(host, { id: made.key.id, secret: made.secret });
    },
  };
}

/** Asserts status and code of a refusal, and texts that its message holds. */
export function assertRefusal(
  error: { readonly code: string; readonly status: number; readonly message: string },
  status: number,
  code: string,
  ...texts: readonly string[]
): void {
  assert.deepEqual([error.status, error.code], [status, code], error.message);
  for (const text of texts) assert.ok(error.message.includes(text), error.message);
}
