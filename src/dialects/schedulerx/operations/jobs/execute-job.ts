import type { Call } from '../../../aliyun/operation.ts';
import { isBuiltIn, requireBuiltIn } from '../../built-in-worker.ts';
import { failures } from '../../errors.ts';
import { triggerTypes } from '../../job-document.ts';
import { type Job, requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean, optionalInteger } from '../../parameters.ts';
import type { JobSurroundings } from '../../services.ts';
import { submitInstance } from '../../submit.ts';
import { boundedText } from '../../texts.ts';

/** Longest InstanceParameters, as of Parameters (schedulerx.md §5.14). */
const maxParametersBytes = 10_000;

/** Runs a job now, whatever its time type and status (schedulerx.md §4.3). */
export const executeJob = defineOperation({
  name: 'ExecuteJob',
  starts: true,
  ramAction: 'ManageSchedulerxJobTrigger',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('InstanceParameters', 'string', 'instead of Parameters, for this run'),
    parameter('CheckJobStatus', 'boolean', 'true = refuse when the job is disabled'),
    parameter('DesignateType', 'integer', '1 worker, 2 label; default by which is given'),
    parameter('Worker', 'string', 'address of a worker'),
    parameter('Label', 'string', 'label of workers'),
  ],
  async handle(call, services) {
    const { params, caller } = call;
    const instanceParameters = params.get('InstanceParameters') ?? '';
    boundedText('InstanceParameters', instanceParameters, maxParametersBytes);
    const isChecked = optionalBoolean(params, 'CheckJobStatus') ?? false;
    const { job } = await requireJob(services, params);
    if (isChecked && !job.document.enabled) throw failures.jobDisabled(job.id);
    const designated = designation(call, job);
    const run = await submitInstance(services, job.id, {
      by: caller.user,
      traceparent: caller.traceparent ?? null,
      triggerType: triggerTypes.api,
      parameters: instanceParameters === '' ? null : instanceParameters,
      atMs: services.context.nowMs(),
      dataTimeMs: null,
      limited: true,
      seconds: services.settings.sameSecond === 'refuse' ? 1 : 60,
      ...(designated === undefined ? {} : { designated }),
    });
    return { data: { JobInstanceId: Number(run.id) } };
  },
});

/** Without DesignateType the parameter that is there tells which it is. */
function designation(call: Call, job: Job): JobSurroundings['designated'] | undefined {
  const { params } = call;
  const given = (name: string): string => (params.get(name) ?? '').trim();
  const told = given('Worker') === '' ? (given('Label') === '' ? undefined : 2) : 1;
  const type = optionalInteger(params, 'DesignateType', { min: 1, max: 2 }) ?? told;
  if (type === undefined) return undefined;
  const name = type === 1 ? 'Worker' : 'Label';
  const value = boundedText(name, given(name), 256);
  if (value === '') throw failures.cannotBeNull(name);
  if (isBuiltIn(job)) {
    requireBuiltIn(job, call, name, [value]);
    return undefined;
  }
  return { by: type === 1 ? 'address' : 'label', values: [value], transferable: false };
}
