import type { WorkerInfo } from '../../../ports/workers.ts';
import type { WorkerConnection } from './connection.ts';

/** A worker in one of its groups, as its latest heartbeat told. */
export interface Member {
  readonly group: number;
  /** Name of the group as the worker gave it. */
  readonly groupName: string;
  /** Of the group, as its owner calls it. */
  readonly namespace: string;
  readonly workerId: string;
  /** The connection that carried the latest heartbeat: the newest counts. */
  readonly connection: WorkerConnection;
  readonly info: WorkerInfo;
  /** What other workers reach it by: `{id}@{ip}:{port}:{rpcPort}`. */
  readonly rpcAddress: string;
  /** Number of the group as the worker was told it; instances are filed under it. */
  readonly appGroupId: number;
  /** False while it shuts down. */
  readonly online: boolean;
  /** Instances of this group that it is master of. */
  readonly instances: ReadonlySet<number>;
  /** Monotonic milliseconds. */
  readonly heardAtMs: number;
}

/** Live workers by group and id; the same program may be in several groups. */
export class Registry {
  readonly #groups = new Map<number, Map<string, Member>>();

  put(member: Member): void {
    let group = this.#groups.get(member.group);
    if (group === undefined) this.#groups.set(member.group, (group = new Map()));
    group.set(member.workerId, member);
  }

  get(group: number, workerId: string): Member | null {
    return this.#groups.get(group)?.get(workerId) ?? null;
  }

  /** All of a group, by id, those that shut down included. */
  members(group: number): readonly Member[] {
    const members = [...(this.#groups.get(group)?.values() ?? [])];
    return members.sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
  }

  /** The worker told the end of an instance: it is not its master any more. */
  drop(group: number, workerId: string, instanceId: number): void {
    const member = this.get(group, workerId);
    if (member === null || !member.instances.has(instanceId)) return;
    const instances = new Set(member.instances);
    instances.delete(instanceId);
    this.put({ ...member, instances });
  }

  /** Whether the worker is in that group on this connection. */
  speaksFor(connection: WorkerConnection, group: number): boolean {
    const { workerId } = connection;
    return workerId !== null && this.get(group, workerId)?.connection === connection;
  }

  /** Forgets those not heard of since then (monotonic). @returns them. */
  expire(beforeMs: number): readonly Member[] {
    const gone: Member[] = [];
    for (const [number, group] of this.#groups) {
      for (const member of group.values()) {
        if (member.heardAtMs >= beforeMs) continue;
        group.delete(member.workerId);
        gone.push(member);
      }
      if (group.size === 0) this.#groups.delete(number);
    }
    return gone;
  }
}
