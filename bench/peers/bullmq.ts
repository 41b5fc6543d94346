import { type Contender, type ContenderOptions, Tally } from '../support/contender.ts';
import { peer } from './peer.ts';

/** What is used of BullMQ; it is not installed where the product is checked. */
interface BullMq {
  readonly Queue: new (name: string, options: object) => Queue;
  readonly Worker: new (
    name: string,
    process: (job: { readonly data: { readonly id: string } }) => Promise<void>,
    options: object,
  ) => Worker;
}

interface Queue {
  waitUntilReady(): Promise<unknown>;
  add(name: string, data: object): Promise<unknown>;
  addBulk(jobs: readonly { name: string; data: object }[]): Promise<unknown>;
  close(): Promise<void>;
}

interface Worker {
  on(event: 'completed' | 'error', listener: (subject: unknown) => void): void;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

const QUEUE = 'noop';
const FILL_BATCH = 1_000;

/** BullMQ as it comes; `at` is the socket of a Redis that syncs its log before it answers. */
export async function bullmq({ at, concurrency, onStart }: ContenderOptions): Promise<Contender> {
  const { Queue, Worker } = await peer<BullMq>('bullmq');
  const connection = { path: at, maxRetriesPerRequest: null };
  const queue = new Queue(QUEUE, { connection });
  const ended = new Tally();
  let worker: Worker | null = null;

  return {
    async open() {
      await queue.waitUntilReady();
    },
    async fill(count) {
      for (let made = 0; made < count; made += FILL_BATCH) {
        const length = Math.min(FILL_BATCH, count - made);
        await queue.addBulk(Array.from({ length }, () => ({ name: QUEUE, data: { id: '' } })));
      }
    },
    async enqueue(id) {
      await queue.add(QUEUE, { id });
    },
    async work() {
      worker = new Worker(QUEUE, async ({ data }) => onStart(data.id), { connection, concurrency });
      // Emitted when Redis has answered, which it does after the sync.
      worker.on('completed', () => ended.add());
      worker.on('error', (error) => void process.stderr.write(`bullmq: ${String(error)}\n`));
      await worker.waitUntilReady();
    },
    async rest() {
      await worker?.close();
      worker = null;
    },
    settled: (total) => ended.reached(total),
    async close() {
      await queue.close();
    },
  };
}
