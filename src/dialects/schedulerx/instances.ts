/**
 * Instances are runs. Final states are final, so a retried instance is a further run: that of
 * instance `7` are `7`, `7-1`, `7-2` … and every read of `7` shows the newest (schedulerx.md §6 #21).
 */
import type { Run, RunDetail } from '../../domain/run.ts';
import { isFinal } from '../../domain/states.ts';
import type { Params } from '../aliyun/operation.ts';
import { businessError, failures } from './errors.ts';
import { type AppGroup, requireGroup, templateNamespaceOf } from './groups.ts';
import { findJob } from './jobs.ts';
import { requiredInteger } from './parameters.ts';
import type { SchedulerxServices } from './services.ts';

/** Retries of one instance. */
export const maxRetries = 50;

/** Which run of which instance a run id names. */
export interface ChainPlace {
  /** The instance id. */
  readonly instanceId: string;
  /** 0 for the first run. */
  readonly retry: number;
}

/** Undoes `runIdOf`. */
export function placeOf(runId: string): ChainPlace {
  const match = /^(\d+)-(\d+)$/.exec(runId);
  return { instanceId: match?.[1] ?? runId, retry: Number(match?.[2] ?? 0) };
}

export function runIdOf({ instanceId, retry }: ChainPlace): string {
  return retry === 0 ? instanceId : `${instanceId}-${retry}`;
}

/** The newest run of an instance; null when there is none. */
export async function newestRun(
  { context }: SchedulerxServices,
  instanceId: string,
): Promise<RunDetail | null> {
  const { runs } = context.engine;
  let newest: RunDetail | null = null;
  for (let retry = 0; retry <= maxRetries; retry += 1) {
    const run = await runs.get(runIdOf({ instanceId, retry }));
    // The first run may be gone already: retention takes the oldest.
    if (run === null && retry > 0) return newest;
    newest = run ?? newest;
  }
  return newest;
}

/** Whether an instance was run again after this run. */
export async function isSuperseded(
  services: SchedulerxServices,
  run: Pick<Run, 'id'>,
): Promise<boolean> {
  return (await notSuperseded(services, [run])).length === 0;
}

/** Those of these runs that stand for their instance: it was not run again after them. */
export async function notSuperseded<R extends Pick<Run, 'id'>>(
  { context }: SchedulerxServices,
  runs: readonly R[],
): Promise<readonly R[]> {
  if (runs.length === 0) return [];
  const successorOf = (run: R): string => {
    const { instanceId, retry } = placeOf(run.id);
    return runIdOf({ instanceId, retry: retry + 1 });
  };
  const known = new Set(await context.engine.runs.known(runs.map(successorOf)));
  return runs.filter((run) => !known.has(successorOf(run)));
}

/** There is no such instance of the job. */
export function unknownInstance(instanceId: number | string): Error {
  return businessError(`jobInstanceId=${instanceId} is not existed`);
}

/** An instance that a request names. */
export interface NamedInstance {
  readonly instanceId: string;
  readonly run: RunDetail;
  readonly group: AppGroup;
}

/**
 * The instance that `JobId` and a further parameter name, of the application that `Namespace` and
 * `GroupId` name; also of a one_time job that counts as deleted.
 * @throws WireError `Missing{Name}`, unknown application, job or instance, job of another application.
 */
export async function requireInstance(
  services: SchedulerxServices,
  params: Params,
  name: 'InstanceId' | 'JobInstanceId',
): Promise<NamedInstance> {
  const jobId = requiredInteger(params, 'JobId');
  const instanceId = String(requiredInteger(params, name));
  const group = await requireGroup(services, params);
  const run = await newestRun(services, instanceId);
  if (run !== null && isOf(run, group) && run.templateId === String(jobId)) {
    return { instanceId, run, group };
  }
  const job = await findJob(services, jobId);
  if (job === null) throw failures.unknownJob(jobId);
  if (!isOf(job.template, group)) throw failures.wrongGroup(jobId, group.groupId);
  throw unknownInstance(instanceId);
}

/** Whether the run has ended; a refusal of what needs the other. */
export function requireEnded(run: Run, instanceId: string): void {
  if (isFinal('run', run.state)) return;
  throw businessError(`jobInstanceId=${instanceId} is not finished`);
}

function isOf(what: { readonly namespace: string }, group: AppGroup): boolean {
  return what.namespace === templateNamespaceOf(group);
}
