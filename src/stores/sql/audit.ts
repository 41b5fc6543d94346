import { type Kysely, type Selectable, sql } from 'kysely';
import type { AuditEntry, AuditLine, AuditOutcome } from '../../domain/audit.ts';
import {
  type AuditPage,
  type AuditPosition,
  type AuditQuery,
  auditScanLimit,
} from '../../ports/audit.ts';
import type { SqlFlavor } from './flavor.ts';
import { contains } from './lists.ts';
import type { AuditLineRow, Database } from './schema.ts';

/** Columns of a new line, in the order of `auditValues`. */
export const auditColumns =
  'at, who, key_id, source_ip, dialect, operation, resource, outcome, code, request_id, names, suppressed';

export function auditValues(
  entry: AuditEntry,
): readonly [
  number,
  string,
  string | null,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  number,
] {
  return [
    entry.atMs,
    entry.user,
    entry.keyId,
    entry.sourceIp,
    entry.dialect,
    entry.operation,
    entry.resource,
    entry.outcome,
    entry.code,
    entry.requestId,
    JSON.stringify(entry.names),
    entry.suppressed,
  ];
}

export function toAuditLine(row: Selectable<AuditLineRow>): AuditLine {
  return {
    id: row.n,
    atMs: row.at,
    user: row.who,
    keyId: row.key_id,
    sourceIp: row.source_ip,
    dialect: row.dialect,
    operation: row.operation,
    resource: row.resource,
    outcome: row.outcome as AuditOutcome,
    code: row.code,
    requestId: row.request_id,
    names: JSON.parse(row.names) as string[],
    suppressed: row.suppressed,
  };
}

/** Lines that match among the next `auditScanLimit` in order of time, newest first. */
export async function listAudit(
  db: Kysely<Database>,
  flavor: SqlFlavor,
  query: AuditQuery,
): Promise<AuditPage> {
  const { user, dialect, operation, outcome, resourceContains = '', before, limit } = query;
  let range = db.selectFrom('audit_lines as a');
  if (query.fromMs !== undefined) range = range.where('a.at', '>=', query.fromMs);
  if (query.untilMs !== undefined) range = range.where('a.at', '<', query.untilMs);
  if (before !== null) {
    range = range.where(sql<boolean>`(a.at, a.n) < (${before.atMs}, ${before.id})`);
  }
  const last = await range
    .select(['a.at', 'a.n'])
    .orderBy('a.at', 'desc')
    .orderBy('a.n', 'desc')
    .offset(auditScanLimit - 1)
    .limit(1)
    .executeTakeFirst();
  let wanted = range;
  if (last !== undefined) {
    wanted = wanted.where(sql<boolean>`(a.at, a.n) >= (${last.at}, ${last.n})`);
  }
  if (user !== undefined) wanted = wanted.where('a.who', '=', user);
  if (dialect !== undefined) wanted = wanted.where('a.dialect', '=', dialect);
  if (operation !== undefined) wanted = wanted.where('a.operation', '=', operation);
  if (outcome !== undefined) wanted = wanted.where('a.outcome', '=', outcome);
  if (resourceContains !== '') {
    wanted = wanted.where(contains(flavor, 'a.resource', resourceContains));
  }
  const rows = await wanted
    .selectAll('a')
    .orderBy('a.at', 'desc')
    .orderBy('a.n', 'desc')
    .limit(limit + 1)
    .execute();
  const lines = rows.slice(0, limit).map(toAuditLine);
  const newestLeft = rows.length > limit ? lines.at(-1) : undefined;
  return { lines, next: newestLeft === undefined ? scannedTo(last) : positionOf(newestLeft) };
}

function positionOf({ atMs, id }: AuditLine): AuditPosition {
  return { atMs, id };
}

function scannedTo(last: { readonly at: number; readonly n: number } | undefined) {
  return last === undefined ? null : { atMs: last.at, id: last.n };
}
