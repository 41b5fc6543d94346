import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransferReport } from '../../src/domain/transfer/report.ts';
import { stateFile, TransferFolders } from '../../src/executors/transfer/folders.ts';
import { reportOf } from '../../src/executors/transfer/reading.ts';
import type { TransferWork } from '../../src/ports/transfers.ts';
import { benchFolder } from './server.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'src', 'app', 'transfer-worker.ts');
const BARE = join(import.meta.dirname, 'transfer-bare.ts');
/** Where a server's workers find their sources compiled; see `lib/compile-cache.ts`. */
const COMPILED = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'longshore');
/** As the server starts its workers. */
const FLAGS = ['--max-semi-space-size=8', '--max-old-space-size=256'];
const DEADLINE_MS = 15 * 60_000;
const LOOK_MS = 100;
/** Clock ticks of `/proc` in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** What a load cost. */
export interface LoadCost {
  readonly seconds: number;
  /** Peak resident memory of the largest process, MiB; 0 where there is no `/proc`. */
  readonly peakRssMib: number;
  /** CPU of the processes in user mode. */
  readonly userSeconds: number;
  readonly report: TransferReport | null;
}

/**
 * Does a data job as the server's executor does: worker processes of their own, with the run's
 * state in its file.
 * @throws Error with what the worker said when it fails.
 */
export async function runWork(
  work: TransferWork,
  workers: number,
  shares: Readonly<Record<string, string>> = {},
): Promise<LoadCost> {
  const folders = new TransferFolders(await benchFolder());
  const runId = 'bench';
  const indexes = Array.from({ length: workers }, (_, index) => index);
  for (const index of indexes) {
    folders.begin({
      runId,
      index,
      number: 1,
      attemptId: `${runId}.${index}.1`,
      replicas: workers,
      timezone: 'UTC',
      work,
      context: { databaseRoot: null, shares, hosts: [] },
    });
  }
  const folder = folders.run(runId);
  const startedAtMs = performance.now();
  const costs = await Promise.all(
    indexes.map((index) => watched([...FLAGS, ENTRY, folder, String(index), '1'])),
  );
  return total(costs, startedAtMs, reportOf(stateFile(folder), Date.now()));
}

/** The same rows in one transaction of one process, with nothing kept of where it stands. */
export async function runBare(work: TransferWork): Promise<LoadCost> {
  const startedAtMs = performance.now();
  return total([await watched([...FLAGS, BARE], JSON.stringify(work))], startedAtMs, null);
}

interface ProcessCost {
  readonly peakRssMib: number;
  readonly userSeconds: number;
}

function total(
  costs: readonly ProcessCost[],
  startedAtMs: number,
  report: TransferReport | null,
): LoadCost {
  return {
    seconds: (performance.now() - startedAtMs) / 1000,
    peakRssMib: Math.max(...costs.map(({ peakRssMib }) => peakRssMib)),
    userSeconds: costs.reduce((sum, { userSeconds }) => sum + userSeconds, 0),
    report,
  };
}

async function watched(args: readonly string[], input = ''): Promise<ProcessCost> {
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, MALLOC_ARENA_MAX: '1', NODE_COMPILE_CACHE: COMPILED },
    timeout: DEADLINE_MS,
  });
  child.stdin.end(input);
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString()).slice(-4_000);
  });
  let cost: ProcessCost = { peakRssMib: 0, userSeconds: 0 };
  const timer = setInterval(() => {
    void costOf(child.pid ?? 0).then((seen) => {
      if (seen !== null) cost = seen;
    });
  }, LOOK_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`the load ended with ${code}: ${said}`);
  return cost;
}

/** Null when the process is gone. */
async function costOf(pid: number): Promise<ProcessCost | null> {
  const [status, stat] = await Promise.all(
    ['status', 'stat'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
  );
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(status ?? '')?.[1];
  const fields = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ');
  if (peak === undefined || fields.length < 12) return null;
  return {
    peakRssMib: Number(peak) / 1024,
    userSeconds: Number(fields[11]) / TICKS_PER_SECOND,
  };
}
