import type { DialectName } from '../../domain/template.ts';
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
import { lazy, type Session } from './session.ts';

/** The documents of an embedded store; every write goes through the group commit. */
export function documentsOf(session: Session): DocumentStore {
  const documents = new Documents(session);
  const write = session.writes.run.bind(session.writes);
  return {
    changeDocument: (name, nowMs, revise) => write(() => documents.change(name, nowMs, revise)),
    document: async (name) => documents.get(name),
    documentByNumber: async (dialect, kind, number) => documents.byNumber(dialect, kind, number),
    documentParents: (query) => listDocumentParents(session.sql, query),
    documents: (query) => listDocuments(session.sql, 'sqlite', query),
    takeNumbers: (sequence, count) =>
      write(() => documents.take(callersSequence(sequence, count), count)),
  };
}

/** Documents of dialects, and the numbers that are handed out. */
class Documents {
  readonly #q;

  constructor({ db }: Session) {
    this.#q = lazy(() => ({
      get: db.prepare('select * from documents where dialect = ? and kind = ? and key = ?'),
      byNumber: db.prepare('select * from documents where dialect = ? and kind = ? and number = ?'),
      put: db.prepare(
        `insert into documents (dialect, kind, key, parent, number, value, revision, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, 1, ?, ?) returning *`,
      ),
      set: db.prepare(
        `update documents set parent = ?, value = ?, revision = revision + 1, updated_at = ?
         where dialect = ? and kind = ? and number = ? returning *`,
      ),
      remove: db.prepare('delete from documents where dialect = ? and kind = ? and number = ?'),
      take: db
        .prepare(
          `insert into sequences (name, last) values (@name, @count)
           on conflict (name) do update set last = last + @count returning last`,
        )
        .pluck(),
    }));
  }

  /** Nothing is written before the last thing that can be refused. */
  change(
    name: DocumentName,
    nowMs: number,
    revise: (current: Document | null) => DocumentContent | null,
  ): Document | null {
    const { dialect, kind, key } = name;
    const current = this.get(name);
    const content = revise(current);
    if (content === null) {
      if (current !== null) this.#q().remove.run(dialect, kind, current.number);
      return null;
    }
    const { parent, value } = contentTexts(name, content);
    const row =
      current === null
        ? this.#q().put.get(
            dialect,
            kind,
            key,
            parent,
            this.take(documentSequence(name), 1),
            value,
            nowMs,
            nowMs,
          )
        : this.#q().set.get(parent, value, nowMs, dialect, kind, current.number);
    return toDocument(row as DocumentRow);
  }

  get({ dialect, kind, key }: DocumentName): Document | null {
    const row = this.#q().get.get(dialect, kind, key) as DocumentRow | undefined;
    return row === undefined ? null : toDocument(row);
  }

  byNumber(dialect: DialectName, kind: string, number: number): Document | null {
    if (!isId(number)) return null;
    const row = this.#q().byNumber.get(dialect, kind, number) as DocumentRow | undefined;
    return row === undefined ? null : toDocument(row);
  }

  /** The first of the next `count` numbers. */
  take(sequence: string, count: number): number {
    const last = this.#q().take.get({ name: sequence, count }) as number;
    return last - count + 1;
  }
}
