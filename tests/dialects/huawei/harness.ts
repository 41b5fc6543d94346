/** IAM and CDM on a real port, over a real engine and store, and the vendor's client core at it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import Fastify from 'fastify';
import { systemClock, systemIds, systemRandom } from '../../../src/app/clock.ts';
import { loadConfig } from '../../../src/app/config.ts';
import { createTransfers } from '../../../src/app/transfers.ts';
import { createCdmProduct, defaultTransferSettings } from '../../../src/dialects/cdm/index.ts';
import type { CdmServices } from '../../../src/dialects/cdm/services.ts';
import { createHuaweiFamily, type HuaweiFamily } from '../../../src/dialects/huawei/family.ts';
import { createIamProduct } from '../../../src/dialects/huawei/iam/index.ts';
import { mountProduct } from '../../../src/dialects/huawei/pipeline.ts';
import { createAccess } from '../../../src/engine/access.ts';
import { createCatalog } from '../../../src/engine/catalog.ts';
import { createEngine } from '../../../src/engine/create.ts';
import type { Engine } from '../../../src/engine/index.ts';
import { createLinks } from '../../../src/engine/links.ts';
import { createTextBox, sealNonceBytes } from '../../../src/lib/sealed-box.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';

const require = createRequire(import.meta.url);
const { BasicCredentials } =
  require('@huaweicloud/huaweicloud-sdk-core') as typeof import('@huaweicloud/huaweicloud-sdk-core');
// What the package's ClientBuilder puts together; it needs a package that the core does not name.
const { HcClient } =
  require('@huaweicloud/huaweicloud-sdk-core/HcClient.js') as typeof import('@huaweicloud/huaweicloud-sdk-core/HcClient.js');
const { DefaultHttpClient } =
  require('@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js') as typeof import('@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js');

/** Region of the servers here, and so the name of their first project. */
export const region = 'cn-north-4';

export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** What a client core made of an answer: the JSON object with `httpStatusCode`. */
export type Answer = Readonly<Record<string, unknown>> & { readonly httpStatusCode: number };

/** One call through the vendor's client core. `{names}` in the path are replaced by `params`. */
export type SdkCall = (
  method: string,
  path: string,
  options?: {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  },
) => Promise<Answer>;

/** A client of the vendor's core, configured as its users do. */
export function sdkClient(
  url: string,
  key: Key,
  options: {
    /** Null = the client looks it up, and makes one when there is none. */
    readonly projectId: string | null;
    readonly region?: string;
  },
): SdkCall {
  const credentials = new BasicCredentials().withAk(key.id).withSk(key.secret);
  credentials.iamEndpoint = url;
  if (options.projectId !== null) credentials.withProjectId(options.projectId);
  // It prints every refusal, with all headers, unless it is given a logger.
  const clientOptions = { logger: silent } as never;
  const hcClient = new HcClient(new DefaultHttpClient(clientOptions, [url]), clientOptions);
  hcClient.withCredential(credentials).withEndpoints([url]);
  if (options.region !== undefined) {
    hcClient.withRegion({ id: options.region, endpoint: url, endpoints: [url] } as never);
  }
  return (method, path, { params = {}, query = {}, headers = {}, body } = {}) =>
    hcClient.sendRequest({
      method,
      url: path,
      contentType: 'application/json',
      queryParams: { ...query },
      pathParams: { ...params },
      headers: { ...headers },
      // What generated clients do for operations without a body.
      data: (body ?? {}) as Record<string, unknown>,
    }) as unknown as Promise<Answer>;
}

const silent = Object.fromEntries(
  ['debug', 'info', 'warn', 'error', 'setLevel', 'setName'].map((name) => [name, () => undefined]),
);

/** A raw exchange. */
export interface Exchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** Sends one request as it is written, through no client. */
export function send(
  url: string,
  input: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  },
): Promise<Exchange> {
  const { port } = new URL(url);
  const { method, path, body } = input;
  // Node frames the body of a GET only if it is told how long it is.
  const framed = body === undefined || input.headers?.['transfer-encoding'] !== undefined;
  const headers = {
    ...(framed ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...input.headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false, timeout: 30_000 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      },
    );
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error('no answer in 30 s')));
    request.end(body);
  });
}

/** A server and what tests do to it. */
export interface HuaweiHost {
  readonly url: string;
  readonly engine: Engine;
  readonly family: HuaweiFamily;
  readonly services: CdmServices;
  /** Of the project that is called as the region. */
  readonly projectId: string;
  readonly rootKey: Key;
  /** The client core with the root key and the project. */
  readonly call: SdkCall;
  /** The same for a user with this policy document. */
  userWith(policy: object): Promise<{ readonly name: string; readonly key: Key }>;
  /** What the server's clock says; tests may set it. */
  readonly clock: { nowMs: number | null };
  /** Errors that the server logged. */
  readonly errors: readonly object[];
  /** Ends it and starts another over the same store. */
  restart(): Promise<HuaweiHost>;
}

/** Starts one; it ends with the test. */
export async function startHuaweiHost(cleanup: Cleanup): Promise<HuaweiHost> {
  // Newest first: the folder goes when nothing writes there any more.
  const tasks: (() => void | Promise<void>)[] = [];
  cleanup.after(async () => {
    for (const task of tasks.toReversed()) await task();
  });
  const ordered: Cleanup = { after: (task) => void tasks.push(task) };
  const folder = await temporaryFolder(ordered);
  return start(ordered, {
    path: join(folder, 'store.db'),
    masterKey: randomBytes(32),
    rootKey: null,
  });
}

async function start(
  cleanup: Cleanup,
  kept: { readonly path: string; readonly masterKey: Uint8Array; readonly rootKey: Key | null },
): Promise<HuaweiHost> {
  const { masterKey } = kept;
  const store = createSqliteStore({ path: kept.path });
  await store.open();
  const box = createTextBox(masterKey, () => randomBytes(sealNonceBytes));
  const access = await createAccess({ store, masterKey, clock: systemClock, randomBytes });
  const made = kept.rootKey === null ? await access.createKey({ user: 'root', root: true }) : null;
  const rootKey = kept.rootKey ?? { id: made?.key.id ?? '', secret: made?.secret ?? '' };
  const errors: object[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => void errors.push(fields),
  };
  const { config } = loadConfig({
    flags: [],
    env: {},
    file: null,
    cwd: dirname(kept.path),
    root: false,
  });
  const running = createEngine({
    store,
    host: 'test',
    leaseTtlMs: 60_000,
    executors: [],
    access,
    catalog: createCatalog({ store, masterKey, randomBytes }),
    dataJobs: {
      links: createLinks({
        store,
        nowMs: () => Date.now(),
        seal: (text, purpose) => box.seal(text, purpose),
        unseal: (sealed, purpose) => box.unseal(sealed, purpose),
      }),
      transfers: createTransfers(config, () => Date.now()),
    },
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log,
  });
  const { engine } = running;
  const clock: { nowMs: number | null } = { nowMs: null };
  let url = '';
  const context = {
    engine,
    region,
    accountId: '1000000000000001',
    nowMs: () => clock.nowMs ?? Date.now(),
    uuid: randomUUID,
    seal: (text: string, purpose: string) => box.seal(text, purpose),
    unseal: (sealed: string, purpose: string) => box.unseal(sealed, purpose),
    log,
    baseUrl: () => url,
  };
  const family = createHuaweiFamily(context, {
    domain: 'longshore',
    projects: ['spare'],
    regions: ['cn-south-1', 'ap-southeast-3'],
  });
  // Links lead nowhere here.
  const transfers = { ...defaultTransferSettings, testLinks: false };
  const product = createCdmProduct(context, { transfers });
  const app = Fastify({ bodyLimit: 16 * 1024 * 1024, routerOptions: { maxParamLength: 512 } });
  await mountProduct(app, createIamProduct(family), family);
  await mountProduct(app, product, family);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  url = `http://127.0.0.1:${address.port}`;
  let ended = false;
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    product.services.clusters.close();
    app.server.closeAllConnections();
    await app.close();
    await running.close();
    await store.close();
  };
  cleanup.after(end);
  const projectId = (await family.projects.findByName(region))?.id ?? '';
  return {
    url,
    engine,
    family,
    services: product.services,
    projectId,
    rootKey,
    call: sdkClient(url, rootKey, { projectId }),
    async userWith(policy) {
      const name = `user-${randomUUID()}`;
      await access.putPolicy(name, policy);
      const { key, secret } = await access.createKey({ user: name, policies: [name] });
      return { name, key: { id: key.id, secret } };
    },
    clock,
    errors,
    async restart() {
      await end();
      return start(cleanup, { path: kept.path, masterKey, rootKey });
    },
  };
}

/** What a client core throws. */
export interface SdkFailure {
  readonly httpStatusCode: number;
  readonly errorCode: string;
  readonly errorMsg: string;
}

/** The failure of a call. @throws Error when it succeeds. */
export async function failureOf(call: Promise<unknown>): Promise<SdkFailure> {
  try {
    await call;
  } catch (error) {
    return error as SdkFailure;
  }
  throw new Error('the call was expected to fail');
}
