import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Secret } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type {
  CatalogItemPage,
  CatalogItemQuery,
  CatalogListStore,
  ConfigMapSummary,
} from '../../ports/catalog-lists.ts';
import { toSecret } from './catalog-rows.ts';
import type { SqlFlavor } from './flavor.ts';
import type { Database } from './schema.ts';

/** Most namespaces that are counted at once; the port's limit. */
const MAX_NAMESPACES = 1_000;

/**
 * Lists of the catalog, for both databases. They go along the index of (dialect, namespace, name),
 * so a page costs by what is looked at.
 * @param guarded what a store does around its reads.
 */
export function catalogLists(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  guarded: <T>(read: () => Promise<T>) => Promise<T>,
): CatalogListStore {
  return {
    listConfigMaps: (query) => guarded(() => configMapPage(db, flavor, query)),
    listSecrets: (query) => guarded(() => secretPage(db, flavor, query)),
    catalogCounts: (dialect, namespaces) =>
      guarded(async () => {
        if (namespaces.length > MAX_NAMESPACES) {
          throw new RangeError(
            `${namespaces.length} namespaces are counted at once; at most ${MAX_NAMESPACES} can be`,
          );
        }
        if (namespaces.length === 0) return [];
        const [configMaps, secrets] = [
          await counted(db, 'config_maps', dialect, namespaces),
          await counted(db, 'secrets', dialect, namespaces),
        ];
        return namespaces.map((namespace) => ({
          namespace,
          configMaps: configMaps.get(namespace) ?? 0,
          secrets: secrets.get(namespace) ?? 0,
        }));
      }),
  };
}

async function configMapPage(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: CatalogItemQuery,
): Promise<CatalogItemPage<ConfigMapSummary>> {
  const rows = await db
    .selectFrom('config_maps')
    .select(['id', 'dialect', 'namespace', 'name', 'description', 'created_at', 'updated_at'])
    .where(isWanted(flavor, query))
    .orderBy('name')
    .limit(query.limit + 1)
    .execute();
  return pageOf(
    rows.map((row) => ({
      id: row.id,
      dialect: row.dialect as DialectName,
      namespace: row.namespace,
      name: row.name,
      description: row.description,
      createdAtMs: row.created_at,
      updatedAtMs: row.updated_at,
    })),
    query.limit,
  );
}

async function secretPage(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: CatalogItemQuery,
): Promise<CatalogItemPage<Secret>> {
  const rows = await db
    .selectFrom('secrets')
    .select(['id', 'dialect', 'namespace', 'name', 'type', 'created_at', 'updated_at'])
    .where(isWanted(flavor, query))
    .orderBy('name')
    .limit(query.limit + 1)
    .execute();
  return pageOf(rows.map(toSecret), query.limit);
}

function isWanted(
  flavor: SqlFlavor,
  { dialect, namespace, text, after }: CatalogItemQuery,
): RawBuilder<boolean> {
  const position = sql.raw(flavor === 'sqlite' ? 'instr' : 'strpos');
  const later = after === null ? sql`` : sql` and name > ${after}`;
  const found =
    text === undefined || text === ''
      ? sql``
      : sql` and ${position}(lower(name), lower(${text})) > 0`;
  return sql<boolean>`dialect = ${dialect} and namespace = ${namespace}${later}${found}`;
}

/** One row more than is asked for was read, to know whether there are more. */
function pageOf<T extends { readonly name: string }>(
  rows: readonly T[],
  limit: number,
): CatalogItemPage<T> {
  const shown = rows.slice(0, limit);
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.name ?? null) : null };
}

async function counted(
  db: Kysely<Database>,
  table: 'config_maps' | 'secrets',
  dialect: DialectName,
  namespaces: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom(table)
    .select(['namespace', ({ fn }) => fn.countAll().as('count')])
    .where('dialect', '=', dialect)
    .where('namespace', 'in', [...namespaces])
    .groupBy('namespace')
    .execute();
  return new Map(rows.map(({ namespace, count }) => [namespace, Number(count)] as const));
}
