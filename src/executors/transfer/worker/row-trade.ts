import type { Ends } from '../plan/ends.ts';
import { finish, proveAndEnd } from './finish.ts';
import { loadChunks } from './load.ts';
import type { WorkerParts } from './parts.ts';
import { planAndPrepare } from './prepare.ts';
import { digestWhileLoading, type SourceDigests } from './proof.ts';
import type { Trade } from './trade.ts';

/** Rows of tables and files. */
export function rowTrade(parts: WorkerParts, ends: Ends): Trade {
  const ending = new AbortController();
  let early: Promise<SourceDigests> = Promise.resolve(new Map());
  return {
    async planAndPrepare(signal) {
      await planAndPrepare(parts, ends, signal);
      // Of several workers nobody knows which one will need them.
      if (parts.replicas > 1) return;
      const tables = parts.state.run.tables().filter((kept) => kept.state !== 'failed');
      early = digestWhileLoading(
        parts.definition,
        ends,
        tables,
        AbortSignal.any([signal, ending.signal]),
      ).catch(() => new Map());
    },
    load: (signal) => loadChunks(parts, ends, signal),
    finish: (signal) => finish(parts, ends, signal),
    proveAndEnd: async (signal) => proveAndEnd(parts, ends, await early, signal),
    async abandon() {
      const tables = parts.state.run.tables().map(({ table }) => table);
      if (tables.length > 0) await ends.target.abandon(tables, parts.runId);
    },
    async close() {
      ending.abort();
      await early;
      await ends.close();
    },
  };
}
