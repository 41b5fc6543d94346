import type { WorkerInfo } from '../../../engine/index.ts';
import type { ShownWorker } from '../built-in-worker.ts';
import type { Designation } from '../job-details.ts';

/** A live worker as GetWorkerList shows it (schedulerx.md §4.5). */
export function shownWorker(worker: WorkerInfo): ShownWorker {
  return {
    Ip: worker.ip,
    Port: worker.port,
    Label: worker.label,
    Starter: worker.starter,
    Version: worker.version,
    WorkerAddress: worker.address,
  };
}

const busyWords: Readonly<Record<WorkerInfo['busy'], string>> = {
  free: 'FREE',
  load: 'LOAD5_BUSY',
  memory: 'HEAP5_BUSY',
  disk: 'DISK_BUSY',
};

/**
 * Candidates by IP or by label, with those that are pinned; pinned ones that are gone come last
 * (schedulerx.md §4.5).
 * @param designation as it stands; of another type than asked = none of these is pinned.
 */
export function designateDetails(
  workers: readonly WorkerInfo[],
  type: Designation['type'],
  designation: Designation | null,
): readonly Readonly<Record<string, unknown>>[] {
  const pinned = designation?.type === type ? designation.values : [];
  const byKey = new Map<string, WorkerInfo[]>();
  for (const worker of workers) {
    const key = type === 1 ? worker.ip : worker.label;
    if (key === '') continue;
    const behind = byKey.get(key);
    if (behind === undefined) byKey.set(key, [worker]);
    else behind.push(worker);
  }
  const live = [...byKey].flatMap(([key, behind]) => {
    const free = behind.find(({ busy }) => busy === 'free') ?? behind[0];
    if (free === undefined) return [];
    return [
      {
        Key: key,
        Size: behind.length,
        Busy: busyWords[free.busy],
        Checked: behind.some((worker) =>
          namesOf(worker, type).some((name) => pinned.includes(name)),
        ),
        Offline: false,
        Starter: free.starter,
        Version: free.version,
        Metrics: free.metrics,
      },
    ];
  });
  const present = new Set(workers.flatMap((worker) => namesOf(worker, type)));
  const gone = pinned
    .filter((value) => !present.has(value))
    .map((value) => ({ Key: value, Size: 0, Busy: 'FREE', Checked: true, Offline: true }));
  return [...live, ...gone];
}

/** What a designation can name a worker by. */
function namesOf(worker: WorkerInfo, type: Designation['type']): readonly string[] {
  const { address, ip, port, label } = worker;
  return type === 1 ? [ip, `${ip}:${port}`, address] : [label];
}
