import type { JobSpec, TemplateRevision } from '../../../domain/template.ts';
import type { RunOverride } from '../../../engine/index.ts';
import type { InstanceDocument, InstanceRequest, JobDocument } from '../job-document.ts';
import { integerOf } from '../parameters.ts';
import type { JobSurroundings, SchedulerxSettings } from '../services.ts';
import { artifactOf } from './artifact.ts';
import { ignoredParameters } from './not-acted-on.ts';
import { processTimezone, zoneOf } from './one-time.ts';
import { scheduleOf } from './schedule.ts';
import { shardsOf } from './sharding.ts';

/** From a stop to its final state at most (schedulerx.md §5.8, workers.md §1.9). */
const graceMs = 10_000;
/** Timeout of jobs that name none. */
const defaultTimeoutSeconds = 7_200;
const defaultAttemptIntervalSeconds = 30;
/** Medium, of 1 to 15. */
const defaultPriority = 5;

/**
 * What the engine keeps of a job.
 * @throws WireError business failure for values that cannot be, and for what cannot run here.
 */
export function jobRevision(
  document: JobDocument,
  surroundings: JobSurroundings,
  settings: SchedulerxSettings,
): TemplateRevision {
  return {
    spec: jobSpec(document, surroundings, settings, null),
    document: { ...document },
    notActedOn: ignoredParameters(document),
    refersTo: null,
    schedule: scheduleOf(document, surroundings, settings),
    ...nameOf(document),
  };
}

/** UpdateJob renames: alerts, workflows and the native API tell the template's name. */
function nameOf({ given }: Pick<JobDocument, 'given'>): { readonly name?: string } {
  const { Name } = given;
  return Name === undefined ? {} : { name: Name };
}

/** What an ExecuteJob changes besides the parameters. */
export interface InstanceChange {
  readonly instance: InstanceRequest;
  /** For this run only; undefined = as the job says. */
  readonly designated?: JobSurroundings['designated'];
  /** Whether MaxConcurrency counts; it does not for backfills. */
  readonly limited: boolean;
}

/** What one instance runs by: the job, with what the request says for this time only. */
export function instanceOverride(
  document: JobDocument,
  surroundings: JobSurroundings,
  settings: SchedulerxSettings,
  { instance, designated, limited }: InstanceChange,
): RunOverride {
  const around = designated === undefined ? surroundings : { ...surroundings, designated };
  const spec = jobSpec(document, around, settings, instance);
  const { maxUnfinished: _, ...unlimited } = spec;
  const kept: InstanceDocument = { ...document, instance };
  return {
    spec: limited ? spec : unlimited,
    document: { ...kept },
    notActedOn: ignoredParameters(document),
  };
}

function jobSpec(
  document: JobDocument,
  surroundings: JobSurroundings,
  settings: SchedulerxSettings,
  instance: InstanceRequest | null,
): JobSpec {
  const { given } = document;
  const whole = (name: string, fallback: number, min: number, max: number): number => {
    const text = given[name] ?? '';
    return text === '' ? fallback : integerOf(text, name, min, max);
  };
  const intervalMs = whole('AttemptInterval', defaultAttemptIntervalSeconds, 0, 86_400) * 1000;
  const timeoutMs = whole('Timeout', defaultTimeoutSeconds, 1, 366 * 86_400) * 1000;
  const artifact = artifactOf(document, surroundings, instance);
  const shards =
    artifact.kind === 'script' ? shardsOf(document, instance, surroundings.inWorkflow) : null;
  return {
    task: { artifact, argv: [], env: {}, identityEnv: {}, postStart: null, preStop: null },
    replicas: shards?.length ?? 1,
    shards,
    concurrency: 'allow',
    maxUnfinished: whole('MaxConcurrency', 1, 1, 10_000),
    priority: whole('Priority', defaultPriority, 0, 100),
    retry: {
      limit: whole('MaxAttempt', 0, 0, 1_000),
      backoffMs: intervalMs,
      backoffMaxMs: intervalMs,
    },
    timeoutMs: given['TimeoutKillEnable'] === 'true' ? timeoutMs : null,
    graceMs,
    timezone: processTimezone(zoneOf(given['Timezone'] ?? '', settings.timezone)),
    resources: { cpuMillis: 1_000, memoryMib: 1_024 },
  };
}
