import type { RunOverride } from '../../ports/store.ts';
import { parseRevision, type ParsedRevision, type RunJoined } from '../sql/rows.ts';
import { rowsJson } from './json-rows.ts';
import { type Queries, statement } from './transactions.ts';

/** Parsed revisions kept; they are immutable, so this only trades memory for parsing. */
const MAX_CACHED_REVISIONS = 1_024;

const selectRevisions = statement(
  'revisions',
  `select v.template_n, v.revision, v.spec, v.document, v.not_acted_on, v.schedule, v.catalog_refs
   from json_to_recordset($1::json) as w(template_n bigint, revision integer)
   join template_revisions v on v.template_n = w.template_n and v.revision = w.revision`,
);

interface RevisionRef {
  readonly template_n: number;
  readonly revision: number;
}

/** Columns of a revision that `parseRevision` reads. */
export interface RevisionTexts {
  readonly spec: string;
  readonly document: string;
  readonly not_acted_on: string;
  readonly schedule: string | null;
  readonly catalog_refs: string | null;
}

/** The definitions that a batch needs, by template and revision. @throws Error when one is missing. */
export type RevisionsOf = (ref: RevisionRef) => ParsedRevision;

/** Revisions of templates, parsed once. */
export class Revisions {
  readonly #cache = new Map<string, ParsedRevision>();

  /** Fetches those that are not known yet in one statement. Only committed ones may be asked for. */
  async load(db: Queries, refs: readonly RevisionRef[]): Promise<RevisionsOf> {
    const found = new Map<string, ParsedRevision>();
    const missing = new Map<string, RevisionRef>();
    for (const ref of refs) {
      const key = keyOf(ref);
      const cached = this.#cache.get(key);
      if (cached !== undefined) found.set(key, cached);
      else missing.set(key, { template_n: ref.template_n, revision: ref.revision });
    }
    if (missing.size > 0) {
      type Row = RevisionRef & RevisionTexts;
      for (const row of await db.rows<Row>(selectRevisions, [rowsJson([...missing.values()])])) {
        const parsed = parseRevision(row);
        found.set(keyOf(row), parsed);
        this.#keep(keyOf(row), parsed);
      }
    }
    return (ref) => {
      const revision = found.get(keyOf(ref));
      if (revision === undefined) {
        throw new Error(`template revision ${keyOf(ref)} is missing from the database`);
      }
      return revision;
    };
  }

  #keep(key: string, revision: ParsedRevision): void {
    if (this.#cache.size >= MAX_CACHED_REVISIONS) {
      const oldest = this.#cache.keys().next().value;
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    this.#cache.set(key, revision);
  }
}

/** What the run runs by: its own overridden copy, or the template's revision. */
export function runDefinition(
  row: Pick<RunJoined, 'spec' | 'document' | 'not_acted_on' | 'template_n' | 'revision'>,
  revisions: RevisionsOf,
): RunOverride {
  const { spec, document, not_acted_on } = row;
  if (spec !== null && document !== null && not_acted_on !== null) {
    const own = parseRevision({ spec, document, not_acted_on, schedule: null, catalog_refs: null });
    return withoutSchedule(own);
  }
  return withoutSchedule(revisions(row));
}

/** A run is one firing: what else the template does is not part of it. */
function withoutSchedule({ spec, document, notActedOn }: ParsedRevision): RunOverride {
  return { spec, document, notActedOn };
}

function keyOf({ template_n, revision }: RevisionRef): string {
  return `${template_n}:${revision}`;
}
