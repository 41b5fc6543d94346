import type { Params } from '../../../aliyun/operation.ts';
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
  ramAction: 'ManageSchedulerxJobExecute',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('InstanceParameters', 'string', 'instead of Parameters, for this run'),
    parameter('CheckJobStatus', 'boolean', 'true = refuse when the job is disabled'),
    parameter('DesignateType', 'integer', '1 worker, 2 label'),
    parameter('Worker', 'string', 'address of a worker, with DesignateType 1'),
    parameter('Label', 'string', 'label of workers, with DesignateType 2'),
  ],
  async handle({ params, caller }, services) {
    const instanceParameters = params.get('InstanceParameters') ?? '';
    boundedText('InstanceParameters', instanceParameters, maxParametersBytes);
    const isChecked = optionalBoolean(params, 'CheckJobStatus') ?? false;
    const { job } = await requireJob(services, params);
    if (isChecked && !job.document.enabled) throw failures.jobDisabled(job.id);
    const designated = designation(params, job);
    const run = await submitInstance(services, job.id, {
      by: caller.user,
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

function designation(params: Params, job: Job): JobSurroundings['designated'] | undefined {
  const type = optionalInteger(params, 'DesignateType', { min: 1, max: 2 });
  if (type === undefined) return undefined;
  const name = type === 1 ? 'Worker' : 'Label';
  const value = boundedText(name, (params.get(name) ?? '').trim(), 256);
  if (value === '') throw failures.cannotBeNull(name);
  if (job.template.spec.task.artifact.kind !== 'worker') {
    // Scripts and http have one worker, the built-in one.
    if (type === 1 && value.startsWith('longshore')) return undefined;
    throw failures.unfit(
      name,
      `${job.document.given['JobType'] ?? ''} jobs run on the built-in worker`,
    );
  }
  return { by: type === 1 ? 'address' : 'label', values: [value], transferable: false };
}
