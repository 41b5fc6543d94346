/**
 * A workflow's run that failed goes on when a job of it is run again or judged. Final states are
 * final, so it goes on as a further run, as instances do (`instances.ts`): that of `7` is `7-1`.
 */
import type { Run } from '../../domain/run.ts';
import { maxRetries, newestRun, placeOf, runIdOf } from './instances.ts';
import type { SchedulerxServices } from './services.ts';
import { scheduleTimeMsOf } from './instance-ids.ts';
import { readWorkflowDocument } from './translate/workflow.ts';

/**
 * Lets the workflow go on that an instance is of, when it has failed. While it is not over it sees
 * by itself what becomes of its jobs; and an instance that is of none has none to go on.
 */
export async function resumeWorkflow(
  services: SchedulerxServices,
  instanceId: string,
  by: string,
): Promise<void> {
  const { runs } = services.context.engine;
  const workflowRunId = workflowRunOf(await runs.get(instanceId));
  if (workflowRunId === null) return;
  const root = placeOf(workflowRunId).instanceId;
  const failed = await newestRun(services, root);
  if (failed === null || failed.state !== 'failed' || failed.verdict !== null) return;
  const { artifact } = failed.spec.task;
  const retry = placeOf(failed.id).retry + 1;
  if (artifact.kind !== 'workflow' || retry > maxRetries) return;
  const attempts = (await runs.instances(failed.id)).flatMap((each) => each.attempts);
  const resumes = attempts.at(-1)?.progress ?? '';
  const document = readWorkflowDocument(failed.document);
  const first = document?.instance;
  const { maxUnfinished: _, ...spec } = failed.spec;
  await runs.submit({
    templateId: failed.templateId,
    dialect: 'schedulerx',
    trigger: 'retry',
    runId: runIdOf({ instanceId: root, retry }),
    idPrefix: '',
    idSuffix: '',
    // Of several jobs that are run again at once, the first lets it go on.
    idempotencyKey: `retry:${root}:${retry}`,
    notBeforeMs: null,
    by,
    override: () => ({
      // The graph as it was: what ran, ran by it.
      spec: { ...spec, task: { ...spec.task, artifact: { ...artifact, resumes } } },
      document: {
        ...failed.document,
        instance: {
          by: first?.by ?? by,
          parameters: first?.parameters ?? null,
          scheduleTimeMs: first?.scheduleTimeMs ?? scheduleTimeMsOf(failed),
        },
      },
      notActedOn: failed.notActedOn,
    }),
  });
}

/** The workflow's run that started this one; null when none did. */
function workflowRunOf(run: Pick<Run, 'idempotencyKey'> | null): string | null {
  return /^wf:(.+):[^:]+$/.exec(run?.idempotencyKey ?? '')?.[1] ?? null;
}
