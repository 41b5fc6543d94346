import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Submission } from './clients.ts';
import { type JobTemplate, wholeLog } from './jobs.ts';
import type { LedgerLine } from './ledger.ts';
import type { RunRecord, StoredAttempt } from './records.ts';
import { type ScheduleRecord, scheduleViolations } from './schedules.ts';

/** What clients were told, what the store says, and what really happened. */
export interface Evidence {
  readonly submissions: readonly Submission[];
  readonly templates: readonly JobTemplate[];
  readonly runs: readonly RunRecord[];
  readonly schedules: readonly ScheduleRecord[];
  readonly lines: readonly LedgerLine[];
  readonly dataDirs: readonly string[];
  /** Whether a job may be done again: another server gave its attempt up, or its disk was full. */
  readonly mayRepeat: boolean;
}

/** What a keeper says that could not note which process it starts, and so did not start it. */
const notBegun = 125;

/** Everything that is not as promised, a sentence each; empty when all is well. */
export async function violationsOf(evidence: Evidence): Promise<readonly string[]> {
  return [
    ...acceptance(evidence),
    ...outcomes(evidence),
    ...startsOf(evidence),
    ...evidence.schedules.flatMap(scheduleViolations),
    ...scheduledOutcomes(evidence),
    ...(await logs(evidence)),
  ];
}

/** Accepted is durable, one run for each key, and none that nobody asked for. */
function acceptance({ submissions, runs }: Evidence): string[] {
  const problems: string[] = [];
  const byKey = new Map<string, RunRecord[]>();
  for (const run of runs) {
    if (run.trigger !== 'manual') continue;
    byKey.set(run.idempotencyKey ?? '', [...(byKey.get(run.idempotencyKey ?? '') ?? []), run]);
  }
  for (const { key, runIds, template } of submissions) {
    const stored = byKey.get(key) ?? [];
    byKey.delete(key);
    const ids = [...runIds];
    if (ids.length !== 1)
      problems.push(`${key} was answered with ${ids.length} ids: ${ids.join()}`);
    if (stored.length !== 1) problems.push(`${key} has ${stored.length} runs in the store`);
    const [run] = stored;
    if (run === undefined) continue;
    if (run.id !== ids[0]) problems.push(`${key} was answered ${ids[0]}, the store has ${run.id}`);
    if (run.templateId !== template.appId) problems.push(`${run.id} has another template`);
  }
  for (const [key, [run]] of byKey) problems.push(`run ${run?.id} of key "${key}" was invented`);
  return problems;
}

/** Each run ended as its kind must, and its counters agree with its attempts. */
function outcomes({ runs, templates }: Evidence): string[] {
  const problems: string[] = [];
  const kinds = new Map(templates.map((template) => [template.appId, template]));
  for (const run of runs) {
    const kind = kinds.get(run.templateId);
    if (kind === undefined) continue;
    const attempts = run.instances.flat();
    const say = (text: string): number =>
      problems.push(`${run.id} (${kind.name}) ${text}; "${run.message}"`);
    if (run.state !== kind.end) say(`is ${run.state}, not ${kind.end}`);
    if (run.instances.length !== kind.replicas) say(`has ${run.instances.length} instances`);
    const succeeded = attempts.filter(({ state }) => state === 'succeeded').length;
    if (succeeded !== run.succeeded) say(`counts ${run.succeeded} successes of ${succeeded}`);
    if (kind.end === 'succeeded' && succeeded !== kind.replicas) say(`has ${succeeded} successes`);
    const budget = Number(kind.retries);
    if (kind.end === 'failed' && run.failed !== budget + 1) say(`failed ${run.failed} times`);
    const open = attempts.filter(({ state }) => /^(claimed|running|stopping)$/.test(state));
    for (const attempt of open) say(`is final, but ${attempt.id} is ${attempt.state}`);
  }
  return problems;
}

/** Runs of schedules have no retries: what a fault takes with it has failed, anything else not. */
function scheduledOutcomes({ schedules, mayRepeat }: Evidence): string[] {
  return schedules
    .flatMap(({ runs }) => runs)
    .filter(({ state }) => state !== 'succeeded' && !(state === 'failed' && mayRepeat))
    .map(({ id, state, message }) => `${id} is ${state}: ${message}`);
}

/** No attempt began twice; what the store says ran did, and what began is in the store. */
function startsOf({ runs, schedules, templates, lines, mayRepeat }: Evidence): string[] {
  const problems: string[] = [];
  const attempts = new Map<string, StoredAttempt>();
  const all = [...runs, ...schedules.flatMap((schedule) => schedule.runs)];
  for (const attempt of all.flatMap((run) => run.instances.flat())) {
    attempts.set(attempt.id, attempt);
  }
  const began = new Map<string, LedgerLine>();
  for (const line of lines) {
    const before = began.get(line.attemptId);
    if (before !== undefined) {
      problems.push(`${line.attemptId} began twice, as process ${before.pid} and ${line.pid}`);
    }
    began.set(line.attemptId, line);
    const stored = attempts.get(line.attemptId);
    if (stored === undefined) problems.push(`${line.attemptId} ran, but the store has no such`);
    // A start that the store calls refused may be retried elsewhere: it must not have happened.
    else if (stored.state === 'failed' && stored.exitCode === null && stored.pid === null) {
      problems.push(`${line.attemptId} ran, but the store says: ${stored.message}`);
    }
  }
  for (const { id, state, exitCode } of attempts.values()) {
    const ran = state === 'succeeded' || (exitCode !== null && exitCode !== notBegun);
    if (ran && !began.has(id)) problems.push(`${id} ${state}, but no process of it began`);
  }
  if (mayRepeat) return problems;
  // Alone on its host, a server adopts everything that runs: nothing is ever done a second time.
  const once = new Set(
    templates.filter(({ name }) => !['flaky', 'doomed'].includes(name)).map(({ appId }) => appId),
  );
  for (const run of runs.filter(({ templateId }) => once.has(templateId))) {
    for (const [index, tries] of run.instances.entries()) {
      const times = tries.filter(({ id }) => began.has(id)).length;
      if (times !== 1) {
        const how = tries.map(({ id, state, message }) => `${id} ${state} ${message}`).join('; ');
        problems.push(`${run.id} #${index} ran ${times} times: ${how}`);
      }
    }
  }
  return problems;
}

/** What an attempt wrote before it ended is all there. */
async function logs({ runs, templates, dataDirs }: Evidence): Promise<string[]> {
  const problems: string[] = [];
  const ours = new Set(templates.map(({ appId }) => appId));
  for (const run of runs.filter(({ templateId }) => ours.has(templateId))) {
    for (const { id, state } of run.instances.flat()) {
      if (state !== 'succeeded') continue;
      const text = await keptLog(dataDirs, id);
      if (text !== wholeLog(id)) problems.push(`the log of ${id} is ${JSON.stringify(text)}`);
    }
  }
  return problems;
}

async function keptLog(dataDirs: readonly string[], attemptId: string): Promise<string | null> {
  for (const dataDir of dataDirs) {
    try {
      return await readFile(join(dataDir, 'attempts', attemptId, 'stdout'), 'utf8');
    } catch {
      // On the other host, or nowhere.
    }
  }
  return null;
}
