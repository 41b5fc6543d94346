import type { RunState } from '../../../../domain/states.ts';
import { failures } from '../../errors.ts';
import { type AppGroup, groupsOf, requireGroup, templateNamespaceOf } from '../../groups.ts';
import { jobsOf } from '../../jobs.ts';
import { requireNamespace } from '../../namespaces.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger, required, requiredInteger } from '../../parameters.ts';
import type { SchedulerxServices } from '../../services.ts';

/** Points of one time series. */
const points = 24;
/** Applications that one overview adds up. */
const maxGroups = 1_000;
const maxSecond = 4_000_000_000;

interface Range {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Counters of the dashboard, as JSON in a text (schedulerx.md §4.2, §6 #36). */
export const getOverview = defineOperation({
  name: 'GetOverview',
  ramAction: 'ReadSchedulerxOverview',
  method: 'POST',
  parameters: [
    common.regionId,
    common.optionalNamespace,
    common.namespaceSource,
    common.optionalGroupId,
    parameter('MetricType', 'integer', '0 counts, 1 what ran', { required: true }),
    parameter('Operate', 'string', '`query` or `query_range`', { required: true }),
    parameter('StartTime', 'integer', 'seconds', { required: true }),
    parameter('EndTime', 'integer', 'seconds; default now'),
  ],
  async handle({ params }, services) {
    const metricType = requiredInteger(params, 'MetricType', { min: 0, max: 1 });
    const operate = required(params, 'Operate');
    const nowSecond = Math.floor(services.context.nowMs() / 1000);
    const from = requiredInteger(params, 'StartTime', { min: 0, max: maxSecond });
    const to = optionalInteger(params, 'EndTime', { min: 0, max: maxSecond }) ?? nowSecond;
    if (to < from) throw failures.invalid('EndTime', to);
    const groups = await groupsAsked();
    const counters = metricType === 0 ? basicCounters : runCounters;
    const at = (range: Range) => counters(services, groups, range);
    if (operate === 'query') {
      return { data: JSON.stringify(await at({ fromMs: from * 1000, untilMs: to * 1000 + 1000 })) };
    }
    if (operate !== 'query_range') throw failures.invalid('Operate', operate);
    const series: Record<string, [number, string][]> = {};
    const step = Math.max(1, Math.ceil((to - from) / points));
    for (let second = from; second <= to && second < from + points * step; second += step) {
      const range = { fromMs: second * 1000, untilMs: (second + step) * 1000 };
      for (const [name, value] of Object.entries(await at(range))) {
        (series[name] ??= []).push([second, value]);
      }
    }
    return { data: JSON.stringify(series) };

    async function groupsAsked(): Promise<readonly AppGroup[]> {
      if (params.has('GroupId')) return [await requireGroup(services, params)];
      const namespace = params.has('Namespace')
        ? (await requireNamespace(services, params)).id
        : undefined;
      return (await groupsOf(services, namespace)).slice(0, maxGroups);
    }
  },
});

/** What there is now, whatever the range. */
async function basicCounters(
  services: SchedulerxServices,
  groups: readonly AppGroup[],
): Promise<Readonly<Record<string, string>>> {
  let all = 0;
  let enabled = 0;
  let running = 0;
  let workers = 0;
  for (const group of groups) {
    const jobs = await jobsOf(services, group);
    all += jobs.length;
    enabled += jobs.filter(({ document }) => document.enabled).length;
    running += await countRuns(services, group, ['running', 'stopping'], null);
    workers += services.context.engine.workers(group.number).length;
  }
  return {
    schedulerx_job_counter_all: String(all),
    schedulerx_job_counter_enable: String(enabled),
    schedulerx_job_counter_disable: String(all - enabled),
    schedulerx_job_trigger_counter_running: String(running),
    schedulerx_worker_counter: String(workers),
  };
}

async function runCounters(
  services: SchedulerxServices,
  groups: readonly AppGroup[],
  range: Range,
): Promise<Readonly<Record<string, string>>> {
  const sum = async (states: readonly RunState[] | null): Promise<string> => {
    let total = 0;
    for (const group of groups) total += await countRuns(services, group, states, range);
    return String(total);
  };
  return {
    schedulerx_job_trigger_counter: await sum(null),
    schedulerx_job_trigger_counter_success: await sum(['succeeded']),
    schedulerx_job_trigger_counter_failed: await sum(['failed', 'canceled']),
  };
}

async function countRuns(
  { context }: SchedulerxServices,
  group: AppGroup,
  states: readonly RunState[] | null,
  range: Range | null,
): Promise<number> {
  const { total } = await context.engine.runs.list({
    dialect: 'schedulerx',
    namespace: templateNamespaceOf(group),
    ...(states === null ? {} : { states }),
    ...(range === null ? {} : { createdFromMs: range.fromMs, createdUntilMs: range.untilMs }),
    offset: 0,
    limit: 1,
  });
  return total;
}
