import type { Template } from '../../domain/template.ts';
import type { RunOverride } from '../../engine/index.ts';
import { maxRetries, placeOf, runIdOf } from './instances.ts';
import { type JobDocument, readJobDocument, triggerTypes } from './job-document.ts';
import type { SchedulerxSettings } from './services.ts';
import { instanceOverride } from './translate/revision.ts';
import { isShardList, isSharded } from './translate/sharding.ts';

/** What the engine asks about the jobs of workflows; see `WorkflowRules` there. */
export interface SchedulerxWorkflowRules {
  skips(template: Template): string | null;
  override(
    template: Template,
    input: {
      readonly instanceParameters: string | null;
      readonly upstream: readonly { readonly name: string; readonly data: string }[];
    },
  ): RunOverride;
  repetitionOf(runId: string): string | null;
}

/**
 * Rules for the jobs of workflows: a disabled job is passed over; the workflow's InstanceParameters
 * are those of each job; workers get the results of the jobs before as (job name, data) pairs
 * (schedulerx.md §5.13). Scripts and http have no place for these.
 */
export function createWorkflowRules(
  settings: SchedulerxSettings,
  nowMs: () => number,
): SchedulerxWorkflowRules {
  return {
    repetitionOf(runId) {
      const { instanceId, retry } = placeOf(runId);
      return retry >= maxRetries ? null : runIdOf({ instanceId, retry: retry + 1 });
    },
    skips(template) {
      return readJobDocument(template.document)?.enabled === false ? 'the job is disabled' : null;
    },
    override(template, { instanceParameters, upstream }) {
      const { spec, document, notActedOn } = template;
      const job = readJobDocument(document);
      if (job === null) return { spec, document, notActedOn };
      const { artifact } = spec.task;
      const isWorker = artifact.kind === 'worker';
      const own = instanceOverride(
        job,
        {
          calendars: [],
          // The template was translated with what surrounds the job.
          designated: isWorker ? artifact.designated : null,
          routes: isWorker ? (artifact.routes ?? []) : [],
          avoidsBusy: isWorker && artifact.avoidsBusy === true,
          inWorkflow: true,
        },
        settings,
        {
          instance: {
            triggerType: triggerTypes.scheduled,
            by: '',
            parameters: isWorker ? workerParameters(job, instanceParameters) : instanceParameters,
            scheduleTimeMs: Math.floor(nowMs() / 1000) * 1000,
            dataTimeMs: null,
          },
          limited: true,
        },
      );
      const { task } = own.spec;
      if (task.artifact.kind !== 'worker' || upstream.length === 0) return own;
      return {
        ...own,
        spec: { ...own.spec, task: { ...task, artifact: { ...task.artifact, upstream } } },
      };
    },
  };
}

/**
 * A worker that shards takes the parameters of an instance for its list of shards: what is none
 * would fail it, and is meant for other jobs of the workflow.
 */
function workerParameters(job: JobDocument, parameters: string | null): string | null {
  return parameters !== null && isSharded(job) && !isShardList(parameters) ? null : parameters;
}
