import { createHash, timingSafeEqual } from 'node:crypto';
import type { WorkerInfo } from '../../../ports/workers.ts';
import type { ExecutorAddress } from './addresses.ts';
import { maxGroupWorkers, maxWorkers } from './limits.ts';

/** A registered executor. */
export interface Worker extends ExecutorAddress {
  /** Number of its group. */
  readonly group: number;
  /** `xxljob@{ip}:{port}`. */
  readonly address: string;
  readonly label: '';
  /** What it showed, and what it wants to be shown. */
  readonly token: string;
  /** Name that 3.5 wants in every call; null for older ones, which are called the older way. */
  readonly appName: string | null;
  readonly seenAtMs: number;
  /** Of the token, for comparing. */
  readonly tokenDigest: Buffer;
  /** Whether the latest call could not reach it; its next registration clears that. */
  unreachable: boolean;
}

/** A registration that was admitted. */
export type Registration = Pick<Worker, 'group' | 'url' | 'ip' | 'port' | 'token' | 'appName'>;

/** The address that designations and readers name an executor by. */
export function workerAddress(ip: string, port: number): string {
  return `xxljob@${ip}:${port}`;
}

/**
 * Executors that registered, in memory: they do it again every 30 s, so a restart costs no more
 * than that. One that has not for 90 s is dead (workers.md §1.3).
 */
export class Registry {
  readonly #ttlMs: number;
  readonly #nowMs: () => number;
  /** By group, then by address, in the order of addresses. */
  readonly #groups = new Map<number, Map<string, Worker>>();
  #size = 0;

  constructor(ttlMs: number, nowMs: () => number) {
    this.#ttlMs = ttlMs;
    this.#nowMs = nowMs;
  }

  /** Enters or renews an executor. False = there is no room for a new one. */
  put(registration: Registration): boolean {
    const { group, ip, port } = registration;
    const address = workerAddress(ip, port);
    const worker: Worker = {
      ...registration,
      address,
      label: '',
      seenAtMs: this.#nowMs(),
      tokenDigest: digest(registration.token),
      unreachable: false,
    };
    const workers = this.#groups.get(group) ?? new Map<string, Worker>();
    if (workers.has(address)) {
      workers.set(address, worker);
      return true;
    }
    this.#forgetDead();
    if (workers.size >= maxGroupWorkers || this.#size >= maxWorkers) return false;
    const sorted = [...workers.values(), worker].toSorted((a, b) =>
      a.address < b.address ? -1 : 1,
    );
    this.#groups.set(group, new Map(sorted.map((one) => [one.address, one])));
    this.#size += 1;
    return true;
  }

  remove(group: number, { ip, port }: ExecutorAddress): void {
    if (this.#groups.get(group)?.delete(workerAddress(ip, port)) === true) this.#size -= 1;
  }

  /** Executors that are remembered, dead ones until another comes. */
  get size(): number {
    return this.#size;
  }

  /** Live executors of a group, by address. */
  live(group: number): readonly Worker[] {
    const workers = this.#groups.get(group);
    return workers === undefined ? [] : [...workers.values()].filter((one) => this.#isLive(one));
  }

  /** Also one that is dead, as long as it is remembered. */
  find(group: number, address: string): Worker | null {
    return this.#groups.get(group)?.get(address) ?? null;
  }

  /** Whether a live executor of the group registered with this token. */
  hasToken(group: number, token: string): boolean {
    const shown = digest(token);
    return this.live(group).some(({ tokenDigest }) => timingSafeEqual(tokenDigest, shown));
  }

  /** As others see them. */
  infos(group: number): readonly WorkerInfo[] {
    return this.live(group).map(({ address, ip, port, label, appName, seenAtMs }) => ({
      group,
      address,
      ip,
      port,
      label,
      starter: 'xxljob',
      version: appName === null ? '' : '3.5',
      seenAtMs,
      busy: 'free',
      metrics: {},
    }));
  }

  #isLive({ seenAtMs }: Worker): boolean {
    return this.#nowMs() - seenAtMs < this.#ttlMs;
  }

  #forgetDead(): void {
    for (const [group, workers] of this.#groups) {
      for (const [address, worker] of workers) {
        if (this.#isLive(worker)) continue;
        workers.delete(address);
        this.#size -= 1;
      }
      if (workers.size === 0) this.#groups.delete(group);
    }
  }
}

/** Whether two secrets are the same, in a time that does not tell how much of them is. */
export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
