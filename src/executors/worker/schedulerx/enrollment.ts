import type { WorkerGroup, WorkerGroups, WorkerInfo } from '../../../ports/workers.ts';
import { decode, type Fields } from './codec.ts';
import type { WorkerConnection } from './connection.ts';
import { maxNameBytes, maxRememberedKeys, type Timing } from './limits.ts';
import { heartbeat } from './messages.ts';
import type { Member } from './registry.ts';

/** What checking a key tells. */
export type Checked = WorkerGroup | 'unknown-group' | 'wrong-key';

/**
 * Checks a worker's key. Workers do not escape it, so that a `+` may arrive as a space: the key is
 * tried with spaces turned back as well (workers.md §2.1).
 * @param namespace empty or null = any. @throws what the groups throw.
 */
export async function checkKey(
  groups: WorkerGroups,
  name: string,
  namespace: string | null,
  key: string,
): Promise<Checked> {
  if (name === '' || name.length > maxNameBytes) return 'unknown-group';
  if (key === '' || key.length > maxNameBytes) return 'wrong-key';
  const within = namespace === '' ? null : namespace;
  const checked = await groups.authenticate(name, within, key);
  if (checked !== 'wrong-key' || !key.includes(' ')) return checked;
  return groups.authenticate(name, within, key.replaceAll(' ', '+'));
}

/** Says what a refused worker's owner has to do. */
export function describeRefusal(refusal: 'unknown-group' | 'wrong-key', name: string): string {
  const group = name.slice(0, maxNameBytes);
  return refusal === 'unknown-group'
    ? `groupId=${group} is not existed; create the application group first`
    : `appKey is wrong for groupId=${group}; use the AppKey of that application group`;
}

/** Checks keys of heartbeats, each of which carries one, and remembers the outcome for a moment. */
export class KeyMemory {
  readonly #groups: WorkerGroups;
  readonly #timing: Timing;
  readonly #known = new Map<string, { readonly untilMs: number; readonly checked: Checked }>();

  constructor(groups: WorkerGroups, timing: Timing) {
    this.#groups = groups;
    this.#timing = timing;
  }

  /** @throws what the groups throw. */
  async check(beat: Fields<typeof heartbeat>): Promise<Checked> {
    const { groupId = '', appKey = '', appGroupId = 0 } = beat;
    const memory = JSON.stringify([groupId, appKey, appGroupId]);
    const known = this.#known.get(memory);
    if (known !== undefined && known.untilMs > performance.now()) return known.checked;
    // Heartbeats name no namespace, but the number that the worker was given with one.
    const named = await this.#groups.byNumber(appGroupId);
    const checked = await checkKey(this.#groups, groupId, named?.namespace ?? null, appKey);
    if (this.#known.size >= maxRememberedKeys) this.#known.clear();
    this.#known.set(memory, { untilMs: performance.now() + this.#timing.keyMs, checked });
    return checked;
  }
}

/** Reads a heartbeat. @throws WireError. */
export function readHeartbeat(body: Uint8Array): Fields<typeof heartbeat> {
  return decode(heartbeat, body);
}

/** Why the worker cannot be one, in words; null when it can. */
export function idProblem(workerId: string | undefined): string | null {
  // It becomes part of an address that other workers take apart, and fall over when they cannot.
  return /^[\w.-]{1,128}$/.test(workerId ?? '')
    ? null
    : 'the worker id must be 1 to 128 of A-Z a-z 0-9 . _ -';
}

/** What a heartbeat makes known. */
export function memberOf(
  beat: Fields<typeof heartbeat>,
  group: WorkerGroup,
  connection: WorkerConnection,
  nowMs: number,
): Member {
  const { workerId = '', rpcPort = 0, starter = '', version = '', label = '' } = beat;
  const { ip, port } = connection;
  const address = `${workerId}@${ip}:${port}`;
  const metrics = readMetrics(beat.metricsJson ?? '');
  const info: WorkerInfo = {
    group: group.number,
    address,
    ip,
    port,
    label: label.slice(0, maxNameBytes),
    starter: starter.slice(0, maxNameBytes),
    version: version.slice(0, maxNameBytes),
    seenAtMs: nowMs,
    busy: busyness(metrics, starter),
    metrics,
  };
  return {
    group: group.number,
    groupName: beat.groupId ?? group.name,
    namespace: group.namespace,
    workerId,
    connection,
    info,
    rpcAddress: `${address}:${rpcPort > 0 && rpcPort < 65_536 ? rpcPort : port}`,
    appGroupId: beat.appGroupId ?? group.number,
    online: beat.online ?? true,
    instances: new Set(beat.jobInstanceIds ?? []),
    heardAtMs: performance.now(),
  };
}

/** Numbers of a heartbeat, most of them. */
const maxMetrics = 30;

/** Metrics under their names in answers (schedulerx.md §4.5): `cpuLoad1` becomes `CpuLoad1`. */
function readMetrics(json: string): Readonly<Record<string, number>> {
  const metrics: Record<string, number> = {};
  try {
    const values = JSON.parse(json === '' ? '{}' : json) as unknown;
    if (typeof values !== 'object' || values === null) return metrics;
    for (const [name, value] of Object.entries(values).slice(0, maxMetrics)) {
      if (typeof value !== 'number' || !/^[A-Za-z]\w{0,40}$/.test(name)) continue;
      metrics[name.charAt(0).toUpperCase() + name.slice(1)] = value;
    }
  } catch {
    // A worker without readable metrics is a worker all the same.
  }
  return metrics;
}

/** Thresholds of schedulerx.md §5.8; that of the load is off unless somebody sets it. */
function busyness(metrics: Readonly<Record<string, number>>, starter: string): WorkerInfo['busy'] {
  if ((metrics['DiskUsage'] ?? 0) > 0.95) return 'disk';
  // Go tells how much of its own heap it uses, which is near all of it at any time.
  if (starter !== 'go' && (metrics['Heap5Usage'] ?? 0) > 0.9) return 'memory';
  return 'free';
}
