import { DomainError } from '../../domain/errors.ts';
import type { Run, RunDetail } from '../../domain/run.ts';
import { isFinal } from '../../domain/states.ts';
import { WireError } from '../aliyun/errors.ts';
import { groupOfTemplateNamespace } from './groups.ts';
import { canRunAgain, findWorkflowRun } from './insight-workflow-runs.ts';
import { scheduleTimeMsOf } from './instance-ids.ts';
import { maxRetries, newestRun, placeOf, runIdOf } from './instances.ts';
import { readInstanceDocument, readJobDocument, triggerTypes } from './job-document.ts';
import { findJob, surroundingsOf } from './jobs.ts';
import type { SchedulerxServices } from './services.ts';
import { instanceOverride } from './translate/revision.ts';
import { resumeWorkflow } from './workflow-resumption.ts';

/**
 * Runs the failed jobs of a failed workflow run again; the workflow goes on from there as a
 * further run, which is returned.
 * @throws DomainError `run-not-found`, `invalid-argument`, refusals of admission.
 */
export async function resumeWorkflowRun(
  services: SchedulerxServices,
  runId: string,
  by: string,
): Promise<Run> {
  const found = await findWorkflowRun(services, runId);
  if (found === null) {
    throw new DomainError('run-not-found', `${runId} is no run of a workflow`, { run: runId });
  }
  if (found.continuedBy !== null) {
    throw unfit(`the run ${found.continuedBy} goes on with ${runId} already: resume that one`);
  }
  if (!isFinal('run', found.run.state)) throw unfit(`${runId} has not ended`);
  if (!found.resumable) throw unfit(`nothing failed in ${runId} that could run again`);
  const failed = found.nodes.map((node) => node.run).filter(canRunAgain);
  for (const run of failed) await runAgain(services, run, by);
  const [first] = failed;
  if (first !== undefined) await resumeWorkflow(services, placeOf(first.id).instanceId, by);
  const resumed = await newestRun(services, placeOf(runId).instanceId);
  return resumed ?? found.run;
}

/** As RetryJobInstance: its own parameters and times, the job as it is now. */
async function runAgain(services: SchedulerxServices, { id }: Run, by: string): Promise<void> {
  const { runs } = services.context.engine;
  const run: RunDetail | null = await runs.get(id);
  const job = run === null ? null : await findJob(services, Number(run.templateId));
  if (run === null || job === null) throw unfit(`the job of the run ${id} does not exist any more`);
  const { instanceId, retry } = placeOf(run.id);
  if (retry >= maxRetries) throw unfit(`${instanceId} was retried ${maxRetries} times already`);
  const group = groupOfTemplateNamespace(job.template.namespace);
  const surroundings = await surroundingsOf(services, group, job.id, job.document).catch(
    (error: unknown) => {
      throw error instanceof WireError ? unfit(error.message) : error;
    },
  );
  const before = readInstanceDocument(run.document)?.instance;
  await runs.submit({
    templateId: job.template.id,
    dialect: 'schedulerx',
    trigger: 'retry',
    runId: runIdOf({ instanceId, retry: retry + 1 }),
    idPrefix: '',
    idSuffix: '',
    // Whoever asks at the same time gets the same run.
    idempotencyKey: `retry:${instanceId}:${retry + 1}`,
    notBeforeMs: null,
    by,
    override: (template) =>
      instanceOverride(
        readJobDocument(template.document) ?? job.document,
        surroundings,
        services.settings,
        {
          instance: {
            triggerType: triggerTypes.rerun,
            by,
            parameters: before?.parameters ?? null,
            scheduleTimeMs: before?.scheduleTimeMs ?? scheduleTimeMsOf(run),
            dataTimeMs: before?.dataTimeMs ?? null,
          },
          limited: true,
        },
      ),
  });
}

function unfit(reason: string): DomainError {
  return new DomainError('invalid-argument', reason);
}
