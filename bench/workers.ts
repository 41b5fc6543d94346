import { join } from 'node:path';
import type { BenchOptions } from './main.ts';
import { type BenchChild, startChild } from './support/child.ts';
import { runLoad } from './support/load.ts';
import { measurement, median, type Measurement, quantile } from './support/measurement.ts';
import { type SchedulerxApi, schedulerxApi, signedCall } from './support/schedulerx-client.ts';
import { type BenchServer, benchFolder, startServer } from './support/server.ts';
import {
  application,
  audit,
  type Audit,
  createApplication,
  createJobs,
  disableJobs,
  instancesOf,
  type ShownInstance,
} from './support/worker-jobs.ts';
import type {
  Arrival,
  XxlExecutorArgument,
  XxlExecutorCalls,
} from './support/xxl-executor-process.ts';

type Peer = BenchChild<XxlExecutorCalls>;

const program = join(import.meta.dirname, 'support', 'xxl-executor-process.ts');
const asked = 'the limit asked for';
const limits = { triggersPerSecond: 1_000, delayP95Ms: 100 };
/** Connections of the callers that execute jobs. */
const connections = 32;
/** Jobs that fire each second, all at the same instant. */
const hotJobs = 300;
/** Time for making these before the first of them fires. */
const leadMs = 8_000;
/** Instances are read in pieces: a job keeps only the latest 300 (schedulerx.md §5.8). */
const sliceMs = 60_000;
/** The youngest instances are left to the next piece: they may be under way. */
const marginMs = 10_000;
/** The jobs go on firing a little longer than is looked at, so that no firing is cut off. */
const lateMs = 2_000;
/** The reading of a piece is spread over this time of the next one. */
const evenlyMs = 50_000;
const lookAgainMs = 1_000;
const settleMs = 60_000;

/**
 * `workers`: XXL-JOB triggers to one executor of another process. How many a second when the API is
 * asked for as many as it takes; and, with 300 jobs that fire each second for `--minutes N`, how
 * long after its second each trigger arrives. Each trigger is looked up afterwards, at the executor
 * and in the API.
 * @throws Error when a trigger was lost or arrived more than once.
 */
export async function* workers(options: BenchOptions): AsyncIterable<Measurement> {
  const server = await startServer({
    dataDir: await benchFolder(),
    config: { LONGSHORE_LIMITS_UNFINISHED_RUNS: '1000000' },
  });
  const api = schedulerxApi(server.url, server.key);
  let peer: Peer | null = null;
  try {
    const argument: XxlExecutorArgument = {
      admin: `${server.url}/xxl-job-admin`,
      appName: application.GroupId,
      token: await createApplication(api),
    };
    peer = startChild<XxlExecutorCalls>(program, argument);
    await peer.call('register');
    const burst = await triggers(server, api, peer, options);
    const hot = await firings(server, api, peer, options);
    const delay = quantile(hot.delaysMs, 0.95);
    const [lost, doubled] = [burst.lost + hot.lost, burst.doubled + hot.doubled];
    const { triggersPerSecond, delayP95Ms } = limits;
    yield measurement('workers', 'xxl_triggers_per_s', burst.rate, '1/s', asked, triggersPerSecond);
    yield measurement('workers', 'trigger_delay_p95_ms', delay, 'ms', asked, delayP95Ms);
    yield none('lost', lost);
    yield none('doubled', doubled);
    if (lost + doubled > 0) throw new Error(`workers: ${lost} lost, ${doubled} doubled`);
  } finally {
    await peer?.stop();
    api.close();
    await server.stop();
  }
}

/** A count of which there must be none; a ratio to nothing is the count itself. */
function none(metric: string, count: number): Measurement {
  const [bench, against] = ['workers', 'none'];
  return { bench, metric, value: count, unit: 'triggers', against, limit: 0, ratio: count };
}

/** Each job once a round, asked for over the API: from the first call to the last arrival. */
async function triggers(
  server: BenchServer,
  api: SchedulerxApi,
  peer: Peer,
  { short, note, number }: BenchOptions,
): Promise<{ readonly rate: number; readonly lost: number; readonly doubled: number }> {
  const jobIds = await createJobs(api, short ? 500 : 5_000, { TimeType: '100' });
  const host = `${server.host}:${server.port}`;
  const rounds = number('rounds', short ? 1 : 3);
  const rates: number[] = [];
  let lost = 0;
  let doubled = 0;
  // The first round meets cold code.
  for (let round = 0; round <= rounds; round += 1) {
    const requests = jobIds.map((id) =>
      signedCall(host, 'ExecuteJob', { ...application, JobId: `${id}` }, server.key),
    );
    const cpuBegin = await cpuMs(server);
    const beginMs = Date.now();
    const load = { host: server.host, port: server.port, connections, requests };
    const sent = await runLoad({ ...load, cycle: false, maxSeconds: settleMs / 1000 });
    const wait = { count: jobIds.length, deadlineMs: settleMs };
    await peer.call('arrived', wait, settleMs * 2);
    await peer.call('reported', settleMs, settleMs * 2);
    const arrivals = await peer.call('take');
    const lastMs = arrivals.reduce((last, { atMs }) => Math.max(last, atMs), beginMs);
    const rate = arrivals.length / ((lastMs - beginMs) / 1000);
    const cpu = ((await cpuMs(server)) - cpuBegin) / arrivals.length;
    note(
      `workers: ${Math.round(rate)} triggers/s, ${Math.round(sent.requests / sent.seconds)} calls/s, ${sent.errors} refused, ${cpu.toFixed(2)} ms of the server's CPU per trigger`,
    );
    const perJob = Map.groupBy(arrivals, ({ jobId }) => jobId);
    lost += jobIds.filter((id) => !perJob.has(id)).length;
    doubled += arrivals.length - perJob.size;
    if (round > 0) rates.push(rate);
    // A job has one instance for a second (schedulerx.md §5.9).
    await sleepUntil((Math.floor(Date.now() / 1000) + 1) * 1000);
  }
  return { rate: median(rates), lost, doubled };
}

/** 300 jobs, each second, all of them at its beginning. */
async function firings(
  server: BenchServer,
  api: SchedulerxApi,
  peer: Peer,
  { short, note, number }: BenchOptions,
): Promise<Audit> {
  const seconds = Math.round(number('minutes', short ? 3 / 60 : 0.5) * 60);
  const beginMs = Math.ceil((Date.now() + leadMs) / 1000) * 1000;
  const endMs = beginMs + seconds * 1000;
  const jobIds = await createJobs(api, hotJobs, {
    TimeType: '1',
    TimeExpression: '* * * * * ?',
    StartTime: `${beginMs}`,
    // An end that is late shows as delay, not as a firing that is not performed (§5.8).
    MaxConcurrency: '10',
  });
  if (Date.now() >= beginMs) throw new Error(`making ${hotJobs} jobs took over ${leadMs} ms`);
  const instances: ShownInstance[] = [];
  const read = async (fromMs: number, untilMs: number, jobs = jobIds): Promise<void> => {
    instances.push(...(await instancesOf(api, jobs, fromMs - marginMs, untilMs - marginMs)));
  };
  // Job by job over the next piece: the server is measured at its triggers, not at 300 lists at once.
  const readEvenly = async (pieceMs: number): Promise<void> => {
    for (const [index, id] of jobIds.entries()) {
      await sleepUntil(pieceMs + sliceMs + (index * evenlyMs) / hotJobs);
      await read(pieceMs, pieceMs + sliceMs, [id]);
    }
  };
  await sleepUntil(beginMs);
  const cpuBegin = await cpuMs(server);
  let fromMs = beginMs;
  for (; fromMs + sliceMs < endMs; fromMs += sliceMs) {
    await readEvenly(fromMs);
    note(`workers: ${Math.round((Date.now() - beginMs) / 1000)} of ${seconds} s`);
  }
  await sleepUntil(endMs);
  // Reading instances between the pieces is counted too.
  const cpu = ((await cpuMs(server)) - cpuBegin) / (hotJobs * seconds);
  await sleepUntil(endMs + lateMs);
  await disableJobs(api, jobIds);
  const giveUpAtMs = Date.now() + settleMs;
  const arrivals: Arrival[] = [];
  let found: Audit;
  do {
    await sleepUntil(Date.now() + lookAgainMs);
    // Arrivals first: each has its instance by then, not the other way round.
    // One by one: ten minutes of them are more than a call takes as arguments.
    for (const arrival of await peer.call('take')) arrivals.push(arrival);
    await read(fromMs, Date.now() + marginMs);
    found = audit(jobIds, beginMs, endMs, instances, arrivals);
    // What is missing now is counted as lost.
  } while (found.lost > 0 && Date.now() < giveUpAtMs);
  const p = (fraction: number): string => `${Math.round(quantile(found.delaysMs, fraction))} ms`;
  note(
    `workers: ${hotJobs * seconds} due, ${found.lost} lost, ${found.doubled} doubled, arrived p50 ${p(0.5)} p95 ${p(0.95)} p99 ${p(0.99)}, ${cpu.toFixed(2)} ms of the server's CPU per trigger`,
  );
  return found;
}

/** What the server's process has used of the CPU so far, user and system. */
async function cpuMs(server: BenchServer): Promise<number> {
  return (await server.metric('process_cpu_seconds_total')) * 1000;
}

/** Sleeps until a time of the wall clock. */
function sleepUntil(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));
}
