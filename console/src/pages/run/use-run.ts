import type {
  InstanceView,
  RunDetailView,
  RunEventView,
} from '../../../../src/dialects/native/views/run.ts';
import { path } from '../../api/client.ts';
import { useLive } from '../../api/live.ts';
import { useInvalidate, useRead } from '../../api/queries.ts';

/** How often an unfinished run is read again: progress within an attempt tells no change of the run. */
const refreshMs = 3_000;

const finalStates: readonly string[] = ['succeeded', 'failed', 'canceled'];

/** Whether a run has ended. */
export function hasEnded(run: Pick<RunDetailView, 'state'>): boolean {
  return finalStates.includes(run.state);
}

/** Everything about a run, read anew when it changes. */
export interface WholeRun {
  readonly run: RunDetailView | undefined;
  readonly instances: readonly InstanceView[];
  readonly events: readonly RunEventView[];
  readonly error: Error | null;
  refetch(): void;
}

export function useRun(id: string): WholeRun {
  const base = path`/runs/${id}`;
  const invalidate = useInvalidate();
  const read = useRead<RunDetailView>(base, { refreshMs: refreshMs * 4 });
  const run = read.data;
  const isOpen = run !== undefined && !hasEnded(run);
  const often = isOpen ? { refreshMs } : {};
  const instances = useRead<{ rows: readonly InstanceView[] }>(`${base}/instances`, often);
  const events = useRead<{ rows: readonly RunEventView[] }>(`${base}/events`, often);
  useLive(isOpen ? '/runs/follow' : null, {
    query: { template: run?.templateId ?? '' },
    onEvent: (event, data) => {
      const { rows = [], gone = [] } = data as {
        readonly rows?: readonly { readonly id: string }[];
        readonly gone?: readonly string[];
      };
      const isOurs = event === 'reset' || rows.some((row) => row.id === id) || gone.includes(id);
      if (isOurs) void invalidate(base);
    },
  });
  return {
    run,
    instances: instances.data?.rows ?? [],
    events: events.data?.rows ?? [],
    error: read.error,
    refetch: () => void read.refetch(),
  };
}
