import type { RunRowView } from '../../../../src/dialects/native/views/run.ts';

/** States that runs are filtered by, in the order of a run's life. */
export const runStates = [
  'queued',
  'running',
  'stopping',
  'succeeded',
  'failed',
  'canceled',
] as const;
export const runTriggers = ['manual', 'schedule', 'webhook', 'workflow', 'retry'] as const;
export const runDialects = ['native', 'sae', 'schedulerx', 'cdm'] as const;
export const runTimes = ['any', '1h', '24h', '7d', 'between'] as const;

export type RunState = (typeof runStates)[number];
export type RunTime = (typeof runTimes)[number];

/** What is asked for; '' or null = not asked. */
export interface RunFilter {
  readonly search: string;
  readonly states: readonly RunState[];
  readonly trigger: string;
  readonly dialect: string;
  readonly namespace: string;
  readonly template: string;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

const hourMs = 3_600_000;
const lengthsMs: Partial<Record<RunTime, number>> = {
  '1h': hourMs,
  '24h': 24 * hourMs,
  '7d': 168 * hourMs,
};

/** When a time that counts back from now begins; null = it does not. */
export function beginOf(time: RunTime, nowMs: number): number | null {
  const lengthMs = lengthsMs[time];
  return lengthMs === undefined ? null : nowMs - lengthMs;
}

/** The query of `ListRuns`. */
export function queryOf(filter: RunFilter): Readonly<Record<string, string | number | null>> {
  return {
    search: filter.search,
    state: filter.states.join(','),
    trigger: filter.trigger,
    dialect: filter.dialect,
    namespace: filter.namespace,
    template: filter.template,
    createdFromMs: filter.fromMs,
    createdUntilMs: filter.untilMs,
  };
}

/** Whether a run that changed belongs to what is shown; the same rules as the server's. */
export function fits(filter: RunFilter, run: RunRowView): boolean {
  const { search, states, trigger, dialect, namespace, template, fromMs, untilMs } = filter;
  return (
    (search === '' || run.id.startsWith(search) || run.templateName.includes(search)) &&
    (states.length === 0 || states.includes(run.state)) &&
    (trigger === '' || run.trigger === trigger) &&
    (dialect === '' || run.dialect === dialect) &&
    (namespace === '' || run.namespace === namespace) &&
    (template === '' || run.templateId === template || run.templateName === template) &&
    (fromMs === null || run.createdAtMs >= fromMs) &&
    (untilMs === null || run.createdAtMs < untilMs)
  );
}

/** Whether anything is asked for. */
export function isFiltered(filter: RunFilter): boolean {
  return Object.values(queryOf(filter)).some((value) => value !== '' && value !== null);
}
