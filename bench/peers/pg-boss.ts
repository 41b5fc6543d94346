import {
  type Contender,
  type ContenderOptions,
  Tally,
  untilNoneLeft,
} from '../support/contender.ts';
import { peer } from './peer.ts';

/** What is used of pg-boss; it is not installed where the product is checked. */
interface PgBossPackage {
  readonly PgBoss: new (options: object) => Boss;
}

interface Boss {
  on(event: 'error', listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  createQueue(name: string, options: object): Promise<void>;
  send(name: string, data: object): Promise<unknown>;
  insert(name: string, jobs: readonly { data: object }[]): Promise<unknown>;
  work(
    name: string,
    options: object,
    handler: (jobs: readonly { data: { id: string } }[]) => Promise<void>,
  ): Promise<string>;
  offWork(name: string, options: object): Promise<void>;
  getDb(): { executeSql(text: string): Promise<{ rows: { left: boolean }[] }> };
}

const QUEUE = 'noop';
const FILL_BATCH = 1_000;
/** Connections above those of the jobs: listening and upkeep. */
const EXTRA_CONNECTIONS = 2;

/** pg-boss with what it offers for speed: batches, bursts, wake-ups by NOTIFY. */
export async function pgBoss({ at, concurrency, onStart }: ContenderOptions): Promise<Contender> {
  const { PgBoss } = await peer<PgBossPackage>('pg-boss');
  const boss = new PgBoss({
    connectionString: at,
    max: concurrency + EXTRA_CONNECTIONS,
    useListenNotify: true,
  });
  boss.on('error', (error) => void process.stderr.write(`pg-boss: ${error.message}\n`));
  const begun = new Tally();

  return {
    async open() {
      await boss.start();
      await boss.createQueue(QUEUE, { notify: true });
    },
    async fill(count) {
      for (let made = 0; made < count; made += FILL_BATCH) {
        const length = Math.min(FILL_BATCH, count - made);
        await boss.insert(
          QUEUE,
          Array.from({ length }, () => ({ data: { id: '' } })),
        );
      }
    },
    async enqueue(id) {
      await boss.send(QUEUE, { id });
    },
    async work() {
      const options = {
        batchSize: concurrency,
        burstWhenBatchFull: true,
        // The shortest it allows: what a burst leaves behind waits for it.
        pollingIntervalSeconds: 0.5,
        notifyPollingIntervalSeconds: 0.5,
      };
      await boss.work(QUEUE, options, async (jobs) => {
        for (const { data } of jobs) onStart(data.id);
        begun.add(jobs.length);
      });
    },
    async rest() {
      await boss.offWork(QUEUE, { wait: true });
    },
    async settled(total) {
      await begun.reached(total);
      await untilNoneLeft(async () => {
        const { rows } = await boss
          .getDb()
          .executeSql(
            `select exists (select 1 from pgboss.job where name = '${QUEUE}' and state < 'completed') as left`,
          );
        return rows[0]?.left !== false;
      });
    },
    async close() {
      await boss.stop({ graceful: false });
    },
  };
}
