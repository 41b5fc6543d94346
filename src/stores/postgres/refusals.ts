import type { RefusedTrigger } from '../../domain/run.ts';
import { toRefusal } from '../sql/rows.ts';
import type { RefusalRow } from '../sql/schema.ts';
import { rowsJson } from './json-rows.ts';
import { type Queries, statement } from './transactions.ts';

/** Refusals kept per template; the oldest go first. */
const MAX_REFUSALS_PER_TEMPLATE = 100;

const templateNs = statement(
  'refusal-templates',
  'select id, n from templates where id = any($1::text[]) and deleted_at is null',
);
const insert = statement(
  'refusal-insert',
  `insert into refusals (template_n, at, trigger, by, code, reason)
   select template_n, at, trigger, by, code, reason from json_to_recordset($1::json)
     as x(template_n bigint, at bigint, trigger text, by text, code text, reason text)`,
);
// Another server may trim at the same time: what it is erasing is left to it.
const trim = statement(
  'refusal-trim',
  `delete from refusals where n in (
     select f.n from unnest($1::bigint[]) as t(n)
     cross join lateral (select x.n from refusals x where x.template_n = t.n
       order by x.n desc limit 1 offset ${MAX_REFUSALS_PER_TEMPLATE}) as cut
     join refusals f on f.template_n = t.n and f.n <= cut.n for update of f skip locked)`,
);
const list = statement(
  'refusal-list',
  `select f.* from templates t join refusals f on f.template_n = t.n
   where t.id = $1 and t.deleted_at is null order by f.n desc limit $2`,
);

/** Writes refusals in their order and keeps a bounded number for each template. */
export async function insertRefusals(
  db: Queries,
  refusals: readonly (RefusedTrigger & { readonly templateN: number })[],
): Promise<void> {
  if (refusals.length === 0) return;
  const rows = refusals.map(({ templateN, atMs, trigger, by, code, reason }) => ({
    template_n: templateN,
    at: atMs,
    trigger,
    by,
    code,
    reason,
  }));
  await db.rows(insert, [rowsJson(rows)]);
  await db.rows(trim, [[...new Set(rows.map(({ template_n }) => template_n))]]);
}

/** Records by template id; unknown templates leave nothing behind. */
export async function recordRefusals(
  db: Queries,
  refusals: readonly RefusedTrigger[],
): Promise<void> {
  const ids = [...new Set(refusals.map(({ templateId }) => templateId))];
  const rows = await db.rows<{ id: string; n: number }>(templateNs, [ids]);
  const known = new Map(rows.map(({ id, n }) => [id, n]));
  await insertRefusals(
    db,
    refusals.flatMap((refusal) => {
      const templateN = known.get(refusal.templateId);
      return templateN === undefined ? [] : [{ ...refusal, templateN }];
    }),
  );
}

/** The newest refusals of a template. */
export async function listRefusals(
  db: Queries,
  templateId: string,
  limit: number,
): Promise<RefusedTrigger[]> {
  const rows = await db.rows<RefusalRow & { n: number }>(list, [templateId, limit]);
  return rows.map((row) => toRefusal(templateId, row));
}
