/** Instances that requests ask for: one per job and second (schedulerx.md §5.9). */
import type { Run } from '../../domain/run.ts';
import type { Template } from '../../domain/template.ts';
import type { RunOverride } from '../../engine/index.ts';
import { failures } from './errors.ts';
import { scheduleKey } from './instance-ids.ts';
import { readJobDocument } from './job-document.ts';
import type { JobSurroundings, SchedulerxServices } from './services.ts';
import { localTimeText, zoneOf } from './translate/one-time.ts';
import { instanceOverride } from './translate/revision.ts';

/** What a request says about the instance it wants. */
export interface WantedInstance {
  readonly by: string;
  /** The request's place in a trace; absent = in none. */
  readonly traceparent?: string | null;
  /** Of §5.7. */
  readonly triggerType: number;
  /** InstanceParameters; null = none. */
  readonly parameters: string | null;
  /** Schedule time; cut to the second. */
  readonly atMs: number;
  /** Null = schedule time + DataOffset. */
  readonly dataTimeMs: number | null;
  /** Whether MaxConcurrency counts. */
  readonly limited: boolean;
  /** How many seconds are tried, from the first on, until one has no instance. */
  readonly seconds: number;
  /** For this instance only; absent = as the job says. */
  readonly designated?: JobSurroundings['designated'];
}

/**
 * Accepts an instance durably.
 * @throws WireError business failure when all of its seconds are taken; DomainError of `submit`.
 */
export async function submitInstance(
  { context, settings, instanceIds }: SchedulerxServices,
  jobId: number,
  wanted: WantedInstance,
): Promise<Run> {
  const firstSecond = Math.floor(wanted.atMs / 1000);
  for (let second = firstSecond; second < firstSecond + wanted.seconds; second++) {
    const scheduleTimeMs = second * 1000;
    const { run, existing } = await context.engine.runs.submit({
      templateId: String(jobId),
      dialect: 'schedulerx',
      trigger: 'manual',
      idPrefix: '',
      idSuffix: '',
      runId: instanceIds.next(context.nowMs()),
      idempotencyKey: scheduleKey(scheduleTimeMs),
      notBeforeMs: scheduleTimeMs,
      by: wanted.by,
      traceparent: wanted.traceparent ?? null,
      override: (template) => overrideOf(template, scheduleTimeMs),
    });
    if (!existing) return run;
  }
  const zone = zoneOf('', settings.timezone);
  throw failures.sameSecond(jobId, localTimeText(firstSecond * 1000, zone));

  function overrideOf(template: Template, scheduleTimeMs: number): RunOverride {
    const document = readJobDocument(template.document);
    if (document === null) throw failures.unknownJob(jobId);
    const { designated, limited } = wanted;
    return instanceOverride(document, surroundingsIn(template), settings, {
      instance: {
        triggerType: wanted.triggerType,
        by: wanted.by,
        parameters: wanted.parameters,
        scheduleTimeMs,
        dataTimeMs: wanted.dataTimeMs,
      },
      limited,
      ...(designated === undefined ? {} : { designated }),
    });
  }
}

/** What surrounded the job when it was last translated; its schedule takes no part in one instance. */
function surroundingsIn({ spec }: Template): JobSurroundings {
  const { artifact } = spec.task;
  const isWorker = artifact.kind === 'worker';
  return {
    calendars: [],
    designated: isWorker ? artifact.designated : null,
    routes: isWorker ? (artifact.routes ?? []) : [],
    avoidsBusy: isWorker && artifact.avoidsBusy === true,
    inWorkflow: false,
  };
}
