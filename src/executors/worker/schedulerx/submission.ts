import type { TriggerKind } from '../../../domain/run.ts';
import type { ExecuteMode, JobSpec, WorkerArtifact } from '../../../domain/template.ts';
import type { AttemptStart } from '../../../ports/executor.ts';
import { encode } from './codec.ts';
import { submit, upstreamData } from './messages.ts';
import type { Member } from './registry.ts';

/** Kinds of job that these workers run, as they call them. */
const jobTypes: ReadonlyMap<string, string> = new Map([
  ['go', 'golang'],
  ['golang', 'golang'],
  ['java', 'java'],
]);

/**
 * Modes as they are submitted. `parallel` wants tasks stored on the server, which the worker
 * cannot encode: it would never end, so it runs as `batch`, the same without a list of subtasks
 * (workers.md §2.8).
 */
const modes: Readonly<Record<ExecuteMode, string>> = {
  standalone: 'standalone',
  broadcast: 'broadcast',
  parallel: 'batch',
  batch: 'batch',
  grid: 'grid',
  sharding: 'sharding',
};

/** Modes that need extras: without them the worker's process dies (workers.md §2.8). */
const withExtras: ReadonlySet<string> = new Set(['batch', 'grid', 'sharding']);

/** Extras of the map modes with their defaults (schedulerx.md §5.4). */
const defaultExtras = {
  pageSize: 5,
  queueSize: 10,
  consumerSize: 5,
  dispatcherSize: 5,
  taskMaxAttempt: 0,
  taskAttemptInterval: 0,
  globalConsumerSize: 1_000,
};
/** Least value of each; none is taken by a worker's pool as "no threads at all". */
const leastExtra = (name: string): number => (name.startsWith('task') ? 0 : 1);
const mostExtra = 100_000;

/**
 * The only kind of time that is told: the loop of `second_delay` is the server's, because the
 * worker's own ends its process (workers.md §2.8).
 */
const apiTimeType = 100;

/** Trigger types of schedulerx.md §5.7. */
const triggerTypes: Readonly<Record<TriggerKind, number>> = {
  schedule: 1,
  manual: 3,
  webhook: 3,
  workflow: 3,
  retry: 4,
};
const automaticRetry = 5;

/** Why no worker of this protocol can run it, with the remedy; null when one can. */
export function specProblem(spec: JobSpec): string | null {
  const { artifact } = spec.task;
  if (artifact.kind !== 'worker') {
    return 'it is no job for workers; SchedulerX workers run only those';
  }
  const { jobType, mode } = artifact;
  if (jobTypes.get(jobType) === undefined) {
    return `SchedulerX workers cannot run jobs of type ${jobType}; use golang or java`;
  }
  if (!Object.hasOwn(modes, mode)) {
    return `SchedulerX workers do not know the execute mode ${mode}; use ${Object.keys(modes).join(', ')}`;
  }
  const content = readContent(artifact);
  if ('problem' in content) return content.problem;
  if (withExtras.has(modes[mode])) {
    const extras = readExtras(artifact.attributes);
    if ('problem' in extras) return extras.problem;
  }
  return mode === 'sharding' ? shardingProblem(shardingText(artifact)) : null;
}

/** Whether other workers take part, so that they must be able to reach each other. */
export function isSpread({ mode }: WorkerArtifact): boolean {
  return mode !== 'standalone';
}

/** What a worker is told that an instance runs under. */
export interface InstanceIdentity {
  readonly jobId: number;
  readonly instanceId: number;
}

/** The kind of job and the mode as the worker knows them. @throws Error for a refused spec. */
export function wireNames({ jobType, mode }: WorkerArtifact): {
  readonly jobType: string;
  readonly mode: string;
} {
  const known = jobTypes.get(jobType);
  if (known === undefined) throw new Error(`jobs of type ${jobType} were not refused`);
  return { jobType: known, mode: modes[mode] };
}

/**
 * Body of the submit (workers.md §2.5). Data time is the schedule time: an offset is not known here.
 * @param workers whom the instance may spread to, the master included.
 * @throws Error for a spec that `specProblem` refuses.
 */
export function submitBody(
  start: AttemptStart,
  identity: InstanceIdentity,
  master: Member,
  workers: readonly Member[],
  nowMs: number,
): Uint8Array {
  const { artifact } = start.spec.task;
  if (artifact.kind !== 'worker') throw new Error('a job that is not for workers was not refused');
  const { run } = start;
  const content = readContent(artifact);
  const { jobType, mode } = wireNames(artifact);
  if ('problem' in content) throw new Error(content.problem);
  const scheduleTime = run?.scheduledAtMs ?? nowMs;
  const number = run?.number ?? 1;
  const sharding = mode === 'sharding';
  const { instanceParameters } = artifact;
  return encode(submit, {
    jobId: identity.jobId,
    jobInstanceId: identity.instanceId,
    scheduleTime,
    dataTime: scheduleTime,
    jobType,
    executeMode: mode,
    content: content.json,
    user: 'longshore',
    ...(withExtras.has(mode) ? { xattrs: extrasJson(artifact.attributes) } : {}),
    parameters: sharding ? cleanSharding(artifact.parameters) : artifact.parameters,
    workers: workers.map(({ rpcAddress }) => rpcAddress),
    jobConcurrency: 1,
    regionId: 1,
    appGroupId: master.appGroupId,
    ...(instanceParameters === null
      ? {}
      : {
          instanceParameters: sharding ? cleanSharding(instanceParameters) : instanceParameters,
        }),
    upstreamData: (artifact.upstream ?? []).map(({ name, data }) =>
      encode(upstreamData, { jobName: name, data }),
    ),
    groupId: master.groupName,
    timeType: apiTimeType,
    // Retries are the server's. A worker that is told of them repeats tasks of a broadcast by itself,
    // all but the first, on top of the server's (workers.md §2.5).
    maxAttempt: 0,
    attempt: number - 1,
    jobName: run?.templateName ?? '',
    namespace: master.namespace,
    triggerType: number > 1 ? automaticRetry : triggerTypes[run?.trigger ?? 'manual'],
  });
}

/** The name of what runs, as the JSON that the worker reads it from. */
function readContent({
  content,
  jobType,
}: WorkerArtifact): { readonly json: string } | { readonly problem: string } {
  const member = jobTypes.get(jobType) === 'java' ? 'className' : 'jobName';
  let name: unknown = content.trim();
  if (content.trim().startsWith('{')) {
    try {
      name = (JSON.parse(content) as Record<string, unknown>)[member];
    } catch {
      return { problem: `the content is no JSON; write {"${member}":"…"}` };
    }
  }
  if (typeof name !== 'string' || name === '') {
    return { problem: `the content names nothing to run; write {"${member}":"…"}` };
  }
  return { json: JSON.stringify({ [member]: name }) };
}

type Extras = Readonly<Record<string, number>>;

function readExtras(
  attributes: string,
): { readonly extras: Extras } | { readonly problem: string } {
  if (attributes.trim() === '') return { extras: defaultExtras };
  let given: unknown;
  try {
    given = JSON.parse(attributes);
  } catch {
    given = null;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { problem: 'the extras (XAttrs) are no JSON object; leave them out or write {}' };
  }
  const extras: Record<string, number> = { ...defaultExtras };
  for (const name of Object.keys(defaultExtras)) {
    const value = (given as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    const number = Number(value);
    const least = leastExtra(name);
    if (!Number.isInteger(number) || number < least || number > mostExtra) {
      return { problem: `${name} in the extras (XAttrs) must be ${least} to ${mostExtra}` };
    }
    extras[name] = number;
  }
  return { extras };
}

function extrasJson(attributes: string): string {
  const read = readExtras(attributes);
  if ('problem' in read) throw new Error(read.problem);
  // Pulling tasks is answered by the Go worker as if it had crashed.
  return JSON.stringify({ ...read.extras, taskDispatchMode: 'push' });
}

/** Which text the worker takes the shards from. */
function shardingText({ parameters, instanceParameters }: WorkerArtifact): string {
  return instanceParameters === null || instanceParameters === '' ? parameters : instanceParameters;
}

/** One separator and no empty entries: the worker fails over `\r\n` and a comma at the end. */
function cleanSharding(text: string): string {
  return shardEntries(text).join(',');
}

function shardEntries(text: string): readonly string[] {
  return text
    .split(/[,\r\n]+/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function shardingProblem(text: string): string | null {
  const entries = shardEntries(text);
  if (entries.length === 0) return 'sharding needs parameters; write 0=a,1=b';
  const seen = new Set<number>();
  for (const entry of entries) {
    const match = /^(\d{1,9})=([^=]*)$/.exec(entry);
    if (match === null) {
      return `sharding parameter ${JSON.stringify(entry.slice(0, 50))} is not understood; write 0=a,1=b`;
    }
    const number = Number(match[1]);
    if (seen.has(number)) return `shard ${number} is given twice; give each number once`;
    seen.add(number);
  }
  return null;
}
