import { useState } from 'react';
import type { AuditLineView } from '../../../../src/dialects/native/views/audit.ts';
import type { QueryValues } from '../../api/client.ts';
import { type LiveState, useLive } from '../../api/live.ts';
import { type CursorList, useCursorList } from '../../api/queries.ts';

/** Most lines that are kept of those that came while the page was looked at. */
const maxFresh = 500;

/** Lines that came live, of one query. */
interface Fresh {
  readonly of: string;
  readonly lines: readonly AuditLineView[];
}

/** What fits the filters, newest first, with what comes meanwhile unless it is held. */
export function useAuditLines(
  query: QueryValues,
  isLive: boolean,
): { readonly list: CursorList<AuditLineView>; readonly fresh: number; readonly state: LiveState } {
  const of = JSON.stringify(query);
  const [fresh, setFresh] = useState<Fresh>({ of, lines: [] });
  const list = useCursorList<AuditLineView>('/audit', { query });
  const state = useLive(isLive ? '/audit/follow' : null, {
    query,
    onEvent(event, data) {
      if (event !== 'line') return;
      const line = data as AuditLineView;
      setFresh((before) => {
        const lines = before.of === of ? before.lines : [];
        return { of, lines: [line, ...lines].slice(0, maxFresh) };
      });
    },
    // What came between the first look and the beginning of the live line.
    onState(next) {
      if (next === 'live') list.refetch();
    },
  });
  const mine = fresh.of === of ? fresh.lines : [];
  const known = new Set(list.rows.map(({ id }) => id));
  const rows = [...mine.filter(({ id }) => !known.has(id)), ...list.rows];
  return { list: { ...list, rows }, fresh: mine.length, state };
}
