import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';
import { Clients } from './clients.ts';
import { ownPostgres, startMachines } from './fleet.ts';
import { createJobTemplates, type JobTemplate } from './jobs.ts';
import { createLedger, readLedger } from './ledger.ts';
import type { Machine } from './machine.ts';
import { jobProcesses } from './orphans.ts';
import { describeFault, type Fault, planFaults, type StoreName } from './plan.ts';
import { allFinal, type RunRecord, runRecords } from './records.ts';
import { createScheduledTemplates, scheduleRecords, endSchedules } from './schedules.ts';
import { strike } from './strike.ts';
import { violationsOf } from './verify.ts';

/** How long everything accepted may take to end once the faults are over. */
const finishDeadlineMs = 90_000;

export interface ChaosOptions {
  readonly store: StoreName;
  readonly seed: number;
  /** `kill -9` of a server; other faults come on top in proportion. */
  readonly kills: number;
  /** Hears of every fault before it strikes. */
  readonly progress?: (text: string) => void;
}

/** What a run of chaos did and found. */
export interface ChaosSummary {
  readonly store: StoreName;
  readonly seed: number;
  /** Number of faults by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly submitted: number;
  /** Requests it took, repetitions included. */
  readonly requests: number;
  /** Answers by code. */
  readonly answers: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly attempts: number;
  /** Lines of the fire ledgers. */
  readonly firings: number;
  /** Processes that began. */
  readonly started: number;
  readonly seconds: number;
  /** What was not as promised, a sentence each. */
  readonly violations: readonly string[];
  /** The last lines that the servers logged. */
  readonly complaints: string;
}

/** The command that repeats the same faults in the same order. */
export function replayCommand({ store, seed, kills }: ChaosOptions): string {
  return `node scripts/chaos.ts --store ${store} --seed ${seed} --kills ${kills}`;
}

/**
 * Real servers, real clients, real jobs, and faults in an order that the seed decides. The times
 * at which things meet are the machine's, so a seed repeats the faults and not every race.
 * @throws Error when the run itself cannot go on, e.g. a server does not start again.
 */
export async function runChaos(cleanup: Cleanup, options: ChaosOptions): Promise<ChaosSummary> {
  const { store, seed, kills, progress = () => undefined } = options;
  const beganAtMs = performance.now();
  const folder = await temporaryFolder(cleanup);
  await chmod(folder, 0o755);
  const ledger = join(folder, 'ledger');
  await createLedger(ledger);
  const postgres = store === 'postgres' ? await ownPostgres(cleanup) : null;
  const machines = await startMachines(cleanup, folder, postgres);
  const [first] = machines;
  const sae = first?.sae;
  if (first === undefined || sae === undefined || sae === null) throw new Error('no server');

  const templates = await createJobTemplates(sae, ledger);
  const scheduled = await createScheduledTemplates(first, ledger);
  const clients = new Clients(machines, templates, seed);
  cleanup.after(() => clients.abandon());
  clients.start();
  const plan = planFaults(seed, kills, store, machines.length);
  for (const [n, fault] of plan.entries()) {
    progress(`${n + 1}/${plan.length} ${describeFault(fault)}`);
    await strike(fault, { machines, postgres });
  }

  progress('no more faults; waiting for every run to end');
  for (const machine of machines) {
    await machine.listening();
    await machine.stepClock(0);
  }
  await clients.stop();
  await endSchedules(first, scheduled);
  await allFinal(first, finishDeadlineMs);
  const dataDirs = machines.map(({ dataDir }) => dataDir);
  const orphans = await leftRunning(dataDirs);
  const runs = await allRuns(first, templates);
  const schedules = await scheduleRecords(first, scheduled);
  const lines = await readLedger(ledger);
  const mayRepeat = machines.length > 1;
  const evidence = {
    submissions: clients.submissions,
    templates,
    runs,
    schedules,
    lines,
    dataDirs,
  };
  const violations = [
    ...clients.violations,
    ...(await violationsOf({ ...evidence, mayRepeat })),
    ...orphans,
    ...(await ends(machines)),
  ];
  return {
    store,
    seed,
    faults: countKinds(plan),
    submitted: clients.submissions.length,
    requests: clients.submissions.reduce((sum, { tries }) => sum + tries, 0),
    answers: Object.fromEntries(clients.answers),
    runs: runs.length,
    attempts: runs.reduce((sum, run) => sum + run.instances.flat().length, 0),
    firings: schedules.reduce((sum, schedule) => sum + schedule.firings.length, 0),
    started: lines.length,
    seconds: Math.round((performance.now() - beganAtMs) / 100) / 10,
    violations,
    complaints: machines.map((machine) => machine.complaints()).join('\n'),
  };
}

async function allRuns(
  machine: Machine,
  templates: readonly JobTemplate[],
): Promise<readonly RunRecord[]> {
  const runs: RunRecord[] = [];
  for (const { appId } of templates) runs.push(...(await runRecords(machine, appId)));
  return runs;
}

/** Processes of jobs that nobody ends, a sentence each. */
async function leftRunning(dataDirs: readonly string[]): Promise<readonly string[]> {
  try {
    await until('no process of a job is left', () => jobProcesses(dataDirs).length === 0);
    return [];
  } catch {
    return jobProcesses(dataDirs).map(({ pid, folder }) => `process ${pid} of ${folder} goes on`);
  }
}

/** Ends the servers in good order; a sentence for each that does not. */
async function ends(machines: readonly Machine[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const machine of machines) {
    const code = await machine.stop();
    if (code !== 0) problems.push(`the server of ${machine.dataDir} ended with ${code}`);
  }
  return problems;
}

function countKinds(plan: readonly Fault[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of plan) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
