import type { Selectable } from 'kysely';
import type { AuditEntry, AuditRetention } from '../../domain/audit.ts';
import type { AuditStore } from '../../ports/audit.ts';
import { auditColumns, auditValues, listAudit, toAuditLine } from '../sql/audit.ts';
import type { AuditLineRow } from '../sql/schema.ts';
import type { CatalogAccess } from './catalog.ts';
import { rowsJson } from './json-rows.ts';
import { guardedRead, statement, type Transaction } from './transactions.ts';

// Held until the commit: numbers are then given in the order in which lines become readable, and
// who follows the log by number misses none.
const alone = statement(
  'audit-alone',
  'select pg_advisory_xact_lock(1819243880, 0) is null as locked',
);
const append = statement(
  'audit-append',
  `insert into audit_lines (${auditColumns})
   select ${auditColumns} from rows from (json_to_recordset($1) as (
     at bigint, who text, key_id text, source_ip text, dialect text, operation text,
     resource text, outcome text, code text, request_id text, names text, suppressed bigint))
   with ordinality order by ordinality`,
);
const after = statement(
  'audit-after',
  'select * from audit_lines where n > $1 order by n limit $2',
);
const lastId = statement('audit-last', 'select coalesce(max(n), 0) as n from audit_lines');
const eraseOld = statement(
  'audit-erase-old',
  `delete from audit_lines where n in
     (select n from audit_lines where at < $1 order by at, n limit $2) returning n`,
);
const eraseMany = statement(
  'audit-erase-many',
  `delete from audit_lines where n in
     (select n from audit_lines where n <= (select max(n) from audit_lines) - $1
      order by n limit $2) returning n`,
);

/** The audit log of a shared store. */
export function auditOf({ db, sql, write }: CatalogAccess): AuditStore {
  return {
    appendAudit: (entries) => write((tx) => appendAudit(tx, entries)),
    auditLines: (query) => guardedRead(() => listAudit(sql, 'postgres', query)),
    async auditLinesAfter(id, limit) {
      const rows = await db.rows<Selectable<AuditLineRow>>(after, [id, limit]);
      return rows.map(toAuditLine);
    },
    async lastAuditId() {
      const [row] = await db.rows<{ n: number }>(lastId);
      return row?.n ?? 0;
    },
    eraseAudit: (retention, nowMs, limit) => write((tx) => eraseAudit(tx, retention, nowMs, limit)),
  };
}

async function appendAudit(tx: Transaction, entries: readonly AuditEntry[]): Promise<void> {
  const names = auditColumns.split(', ');
  const rows = entries.map((entry) => {
    const values = auditValues(entry);
    return Object.fromEntries(names.map((name, index) => [name, values[index]]));
  });
  await tx.rows(alone);
  await tx.rows(append, [rowsJson(rows)]);
}

async function eraseAudit(
  tx: Transaction,
  { maxAgeMs, maxLines }: AuditRetention,
  nowMs: number,
  limit: number,
): Promise<number> {
  const many = (await tx.rows(eraseMany, [maxLines, limit])).length;
  if (maxAgeMs === null || many >= limit) return many;
  return many + (await tx.rows(eraseOld, [nowMs - maxAgeMs, limit - many])).length;
}
