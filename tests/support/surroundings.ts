import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  createKey,
  dataFolder,
  type PrintedKey,
  type RunningServer,
  startServer,
} from './server.ts';
import type { Cleanup } from './temporary-folder.ts';
import { until } from './until.ts';

const { RPCClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  RPCClient: new (config: object) => {
    request(
      action: string,
      params: Readonly<Record<string, string>>,
      options: object,
    ): Promise<Record<string, unknown>>;
  };
};

type Texts = Readonly<Record<string, string>>;

/** An answer of the native API. */
export interface NativeAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  /** Default: the operator. */
  readonly key?: PrintedKey;
}

/** A server with an application of SchedulerX, and both APIs at hand. */
export interface SurroundingsServer extends RunningServer {
  readonly key: PrintedKey;
  /** Content of `operator.token`. */
  readonly operatorToken: string;
  /** AppKey of the application `app` in the namespace `team`. */
  readonly appKey: string;
  /** Asks SchedulerX through the vendor's client; gives `Data`. */
  schedulerx(action: string, params?: Texts): Promise<Readonly<Record<string, unknown>>>;
  /** Asks the native API below `/api/v1`. */
  ask(path: string, options?: AskOptions): Promise<NativeAnswer>;
  /** Makes a shell job; gives its JobId. */
  job(name: string, content: string, more?: Texts): Promise<number>;
  /** Makes a workflow of these edges; gives the id of its template. */
  workflow(
    name: string,
    edges: readonly (readonly [number, number])[],
    more?: Texts,
  ): Promise<string>;
  /** Lets an XXL-JOB executor of this address register, as it does every 30 seconds. */
  registerWorker(address: string): Promise<void>;
}

const group = { RegionId: 'cn-hangzhou', Namespace: 'team', GroupId: 'app' } as const;

/** Starts one; it ends with the test. */
export async function startSurroundings(
  cleanup: Cleanup,
  env: Texts = {},
): Promise<SurroundingsServer> {
  const dataDir = await dataFolder(cleanup);
  const server = await startServer(cleanup, dataDir, [], {
    LONGSHORE_WORKERS_XXL_JOB_ALLOW: '["127.0.0.1"]',
    ...env,
  });
  const key = await createKey(cleanup, dataDir);
  const operatorToken = (await readFile(join(dataDir, 'operator.token'), 'utf8')).trim();
  const client = new RPCClient({
    accessKeyId: key.id,
    accessKeySecret: key.secret,
    endpoint: server.url,
    apiVersion: '2019-04-30',
  });
  const schedulerx: SurroundingsServer['schedulerx'] = async (action, params = {}) => {
    const answer = await client.request(
      action,
      { ...group, ...params },
      { method: 'POST', timeout: 20_000 },
    );
    return (answer['Data'] ?? {}) as Readonly<Record<string, unknown>>;
  };
  await schedulerx('CreateNamespace', { Name: 'Team', Uid: 'team' });
  const made = await schedulerx('CreateAppGroup', { AppName: 'The application' });
  const appKey = String(made['AppKey']);
  return {
    ...server,
    key,
    operatorToken,
    appKey,
    schedulerx,
    ask: (path, options = {}) => ask(server.url, operatorToken, path, options),
    async job(name, content, more = {}) {
      const job = await schedulerx('CreateJob', {
        Name: name,
        JobType: 'shell',
        ExecuteMode: 'standalone',
        TimeType: '100',
        Content: content,
        ...more,
      });
      return Number(job['JobId']);
    },
    async workflow(name, edges, more = {}) {
      const { WorkflowId } = await schedulerx('CreateWorkflow', {
        Name: name,
        TimeType: '100',
        ...more,
      });
      const DagJson = JSON.stringify({
        nodes: [...new Set(edges.flat())].map((id) => ({ id })),
        edges: edges.map(([source, target]) => ({ source, target })),
      });
      await schedulerx('UpdateWorkflowDag', { WorkflowId: String(WorkflowId), DagJson });
      return `workflow-${String(WorkflowId)}`;
    },
    async registerWorker(address) {
      // The list of applications is believed for two seconds.
      await until('the executor is registered', async () => {
        const response = await fetch(`${server.url}/api/registry`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'XXL-JOB-ACCESS-TOKEN': appKey },
          body: JSON.stringify({
            registryGroup: 'EXECUTOR',
            registryKey: 'app',
            registryValue: address,
          }),
          signal: AbortSignal.timeout(10_000),
        });
        return ((await response.json()) as { readonly code: number }).code === 200;
      });
    },
  };
}

async function ask(
  url: string,
  operatorToken: string,
  path: string,
  { method = 'GET', body, key }: AskOptions,
): Promise<NativeAnswer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization:
        key === undefined ? `Bearer ${operatorToken}` : `Basic ${btoa(`${key.id}:${key.secret}`)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as NativeAnswer['body'],
  };
}
