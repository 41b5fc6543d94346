import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchOptions } from './main.ts';
import { runLoad } from './support/load.ts';
import { measurement, median, type Measurement, quantile } from './support/measurement.ts';
import {
  benchFolder,
  type BenchServer,
  helper,
  hostTemplate,
  startServer,
} from './support/server.ts';
import { signedGet } from './support/signed-requests.ts';

const PATH = '/pop/v1/sam/job/execJob';
const PROGRAM = '/bin/true';
const DRAIN_DEADLINE_MS = 120_000;
const LOOK_AGAIN_MS = 250;
/** Rows of one page of the native API. */
const PAGE = 500;
/** What the issue asks of the start latency at idle. */
const START_LIMIT_MS = { p50: 15, p99: 60 };

/**
 * `dispatch`: no-op runs a second from signed request to durable end, against plain
 * `child_process.spawn` of the same program in the same run, then again with 1 GiB of live
 * objects in the server's heap; and the time from request to the first instruction at idle.
 */
export async function* dispatch(options: BenchOptions): AsyncIterable<Measurement> {
  const rounds = options.short ? 1 : 3;
  const runs = options.short ? 1_000 : 4_000;
  const plain = await throughput(options, rounds, runs, []);
  yield measurement(
    'dispatch',
    'runs_per_s',
    plain.ours,
    '1/s',
    'plain child_process.spawn',
    plain.spawn,
  );
  const ballast = join(import.meta.dirname, 'support', 'ballast.ts');
  const heavy = await throughput(options, rounds, runs, [
    '--max-old-space-size=4096',
    '--import',
    ballast,
  ]);
  yield measurement(
    'dispatch',
    'runs_per_s_ballast',
    heavy.ours,
    '1/s',
    'plain child_process.spawn',
    heavy.spawn,
  );
  yield measurement(
    'dispatch',
    'ballast_over_plain',
    heavy.ours / heavy.spawn,
    'ratio',
    'the same without ballast',
    plain.ours / plain.spawn,
  );
  yield* startLatency(options);
}

async function throughput(
  options: BenchOptions,
  rounds: number,
  runs: number,
  nodeArgs: readonly string[],
): Promise<{ ours: number; spawn: number }> {
  const ours: number[] = [];
  const spawn: number[] = [];
  const server = await startServer({ dataDir: await benchFolder(), nodeArgs });
  try {
    const appId = await hostTemplate(server.sae, 'noop', [PROGRAM]);
    await burst(server, appId, 300);
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await burst(server, appId, runs));
      spawn.push(await spawnLimit(runs));
      options.note(
        `dispatch: ${Math.round(ours.at(-1) ?? 0)} runs/s, plain spawn ${Math.round(spawn.at(-1) ?? 0)}/s`,
      );
    }
  } finally {
    await server.stop();
  }
  return { ours: median(ours), spawn: median(spawn) };
}

/** Accepts `runs` runs over HTTP and waits for the last end to be stored; runs a second over it all. */
async function burst(server: BenchServer, appId: string, runs: number): Promise<number> {
  const host = `${server.host}:${server.port}`;
  const requests = Array.from({ length: runs }, () =>
    signedGet(host, 'ExecJob', PATH, { AppId: appId }, server.key),
  );
  const target = (await server.metric('longshore_runs_finished_total')) + runs;
  const startedAtMs = Date.now();
  const load = await runLoad({
    host: server.host,
    port: server.port,
    connections: 16,
    requests,
    cycle: false,
    maxSeconds: 60,
  });
  if (load.errors > 0 || load.requests !== runs)
    throw new Error(`${load.errors} of ${load.requests} requests were refused`);
  // Looked at seldom, because looking costs the server time too; the end itself is read from the runs.
  while ((await server.metric('longshore_runs_finished_total')) < target) {
    if (Date.now() - startedAtMs > DRAIN_DEADLINE_MS)
      throw new Error('the runs did not finish in time');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return runs / (((await lastEndMs(server, appId, runs)) - startedAtMs) / 1000);
}

/** When the last of the newest `runs` runs of a template ended; all of them must have succeeded. */
async function lastEndMs(server: BenchServer, appId: string, runs: number): Promise<number> {
  let last = 0;
  for (let offset = 0; offset < runs; offset += PAGE) {
    const rows = await server.runs(appId, offset, Math.min(PAGE, runs - offset));
    for (const run of rows) {
      if (run.state !== 'succeeded' || run.endedAtMs === null)
        throw new Error(`a run ended as ${run.state}`);
      last = Math.max(last, run.endedAtMs);
    }
  }
  return last;
}

async function spawnLimit(runs: number): Promise<number> {
  const baseline = await helper('spawn-baseline.ts', [PROGRAM, String(Math.min(runs, 1_500))]);
  baseline.stop();
  return (baseline.line as { perSecond: number }).perSecond;
}

/** The job prints the clock as its first act; compared with the clock before the request was sent. */
async function* startLatency(options: BenchOptions): AsyncIterable<Measurement> {
  const samples = options.short ? 30 : 200;
  const server = await startServer({ dataDir: await benchFolder() });
  try {
    const appId = await hostTemplate(server.sae, 'clock', ['date', '+%s%N']);
    const latencies: number[] = [];
    for (let i = 0; i < samples + 5; i += 1) {
      const sentAtMs = performance.timeOrigin + performance.now();
      const accepted = await server.sae('ExecJob', 'GET', PATH, { AppId: appId });
      const jobId = (accepted['Data'] as { Data: string }).Data;
      const firstAtMs = await firstInstruction(
        join(server.dataDir, 'attempts', `${jobId}.0.1`, 'stdout'),
        sentAtMs,
      );
      // The first few find keepers and code still cold; they are not idle latency.
      if (i >= 5) latencies.push(firstAtMs - sentAtMs);
    }
    for (const [name, fraction] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      yield measurement(
        'dispatch',
        `start_latency_ms_${name}`,
        quantile(latencies, fraction),
        'ms',
        'the limit asked for',
        START_LIMIT_MS[name],
      );
    }
  } finally {
    await server.stop();
  }
}

async function firstInstruction(stdout: string, sinceMs: number): Promise<number> {
  while (Date.now() - sinceMs < 10_000) {
    const text = await readFile(stdout, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return Number(BigInt(text.trim()) / 1_000n) / 1_000;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`no output in ${stdout} after 10 s`);
}
