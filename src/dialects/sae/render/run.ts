import type { Run } from '../../../domain/run.ts';
import type { RunState } from '../../../domain/states.ts';

/** The state of a job on the wire: a digit as a string (sae.md §1.2). */
export type WireState = '0' | '1' | '2' | '3';

const wireStates: Readonly<Record<RunState, WireState>> = {
  queued: '0',
  running: '3',
  stopping: '3',
  succeeded: '1',
  failed: '2',
  canceled: '2',
};

/** One job as DescribeJobHistory and DescribeJobStatus show it. Times in epoch seconds. */
export interface WireJob {
  readonly JobId: string;
  readonly State: WireState;
  readonly StartTime: number;
  readonly CompletionTime?: number;
  readonly Active: number;
  readonly Succeeded: number;
  readonly Failed: number;
  readonly Message: string;
}

/** The state of a run on the wire. */
export function wireState(state: RunState): WireState {
  return wireStates[state];
}

/** The engine's states that a wire state stands for; null for any other text. */
export function runStates(text: string): readonly RunState[] | null {
  const states = (Object.keys(wireStates) as RunState[]).filter(
    (state) => wireStates[state] === text,
  );
  return states.length === 0 ? null : states;
}

/** A row of the history: `Message` is empty or the reason of trouble (sae.md §4.9). */
export function historyJob(run: Run): WireJob {
  return {
    JobId: run.id,
    State: wireState(run.state),
    StartTime: epochSeconds(run.createdAtMs),
    ...(run.endedAtMs === null ? {} : { CompletionTime: epochSeconds(run.endedAtMs) }),
    Active: run.active,
    Succeeded: run.succeeded,
    Failed: run.failed,
    Message: run.message,
  };
}

/** The answer of DescribeJobStatus; without a job yet state 0 and zero counters (sae.md §4.10). */
export function statusJob(run: Run | null): WireJob | Omit<WireJob, 'JobId' | 'StartTime'> {
  return run === null
    ? { State: '0', Active: 0, Succeeded: 0, Failed: 0, Message: '' }
    : { ...historyJob(run), Message: statusMessage(run) };
}

/** `success` for a job that succeeded, else the reason. */
export function statusMessage(run: Run): string {
  return run.state === 'succeeded' ? 'success' : run.message;
}

/** Whole seconds since the epoch. */
export function epochSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
