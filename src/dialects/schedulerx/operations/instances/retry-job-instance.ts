import { businessError, failures } from '../../errors.ts';
import { scheduleTimeMsOf } from '../../instance-ids.ts';
import { maxRetries, placeOf, requireEnded, requireInstance, runIdOf } from '../../instances.ts';
import { readInstanceDocument, readJobDocument, triggerTypes } from '../../job-document.ts';
import { findJob, surroundingsOf } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { resumeWorkflow } from '../../workflow-resumption.ts';
import { instanceOverride } from '../../translate/revision.ts';

/**
 * Runs a finished instance again, as the job is now, with the instance's own parameters and times.
 * It keeps its id: reads show the newest run (schedulerx.md §6 #21). A workflow that failed by it
 * goes on.
 */
export const retryJobInstance = defineOperation({
  name: 'RetryJobInstance',
  ramAction: 'ManageSchedulerxJobInstRun',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('JobInstanceId', 'integer', 'the instance', { required: true }),
  ],
  async handle({ params, caller }, services) {
    const { run, instanceId, group } = await requireInstance(services, params, 'JobInstanceId');
    requireEnded(run, instanceId);
    const job = await findJob(services, Number(run.templateId));
    if (job === null) throw failures.unknownJob(run.templateId);
    const retry = placeOf(run.id).retry + 1;
    if (retry > maxRetries) {
      throw businessError(
        `jobInstanceId=${instanceId} was retried ${maxRetries} times already; execute the job instead`,
      );
    }
    const before = readInstanceDocument(run.document)?.instance;
    const surroundings = await surroundingsOf(services, group, job.id, job.document);
    const { existing } = await services.context.engine.runs.submit({
      templateId: job.template.id,
      dialect: 'schedulerx',
      trigger: 'retry',
      runId: runIdOf({ instanceId, retry }),
      idPrefix: '',
      idSuffix: '',
      idempotencyKey: `retry:${instanceId}:${retry}`,
      notBeforeMs: null,
      by: caller.user,
      override: (template) =>
        instanceOverride(
          readJobDocument(template.document) ?? job.document,
          surroundings,
          services.settings,
          {
            instance: {
              triggerType: triggerTypes.rerun,
              by: caller.user,
              parameters: before?.parameters ?? null,
              scheduleTimeMs: before?.scheduleTimeMs ?? scheduleTimeMsOf(run),
              dataTimeMs: before?.dataTimeMs ?? null,
            },
            limited: true,
          },
        ),
    });
    // Two callers at once: one of them made it.
    if (existing) throw businessError(`jobInstanceId=${instanceId} is not finished`);
    await resumeWorkflow(services, instanceId, caller.user);
    return {};
  },
});
