import type { DocumentStore } from '../ports/documents.ts';
import type { Documents } from './engine.ts';

/** Creates the engine's documents: the store's, and nothing else of it. */
export function createDocuments(store: DocumentStore): Documents {
  return {
    changeDocument: (name, nowMs, revise) => store.changeDocument(name, nowMs, revise),
    document: (name) => store.document(name),
    documentByNumber: (dialect, kind, number) => store.documentByNumber(dialect, kind, number),
    documentParents: (query) => store.documentParents(query),
    documents: (query) => store.documents(query),
    takeNumbers: (sequence, count) => store.takeNumbers(sequence, count),
  };
}
