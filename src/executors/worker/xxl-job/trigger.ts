import type { JobSpec, WorkerArtifact } from '../../../domain/template.ts';
import type { AttemptStart } from '../../../ports/executor.ts';
import { readShards } from './sharding.ts';
import { routeStrategies, type RouteStrategy } from './strategies.ts';

/** What an executor does with a trigger of a job that it runs already (workers.md §1.5). */
export const blockStrategies = ['SERIAL_EXECUTION', 'DISCARD_LATER', 'COVER_EARLY'] as const;
export type BlockStrategy = (typeof blockStrategies)[number];

/** Largest number of a job: executors keep it in 31 bits (workers.md §1.5). */
const maxJobId = 2 ** 31 - 1;
/** Executors count the timeout in seconds, in 31 bits. */
const maxTimeoutSeconds = 2 ** 31 - 1;

/** Kinds of job, as executors call them (workers.md §1.6, §1.9). */
const glueTypes: Readonly<Record<string, string>> = {
  xxljob: 'BEAN',
  java: 'BEAN',
  shell: 'GLUE_SHELL',
  python: 'GLUE_PYTHON',
};

/** Extras that a job may carry in its attributes. */
export interface Extras {
  readonly route: RouteStrategy;
  readonly block: BlockStrategy;
}

/** One dispatch of an attempt. */
export interface PartPlan {
  /** Number of the shard; 0 unless sharding or broadcast. */
  readonly index: number;
  readonly total: number;
  readonly parameters: string;
}

/** Body of a trigger (workers.md §1.5). */
export interface TriggerBody {
  readonly jobId: number;
  readonly executorHandler: string;
  readonly executorParams: string;
  readonly executorBlockStrategy: BlockStrategy;
  readonly executorTimeout: number;
  readonly logId: number;
  readonly logDateTime: number;
  readonly glueType: string;
  readonly glueSource: string;
  readonly glueUpdatetime: number;
  readonly broadcastIndex: number;
  readonly broadcastTotal: number;
}

/** Why no XXL-JOB executor can run it, with the remedy; null when one can. */
export function specProblem(spec: JobSpec): string | null {
  const { artifact } = spec.task;
  if (artifact.kind !== 'worker')
    return 'it is no job for workers; XXL-JOB executors run only those';
  const { jobType, mode, content, parameters } = artifact;
  if (glueTypes[jobType] === undefined) {
    return `XXL-JOB executors cannot run jobs of type ${jobType}; use xxljob, java, shell or python`;
  }
  if (mode !== 'standalone' && mode !== 'broadcast' && mode !== 'sharding') {
    return `XXL-JOB executors cannot run the execute mode ${mode}; use standalone, broadcast or sharding`;
  }
  if (content.trim() === '')
    return `a job of type ${jobType} needs content: the handler's name or the script`;
  const extras = readExtras(artifact);
  if (typeof extras === 'string') return extras;
  const shards = mode === 'sharding' ? readShards(parameters) : null;
  return typeof shards === 'string' ? shards : null;
}

/** Number that executors know the job by; a text with the reason when it has none. */
export function jobIdOf(run: AttemptStart['run']): number | string {
  const text = run?.templateId ?? '';
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number > 0 && number <= maxJobId) return number;
  return `XXL-JOB executors know jobs by numbers from 1 to ${maxJobId}; ${JSON.stringify(text)} is none, so create the job in the SchedulerX dialect`;
}

/** Strategies from the job's attributes; a text when they are none that exist. */
export function readExtras({ attributes }: WorkerArtifact): Extras | string {
  const given = attributesOf(attributes);
  const route = given['executorRouteStrategy'] ?? 'ROUND';
  const block = given['executorBlockStrategy'] ?? 'SERIAL_EXECUTION';
  const knownRoute = routeStrategies.find((one) => one === route);
  const knownBlock = blockStrategies.find((one) => one === block);
  if (knownRoute === undefined) {
    return `executorRouteStrategy ${JSON.stringify(route)} is not known; use ${routeStrategies.join(', ')}`;
  }
  if (knownBlock === undefined) {
    return `executorBlockStrategy ${JSON.stringify(block)} is not known; use ${blockStrategies.join(', ')}`;
  }
  return { route: knownRoute, block: knownBlock };
}

/** The dispatches of an attempt: one, one for each worker, or one for each shard. */
export function plan(artifact: WorkerArtifact, workers: number): readonly PartPlan[] {
  const { mode, parameters, instanceParameters } = artifact;
  const whole = instanceParameters ?? parameters;
  const shards = mode === 'sharding' ? readShards(parameters) : null;
  if (shards !== null && typeof shards !== 'string') {
    return shards.map(({ number, value }) => ({
      index: number,
      total: shards.length,
      parameters: instanceParameters ?? value,
    }));
  }
  const total = mode === 'broadcast' ? workers : 1;
  return Array.from({ length: total }, (_, index) => ({ index, total, parameters: whole }));
}

/** What is sent for one dispatch. */
export function triggerBody(
  spec: JobSpec,
  artifact: WorkerArtifact,
  ids: { readonly jobId: number; readonly logId: number; readonly atMs: number },
  part: PartPlan,
  block: BlockStrategy,
): TriggerBody {
  const { jobType, content, contentAtMs } = artifact;
  const glueType = glueTypes[jobType] ?? 'BEAN';
  const bean = glueType === 'BEAN';
  const seconds = spec.timeoutMs === null ? 0 : Math.ceil(spec.timeoutMs / 1_000);
  return {
    jobId: ids.jobId,
    executorHandler: bean ? content.trim() : '',
    executorParams: part.parameters,
    executorBlockStrategy: block,
    executorTimeout: Math.min(seconds, maxTimeoutSeconds),
    logId: ids.logId,
    logDateTime: ids.atMs,
    glueType,
    // Scripts are written to a file for bash or python, which stumble over CRLF.
    glueSource: bean ? '' : content.replaceAll('\r\n', '\n'),
    glueUpdatetime: contentAtMs,
    broadcastIndex: part.index,
    broadcastTotal: part.total,
  };
}

function attributesOf(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {};
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Extras of other kinds of worker; none of ours.
    return {};
  }
}
