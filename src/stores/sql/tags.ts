import { type Kysely, sql } from 'kysely';
import type { CatalogStore, TaggedTemplate } from '../../ports/catalog.ts';
import type { Database } from './schema.ts';

type TagQuery = Parameters<CatalogStore['tagged']>[0];

/** Tags in the order of template and key. Costs by the rows returned, however many are stored. */
export async function listTagged(
  db: Kysely<Database>,
  query: TagQuery,
): Promise<readonly TaggedTemplate[]> {
  if (query.templateIds?.length === 0 || query.limit === 0) return [];
  const { dialect, templateIds, withTags = [], after, limit } = query;
  let rows = db
    .selectFrom('tags as g')
    .select(['g.template_id as templateId', 'g.key', 'g.value'])
    .where('g.dialect', '=', dialect);
  if (after !== undefined) {
    rows = rows.where(sql<boolean>`(g.template_id, g.key) > (${after.templateId}, ${after.key})`);
  }
  if (templateIds !== undefined) rows = rows.where('g.template_id', 'in', [...templateIds]);
  if (withTags.length > 0) {
    rows = rows.where('g.template_id', 'in', templatesWith(db, query));
  }
  return rows.orderBy('g.template_id').orderBy('g.key').limit(limit).execute();
}

/** The first templates that have all of the tags: each gives at least one row of the page. */
function templatesWith(db: Kysely<Database>, query: TagQuery) {
  const { dialect, withTags = [], after, limit } = query;
  const [first, ...others] = withTags;
  let found = db
    .selectFrom('tags as w')
    .select('w.template_id')
    .where('w.dialect', '=', dialect)
    .where('w.key', '=', first?.key ?? '');
  if (first?.value !== undefined) found = found.where('w.value', '=', first.value);
  if (after !== undefined) found = found.where('w.template_id', '>=', after.templateId);
  if (query.templateIds !== undefined) {
    found = found.where('w.template_id', 'in', [...query.templateIds]);
  }
  for (const { key, value } of others) {
    found = found.where(({ exists, selectFrom }) => {
      let other = selectFrom('tags as o')
        .select('o.key')
        .where('o.dialect', '=', dialect)
        .whereRef('o.template_id', '=', 'w.template_id')
        .where('o.key', '=', key);
      if (value !== undefined) other = other.where('o.value', '=', value);
      return exists(other);
    });
  }
  // One more: of the template that the last page ended in there may be nothing left.
  return found.orderBy('w.template_id').limit(limit + 1);
}
