import { DomainError, type DomainErrorCode } from '../../domain/errors.ts';
import { WireError, gatewayErrors } from '../aliyun/errors.ts';

/** Most characters of a caller's own value repeated in a message. */
const maxEchoChars = 200;

/**
 * A business failure: HTTP 200 with `Success:false` and a number as `Code` (schedulerx.md §3).
 * @param code 400 for what the caller can change, 403 no permission, 500 ours (§6 #1).
 */
export function businessError(message: string, code: 400 | 403 | 500 = 400): WireError {
  return new WireError(200, String(code), message);
}

type Value = string | number;
const say = (value: Value): string => String(value).slice(0, maxEchoChars);

/** The messages that scripts match on, letter by letter; odd spellings are the service's own (§3). */
export const failures = {
  unknownGroup: (groupId: Value, namespace: Value) =>
    businessError(`groupid not exist groupId: ${say(groupId)} namespace: ${say(namespace)}`),
  /** In GetAppGroup, UpdateAppGroup and DeleteAppGroup. */
  unknownApp: (groupId: Value, namespace: Value) =>
    businessError(`app is not existed, groupId=${say(groupId)}, namesapce=${say(namespace)}`),
  groupExists: (groupId: Value, namespace: Value) =>
    businessError(`groupId=${say(groupId)} is existed, namespace=${say(namespace)}`),
  groupHasJobs: (groupId: Value, jobs: number) =>
    businessError(
      `app has ${jobs} jobs, groupId=${say(groupId)}; delete them first or set DeleteJobs=true`,
    ),
  unknownNamespace: (namespace: Value, source: string | undefined) =>
    businessError(
      `namespace can not find namespace: ${say(namespace)}, namespaceSource:${say(source ?? 'null')}`,
    ),
  namespaceExists: (namespace: Value) =>
    businessError(`namespace=${say(namespace)} is existed, noting update`),
  namespaceInUse: (namespace: Value, groups: number) =>
    businessError(`namespace=${say(namespace)} has ${groups} applications; delete them first`),
  systemNamespaceDeleted: () => businessError('The system namespace cannot be deleted'),
  systemNamespaceModified: () => businessError('The system namespace cannot be modified'),
  /** A job of another group. */
  wrongGroup: (jobId: Value, groupId: Value) =>
    businessError(`jobid: ${say(jobId)} not match groupId: ${say(groupId)}`),
  unknownJob: (jobId: Value) => businessError(`jobId=${say(jobId)} is not existed`),
  /** In the operations of scripts and route strategies. */
  unknownScriptJob: (jobId: Value) => businessError(`job is not existed, jobId=${say(jobId)}`),
  /** In GetLog. */
  unknownLogJob: (jobId: Value) => businessError(`jobid=${say(jobId)} is not existed`),
  /** In DesignateWorkers. */
  unknownDesignatedJob: () => businessError('job is not existed'),
  batchFailed: (verb: 'disable' | 'enable' | 'delete', jobIds: readonly number[]) =>
    businessError(`${verb} failed jobs=[${jobIds.slice(0, 100).join(',')}]`),
  timeType: () => businessError('timetype is invalid'),
  classNameBlank: () => businessError('job type is java className can not be blank'),
  strategyNameBlank: () => businessError('strategy name is null or empty.'),
  invalid: (name: string, value: Value) =>
    businessError(`Invalid parameter: ${name}=${say(value)} invalid`),
  cannotBeNull: (name: string) => businessError(`Invalid parameter: ${name} cannot be null`),
  /** A value that is understood and cannot be had, with the reason in words. */
  unfit: (name: string, reason: string) => businessError(`Invalid parameter: ${name}: ${reason}`),
  unknownWorkflow: () => businessError('workflow is not existed'),
  unknownWorkflowId: (workflowId: Value) =>
    businessError(`workflowId=${say(workflowId)} is not existed`),
  /** In SetWfInstanceSuccess. */
  unknownWorkflowOfInstance: () => businessError('wofkflowId is not existed'),
  policyExists: (name: Value) =>
    businessError(`Invalid parameter: Notification policy already exists: ${say(name)}`),
  calendarExists: (name: Value, year: Value) =>
    businessError(`calendar "${say(name)}" already exists in year ${say(year)}`),
  unknownCalendar: (name: Value, year: Value) =>
    businessError(`calendar "${say(name)}" does not exist in year ${say(year)}`),
  /** Two instances of one job in one second (§5.9). `scheduleTime` as responses write times. */
  sameSecond: (jobId: Value, scheduleTime: string) =>
    businessError(
      `jobId=${say(jobId)} already has an instance with scheduleTime=${scheduleTime}; try again in the next second`,
    ),
  jobDisabled: (jobId: Value) => businessError(`jobId=${say(jobId)} is disabled`),
  tooManyRuns: (jobId: Value) =>
    businessError(`jobId=${say(jobId)} has as many running instances as MaxConcurrency allows`),
  tooManyJobs: (groupId: Value, maxJobs: number) =>
    businessError(`groupId: ${say(groupId)} has ${maxJobs} jobs already, which is its MaxJobs`),
} as const;

type Render = (details: Readonly<Record<string, string | number>>, message: string) => WireError;

const told: Render = (_details, message) => businessError(message);
const crash: Render = () => businessError('unknown exception occurred', 500);

/** What a client sees for each refusal of the engine, unless the operation knows better. */
export const domainErrors: Readonly<Record<DomainErrorCode, Render>> = {
  'template-not-found': (details) => failures.unknownJob(details['templateId'] ?? ''),
  'template-suspended': told,
  'template-deleting': (details) => failures.unknownJob(details['templateId'] ?? ''),
  'run-not-found': (details) =>
    businessError(`jobInstanceId=${details['runId'] ?? ''} is not existed`),
  'instance-not-found': told,
  'concurrency-forbidden': (details) => failures.tooManyRuns(details['templateId'] ?? ''),
  'replicas-quota-exceeded': told,
  'account-quota-exceeded': told,
  'queue-full': () => gatewayErrors.throttling(),
  'invalid-argument': told,
  'already-exists': told,
  'namespace-not-found': told,
  'namespace-in-use': told,
  'config-map-not-found': told,
  'config-map-in-use': told,
  'secret-not-found': told,
  'secret-in-use': told,
  'catalog-quota-exceeded': told,
  'link-not-found': crash,
  'link-in-use': crash,
  'key-not-found': crash,
  'user-not-found': crash,
  'policy-not-found': crash,
  'policy-in-use': crash,
  'stale-owner': () => gatewayErrors.serviceUnavailable(),
  unavailable: () => gatewayErrors.serviceUnavailable(),
};

/** Settles with the work; refusals of the engine that mean something else here are answered by `answers`. */
export async function refusedAs<T>(
  work: Promise<T>,
  answers: Partial<Readonly<Record<DomainErrorCode, (refusal: DomainError) => Error>>>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw (error instanceof DomainError && answers[error.code]?.(error)) || error;
  }
}
