import type { AttemptStart } from '../../../ports/executor.ts';
import type { Prepared } from './attempt.ts';
import { choose } from './choose.ts';
import type { ExecutorClient } from './client.ts';
import { isAttemptId, type Journal } from './journal.ts';
import type { LiveAttempts } from './live.ts';
import type { Registry } from './registry.ts';
import type { RouteMemory } from './strategies.ts';
import { jobIdOf, readExtras, specProblem, triggerBody } from './trigger.ts';

/** What preparing asks of the executor's other parts. */
export interface PrepareSources {
  readonly registry: Registry;
  readonly routes: RouteMemory;
  readonly client: ExecutorClient;
  readonly journal: Journal;
  readonly live: LiveAttempts;
}

/** What is to be done for a start, or why it cannot be done, with the remedy. */
export function prepare(
  { attemptId, spec, run }: AttemptStart,
  { registry, routes, client, journal, live }: PrepareSources,
): Prepared | string {
  if (!isAttemptId(attemptId)) {
    return 'the attempt id must be 1 to 128 of A-Z a-z 0-9 . _ - without a leading dot';
  }
  const problem = specProblem(spec);
  if (problem !== null) return problem;
  const { artifact } = spec.task;
  if (artifact.kind !== 'worker') return 'it is no job for workers';
  if (journal.has(attemptId)) {
    return 'this attempt was dispatched before; an attempt is dispatched once';
  }
  const jobId = jobIdOf(run);
  const extras = readExtras(artifact);
  if (typeof jobId === 'string') return jobId;
  if (typeof extras === 'string') return extras;
  const { group } = artifact;
  const { route, block } = extras;
  return {
    group,
    jobId,
    name: run?.templateName ?? '',
    choose: () =>
      choose({
        artifact,
        route,
        attemptId,
        jobId,
        live: registry.live(group),
        routes,
        client,
        busy: () => live.busy(group, jobId),
        chose: (address) => live.chose(group, jobId, attemptId, address),
      }),
    body: ({ logId, dispatchedAtMs: atMs }, plan) =>
      triggerBody(spec, artifact, { jobId, logId, atMs }, plan, block),
  };
}
