import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { TemplateChange } from '../../domain/template.ts';
import type { ChangeQuery, NamedChange } from '../../ports/catalog.ts';
import type { ListedRun } from '../../ports/run-lists.ts';
import type { Page, RunQuery, TemplateQuery } from '../../ports/store.ts';
import type { SqlFlavor } from './flavor.ts';
import { listedColumns, visible } from './listed-columns.ts';
import {
  type RunJoined,
  type TemplateRecord,
  toChange,
  toListedRun,
  toNamedChange,
} from './rows.ts';
import type { Database } from './schema.ts';

const countAll = sql<number>`count(*)`.as('total');
const nothing = { rows: [], total: 0 };

/** Visible runs that match, the newest first. */
export async function listRuns(db: Kysely<Database>, query: RunQuery): Promise<Page<ListedRun>> {
  if (query.states?.length === 0) return nothing;
  const { rows } = await sql<{ total: number }>`
    select count(*) as total ${matching(query)}`.execute(db);
  return { rows: await listRunRows(db, query), total: rows[0]?.total ?? 0 };
}

/** The rows of `listRuns`, nothing counted. */
export async function listRunRows(
  db: Kysely<Database>,
  query: RunQuery,
): Promise<readonly ListedRun[]> {
  if (query.states?.length === 0 || query.limit === 0) return [];
  const { rows } = await sql<RunJoined>`
    select ${listedColumns} ${matching(query)}
    order by r.n desc limit ${query.limit} offset ${query.offset}`.execute(db);
  return rows.map(toListedRun);
}

/** From where, and which. */
function matching(query: RunQuery): RawBuilder<unknown> {
  const { templateId, dialect, namespace, states, verdict, createdFromMs, createdUntilMs } = query;
  const filters = [
    visible,
    ...(templateId === undefined ? [] : [sql`t.id = ${templateId}`]),
    ...(dialect === undefined ? [] : [sql`t.dialect = ${dialect}`]),
    ...(namespace === undefined ? [] : [sql`t.namespace = ${namespace}`]),
    ...(states === undefined ? [] : [sql`r.state in (${sql.join([...states])})`]),
    ...(verdict === undefined ? [] : [verdictIs(verdict)]),
    ...(createdFromMs === undefined ? [] : [sql`r.created_at >= ${createdFromMs}`]),
    ...(createdUntilMs === undefined ? [] : [sql`r.created_at < ${createdUntilMs}`]),
  ];
  return sql`from runs as r join templates as t on t.n = r.template_n
    where ${sql.join(filters, sql` and `)}`;
}

function verdictIs(verdict: NonNullable<RunQuery['verdict']> | null): RawBuilder<unknown> {
  return verdict === null ? sql`r.verdict is null` : sql`r.verdict = ${verdict}`;
}

/** Rows of visible templates that match; the caller adds revision, newest run and newest change. */
export async function listTemplates(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: TemplateQuery,
): Promise<Page<TemplateRecord>> {
  if (query.ids?.length === 0) return nothing;
  let base = db.selectFrom('templates as t').where('t.deleted_at', 'is', null);
  if (query.dialect !== undefined) base = base.where('t.dialect', '=', query.dialect);
  if (query.namespace !== undefined) base = base.where('t.namespace', '=', query.namespace);
  if (query.ids !== undefined) base = base.where('t.id', 'in', [...query.ids]);
  if (query.nameContains !== undefined && query.nameContains !== '') {
    base = base.where(contains(flavor, 't.name', query.nameContains));
  }
  if (query.artifact !== undefined) {
    const kind = sql.raw(
      flavor === 'sqlite'
        ? `json_extract(v.spec, '$.task.artifact.kind')`
        : `(v.spec::json #>> '{task,artifact,kind}')`,
    );
    base = base.where(
      sql<boolean>`exists (select 1 from template_revisions as v where v.template_n = t.n and v.revision = t.revision and ${kind} = ${query.artifact})`,
    );
  }
  for (const { key, value } of query.tags ?? []) {
    base = base.where('t.n', 'in', (some) =>
      some
        .selectFrom('tags as w')
        .select('w.template_n')
        .where('w.key', '=', key)
        .where('w.value', '=', value),
    );
  }
  const { total } = await base.select(countAll).executeTakeFirstOrThrow();
  if (query.limit === 0) return { rows: [], total };
  const direction = query.ascending === true ? 'asc' : 'desc';
  let ordered = base.selectAll('t');
  if (query.orderBy === 'active') {
    ordered = ordered.orderBy(
      sql`coalesce((select l.active from runs as l where l.template_n = t.n and l.deleted_at is null order by l.n desc limit 1), 0)`,
      direction,
    );
  } else if (query.orderBy === 'replicas') {
    const replicas = sql.raw(
      flavor === 'sqlite'
        ? `json_extract(v.spec, '$.replicas')`
        : `(v.spec::json ->> 'replicas')::integer`,
    );
    ordered = ordered.orderBy(
      sql`(select ${replicas} from template_revisions as v where v.template_n = t.n and v.revision = t.revision)`,
      direction,
    );
  }
  const rows = await ordered
    .orderBy('t.n', direction)
    .offset(query.offset)
    .limit(query.limit)
    .execute();
  return { rows, total };
}

/** The recorded changes of a template, deleted or not, the newest first. */
export async function listChanges(
  db: Kysely<Database>,
  templateId: string,
  offset: number,
  limit: number,
): Promise<Page<TemplateChange>> {
  const base = db.selectFrom('template_changes as c').where('c.template_id', '=', templateId);
  const { total } = await base.select(countAll).executeTakeFirstOrThrow();
  const rows = await base
    .selectAll('c')
    .orderBy('c.n', 'desc')
    .offset(offset)
    .limit(limit)
    .execute();
  return { rows: rows.map(toChange), total };
}

/** Changes of all templates of a dialect that match, also of those that are gone. */
export async function listNamedChanges(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: ChangeQuery,
): Promise<Page<NamedChange>> {
  if (query.kinds?.length === 0) return nothing;
  let base = db.selectFrom('template_changes as c').where('c.dialect', '=', query.dialect);
  if (query.templateId !== undefined) base = base.where('c.template_id', '=', query.templateId);
  if (query.namespace !== undefined) base = base.where('c.namespace', '=', query.namespace);
  if (query.kinds !== undefined) base = base.where('c.kind', 'in', [...query.kinds]);
  if (query.noteContains !== undefined && query.noteContains !== '') {
    base = base.where(contains(flavor, 'c.note', query.noteContains));
  }
  const { total } = await base.select(countAll).executeTakeFirstOrThrow();
  if (query.limit === 0) return { rows: [], total };
  const rows = await base
    .selectAll('c')
    .orderBy('c.n', query.ascending === true ? 'asc' : 'desc')
    .offset(query.offset)
    .limit(query.limit)
    .execute();
  return { rows: rows.map(toNamedChange), total };
}

/** Whether a column holds this text, every character meaning itself. */
export function contains(flavor: SqlFlavor, column: string, text: string): RawBuilder<boolean> {
  const position = sql.raw(flavor === 'sqlite' ? 'instr' : 'strpos');
  return sql<boolean>`${position}(${sql.ref(column)}, ${text}) > 0`;
}
