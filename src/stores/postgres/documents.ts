import type {
  Document,
  DocumentContent,
  DocumentName,
  DocumentStore,
} from '../../ports/documents.ts';
import { isId } from '../sql/catalog-rows.ts';
import {
  callersSequence,
  contentTexts,
  documentSequence,
  listDocumentParents,
  listDocuments,
  toDocument,
} from '../sql/documents.ts';
import type { DocumentRow } from '../sql/schema.ts';
import type { CatalogAccess } from './catalog.ts';
import { guardedRead, type Queries, statement, type Transaction } from './transactions.ts';

// A number nobody else uses. It covers documents that are not there yet, which have no row to lock;
// two names that share a number only wait for each other.
const alone = statement(
  'document-alone',
  'select pg_advisory_xact_lock(1819243879, hashtext($1)) is null as locked',
);
const byName = statement(
  'document',
  'select * from documents where dialect = $1 and kind = $2 and key = $3',
);
const byNumber = statement(
  'document-numbered',
  'select * from documents where dialect = $1 and kind = $2 and number = $3',
);
const insert = statement(
  'document-insert',
  `insert into documents (dialect, kind, key, parent, number, value, revision, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, 1, $7, $7) returning *`,
);
const update = statement(
  'document-update',
  `update documents set parent = $4, value = $5, revision = revision + 1, updated_at = $6
   where dialect = $1 and kind = $2 and number = $3 returning *`,
);
const remove = statement(
  'document-delete',
  'delete from documents where dialect = $1 and kind = $2 and number = $3',
);
const take = statement(
  'sequence-take',
  `insert into sequences as s (name, last) values ($1, $2)
   on conflict (name) do update set last = s.last + excluded.last returning last`,
);

/** The documents of a shared store. Locks are taken in one order: the document's name, its kind's sequence. */
export function documentsOf({ db, sql, write }: CatalogAccess): DocumentStore {
  return {
    changeDocument: (name, nowMs, revise) => write((tx) => changeDocument(tx, name, nowMs, revise)),
    document: (name) => findDocument(db, name),
    async documentByNumber(dialect, kind, number) {
      if (!isId(number)) return null;
      return first(await db.rows<DocumentRow>(byNumber, [dialect, kind, number]));
    },
    documentParents: (query) => guardedRead(() => listDocumentParents(sql, query)),
    documents: (query) => guardedRead(() => listDocuments(sql, 'postgres', query)),
    async takeNumbers(sequence, count) {
      const name = callersSequence(sequence, count);
      return write((tx) => takeNumbers(tx, name, count));
    },
  };
}

async function changeDocument(
  tx: Transaction,
  name: DocumentName,
  nowMs: number,
  revise: (current: Document | null) => DocumentContent | null,
): Promise<Document | null> {
  const { dialect, kind, key } = name;
  await tx.rows(alone, [`${dialect} ${kind} ${key}`]);
  const current = await findDocument(tx, name);
  const content = revise(current);
  if (content === null) {
    if (current !== null) await tx.rows(remove, [dialect, kind, current.number]);
    return null;
  }
  const { parent, value } = contentTexts(name, content);
  if (current !== null) {
    const values = [dialect, kind, current.number, parent, value, nowMs];
    return first(await tx.rows<DocumentRow>(update, values));
  }
  const number = await takeNumbers(tx, documentSequence(name), 1);
  const values = [dialect, kind, key, parent, number, value, nowMs];
  return first(await tx.rows<DocumentRow>(insert, values));
}

async function findDocument(
  db: Queries,
  { dialect, kind, key }: DocumentName,
): Promise<Document | null> {
  return first(await db.rows<DocumentRow>(byName, [dialect, kind, key]));
}

/** The first of the next `count` numbers. The sequence's row is held until the commit. */
async function takeNumbers(tx: Transaction, sequence: string, count: number): Promise<number> {
  const [row] = await tx.rows<{ last: number }>(take, [sequence, count]);
  if (row === undefined) throw new Error(`taking numbers of ${sequence} returned no row`);
  return row.last - count + 1;
}

function first([row]: readonly DocumentRow[]): Document | null {
  return row === undefined ? null : toDocument(row);
}
