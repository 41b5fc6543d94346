import type { Ends } from '../plan/ends.ts';
import { finish, proveAndEnd } from './finish.ts';
import { loadChunks } from './load.ts';
import type { WorkerParts } from './parts.ts';
import { planAndPrepare } from './prepare.ts';
import type { Trade } from './trade.ts';

/** Rows of tables and files. */
export function rowTrade(parts: WorkerParts, ends: Ends): Trade {
  return {
    planAndPrepare: (signal) => planAndPrepare(parts, ends, signal),
    load: (signal) => loadChunks(parts, ends, signal),
    finish: (signal) => finish(parts, ends, signal),
    proveAndEnd: (signal) => proveAndEnd(parts, ends, signal),
    async abandon() {
      const tables = parts.state.run.tables().map(({ table }) => table);
      if (tables.length > 0) await ends.target.abandon(tables, parts.runId);
    },
    close: () => ends.close(),
  };
}
