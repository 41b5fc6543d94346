import { useCallback, useMemo, useState } from 'react';
import type { RunRowView } from '../../../../src/dialects/native/views/run.ts';
import { type LiveState, useLive } from '../../api/live.ts';
import { type CursorList, useInvalidate } from '../../api/queries.ts';
import { fits, type RunFilter } from './run-filter.ts';

/** Most changed runs that are kept beside the list; older ones are in it when it is read again. */
const maxKept = 2_000;

/** What `FollowRuns` sends with `runs`. */
interface Changed {
  readonly rows: readonly RunRowView[];
  readonly gone: readonly string[];
}

type Known = ReadonlyMap<string, RunRowView | null>;

/**
 * The list with what has changed since it was read: rows as they are now, new ones before the
 * others, and without those that no longer fit or are gone.
 */
export function useLiveRuns(
  list: CursorList<RunRowView>,
  filter: RunFilter,
): { readonly rows: readonly RunRowView[]; readonly live: LiveState } {
  const [known, setKnown] = useState<Known>(new Map());
  const invalidate = useInvalidate();
  const onEvent = useCallback(
    (event: string, data: unknown) => {
      if (event === 'reset') void invalidate('/runs');
      if (event !== 'runs') return;
      const { rows, gone } = data as Changed;
      if (rows.length > 0 || gone.length > 0) setKnown((before) => added(before, rows, gone));
    },
    [invalidate],
  );
  const live = useLive('/runs/follow', { query: { template: filter.template }, onEvent });
  const rows = useMemo(() => merged(list.rows, known, filter), [list.rows, known, filter]);
  return { rows, live };
}

function added(before: Known, rows: readonly RunRowView[], gone: readonly string[]): Known {
  const next = new Map(before);
  for (const row of rows) {
    // The youngest stand last.
    next.delete(row.id);
    next.set(row.id, row);
  }
  for (const id of gone) next.set(id, null);
  for (const id of next.keys()) {
    if (next.size <= maxKept) break;
    next.delete(id);
  }
  return next;
}

function merged(
  listed: readonly RunRowView[],
  known: Known,
  filter: RunFilter,
): readonly RunRowView[] {
  if (known.size === 0) return listed;
  const seen = new Set(listed.map(({ id }) => id));
  const newestMs = listed[0]?.createdAtMs ?? 0;
  const fresh = [...known.values()]
    .filter(
      (run) =>
        run !== null && !seen.has(run.id) && run.createdAtMs >= newestMs && fits(filter, run),
    )
    .filter((run) => run !== null)
    .toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  const rest = listed.flatMap((row) => {
    const now = known.get(row.id);
    if (now === undefined) return [row];
    return now !== null && fits(filter, now) ? [now] : [];
  });
  return [...fresh, ...rest];
}
