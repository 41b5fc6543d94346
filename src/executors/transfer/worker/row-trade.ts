import type { Ends } from '../plan/ends.ts';
import type { Arrival } from '../state/arrivals.ts';
import { finish, proveAndEnd } from './finish.ts';
import { loadChunks } from './load.ts';
import type { WorkerParts } from './parts.ts';
import { planAndPrepare } from './prepare.ts';
import { digestEarly, type SourceDigests } from './proof.ts';
import { ReadingBack } from './read-back.ts';
import { RowSums } from './row-sums.ts';
import type { Trade } from './trade.ts';

/** Rows of tables and files. */
export function rowTrade(parts: WorkerParts, ends: Ends): Trade {
  const ending = new AbortController();
  const sums = new RowSums(parts.definition, ends, ending.signal);
  const readingBack = new ReadingBack(parts.definition, ends, parts.state, ending.signal);
  const early: Promise<SourceDigests>[] = [];
  /** Of several workers nobody knows which one will need it. */
  function askEarly(what: 'checksums' | 'counts', signal: AbortSignal): void {
    if (parts.replicas > 1) return;
    const tables = parts.state.run.tables().filter((kept) => kept.state !== 'failed');
    const either = AbortSignal.any([signal, ending.signal]);
    const asked = digestEarly(what, parts.definition, ends, tables, sums, either);
    early.push(asked.catch(() => new Map()));
  }
  return {
    async planAndPrepare(signal) {
      await planAndPrepare(parts, ends, signal);
      askEarly('checksums', signal);
    },
    load: (signal) =>
      loadChunks(
        parts,
        ends,
        {
          sums,
          // Nothing is asked of the source any more, and the target still works.
          onRead: () => askEarly('counts', signal),
          onArrived: (arrival, table) => readingBack.due(arrival, table),
          besides: () => readingBack.underWay,
        },
        signal,
      ),
    finish: (signal) => finish(parts, ends, signal),
    async proveAndEnd(signal) {
      const digests = (await Promise.all(early)).flatMap((known) => [...known]);
      async function arrivalsOf(table: number): Promise<readonly Arrival[] | null> {
        await readingBack.end();
        return parts.state.arrivals.of(table);
      }
      await proveAndEnd(parts, ends, { early: new Map(digests), arrivalsOf }, signal);
    },
    async abandon() {
      const tables = parts.state.run.tables().map(({ table }) => table);
      if (tables.length > 0) await ends.target.abandon(tables, parts.runId);
    },
    async close() {
      ending.abort();
      await Promise.all(early);
      await readingBack.end();
      await ends.close();
    },
  };
}
