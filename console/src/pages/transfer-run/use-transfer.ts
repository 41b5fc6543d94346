import { useState } from 'react';
import type {
  TransferProgress,
  TransferSampleView,
} from '../../../../src/dialects/native/views/transfer-progress.ts';
import { path } from '../../api/client.ts';
import { type LiveState, useLive } from '../../api/live.ts';
import { useInvalidate } from '../../api/queries.ts';

/** A run as it goes on; null = nothing was told yet. */
export interface FollowedTransfer {
  readonly progress: TransferProgress | null;
  /** All samples so far. */
  readonly samples: readonly TransferSampleView[];
  readonly live: LiveState;
  /** Why it cannot be followed. */
  readonly error: Error | null;
}

/** Follows a run that moves data until it ends. */
export function useTransfer(runId: string): FollowedTransfer {
  const [told, setTold] = useState<Pick<FollowedTransfer, 'progress' | 'samples'>>({
    progress: null,
    samples: [],
  });
  const [error, setError] = useState<Error | null>(null);
  const invalidate = useInvalidate();
  const live = useLive(path`/runs/${runId}/transfer/follow`, {
    onEvent(event, data) {
      if (event === 'end') {
        void invalidate('/runs', '/data-jobs');
        return 'end';
      }
      if (event !== 'progress') return undefined;
      const progress = data as TransferProgress;
      setTold((before) => ({ progress, samples: joined(before.samples, progress.samples) }));
      return undefined;
    },
    onState: (state, cause) => setError(state === 'refused' ? cause : null),
  });
  return { ...told, live, error };
}

/** What a line that was taken up again tells once more is left out. */
function joined(
  known: readonly TransferSampleView[],
  more: readonly TransferSampleView[],
): readonly TransferSampleView[] {
  const lastMs = known.at(-1)?.atMs ?? 0;
  const fresh = more.filter(({ atMs }) => atMs > lastMs);
  return fresh.length === 0 ? known : [...known, ...fresh];
}
