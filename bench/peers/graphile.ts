import {
  type Contender,
  type ContenderOptions,
  Tally,
  untilNoneLeft,
} from '../support/contender.ts';
import { peer } from './peer.ts';

/** What is used of graphile-worker; it is not installed where the product is checked. */
interface GraphileWorker {
  run(options: object): Promise<{ stop(): Promise<void> }>;
  makeWorkerUtils(options: object): Promise<Utils>;
  readonly Logger: new (factory: () => () => void) => object;
}

interface Utils {
  migrate(): Promise<void>;
  addJob(task: string, payload: object): Promise<unknown>;
  addJobs(jobs: readonly { identifier: string; payload: object }[]): Promise<unknown>;
  withPgClient<T>(
    use: (client: { query(text: string): Promise<{ rows: { left: boolean }[] }> }) => Promise<T>,
  ): Promise<T>;
  release(): Promise<void>;
}

const FILL_BATCH = 1_000;

/** The settings of graphile-worker's own performance test. */
const batching = {
  localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

/** graphile-worker as it comes, or with its local queue and batched completion. */
export async function graphile(options: ContenderOptions, batched: boolean): Promise<Contender> {
  const { run, makeWorkerUtils, Logger } = await peer<GraphileWorker>('graphile-worker');
  const { at, concurrency, onStart } = options;
  const logger = new Logger(() => () => undefined);
  const begun = new Tally();
  let utils: Utils | null = null;
  let runner: { stop(): Promise<void> } | null = null;
  const opened = (): Utils => {
    if (utils === null) throw new Error('it is not open');
    return utils;
  };

  return {
    async open() {
      utils = await makeWorkerUtils({ connectionString: at, maxPoolSize: concurrency, logger });
      await utils.migrate();
    },
    async fill(count) {
      for (let made = 0; made < count; made += FILL_BATCH) {
        const length = Math.min(FILL_BATCH, count - made);
        const jobs = Array.from({ length }, () => ({ identifier: 'noop', payload: { id: '' } }));
        await opened().addJobs(jobs);
      }
    },
    async enqueue(id) {
      await opened().addJob('noop', { id });
    },
    async work() {
      runner = await run({
        preset: {
          worker: {
            connectionString: at,
            concurrentJobs: concurrency,
            maxPoolSize: concurrency + 1,
            ...(batched ? batching : {}),
          },
        },
        logger,
        noHandleSignals: true,
        parsedCronItems: [],
        taskList: {
          noop: (payload: { readonly id: string }) => {
            onStart(payload.id);
            begun.add();
          },
        },
      });
    },
    async rest() {
      await runner?.stop();
      runner = null;
    },
    async settled(total) {
      await begun.reached(total);
      // A job is deleted when it has succeeded.
      await untilNoneLeft(() =>
        opened().withPgClient(async (client) => {
          const { rows } = await client.query(
            'select exists (select 1 from graphile_worker._private_jobs) as left',
          );
          return rows[0]?.left !== false;
        }),
      );
    },
    async close() {
      await utils?.release();
    },
  };
}
