import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Template } from '../../domain/template.ts';
import type { Page, TemplateQuery, TemplateSummary } from '../../ports/store.ts';
import type {
  TemplateCondition,
  TemplateListStore,
  TemplateSearch,
} from '../../ports/template-lists.ts';
import type { SqlFlavor } from './flavor.ts';
import { contains } from './lists.ts';
import { parseRevision, toTemplate } from './rows.ts';
import type { Database } from './schema.ts';

/** Newest run that is not hidden; the index over a template's runs has it first. */
const newestRun = `select l.state = 'failed' and l.verdict is null from runs as l
  where l.template_n = t.n and l.deleted_at is null order by l.n desc limit 1`;

const conditions: Readonly<Record<TemplateCondition, (flavor: SqlFlavor) => RawBuilder<boolean>>> =
  {
    active: () => sql<boolean>`t.suspended = 0`,
    suspended: () => sql<boolean>`t.suspended = 1`,
    failing: (flavor) =>
      sql<boolean>`coalesce((${sql.raw(newestRun)}), ${sql.raw(flavor === 'sqlite' ? '0' : 'false')})`,
  };

/**
 * Searches of templates, of either database. `read` wraps each read; `summaries` are the store's
 * own lists.
 */
export function templateListsOf(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  read: <T>(look: () => Promise<T>) => Promise<T>,
  summaries: (query: TemplateQuery) => Promise<Page<TemplateSummary>>,
): TemplateListStore {
  return {
    searchTemplates: (query) =>
      read(async () => {
        const found = await placesOf(db, flavor, query);
        const page = found.slice(0, query.limit);
        const ids = page.map(({ id }) => id);
        const { rows } = await summaries({ ids, offset: 0, limit: query.limit });
        const last = page.at(-1);
        return { rows, next: found.length > query.limit && last !== undefined ? last.n : null };
      }),
    templateRevision: (id, revision) => read(() => revisionOf(db, id, revision)),
  };
}

/** One more than asked for, so that it is known whether more is left. */
async function placesOf(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: TemplateSearch,
): Promise<readonly { readonly n: number; readonly id: string }[]> {
  const { dialect, namespace, condition, tag, text, before } = query;
  let base = db
    .selectFrom('templates as t')
    .select(['t.n', 't.id'])
    .where('t.deleted_at', 'is', null);
  if (before !== null) base = base.where('t.n', '<', before);
  if (dialect !== undefined) base = base.where('t.dialect', '=', dialect);
  if (namespace !== undefined) base = base.where('t.namespace', '=', namespace);
  if (condition !== undefined) base = base.where(conditions[condition](flavor));
  if (tag !== undefined) {
    base = base.where('t.n', 'in', (some) => {
      const tagged = some
        .selectFrom('tags as w')
        .select('w.template_n')
        .where('w.key', '=', tag.key);
      return tag.value === undefined ? tagged : tagged.where('w.value', '=', tag.value);
    });
  }
  if (text !== undefined && text !== '') {
    const begins = sql<boolean>`substr(t.id, 1, ${sql.lit(text.length)}) = ${text}`;
    base = base.where(({ or }) => or([containsFolded(flavor, text), begins]));
  }
  return base
    .orderBy('t.n', 'desc')
    .limit(query.limit + 1)
    .execute();
}

/** As it is, or with small letters for large ones as the database has them. */
function containsFolded(flavor: SqlFlavor, text: string): RawBuilder<boolean> {
  const position = sql.raw(flavor === 'sqlite' ? 'instr' : 'strpos');
  return sql<boolean>`(${contains(flavor, 't.name', text)} or ${position}(lower(t.name), lower(${text})) > 0)`;
}

async function revisionOf(
  db: Kysely<Database>,
  id: string,
  revision: number,
): Promise<Template | null> {
  const row = await db
    .selectFrom('templates as t')
    .innerJoin('template_revisions as v', 'v.template_n', 't.n')
    .selectAll('t')
    .select(['v.spec', 'v.document', 'v.not_acted_on', 'v.schedule', 'v.catalog_refs'])
    .where('t.id', '=', id)
    .where('t.deleted_at', 'is', null)
    .where('v.revision', '=', revision)
    .executeTakeFirst();
  return row === undefined ? null : { ...toTemplate(row, parseRevision(row)), revision };
}
