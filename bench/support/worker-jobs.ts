import type { SchedulerxApi } from './schedulerx-client.ts';
import type { Arrival } from './xxl-executor-process.ts';

/** The application of the bench, with the namespace that every server has. */
export const application = {
  RegionId: 'cn-hangzhou',
  Namespace: 'default',
  GroupId: 'bench.group',
} as const;

const zone = { name: 'GMT+8', suffix: '+08:00' } as const;
const maxJobs = 10_000;
/** API calls under way while jobs are made or read. */
const width = 32;
const page = 100;

/** Creates the application; gives the key that its executors prove themselves with. */
export async function createApplication(api: SchedulerxApi): Promise<string> {
  const data = await api.call('CreateAppGroup', {
    ...application,
    AppName: 'bench',
    MaxJobs: `${maxJobs}`,
  });
  return String(data['AppKey']);
}

/** Creates jobs for an XXL-JOB handler; gives their ids. `extra` says when they fire. */
export async function createJobs(
  api: SchedulerxApi,
  count: number,
  extra: Readonly<Record<string, string>>,
): Promise<readonly number[]> {
  return each(Array.from({ length: count }), async () => {
    const data = await api.call('CreateJob', {
      ...application,
      Name: 'bench',
      JobType: 'xxljob',
      ExecuteMode: 'standalone',
      Content: '{"jobHandler":"noop"}',
      Timezone: zone.name,
      ...extra,
    });
    return Number(data['JobId']);
  });
}

/** No more firings of these jobs. */
export async function disableJobs(api: SchedulerxApi, jobIds: readonly number[]): Promise<void> {
  const ids = jobIds.map((id, index) => [`JobIdList.${index + 1}`, `${id}`] as const);
  await api.call('BatchDisableJobs', { ...application, ...Object.fromEntries(ids) });
}

/** An instance as the API shows it. */
export interface ShownInstance {
  readonly jobId: number;
  readonly instanceId: number;
  readonly nominalMs: number;
  readonly succeeded: boolean;
  /** When the trigger arrived at the executor, as the executor answered; null = it did not. */
  readonly arrivedAtMs: number | null;
}

/** Instances of these jobs that were made in this time; at most 100 for a job. */
export async function instancesOf(
  api: SchedulerxApi,
  jobIds: readonly number[],
  fromMs: number,
  untilMs: number,
): Promise<readonly ShownInstance[]> {
  const lists = await each(jobIds, async (jobId) => {
    const data = await api.call('GetJobInstanceList', {
      ...application,
      JobId: `${jobId}`,
      StartTimestamp: `${fromMs}`,
      EndTimestamp: `${untilMs}`,
      PageSize: `${page}`,
    });
    const rows = data['JobInstanceDetails'] as {
      readonly InstanceId: number;
      readonly ScheduleTime: string;
      readonly Status: number;
      readonly Result?: string;
    }[];
    if (rows.length === page) throw new Error(`job ${jobId} has more instances than one page`);
    return rows.map((row) => ({
      jobId,
      instanceId: row.InstanceId,
      nominalMs: Date.parse(`${row.ScheduleTime.replace(' ', 'T')}${zone.suffix}`),
      succeeded: row.Status === 4,
      arrivedAtMs: /^\d+$/.test(row.Result ?? '') ? Number(row.Result) : null,
    }));
  });
  return lists.flat();
}

/** What a look at all instances and all arrivals found. */
export interface Audit {
  readonly lost: number;
  readonly doubled: number;
  /** Nominal second to arrival of every trigger that arrived. */
  readonly delaysMs: readonly number[];
}

/**
 * Holds instances and arrivals against what was due: of each job one trigger for each second from
 * `beginMs` to `endMs`, exclusive. Both may have more, of the seconds until the jobs were disabled.
 */
export function audit(
  jobIds: readonly number[],
  beginMs: number,
  endMs: number,
  instances: readonly ShownInstance[],
  arrivals: readonly Arrival[],
): Audit {
  const due = new Map<string, ShownInstance[]>();
  for (const jobId of jobIds) {
    for (let atMs = beginMs; atMs < endMs; atMs += 1000) due.set(`${jobId} ${atMs}`, []);
  }
  const unique = new Map(instances.map((shown) => [shown.instanceId, shown] as const));
  for (const instance of unique.values()) {
    due.get(`${instance.jobId} ${instance.nominalMs}`)?.push(instance);
  }
  let lost = 0;
  let doubled = 0;
  const delaysMs: number[] = [];
  for (const found of due.values()) {
    const [first] = found;
    if (first?.arrivedAtMs !== null && first?.succeeded === true) {
      delaysMs.push(first.arrivedAtMs - first.nominalMs);
    } else lost += 1;
    doubled += Math.max(0, found.length - 1);
  }
  // What arrived is told by a number of its own for each trigger, and by as many instances.
  const logIds = new Set(arrivals.map(({ logId }) => logId));
  doubled += arrivals.length - logIds.size;
  doubled += Math.max(0, logIds.size - unique.size);
  return { lost, doubled, delaysMs };
}

/** Works on all items, some at a time; results in their order. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
