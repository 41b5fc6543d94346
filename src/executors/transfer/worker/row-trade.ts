import type { Ends } from '../plan/ends.ts';
import { finish, proveAndEnd } from './finish.ts';
import { loadChunks } from './load.ts';
import type { WorkerParts } from './parts.ts';
import { planAndPrepare } from './prepare.ts';
import { digestWhileLoading, type SourceDigests } from './proof.ts';
import { Settling } from './settling.ts';
import type { Trade } from './trade.ts';

/** Rows of tables and files. */
export function rowTrade(parts: WorkerParts, ends: Ends): Trade {
  const ending = new AbortController();
  let early: Promise<SourceDigests> = Promise.resolve(new Map());
  // One of several workers is enough; rows in a stage move once more before they are proved.
  const { proof, to } = parts.definition;
  const settles = proof !== 'none' && parts.index === 0 && !(to.kind === 'table' && to.stage);
  const settling = new Settling(settles ? ends.target.digester : null, ending.signal);
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
    async load(signal) {
      for (const { table } of parts.state.run.tables()) settling.due(table.target);
      await loadChunks(parts, ends, signal, ({ target }) => settling.due(target));
      await settling.end();
    },
    finish: (signal) => finish(parts, ends, signal),
    proveAndEnd: async (signal) => proveAndEnd(parts, ends, await early, signal),
    async abandon() {
      const tables = parts.state.run.tables().map(({ table }) => table);
      if (tables.length > 0) await ends.target.abandon(tables, parts.runId);
    },
    async close() {
      ending.abort();
      await early;
      await settling.end();
      await ends.close();
    },
  };
}
