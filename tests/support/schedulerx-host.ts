import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import Fastify from 'fastify';
import { systemClock, systemIds, systemRandom } from '../../src/app/clock.ts';
import { createAliyunFamily } from '../../src/dialects/aliyun/family.ts';
import { openNonceMemory } from '../../src/dialects/aliyun/nonces.ts';
import { answerNotFound, mountProduct, mountRpc } from '../../src/dialects/aliyun/pipeline.ts';
import {
  createSchedulerxProduct,
  createWorkflowRules,
  defaultSchedulerxSettings,
  InstanceIds,
  numberInstanceIds,
  scheduleKey,
  type SchedulerxServices,
  type SchedulerxSettings,
} from '../../src/dialects/schedulerx/index.ts';
import { createAccess } from '../../src/engine/access.ts';
import { createCatalog } from '../../src/engine/catalog.ts';
import { createEngine } from '../../src/engine/create.ts';
import type { Engine } from '../../src/engine/index.ts';
import { createTextBox, sealNonceBytes } from '../../src/lib/sealed-box.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Executor } from '../../src/ports/executor.ts';
import type { Store } from '../../src/ports/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite/store.ts';
import { type Cleanup, temporaryFolder } from './temporary-folder.ts';

const require = createRequire(import.meta.url);
const {
  default: Client,
  Config,
  OpenApiRequest,
  Params,
} = require('@alicloud/openapi-client') as typeof import('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util') as typeof import('@alicloud/tea-util');

interface PopClient {
  request(
    action: string,
    params: Readonly<Record<string, string>>,
    options: object,
  ): Promise<Record<string, unknown>>;
}
const { RPCClient } = require('@alicloud/pop-core') as {
  RPCClient: new (config: object) => PopClient;
};

export const region = 'cn-hangzhou';
export const accountId = '1000000000000001';
const version = '2019-04-30';

type Texts = Readonly<Record<string, string>>;
export type Answer = Record<string, unknown>;

/**
 * One operation through a client core of the vendor. `query` and `form` are where current SDKs
 * send parameters; cores that know one place only put all there. Gives the body; business failures
 * too, except for the classic core, which throws them.
 */
export type SchedulerxCall = (
  action: string,
  query: Texts,
  form?: Texts,
  method?: 'GET' | 'POST',
) => Promise<Answer>;

export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** The current client core: V3 signatures, or V1. */
function current(host: string, key: Key, algorithm?: 'v2'): SchedulerxCall {
  const client = new Client(
    new Config({
      accessKeyId: key.id,
      accessKeySecret: key.secret,
      ...(algorithm === undefined ? {} : { signatureAlgorithm: algorithm }),
      endpoint: host,
      protocol: 'HTTP',
    }),
  );
  return async (action, query, form, method) => {
    const params = new Params({
      action,
      version,
      protocol: 'HTTP',
      pathname: '/',
      method: method ?? (form === undefined ? 'GET' : 'POST'),
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    });
    const request = new OpenApiRequest({
      query: { ...query },
      ...(form === undefined ? {} : { body: { ...form } }),
    });
    const answer = (await client.callApi(params, request, new RuntimeOptions({}))) as {
      body: Answer;
    };
    return answer.body;
  };
}

/** The classic client core: everything in the query (GET) or in the form (POST). */
function classic(url: string, key: Key, method: 'GET' | 'POST'): SchedulerxCall {
  const client = new RPCClient({
    accessKeyId: key.id,
    accessKeySecret: key.secret,
    endpoint: url,
    apiVersion: version,
  });
  return async (action, query, form) => {
    const answer = await client.request(action, { ...query, ...form }, { method, timeout: 20_000 });
    return JSON.parse(JSON.stringify(answer)) as Answer;
  };
}

/** Client cores of the vendor and their signatures. */
export const clientNames = ['V3', 'V1', 'pop-GET', 'pop-POST'] as const;
type ClientName = (typeof clientNames)[number];

/** SchedulerX on a real port, over a real engine and store. */
export interface SchedulerxHost {
  readonly url: string;
  readonly engine: Engine;
  readonly store: Store;
  readonly services: SchedulerxServices;
  readonly key: Key;
  readonly clients: Readonly<Record<ClientName, SchedulerxCall>>;
  /** The current client core with the root key. */
  readonly call: SchedulerxCall;
  /** The same for a user with this policy document; `name` tells who it is. */
  userWith(policy: object | null, name?: string): Promise<SchedulerxCall>;
  /** Errors that the server logged. */
  readonly errors: readonly object[];
}

/** Starts one; it ends with the test. Without executors nothing runs: instances queue. */
export async function startSchedulerxHost(
  cleanup: Cleanup,
  options: {
    readonly settings?: Partial<SchedulerxSettings>;
    readonly executors?: readonly Executor[];
    /** Whether the engine runs, so that schedules fire and instances start; default no. */
    readonly running?: boolean;
    readonly clock?: Clock;
    /** Folder of the database; default a new one. */
    readonly folder?: string;
  } = {},
): Promise<SchedulerxHost> {
  const folder = options.folder ?? (await temporaryFolder(cleanup));
  const clock = options.clock ?? systemClock;
  const store = createSqliteStore({ path: join(folder, 'store.db') });
  await store.open();
  const masterKey = randomBytes(32);
  const box = createTextBox(masterKey, () => randomBytes(sealNonceBytes));
  const access = await createAccess({ store, masterKey, clock, randomBytes });
  const { key, secret } = await access.createKey({ user: 'root', root: true });
  const errors: object[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => void errors.push(fields),
  };
  const instanceIds = new InstanceIds(Math.random());
  const running = createEngine({
    store,
    host: 'test',
    leaseTtlMs: 60_000,
    executors: options.executors ?? [],
    access,
    catalog: createCatalog({ store, masterKey, randomBytes }),
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
    clock,
    ids: systemIds,
    random: systemRandom,
    log,
    scheduledRunId: (dialect, uuid) =>
      dialect === 'schedulerx' ? instanceIds.next(clock.nowMs()) : `schedule-${uuid}`,
    runKey: (dialect, nominalMs) => (dialect === 'schedulerx' ? scheduleKey(nominalMs) : null),
    workflowRules: (dialect) =>
      dialect === 'schedulerx'
        ? createWorkflowRules({ ...defaultSchedulerxSettings, ...options.settings }, () =>
            clock.nowMs(),
          )
        : null,
  });
  const { engine } = running;
  await numberInstanceIds(instanceIds, engine);
  const context = {
    engine,
    region,
    accountId,
    nowMs: () => clock.nowMs(),
    uuid: randomUUID,
    seal: (text: string, purpose: string) => box.seal(text, purpose),
    unseal: (sealed: string, purpose: string) => box.unseal(sealed, purpose),
    log,
  };
  const nonces = openNonceMemory({ directory: join(folder, 'nonces'), nowMs: Date.now(), log });
  // Signatures carry the time of the clients' own clock.
  const family = createAliyunFamily({ context: { ...context, nowMs: () => Date.now() }, nonces });
  const app = Fastify({ http: { maxHeaderSize: 256 * 1024 } });
  const product = createSchedulerxProduct(context, options.settings, instanceIds);
  await mountProduct(app, product, family);
  await mountRpc(app, family);
  app.setNotFoundHandler(answerNotFound(family));
  if (options.running === true) await running.start();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  const host = `127.0.0.1:${address.port}`;
  const url = `http://${host}`;
  cleanup.after(async () => {
    app.server.closeAllConnections();
    await app.close();
    nonces.close();
    await running.close();
    await store.close();
  });
  const root = { id: key.id, secret };
  const call = current(host, root);
  return {
    url,
    engine,
    store,
    services: product.services,
    key: root,
    errors,
    call,
    clients: {
      V3: call,
      V1: current(host, root, 'v2'),
      'pop-GET': classic(url, root, 'GET'),
      'pop-POST': classic(url, root, 'POST'),
    },
    async userWith(policy, name = `user-${randomUUID()}`) {
      if (policy !== null) await access.putPolicy(name, policy);
      const made = await access.createKey({ user: name, policies: policy === null ? [] : [name] });
      return current(host, { id: made.key.id, secret: made.secret });
    },
  };
}

let groups = 0;

/** An application of its own in the default namespace, as the parameters that name it. */
export async function newGroup(
  { call }: Pick<SchedulerxHost, 'call'>,
  extra: Texts = {},
): Promise<{ readonly RegionId: string; readonly Namespace: string; readonly GroupId: string }> {
  groups += 1;
  const names = { RegionId: region, Namespace: 'default', GroupId: `app.group${groups}` };
  const answer = await call('CreateAppGroup', { ...names, AppName: `app ${groups}`, ...extra });
  if (answer['Success'] !== true) throw new Error(JSON.stringify(answer));
  return names;
}

/** A shell job of an application, as its JobId. */
export async function newJob(
  { call }: Pick<SchedulerxHost, 'call'>,
  group: Texts,
  extra: Texts = {},
): Promise<number> {
  const answer = await call(
    'CreateJob',
    { RegionId: region },
    {
      ...group,
      Name: 'job',
      JobType: 'shell',
      ExecuteMode: 'standalone',
      TimeType: '100',
      Content: 'echo hello',
      ...extra,
    },
  );
  const data = answer['Data'] as { JobId: number } | undefined;
  if (data === undefined) throw new Error(JSON.stringify(answer));
  return data.JobId;
}

/** Asserts-free reading of a business failure. */
export function failureOf(answer: Answer): { readonly code: unknown; readonly message: unknown } {
  return { code: answer['Code'], message: answer['Message'] };
}
