import { DomainError } from '../../domain/errors.ts';

/** @throws DomainError `invalid-argument` unless the run failed or was canceled. */
export function demandJudgeable(run: { readonly id: string; readonly state: string }): void {
  if (run.state === 'failed' || run.state === 'canceled') return;
  throw new DomainError(
    'invalid-argument',
    `run ${run.id} is ${run.state}; only one that failed or was canceled can be judged`,
    { parameter: 'runId', runId: run.id },
  );
}

/** How the run's story tells it. */
export function judgedReason(verdict: 'succeeded', by: string): string {
  return `judged as ${verdict} by ${by}`;
}

export function runNotFound(runId: string): DomainError {
  return new DomainError('run-not-found', `there is no run ${runId}`, { runId });
}
