import { missingParameter } from '../../../aliyun/errors.ts';
import { isBuiltIn, requireBuiltIn } from '../../built-in-worker.ts';
import { failures } from '../../errors.ts';
import { changeJobDetails, type Designation } from '../../job-details.ts';
import { requireJob, retranslateJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean, requiredInteger } from '../../parameters.ts';

/** Most workers or labels of one job. */
const maxValues = 200;
const maxValueChars = 200;

/** Pins a job to workers or labels; an empty list unpins it (schedulerx.md §4.5, §5.10). */
export const designateWorkers = defineOperation({
  name: 'DesignateWorkers',
  ramAction: 'ManageSchedulerxDesignateWorkers',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('DesignateType', 'integer', '1 worker, 2 label', { required: true }),
    parameter(
      'Transferable',
      'boolean',
      'whether others may do it while all of these are offline',
      {
        required: true,
      },
    ),
    parameter('Workers', 'json', 'IPs or addresses of workers, a JSON array'),
    parameter('Labels', 'json', 'labels of workers, a JSON array'),
  ],
  async handle(call, services) {
    const { params, caller } = call;
    const type = requiredInteger(params, 'DesignateType', { min: 1, max: 2 }) === 1 ? 1 : 2;
    const transferable = optionalBoolean(params, 'Transferable');
    if (transferable === undefined) throw missingParameter('Transferable');
    const name = type === 1 ? 'Workers' : 'Labels';
    const values = listOf(name, params.get(name) ?? '');
    const { job, group } = await requireJob(services, params, failures.unknownDesignatedJob);
    if (isBuiltIn(job)) requireBuiltIn(job, call, name, values);
    const designation: Designation | null =
      values.length === 0 ? null : { type, values, transferable };
    await changeJobDetails(services, job.id, (details) => ({ ...details, designation }));
    await retranslateJob(services, job, group, caller.user);
    return {};
  },
});

function listOf(name: string, text: string): readonly string[] {
  if (text.trim() === '') return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (
    !Array.isArray(list) ||
    list.length > maxValues ||
    !list.every(
      (each): each is string =>
        typeof each === 'string' &&
        each.trim() !== '' &&
        each.length <= maxValueChars &&
        // No store keeps it.
        !each.includes('\0'),
    )
  ) {
    throw failures.unfit(name, `it must be a JSON array of at most ${maxValues} texts`);
  }
  return [...new Set(list.map((each) => each.trim()))];
}
