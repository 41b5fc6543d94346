import type { Attempt, Instance, RunDetail } from '../../../domain/run.ts';
import { isFinal } from '../../../domain/states.ts';
import { storedParameters } from '../validation/bag.ts';
import { derivedId } from './derived-id.ts';
import { instanceId } from './instance-id.ts';

/** Values of `InstanceContainerStatus` that instances of jobs come to (sae.md §5.5). */
export type ContainerStatus =
  | 'Pending'
  | 'PodInitializing'
  | 'Running'
  | 'Terminating'
  | 'CrashLoopBackOff'
  | 'Completed'
  | 'Error'
  | 'Unknown'
  | 'NotFound';

/** What of an instance decides its word. */
export interface InstanceStates extends Pick<Instance, 'state'> {
  readonly attempts: readonly Pick<Attempt, 'state'>[];
}

/** How one instance stands, in the service's words. */
export function containerStatus({ state, attempts }: InstanceStates): ContainerStatus {
  const newest = attempts.at(-1);
  switch (state) {
    case 'pending':
      // An instance that waits after an attempt waits for its retry.
      return newest === undefined ? 'Pending' : 'CrashLoopBackOff';
    case 'active':
      return newest === undefined ? 'PodInitializing' : activeStatus(newest);
    case 'succeeded':
      return 'Completed';
    case 'failed':
      return newest?.state === 'lost' ? 'Unknown' : 'Error';
    case 'stopped':
      // Stopped before anything of it was started: there never was a container.
      return newest === undefined ? 'NotFound' : 'Error';
  }
}

function activeStatus(attempt: Pick<Attempt, 'state'>): ContainerStatus {
  if (attempt.state === 'claimed') return 'PodInitializing';
  return attempt.state === 'stopping' ? 'Terminating' : 'Running';
}

/** The instance of an index, which may not be stored yet while the run waits. */
export function instanceAt(run: RunDetail, stored: readonly Instance[], index: number): Instance {
  return (
    stored.find((instance) => instance.index === index) ?? {
      id: `${run.id}.${index}`,
      runId: run.id,
      index,
      state: isFinal('run', run.state) ? 'stopped' : 'pending',
      attempts: [],
    }
  );
}

/** One instance of DescribeApplicationInstances (sae.md §5.5, I). Times in epoch milliseconds. */
export function describedInstance(run: RunDetail, instance: Instance): Record<string, unknown> {
  const bag = storedParameters(run.document);
  const first = instance.attempts[0];
  const newest = instance.attempts.at(-1);
  const status = containerStatus(instance);
  const finishedAtMs = isFinal('instance', instance.state)
    ? (newest?.endedAtMs ?? run.endedAtMs ?? undefined)
    : undefined;
  return {
    InstanceId: instanceId({ appName: run.templateName, jobId: run.id, index: instance.index }),
    GroupId: derivedId(run.templateId) ?? '',
    ImageUrl: bag['ImageUrl'] ?? '',
    PackageVersion: bag['PackageVersion'] ?? '',
    InstanceContainerIp: '',
    Eip: '',
    VSwitchId: bag['VSwitchId'] ?? '',
    InstanceContainerStatus: status,
    MainContainerStatus: status,
    InstanceHealthStatus: 'WithoutHealthCheckConfig',
    TrafficStatus: '',
    UnhealthyMessage: status === 'Running' || status === 'Completed' ? '' : (newest?.message ?? ''),
    InstanceContainerRestarts: Math.max(0, instance.attempts.length - 1),
    CreateTimeStamp: first?.claimedAtMs ?? run.createdAtMs,
    FinishTimeStamp: finishedAtMs,
    Timestamp:
      finishedAtMs ??
      newest?.endedAtMs ??
      newest?.startedAtMs ??
      newest?.claimedAtMs ??
      run.createdAtMs,
    DebugStatus: false,
    Tags: [],
    SidecarContainersStatus: [],
  };
}
