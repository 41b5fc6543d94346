import { backoffDelayMs, type RetryPolicy } from './policies.ts';
import type { StopCause } from './run.ts';
import type { AttemptState, InstanceState, RunState } from './states.ts';

/** How an attempt ended, as its executor reported it. */
export type AttemptEnd =
  | {
      readonly kind: 'exit';
      readonly exitCode: number;
      readonly stopped: boolean;
      readonly message: string;
      /** Another try would fail the same way: the retry budget does not count. Absent = false. */
      readonly final?: boolean;
    }
  | {
      readonly kind: 'signal';
      readonly signal: string;
      readonly stopped: boolean;
      readonly message: string;
    }
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  /** A server died between claim and start: nothing ran, so nothing is held against the run. */
  | { readonly kind: 'never-started'; readonly message: string };

/** The run as it stood before the end is counted. */
export interface RunProgress {
  readonly state: RunState;
  readonly replicas: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** What the end of one attempt means. */
export interface EndDecision {
  readonly attempt: AttemptState;
  readonly instance: InstanceState;
  /** Wait before the next attempt; only when `instance` is `pending`. */
  readonly retryInMs: number;
  /** `complete`: every instance has succeeded. `give-up`: the retry budget is used up. */
  readonly run: 'continue' | 'complete' | 'give-up';
  /** How it ended, in words for events and messages. */
  readonly reason: string;
}

/** Decides what one ended attempt does to its instance and its run. Pure. */
export function decideAttemptEnd(
  run: RunProgress,
  retry: RetryPolicy,
  end: AttemptEnd,
): EndDecision {
  const how = describeEnd(end);
  const stopping = run.state !== 'running';
  if (end.kind === 'exit' && end.exitCode === 0 && !(stopping && end.stopped)) {
    const complete = !stopping && run.succeeded + 1 >= run.replicas;
    return {
      attempt: 'succeeded',
      instance: 'succeeded',
      retryInMs: 0,
      run: complete ? 'complete' : 'continue',
      reason: how,
    };
  }
  if (end.kind === 'never-started') {
    return {
      attempt: 'lost',
      instance: stopping ? 'stopped' : 'pending',
      retryInMs: 0,
      run: 'continue',
      reason: `${how}; starts again without using the retry budget`,
    };
  }
  if (stopping) {
    return {
      attempt: attemptStateOf(end, true),
      instance: 'stopped',
      retryInMs: 0,
      run: 'continue',
      reason: how,
    };
  }
  const failures = run.failed + 1;
  const final = end.kind === 'exit' && end.final === true;
  if (final || failures > retry.limit) {
    const budget = final
      ? 'another try would fail the same way'
      : retry.limit === 0
        ? 'no retries are allowed'
        : `the budget of ${retry.limit} retries is used up`;
    return {
      attempt: attemptStateOf(end, false),
      instance: 'failed',
      retryInMs: 0,
      run: 'give-up',
      reason: `${how}; ${budget}`,
    };
  }
  const retryInMs = backoffDelayMs(retry, failures);
  return {
    attempt: attemptStateOf(end, false),
    instance: 'pending',
    retryInMs,
    run: 'continue',
    reason: `${how}; retry ${failures} of ${retry.limit} in ${retryInMs / 1000} s`,
  };
}

/** Final state of a run that was being stopped, by the cause of the stop. */
export function stoppedRunState(cause: StopCause): 'failed' | 'canceled' {
  return cause === 'timeout' || cause === 'budget' ? 'failed' : 'canceled';
}

/** One sentence about how an attempt ended; exit codes and signals are told apart. */
export function describeEnd(end: AttemptEnd): string {
  switch (end.kind) {
    case 'exit':
      return withMessage(`exited with code ${end.exitCode}`, end.message);
    case 'signal':
      return withMessage(
        `ended by signal ${end.signal}${end.stopped ? ' after a stop was asked' : ''}`,
        end.message,
      );
    case 'lost':
      return withMessage('lost', end.message);
    case 'refused':
      return withMessage('could not start', end.message);
    case 'never-started':
      return withMessage('was never started', end.message);
  }
}

function withMessage(text: string, message: string): string {
  return message === '' ? text : `${text}: ${message}`;
}

function attemptStateOf(end: AttemptEnd, stopping: boolean): AttemptState {
  if (end.kind === 'lost') return 'lost';
  if (end.kind === 'refused') return 'failed';
  return stopping ? 'stopped' : 'failed';
}
