import type { RunState } from '../../../../domain/states.ts';
import { failures } from '../../errors.ts';
import { requireGroup, templateNamespaceOf } from '../../groups.ts';
import { readInstances } from '../../instance-records.ts';
import { notSuperseded } from '../../instances.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger, pageOf } from '../../parameters.ts';
import { instanceStatus, statusOf } from '../../render/instance.ts';
import type { SchedulerxServices } from '../../services.ts';

/** Runs looked at in one go, and at most for one answer: pages further back cannot be reached. */
const runsPerLook = 500;
const maxScanned = 20_000;
/** Looked at for each row that is asked for, and besides: some were run again since. */
const runsPerRow = 1.5;
const spareRuns = 10;
/** How much further each look goes than the one before: where many are passed over, looks stay few. */
const growth = 4;

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
      // What was judged is no failure any more.
      ...(status === instanceStatus.failed ? { verdict: null } : {}),
      ...(from === undefined ? {} : { createdFromMs: from }),
      // Both ends count.
      ...(until === undefined ? {} : { createdUntilMs: until + 1 }),
    } as const;
    const found =
      states?.length === 0
        ? []
        : await newestRuns(services, filter, status, offset, offset + pageSize);
    const read = await readInstances(services, found);
    return { data: { JobInstanceDetails: read.map(({ record }) => record) } };
  },
});

/**
 * Ids of the runs that stand for their instance, i.e. were not run again since, from one place in
 * the list to another. Which those are is not known to the list, so it is gone through from its
 * start.
 */
async function newestRuns(
  services: SchedulerxServices,
  filter: Omit<
    Parameters<SchedulerxServices['context']['engine']['runs']['rows']>[0],
    'offset' | 'limit'
  >,
  status: number | undefined,
  from: number,
  until: number,
): Promise<readonly string[]> {
  const { runs } = services.context.engine;
  const found: string[] = [];
  let offset = 0;
  let limit = Math.min(Math.ceil(until * runsPerRow) + spareRuns, runsPerLook);
  while (found.length < until && offset < maxScanned) {
    const rows = await runs.rows({ ...filter, offset, limit });
    const fitting = rows.filter((row) => status === undefined || statusOf(row) === status);
    found.push(...(await notSuperseded(services, fitting)).map(({ id }) => id));
    if (rows.length < limit) break;
    offset += limit;
    limit = Math.min(limit * growth, runsPerLook);
  }
  return found.slice(from, until);
}
