import { createHash } from 'node:crypto';
import type { WorkerArtifact } from '../../domain/template.ts';
import type { WorkerInfo } from '../../ports/workers.ts';

/** What routing looks at in a worker. */
export type Routable = Pick<WorkerInfo, 'address' | 'ip' | 'port' | 'label'>;

type Target = { readonly by: 'address' | 'label'; readonly values: readonly string[] };

/**
 * The live workers that may have a run, in the order given: designation first, then routes
 * (schedulerx.md §5.10, §5.11). Empty when none may.
 * @param fraction in [0, 1): which share of the routes the run falls into.
 */
export function eligible<W extends Routable>(
  workers: readonly W[],
  { designated, routes }: Pick<WorkerArtifact, 'designated' | 'routes'>,
  fraction: number,
): readonly W[] {
  return routed(pinned(workers, designated), routes ?? [], fraction);
}

/** The designated ones; all when none of them is there and others may do it. */
export function pinned<W extends Routable>(
  workers: readonly W[],
  designated: WorkerArtifact['designated'],
): readonly W[] {
  if (designated === null || designated.values.length === 0) return workers;
  const chosen = workers.filter((worker) => matches(worker, designated));
  return chosen.length === 0 && designated.transferable ? workers : chosen;
}

/**
 * The workers of the share that `fraction` falls into; what the shares leave over goes to workers
 * that no route names. A share without a live worker goes to those too, and they to anybody.
 */
export function routed<W extends Routable>(
  workers: readonly W[],
  routes: NonNullable<WorkerArtifact['routes']>,
  fraction: number,
): readonly W[] {
  if (routes.length === 0) return workers;
  let upTo = 0;
  for (const route of routes) {
    upTo += route.percentage / 100;
    if (fraction >= upTo) continue;
    const chosen = workers.filter((worker) => matches(worker, route));
    if (chosen.length > 0) return chosen;
    break;
  }
  const others = workers.filter((worker) => !routes.some((route) => matches(worker, route)));
  return others.length > 0 ? others : workers;
}

/** Whether the target names the worker: by label, or by its whole address, `ip:port`, or `ip`. */
export function matches(worker: Routable, { by, values }: Target): boolean {
  if (by === 'label') return worker.label !== '' && values.includes(worker.label);
  const { address, ip, port } = worker;
  return values.includes(address) || values.includes(`${ip}:${port}`) || values.includes(ip);
}

/** A number in [0, 1) that is always the same for one text, and even over many. */
export function fractionOf(text: string): number {
  return createHash('md5').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
