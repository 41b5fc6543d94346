import { createHash } from 'node:crypto';
import type { RunHomes } from '../executors/transfer/homes.ts';
import type { DocumentName, DocumentStore } from '../ports/documents.ts';

/** Keeps in the shared store which host has the state of a data job's run. */
export function createRunHomes(
  store: DocumentStore,
  hostId: string,
  nowMs: () => number,
): RunHomes {
  return {
    async isHere(runId) {
      const found = await store.changeDocument(nameOf(runId), nowMs(), (current) =>
        current === null ? { parent: '', value: { host: hostId } } : current,
      );
      return found?.value['host'] === hostId;
    },
    async forget(runId) {
      await store.changeDocument(nameOf(runId), nowMs(), (current) =>
        current?.value['host'] === hostId ? null : current,
      );
    },
  };
}

/** Ids of runs may be longer than keys of documents. */
function nameOf(runId: string): DocumentName {
  const key = createHash('sha256').update(runId).digest('hex');
  return { dialect: 'cdm', kind: 'run-home', key };
}
