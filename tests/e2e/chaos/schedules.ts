import { until } from '../../support/until.ts';
import { program } from './jobs.ts';
import type { Machine } from './machine.ts';
import { pageSize, type PageOf, type RunRecord, runRecords } from './records.ts';

const everyMs = 1_000;
/** How long a schedule may take to fire on after the last fault and the last step of the clock. */
const fireAgainDeadlineMs = 30_000;

/** A template that fires every second, and what its ledger may hold. */
export interface ScheduledTemplate {
  readonly id: string;
  readonly name: string;
  readonly command: readonly string[];
  readonly outcomes: readonly string[];
}

/** A line of the fire ledger as the native API shows it; the members that are checked. */
export interface FiringLine {
  readonly nominalAtMs: number;
  readonly untilAtMs: number;
  readonly count: number;
  readonly outcome: string;
  readonly runId: string | null;
  readonly reason: string;
}

/** A template with its whole ledger, oldest first, and its runs. */
export interface ScheduleRecord {
  readonly template: ScheduledTemplate;
  readonly firings: readonly FiringLine[];
  readonly runs: readonly RunRecord[];
}

interface ScheduledKind {
  readonly name: string;
  readonly script: string;
  readonly schedule: object;
  readonly concurrency: 'allow' | 'forbid';
  readonly outcomes: readonly string[];
}

const kinds: readonly ScheduledKind[] = [
  {
    // Whatever is missed is within the grace: each second makes its run, however late.
    name: 'every-second',
    script: ':',
    schedule: { timing: { kind: 'cron', expression: '* * * * * *' } },
    concurrency: 'allow',
    outcomes: ['fired'],
  },
  {
    name: 'on-time-or-never',
    script: ':',
    schedule: { timing: { kind: 'fixed-rate', everyMs }, graceMs: 400 },
    concurrency: 'allow',
    outcomes: ['fired', 'skipped'],
  },
  {
    name: 'one-at-a-time',
    script: 'sleep 1.3',
    schedule: { timing: { kind: 'fixed-rate', everyMs } },
    concurrency: 'forbid',
    outcomes: ['fired', 'refused'],
  },
];

/** Makes the templates; they fire from now on. */
export async function createScheduledTemplates(
  machine: Machine,
  ledger: string,
): Promise<readonly ScheduledTemplate[]> {
  const templates: ScheduledTemplate[] = [];
  for (const { name, script, schedule, concurrency, outcomes } of kinds) {
    const command = ['sh', '-c', program({ script }, ledger, 'LONGSHORE_RUN_ID')];
    const made = await machine.native('/templates', { name, command, schedule, concurrency });
    templates.push({ id: (made as { id: string }).id, name, command, outcomes });
  }
  return templates;
}

/**
 * Waits until each fires on, then takes the schedules away; what they started goes on (a suspension
 * would keep it back).
 * @throws Error naming the one that does not.
 */
export async function endSchedules(
  machine: Machine,
  templates: readonly ScheduledTemplate[],
): Promise<void> {
  for (const { id, name } of templates) {
    const last = async (): Promise<number> =>
      (await firings(machine, id, 0, 1)).rows[0]?.untilAtMs ?? 0;
    const before = Math.max(await last(), Date.now() - everyMs);
    const what = `the schedule ${name} fires on after the last fault`;
    await until(what, async () => (await last()) > before, fireAgainDeadlineMs);
  }
  for (const { id, name, command } of templates) {
    await machine.native(`/templates/${id}`, { name, command }, 'PUT');
  }
}

/** The templates with their ledgers and runs. Nothing may change meanwhile. */
export async function scheduleRecords(
  machine: Machine,
  templates: readonly ScheduledTemplate[],
): Promise<readonly ScheduleRecord[]> {
  const records: ScheduleRecord[] = [];
  for (const template of templates) {
    const lines: FiringLine[] = [];
    for (let total = 1; lines.length < total;) {
      const page = await firings(machine, template.id, lines.length, pageSize);
      lines.push(...page.rows);
      total = page.rows.length === 0 ? lines.length : page.total;
    }
    const runs = await runRecords(machine, template.id);
    records.push({ template, firings: lines.toReversed(), runs });
  }
  return records;
}

/** What is not as promised: each nominal second once, a run for each that fired, no other run. */
export function scheduleViolations({ template, firings: lines, runs }: ScheduleRecord): string[] {
  const problems: string[] = [];
  const say = (line: FiringLine, text: string): number =>
    problems.push(`${template.name} at ${new Date(line.nominalAtMs).toISOString()} ${text}`);
  const byId = new Map(runs.map((run) => [run.id, run]));
  let expectedMs = lines[0]?.nominalAtMs ?? 0;
  if (lines.length === 0) problems.push(`${template.name} never fired`);
  for (const line of lines) {
    const { nominalAtMs, untilAtMs, count, outcome, runId, reason } = line;
    if (nominalAtMs !== expectedMs)
      say(line, `follows a gap or overlap of ${nominalAtMs - expectedMs} ms`);
    expectedMs = untilAtMs + everyMs;
    if (count !== (untilAtMs - nominalAtMs) / everyMs + 1) say(line, `counts ${count} firings`);
    if (!template.outcomes.includes(outcome)) say(line, `was ${outcome}: ${reason}`);
    if (outcome !== 'fired') {
      if (reason === '' || runId !== null) say(line, `was ${outcome} with run ${runId}: ${reason}`);
      continue;
    }
    const run = byId.get(runId ?? '');
    if (run === undefined) say(line, `made run ${runId}, which is not there or not its own`);
    else if (run.scheduledAtMs !== nominalAtMs) say(line, `made a run for ${run.scheduledAtMs}`);
    byId.delete(runId ?? '');
  }
  for (const { id } of byId.values()) problems.push(`${id} of ${template.name} has no firing`);
  return problems;
}

async function firings(
  machine: Machine,
  id: string,
  offset: number,
  limit: number,
): Promise<PageOf<FiringLine>> {
  const path = `/templates/${id}/firings?offset=${offset}&limit=${limit}`;
  return (await machine.native(path)) as PageOf<FiringLine>;
}
