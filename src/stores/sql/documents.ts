import { type Kysely, sql } from 'kysely';
import { DomainError } from '../../domain/errors.ts';
import type { DialectName } from '../../domain/template.ts';
import type {
  Document,
  DocumentContent,
  DocumentName,
  DocumentStore,
} from '../../ports/documents.ts';
import type { Page } from '../../ports/page.ts';
import type { SqlFlavor } from './flavor.ts';
import { contains } from './lists.ts';
import type { Database, DocumentRow } from './schema.ts';

type DocumentQuery = Parameters<DocumentStore['documents']>[0];

/** What one document, and one call for numbers, may take. */
const documentBounds = {
  /** JSON of the value; the port's limit. */
  valueBytes: 1024 * 1024,
  /** Kind, key and parent, each: they are parts of keys of the database. */
  nameBytes: 512,
  /** Numbers handed out by one call. */
  numbersAtOnce: 1_000_000,
} as const;

/**
 * The sequence that numbers the documents of a kind. Sequences of callers begin otherwise, so that
 * none of them can be the same.
 */
export function documentSequence({
  dialect,
  kind,
}: Pick<DocumentName, 'dialect' | 'kind'>): string {
  return `document ${dialect} ${kind}`;
}

/** @throws DomainError `invalid-argument` for a count that is no number of numbers, or a long name. */
export function callersSequence(name: string, count: number): string {
  checkLength('name of a sequence', name);
  if (!Number.isSafeInteger(count) || count < 1 || count > documentBounds.numbersAtOnce) {
    throw new DomainError(
      'invalid-argument',
      `${count} numbers of sequence ${name} were asked for; 1 to ${documentBounds.numbersAtOnce} can be`,
      { parameter: 'count' },
    );
  }
  return `taken ${name}`;
}

/** What was made of a document, as its row keeps it. @throws DomainError `invalid-argument`. */
export function contentTexts(
  name: DocumentName,
  content: DocumentContent,
): { readonly parent: string; readonly value: string } {
  checkLength('kind of a document', name.kind);
  checkLength('key of a document', name.key);
  checkLength('parent of a document', content.parent);
  const value = JSON.stringify(content.value);
  const bytes = Buffer.byteLength(value);
  if (bytes > documentBounds.valueBytes) {
    throw new DomainError(
      'invalid-argument',
      `${name.kind} ${name.key} takes ${bytes} bytes as JSON; at most ${documentBounds.valueBytes} fit`,
      { parameter: name.kind, limit: documentBounds.valueBytes },
    );
  }
  return { parent: content.parent, value };
}

export function toDocument(row: DocumentRow): Document {
  return {
    dialect: row.dialect as DialectName,
    kind: row.kind,
    key: row.key,
    parent: row.parent,
    number: row.number,
    value: JSON.parse(row.value) as Record<string, unknown>,
    revision: row.revision,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}

/** Documents of one kind that match, by number. */
export async function listDocuments(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  { dialect, kind, parent, keyContains = '', offset, limit }: DocumentQuery,
): Promise<Page<Document>> {
  let base = db
    .selectFrom('documents as d')
    .where('d.dialect', '=', dialect)
    .where('d.kind', '=', kind);
  if (parent !== undefined) base = base.where('d.parent', '=', parent);
  if (keyContains !== '') base = base.where(contains(flavor, 'd.key', keyContains));
  const { total } = await base.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow();
  if (limit === 0) return { rows: [], total };
  const rows = await base.selectAll('d').orderBy('d.number').offset(offset).limit(limit).execute();
  return { rows: rows.map(toDocument), total };
}

/** What documents of a kind belong to; the index over parents has all it needs. */
export async function listDocumentParents(
  db: Kysely<Database>,
  { dialect, kind, limit }: Parameters<DocumentStore['documentParents']>[0],
): Promise<readonly { readonly parent: string; readonly count: number }[]> {
  return db
    .selectFrom('documents as d')
    .select(['d.parent', sql<number>`count(*)`.as('count')])
    .where('d.dialect', '=', dialect)
    .where('d.kind', '=', kind)
    .groupBy('d.parent')
    .orderBy('d.parent')
    .limit(limit)
    .execute();
}

function checkLength(what: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= documentBounds.nameBytes) return;
  throw new DomainError(
    'invalid-argument',
    `the ${what} takes ${bytes} bytes; at most ${documentBounds.nameBytes} fit`,
    { parameter: what, limit: documentBounds.nameBytes },
  );
}
