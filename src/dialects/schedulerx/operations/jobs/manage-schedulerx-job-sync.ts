import { failures } from '../../errors.ts';
import { type AppGroup, findGroup } from '../../groups.ts';
import { addJob } from '../../job-creation.ts';
import { belongsTo, findJob, type Job, jobsOf } from '../../jobs.ts';
import { findNamespace } from '../../namespaces.ts';
import { common, defineOperation, groupResource, parameter } from '../../operation.ts';
import { required, requiredIntegers } from '../../parameters.ts';
import type { SchedulerxServices } from '../../services.ts';

const original = { namespace: 'OriginalNamespace', groupId: 'OriginalGroupId' };
const target = { namespace: 'TargetNamespace', groupId: 'TargetGroupId' };

/** Copies jobs into another application, under ids of their own (schedulerx.md §4.3). */
export const manageSchedulerxJobSync = defineOperation({
  name: 'ManageSchedulerxJobSync',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespaceSource,
    parameter('JobIdList', 'json', 'JSON array in one text, `[1,2]`', { required: true }),
    parameter('OriginalGroupId', 'string', 'copied from', { required: true }),
    parameter('OriginalNamespace', 'string', 'copied from', { required: true }),
    parameter('TargetGroupId', 'string', 'copied to', { required: true }),
    parameter('TargetNamespace', 'string', 'copied to', { required: true }),
  ],
  resource: (params, { context }) => [
    groupResource(context, params, original),
    groupResource(context, params, target),
  ],
  async handle({ params, caller }, services) {
    const groupOf = async (names: typeof original): Promise<AppGroup> => {
      const namespace = required(params, names.namespace);
      const groupId = required(params, names.groupId);
      const group = await findGroup(services, namespace, groupId);
      if (group !== null) return group;
      if ((await findNamespace(services, namespace)) === null) {
        throw failures.unknownNamespace(namespace, params.get('NamespaceSource'));
      }
      throw failures.unknownGroup(groupId, namespace);
    };
    const [from, to] = [await groupOf(original), await groupOf(target)];
    const jobs = await jobsAsked(services, requiredIntegers(params, 'JobIdList'), from);
    const present = (await jobsOf(services, to)).length;
    if (present + jobs.length > to.maxJobs) throw failures.tooManyJobs(to.groupId, to.maxJobs);
    const nowMs = services.context.nowMs();
    for (const { document } of jobs) {
      const copy = {
        ...document,
        group: to.number,
        contentAtMs: nowMs,
        anchorMs: Math.floor(nowMs / 1000) * 1000,
        createdBy: caller.user,
      };
      await addJob(services, to, copy, caller.user);
    }
    return {};
  },
});

/** All of them, or none is copied. */
async function jobsAsked(
  services: SchedulerxServices,
  jobIds: readonly number[],
  from: AppGroup,
): Promise<readonly Job[]> {
  const jobs: Job[] = [];
  for (const jobId of new Set(jobIds)) {
    const job = await findJob(services, jobId);
    if (job === null) throw failures.unknownJob(jobId);
    if (!belongsTo(job, from)) throw failures.wrongGroup(jobId, from.groupId);
    jobs.push(job);
  }
  return jobs;
}
