import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  createKey,
  dataFolder,
  type PrintedKey,
  type RunningServer,
  startServer,
} from '../../support/server.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const { RPCClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  RPCClient: new (config: object) => {
    request(
      action: string,
      params: Texts,
      options: object,
    ): Promise<Readonly<Record<string, unknown>>>;
  };
};

type Texts = Readonly<Record<string, string>>;

/** The application of the tests. */
export const application = { Namespace: 'compat', GroupId: 'compat.workers' } as const;

/** An instance as the API tells it (schedulerx.md, GetJobInstance). */
export interface Instance {
  readonly Status: number;
  readonly Result?: string;
  readonly Progress?: string;
  readonly WorkAddr?: string;
}

/** An instance by its numbers. */
export interface Started {
  readonly jobId: string;
  readonly instanceId: string;
}

/** Final states of an instance (schedulerx.md §5.6). */
const final = [4, 5, 9];
/** Longer than a worker may be silent, and a retry after it. */
const overDeadlineMs = 100_000;

/** A server that may die and come back on the same ports, and its API. */
export class Session {
  readonly #cleanup: Cleanup;
  readonly #dataDir: string;
  readonly #httpPort: number;
  readonly #workerPort: number;
  #server: RunningServer | null = null;
  #key: PrintedKey | null = null;
  /** Key of the application. */
  appKey = '';

  private constructor(cleanup: Cleanup, dataDir: string, ports: readonly [number, number]) {
    this.#cleanup = cleanup;
    this.#dataDir = dataDir;
    [this.#httpPort, this.#workerPort] = ports;
  }

  /** Starts a server with the application. */
  static async open(cleanup: Cleanup): Promise<Session> {
    const session = new Session(cleanup, await dataFolder(cleanup), await freePorts());
    await session.start();
    session.#key = await createKey(cleanup, session.#dataDir);
    const { Namespace: name } = application;
    await session.call('CreateNamespace', { Name: name, Uid: name });
    const made = await session.call('CreateAppGroup', { AppName: 'workers', MaxJobs: '1000' });
    session.appKey = String((made as { readonly AppKey: unknown }).AppKey);
    return session;
  }

  /** `host:port` that workers are told. */
  get host(): string {
    return `127.0.0.1:${this.#httpPort}`;
  }

  /** Starts the server, again after a crash. */
  async start(): Promise<void> {
    this.#server = await startServer(
      this.#cleanup,
      this.#dataDir,
      ['--port', `${this.#httpPort}`],
      {
        LONGSHORE_WORKERS_SCHEDULERX_ENABLED: 'true',
        LONGSHORE_WORKERS_SCHEDULERX_PORT: `${this.#workerPort}`,
      },
    );
  }

  /** `kill -9`. */
  async crash(): Promise<void> {
    await this.#server?.crash();
  }

  /** The `Data` of an operation. @throws what the client throws. */
  async call(action: string, params: Texts = {}): Promise<unknown> {
    const client = new RPCClient({
      accessKeyId: this.#key?.id,
      accessKeySecret: this.#key?.secret,
      endpoint: `http://${this.host}`,
      apiVersion: '2019-04-30',
    });
    const all = { RegionId: 'cn-hangzhou', ...application, ...params };
    const answer = await client.request(action, all, { method: 'POST', timeout: 20_000 });
    return answer['Data'];
  }

  /** Creates a job for a processor; gives its number. */
  async createJob(processor: string, more: Texts = {}): Promise<string> {
    const made = (await this.call('CreateJob', {
      Name: processor,
      JobType: 'go',
      Content: JSON.stringify({ jobName: processor }),
      ExecuteMode: 'standalone',
      TimeType: '100',
      ...more,
    })) as { readonly JobId: number };
    return String(made.JobId);
  }

  /** Has a job run as soon as it may: it has one instance for a second (schedulerx.md §5.9). */
  async execute(jobId: string, more: Texts = {}): Promise<Started> {
    const made = (await until('the job can be executed', () =>
      this.call('ExecuteJob', { JobId: jobId, ...more }),
    )) as { readonly JobInstanceId: number };
    return { jobId, instanceId: String(made.JobInstanceId) };
  }

  /** Creates a job and has it run. */
  async begin(processor: string, job: Texts = {}, more: Texts = {}): Promise<Started> {
    return this.execute(await this.createJob(processor, job), more);
  }

  async instance({ jobId, instanceId }: Started): Promise<Instance> {
    const data = (await this.call('GetJobInstance', {
      JobId: jobId,
      JobInstanceId: instanceId,
    })) as { readonly JobInstanceDetail: Instance };
    return data.JobInstanceDetail;
  }

  /** Waits for the end of an instance. */
  over(started: Started): Promise<Instance> {
    return until(
      `instance ${started.instanceId} is over`,
      async () => {
        const instance = await this.instance(started);
        return final.includes(instance.Status) ? instance : null;
      },
      overDeadlineMs,
    );
  }

  /** Creates a job, has it run, and waits for its end. */
  async run(processor: string, job: Texts = {}, more: Texts = {}): Promise<Instance> {
    return this.over(await this.begin(processor, job, more));
  }

  /** Runs two jobs as a workflow, one after the other; gives their results when all are over. */
  async runWorkflow(first: string, second: string): Promise<readonly (string | undefined)[]> {
    const { WorkflowId: id } = (await this.call('CreateWorkflow', {
      Name: `${first} and ${second}`,
      TimeType: '100',
    })) as { readonly WorkflowId: number };
    const workflow = { WorkflowId: String(id) };
    const edges = [
      { source: 0, target: Number(first) },
      { source: Number(first), target: Number(second) },
    ];
    const nodes = [first, second].map((job) => ({ id: Number(job), label: job }));
    await this.call('UpdateWorkflowDag', {
      ...workflow,
      DagJson: JSON.stringify({ nodes, edges }),
    });
    await this.call('EnableWorkflow', workflow);
    const { WfInstanceId } = (await this.call('ExecuteWorkflow', workflow)) as {
      readonly WfInstanceId: number;
    };
    return until(
      'the workflow is over',
      async () => {
        const { WfInstanceInfo, WfInstanceDag } = (await this.call('GetWorkflowInstance', {
          ...workflow,
          WfInstanceId: String(WfInstanceId),
        })) as {
          readonly WfInstanceInfo: { readonly Status: number };
          readonly WfInstanceDag: {
            readonly Nodes: readonly { readonly JobId: number; readonly Result?: string }[];
          };
        };
        if (!final.includes(WfInstanceInfo.Status)) return null;
        const { Nodes } = WfInstanceDag;
        return [first, second].map((job) => Nodes.find(({ JobId }) => `${JobId}` === job)?.Result);
      },
      overDeadlineMs,
    );
  }

  async stop({ jobId, instanceId }: Started): Promise<void> {
    await this.call('StopInstance', { JobId: jobId, InstanceId: instanceId });
  }

  /** Labels of the workers that the API lists, this server left out. */
  async labels(): Promise<readonly string[]> {
    const data = (await this.call('GetWorkerList')) as {
      readonly WorkerInfos: readonly { readonly Starter: string; readonly Label: string }[];
    };
    const workers = data.WorkerInfos.filter(({ Starter }) => Starter === 'go');
    return workers.map(({ Label }) => Label).toSorted();
  }
}

async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    }),
  );
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  const [first = 0, second = 0] = ports;
  return [first, second];
}
