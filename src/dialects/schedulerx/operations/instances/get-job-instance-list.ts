import type { RunDetail } from '../../../../domain/run.ts';
import type { RunState } from '../../../../domain/states.ts';
import { failures } from '../../errors.ts';
import { requireGroup, templateNamespaceOf } from '../../groups.ts';
import { isSuperseded } from '../../instances.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger, pageOf } from '../../parameters.ts';
import { instanceRecord, instanceStatus, statusOf } from '../../render/instance.ts';
import type { SchedulerxServices } from '../../services.ts';

/** Runs read in one go, and read at most for one answer: pages further back cannot be reached. */
const runsPerPage = 100;
const maxScanned = 20_000;
/** Read beyond the rows that are asked for, because some were run again since. */
const sparePerPage = 10;

/** States that a public status may stand for; a failed run that was judged is a success. */
const statesOf: ReadonlyMap<number, readonly RunState[]> = new Map<number, readonly RunState[]>([
  [instanceStatus.waiting, ['queued']],
  [instanceStatus.running, ['running', 'stopping']],
  [instanceStatus.success, ['succeeded', 'failed', 'canceled']],
  [instanceStatus.failed, ['failed', 'canceled']],
  // Nothing is accepted here and refused later.
  [instanceStatus.rejected, []],
]);

/** Instances of a job or an application, the newest first (schedulerx.md §4.4). */
export const getJobInstanceList = defineOperation({
  name: 'GetJobInstanceList',
  ramAction: 'ReadSchedulerxJobInstanceQuery',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('JobId', 'integer', 'absent = all jobs of the application'),
    parameter('StartTimestamp', 'integer', 'created from, epoch milliseconds'),
    parameter('EndTimestamp', 'integer', 'created until, epoch milliseconds'),
    parameter('Status', 'integer', '1, 3, 4, 5 or 9'),
    parameter('PageNum', 'integer', 'from 1'),
    parameter('PageSize', 'integer', 'at most 100; default 10'),
  ],
  async handle({ params }, services) {
    const status = optionalInteger(params, 'Status');
    const states = status === undefined ? undefined : statesOf.get(status);
    if (status !== undefined && states === undefined) throw failures.invalid('status', status);
    const from = optionalInteger(params, 'StartTimestamp', { min: 0 });
    const until = optionalInteger(params, 'EndTimestamp', { min: 0 });
    const { offset, pageSize } = pageOf(params, 10);
    const hasJob = (params.get('JobId') ?? '') !== '';
    const group = hasJob
      ? (await requireJob(services, params)).group
      : await requireGroup(services, params);
    const filter = {
      dialect: 'schedulerx',
      namespace: templateNamespaceOf(group),
      ...(hasJob ? { templateId: String(optionalInteger(params, 'JobId')) } : {}),
      ...(states === undefined ? {} : { states }),
      ...(from === undefined ? {} : { createdFromMs: from }),
      // Both ends count.
      ...(until === undefined ? {} : { createdUntilMs: until + 1 }),
    } as const;
    const found =
      states?.length === 0
        ? []
        : await newestRuns(services, filter, status, offset, offset + pageSize);
    const { runs } = services.context.engine;
    const records = found.map(async (run) =>
      instanceRecord(run, await runs.instances(run.id), services.settings),
    );
    return { data: { JobInstanceDetails: await Promise.all(records) } };
  },
});

/**
 * Runs that stand for their instance, i.e. were not run again since, from one place in the list to
 * another. Which those are is known only one by one, so the list is gone through from its start.
 */
async function newestRuns(
  services: SchedulerxServices,
  filter: Omit<
    Parameters<SchedulerxServices['context']['engine']['runs']['list']>[0],
    'offset' | 'limit'
  >,
  status: number | undefined,
  from: number,
  until: number,
): Promise<readonly RunDetail[]> {
  const { runs } = services.context.engine;
  const found: string[] = [];
  const limit = Math.min(runsPerPage, until + sparePerPage);
  for (let offset = 0; offset < maxScanned && found.length < until; offset += limit) {
    const { rows, total } = await runs.list({ ...filter, offset, limit });
    for (const row of rows) {
      if (status !== undefined && statusOf(row) !== status) continue;
      if (await isSuperseded(services, row)) continue;
      found.push(row.id);
      if (found.length >= until) break;
    }
    if (rows.length === 0 || offset + rows.length >= total) break;
  }
  const details = await Promise.all(found.slice(from).map((id) => runs.get(id)));
  return details.filter((run) => run !== null);
}
