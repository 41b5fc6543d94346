import { createHash } from 'node:crypto';
import { maxRoutedJobs } from './limits.ts';

/** Ways to choose among the addresses of a group (workers.md §1.7). */
export const routeStrategies = [
  'ROUND',
  'FIRST',
  'LAST',
  'RANDOM',
  'CONSISTENT_HASH',
  'LEAST_FREQUENTLY_USED',
  'LEAST_RECENTLY_USED',
  'FAILOVER',
  'BUSYOVER',
] as const;
export type RouteStrategy = (typeof routeStrategies)[number];

/** What is remembered of a job's routing; thrown away every day. */
export interface JobRoutes {
  /** Dispatches of the day, those to any address included. */
  readonly count: number;
  /** By address: dispatches of the day, and which of them was the latest. */
  readonly uses: ReadonlyMap<string, { readonly times: number; readonly latest: number }>;
}

export const noRoutes: JobRoutes = { count: 0, uses: new Map() };

/** Points of each address on the ring of CONSISTENT_HASH. */
const virtualNodes = 100;
/** Rings that are remembered. */
const maxRings = 16;

/**
 * The addresses in the order in which they are tried: the first is the strategy's choice, the
 * others stand in when it cannot be reached. FAILOVER and BUSYOVER give the order in which
 * addresses are asked. Pure.
 * @param addresses sorted.
 * @param fraction in [0, 1), for RANDOM.
 */
export function order(
  strategy: RouteStrategy,
  addresses: readonly string[],
  job: { readonly id: number; readonly routes: JobRoutes },
  fraction: number,
): readonly string[] {
  const { count, uses } = job.routes;
  switch (strategy) {
    case 'ROUND':
      return from(addresses, count % Math.max(addresses.length, 1));
    case 'RANDOM':
      return from(addresses, Math.floor(fraction * addresses.length));
    case 'FIRST':
    case 'FAILOVER':
    case 'BUSYOVER':
      return addresses;
    case 'LAST':
      return addresses.toReversed();
    case 'CONSISTENT_HASH':
      return onRing(addresses, String(job.id));
    case 'LEAST_FREQUENTLY_USED':
      return addresses.toSorted((a, b) => (uses.get(a)?.times ?? 0) - (uses.get(b)?.times ?? 0));
    case 'LEAST_RECENTLY_USED':
      return addresses.toSorted((a, b) => (uses.get(a)?.latest ?? 0) - (uses.get(b)?.latest ?? 0));
  }
}

/** What is remembered after a dispatch to this address. Pure. */
export function used(
  { count, uses }: JobRoutes,
  address: string,
  strategy: RouteStrategy,
): JobRoutes {
  // Only two strategies look at addresses; the others need no copy for each dispatch.
  if (!strategy.startsWith('LEAST_')) return { count: count + 1, uses };
  const times = (uses.get(address)?.times ?? 0) + 1;
  return { count: count + 1, uses: new Map(uses).set(address, { times, latest: count + 1 }) };
}

/** Routing of all jobs, of one day. */
export class RouteMemory {
  readonly #nowMs: () => number;
  #day = 0;
  #jobs = new Map<number, JobRoutes>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  of(jobId: number): JobRoutes {
    const day = Math.floor(this.#nowMs() / 86_400_000);
    if (day !== this.#day || this.#jobs.size > maxRoutedJobs) this.#jobs = new Map();
    this.#day = day;
    return this.#jobs.get(jobId) ?? noRoutes;
  }

  used(jobId: number, address: string, strategy: RouteStrategy): void {
    const routes = used(this.of(jobId), address, strategy);
    this.#jobs.set(jobId, routes);
  }
}

function from(addresses: readonly string[], start: number): readonly string[] {
  return [...addresses.slice(start), ...addresses.slice(0, start)];
}

/** Addresses in the order in which the ring meets them after the key. */
function onRing(addresses: readonly string[], key: string): readonly string[] {
  const start = hash(key);
  const ring = ringOf(addresses);
  const after = ring.findIndex(({ at }) => at >= start);
  const turned = after < 0 ? ring : [...ring.slice(after), ...ring.slice(0, after)];
  return [...new Set(turned.map(({ address }) => address))];
}

interface RingPoint {
  readonly at: number;
  readonly address: string;
}

/** Rings of the groups that were asked for last: a group changes seldom, and hashing is work. */
const rings = new Map<string, readonly RingPoint[]>();

function ringOf(addresses: readonly string[]): readonly RingPoint[] {
  const name = addresses.join('\n');
  const known = rings.get(name);
  if (known !== undefined) return known;
  const ring = addresses
    .flatMap((address) =>
      Array.from({ length: virtualNodes }, (_, node) => ({
        at: hash(`SHARD-${address}-NODE-${node}`),
        address,
      })),
    )
    .toSorted((a, b) => a.at - b.at);
  if (rings.size >= maxRings) rings.clear();
  rings.set(name, ring);
  return ring;
}

/** First 32 bits of the MD5, lowest byte first. */
function hash(text: string): number {
  return createHash('md5').update(text).digest().readUInt32LE(0);
}
