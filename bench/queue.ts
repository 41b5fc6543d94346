import { join } from 'node:path';
import { missingPostgres, testPostgres } from '../tests/support/postgres.ts';
import type { BenchOptions } from './main.ts';
import { type BenchChild, startChild } from './support/child.ts';
import type {
  ContenderArgument,
  ContenderCalls,
  ContenderName,
} from './support/contender-process.ts';
import { productNodeArgs } from './support/engine.ts';
import { measurement, median, type Measurement, quantile } from './support/measurement.ts';
import { installPeers, peerVersion } from './support/peers.ts';
import { missingRedis, startRedis } from './support/redis.ts';
import { benchFolder } from './support/server.ts';

const program = join(import.meta.dirname, 'support', 'contender-process.ts');
/** Jobs under way at once, for all: what graphile-worker's own performance test takes. */
const CONCURRENCY = 24;
const WARM_UP_JOBS = 500;
/** Between two jobs of the latency rounds: far from any load. */
const LATENCY_EVERY_MS = 25;
/** Rates whose spread over the rounds is wider are called noisy. */
const NOISY_SPREAD = 0.3;

/** What is measured in jobs a second, with the name of its metric. */
const rateMetrics = {
  drain: 'drain_per_s',
  backlog: 'backlog_to_done_per_s',
  steady: 'enqueue_to_done_per_s',
} as const;
type Rate = keyof typeof rateMetrics;
const rateNames = Object.keys(rateMetrics) as readonly Rate[];

/** One contender with what has been measured of it. */
interface Runner {
  readonly label: string;
  readonly child: BenchChild<ContenderCalls>;
  readonly rates: Record<Rate, number[]>;
  startMs: readonly number[];
}

/**
 * `queue`: no-op runs through our engine, with its durability, beside other queues with the same.
 * `drain_per_s`: a stored backlog, from the first start to the last durable end;
 * `backlog_to_done_per_s`: the same with storing it, by the quickest means each has;
 * `enqueue_to_done_per_s`: enqueued one by one, 64 at a time, while they are worked off, from the
 * first call to the last durable end; `start_ms`: one job at a time, from the call to its first
 * line. Everybody works in a process of its own, with the same concurrency, in alternate rounds.
 */
export async function* queue(options: BenchOptions): AsyncIterable<Measurement> {
  installPeers(options.note);
  yield* onPostgres(options);
  yield* besideRedis(options);
}

async function* onPostgres(options: BenchOptions): AsyncIterable<Measurement> {
  const missing = missingPostgres();
  if (missing !== null) {
    options.note(`queue: SKIPPED on PostgreSQL: ${missing}`);
    return;
  }
  const server = await testPostgres();
  const runners: Runner[] = [];
  try {
    const { note } = options;
    const start = async (name: ContenderName, label: string): Promise<void> => {
      const at = await server.database(name);
      runners.push(await startRunner({ name, at, concurrency: concurrencyOf(options) }, label));
    };
    const graphile = `graphile-worker ${peerVersion('graphile-worker')}`;
    await start('longshore-postgres', 'longshore');
    await start('graphile', `${graphile} as it comes`);
    await start('graphile-batched', `${graphile} with local queue and batched completion`);
    await start('pg-boss', `pg-boss ${peerVersion('pg-boss')} in batches`);
    note(`queue: PostgreSQL with fsync and synchronous_commit, ${runners.length} queues`);
    yield* compare('postgres', runners, options);
  } finally {
    for (const { child } of runners) await child.stop();
    await server.stop();
  }
}

async function* besideRedis(options: BenchOptions): AsyncIterable<Measurement> {
  const missing = missingRedis();
  if (missing !== null) {
    options.note(`queue: SKIPPED SQLite against BullMQ: ${missing}`);
    return;
  }
  const redis = await startRedis(await benchFolder());
  const runners: Runner[] = [];
  try {
    const concurrency = concurrencyOf(options);
    const at = join(await benchFolder(), 'longshore.db');
    runners.push(await startRunner({ name: 'longshore-sqlite', at, concurrency }, 'longshore'));
    const label = `BullMQ ${peerVersion('bullmq')} on Redis ${redis.version}, AOF always`;
    runners.push(await startRunner({ name: 'bullmq', at: redis.socket, concurrency }, label));
    options.note('queue: SQLite with full sync, Redis with appendfsync always');
    yield* compare('sqlite', runners, options);
  } finally {
    for (const { child } of runners) await child.stop();
    await redis.stop();
  }
}

async function startRunner(argument: ContenderArgument, label: string): Promise<Runner> {
  const ours = argument.name.startsWith('longshore');
  const child = startChild<ContenderCalls>(program, argument, ours ? productNodeArgs : []);
  await child.call('open');
  return { label, child, rates: { drain: [], backlog: [], steady: [] }, startMs: [] };
}

/** All rounds; the first runner is ours and is held against each other. */
async function* compare(
  store: string,
  runners: readonly Runner[],
  options: BenchOptions,
): AsyncIterable<Measurement> {
  const rounds = options.number('rounds', options.short ? 1 : 5);
  const jobs = options.number('jobs', options.short ? 1_000 : 10_000);
  const samples = options.short ? 40 : 400;
  for (const { child } of runners) {
    await child.call('drain', WARM_UP_JOBS);
    await child.call('steady', WARM_UP_JOBS);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const { child, rates } of runners) {
      const { drain, backlog } = await child.call('drain', jobs);
      rates.drain.push(drain);
      rates.backlog.push(backlog);
    }
    for (const { child, rates } of runners) rates.steady.push(await child.call('steady', jobs));
    for (const { label, rates } of runners) {
      const told = rateNames.map((name) => `${name} ${Math.round(rates[name].at(-1) ?? 0)}/s`);
      options.note(`queue: ${store} ${round}/${rounds}: ${told.join(', ')}: ${label}`);
    }
  }
  for (const runner of runners) {
    const wish = { count: samples, everyMs: LATENCY_EVERY_MS };
    runner.startMs = await runner.child.call('latency', wish);
  }
  tellNoise(store, runners, options);
  const [ours, ...peers] = runners;
  if (ours === undefined) return;
  for (const peer of peers) yield* against(store, ours, peer);
}

function* against(store: string, ours: Runner, peer: Runner): Iterable<Measurement> {
  for (const rate of rateNames) {
    const metric = `${store}_${rateMetrics[rate]}`;
    const limit = median(peer.rates[rate]);
    yield measurement('queue', metric, median(ours.rates[rate]), '1/s', peer.label, limit);
  }
  for (const [name, fraction] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const value = quantile(ours.startMs, fraction);
    const limit = quantile(peer.startMs, fraction);
    yield measurement('queue', `${store}_start_ms_${name}`, value, 'ms', peer.label, limit);
  }
}

/** A machine that others use at the same time gives figures that scatter: that is said, not hidden. */
function tellNoise(store: string, runners: readonly Runner[], options: BenchOptions): void {
  for (const { label, rates } of runners) {
    for (const kind of rateNames) {
      const spread = (Math.max(...rates[kind]) - Math.min(...rates[kind])) / median(rates[kind]);
      if (spread <= NOISY_SPREAD) continue;
      options.note(
        `queue: ${store} ${kind} of ${label} scatters by ${Math.round(spread * 100)} % of its median: the machine is noisy`,
      );
    }
  }
}

function concurrencyOf(options: BenchOptions): number {
  return options.number('concurrency', CONCURRENCY);
}
