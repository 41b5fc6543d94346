/** States of a run. `succeeded`, `failed` and `canceled` are final. */
export type RunState = 'queued' | 'running' | 'stopping' | 'succeeded' | 'failed' | 'canceled';

/** States of one replica or shard. `succeeded`, `failed` and `stopped` are final. */
export type InstanceState = 'pending' | 'active' | 'succeeded' | 'failed' | 'stopped';

/** States of one try. `claimed` = ours to start, not yet confirmed started. */
export type AttemptState =
  | 'claimed'
  | 'running'
  | 'stopping'
  | 'succeeded'
  | 'failed'
  | 'stopped'
  | 'lost';

/**
 * The one table of allowed transitions. The engine decides with it and every store enforces it,
 * so a final state is final whoever reports late.
 */
export const transitions = {
  run: {
    queued: ['running', 'failed', 'canceled'],
    running: ['stopping', 'succeeded', 'failed'],
    stopping: ['failed', 'canceled'],
    succeeded: [],
    failed: [],
    canceled: [],
  },
  instance: {
    pending: ['active', 'failed', 'stopped'],
    // active → pending is a retry: the same index and shard again.
    active: ['pending', 'succeeded', 'failed', 'stopped'],
    succeeded: [],
    failed: [],
    stopped: [],
  },
  attempt: {
    // claimed → final happens when a start is refused, or when start and end arrive together.
    claimed: ['running', 'stopping', 'succeeded', 'failed', 'stopped', 'lost'],
    running: ['stopping', 'succeeded', 'failed', 'stopped', 'lost'],
    stopping: ['succeeded', 'failed', 'stopped', 'lost'],
    succeeded: [],
    failed: [],
    stopped: [],
    lost: [],
  },
} as const satisfies {
  run: Record<RunState, readonly RunState[]>;
  instance: Record<InstanceState, readonly InstanceState[]>;
  attempt: Record<AttemptState, readonly AttemptState[]>;
};

type Machine = keyof typeof transitions;
type StateOf = { run: RunState; instance: InstanceState; attempt: AttemptState };

/** Whether the table allows going from one state to the other. */
export function canTransition<M extends Machine>(
  machine: M,
  from: StateOf[M],
  to: StateOf[M],
): boolean {
  const row = (transitions[machine] as Record<string, readonly string[]>)[from];
  return row !== undefined && row.includes(to);
}

/** Whether nothing can follow this state. */
export function isFinal<M extends Machine>(machine: M, state: StateOf[M]): boolean {
  return (transitions[machine] as Record<string, readonly string[]>)[state]?.length === 0;
}

/**
 * Returns `to` when the table allows it.
 * @throws Error naming the machine and both states otherwise: a defect of ours, never a user's fault.
 */
export function transition<M extends Machine>(
  machine: M,
  from: StateOf[M],
  to: StateOf[M],
): StateOf[M] {
  if (!canTransition(machine, from, to)) {
    throw new Error(`illegal ${machine} transition: ${from} -> ${to}`);
  }
  return to;
}

/** States in which a run still counts as unfinished (sae.md §4.3.7). */
export const unfinishedRunStates = ['queued', 'running', 'stopping'] as const;
