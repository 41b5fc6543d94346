import type { WorkerArtifact } from '../../../domain/template.ts';
import { eligible, fractionOf, pinned } from '../routing.ts';
import type { ExecutorClient } from './client.ts';
import { maxParts } from './limits.ts';
import { words } from './outcome.ts';
import { answers } from './questions.ts';
import type { Worker } from './registry.ts';
import { order, type RouteMemory, type RouteStrategy } from './strategies.ts';
import { type PartPlan, plan } from './trigger.ts';

/** Executors that are asked before a choice is given up: each may take its whole time. */
const maxProbes = 20;

/** A dispatch with whom it may go to: the first, or when that cannot be reached the next. */
export interface Dispatch {
  readonly part: PartPlan;
  readonly workers: readonly Worker[];
}

/** What choosing looks at. */
export interface Choice {
  readonly artifact: WorkerArtifact;
  readonly route: RouteStrategy;
  readonly attemptId: string;
  readonly jobId: number;
  /** Live executors of the group, by address. */
  readonly live: readonly Worker[];
  readonly routes: RouteMemory;
  readonly client: ExecutorClient;
  /** Unfinished dispatches of this job, by address. */
  busy(): ReadonlyMap<string, number>;
  /** It will go to this address if that can be reached. */
  chose(address: string): void;
}

/** Decides where an attempt goes; a text when there is nowhere: why, and what to do. */
export async function choose(choice: Choice): Promise<readonly Dispatch[] | string> {
  const { artifact, live, attemptId } = choice;
  const { mode, group, designated } = artifact;
  if (live.length === 0) {
    return `${words.noWorker}: no XXL-JOB executor is registered in group ${group}; start one with its AppKey as the access token`;
  }
  const fit =
    mode === 'broadcast'
      ? pinned(live, designated)
      : eligible(live, artifact, fractionOf(attemptId));
  if (fit.length === 0) {
    return `${words.noWorker}: none of the designated workers is registered (${(designated?.values ?? []).slice(0, 5).join(', ')})`;
  }
  if (mode === 'broadcast') {
    if (fit.length > maxParts) {
      return `the broadcast would go to ${fit.length} workers, more than ${maxParts}; designate fewer`;
    }
    const parts = plan(artifact, fit.length);
    return fit.flatMap((worker, index) => {
      const part = parts[index];
      return part === undefined ? [] : [{ part, workers: [worker] }];
    });
  }
  const workers = await inOrder(choice, fit);
  if (workers.length === 0) return `${words.noWorker}: none answers ${choice.route}'s question`;
  // Shards are dealt out: each begins at another executor.
  return plan(artifact, fit.length).map((part, index) => {
    const start = index % workers.length;
    return { part, workers: [...workers.slice(start), ...workers.slice(0, start)] };
  });
}

async function inOrder(choice: Choice, fit: readonly Worker[]): Promise<readonly Worker[]> {
  const { route, jobId, routes, attemptId, client } = choice;
  const byAddress = new Map(fit.map((worker) => [worker.address, worker]));
  const job = { id: jobId, routes: routes.of(jobId) };
  const addresses = order(route, [...byAddress.keys()], job, fractionOf(`${attemptId} random`));
  const ordered = addresses.flatMap((address) => byAddress.get(address) ?? []);
  if (route === 'FAILOVER' || route === 'BUSYOVER') {
    const probe = route === 'FAILOVER' ? 'beat' : 'idleBeat';
    for (const [index, worker] of ordered.slice(0, maxProbes).entries()) {
      if (await answers(client, worker, probe, jobId)) return ordered.slice(index);
    }
    return [];
  }
  if (ordered.length > 1 && route === 'ROUND') {
    // An executor runs one at a time of a job: others would wait in its queue.
    const counts = choice.busy();
    ordered.sort((a, b) => (counts.get(a.address) ?? 0) - (counts.get(b.address) ?? 0));
  }
  ordered.sort((a, b) => Number(a.unreachable) - Number(b.unreachable));
  // Noted in the same turn as it was decided: attempts that start together see each other.
  const [first] = ordered;
  if (first !== undefined) {
    routes.used(jobId, first.address, route);
    choice.chose(first.address);
  }
  return ordered;
}
