import type { Selectable } from 'kysely';
import type { AuditEntry, AuditRetention } from '../../domain/audit.ts';
import type { AuditStore } from '../../ports/audit.ts';
import { auditColumns, auditValues, listAudit, toAuditLine } from '../sql/audit.ts';
import type { AuditLineRow } from '../sql/schema.ts';
import { lazy, type Session } from './session.ts';

/** Rows of one statement, where there are many: a statement costs as much as a row. */
const ROWS = 20;
const oneRow = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** The audit log of an embedded store; lines go through the group commit. */
export function auditOf(session: Session): AuditStore {
  const log = new AuditLog(session);
  const write = session.writes.run.bind(session.writes);
  return {
    appendAudit: (entries) => write(() => log.append(entries)),
    auditLines: (query) => listAudit(session.sql, 'sqlite', query),
    auditLinesAfter: async (id, limit) => log.after(id, limit),
    lastAuditId: async () => log.lastId(),
    eraseAudit: (retention, nowMs, limit) => write(() => log.erase(retention, nowMs, limit)),
  };
}

class AuditLog {
  readonly #q;

  constructor({ db }: Session) {
    this.#q = lazy(() => ({
      append: db.prepare(`insert into audit_lines (${auditColumns}) values ${oneRow}`),
      appendMany: db.prepare(
        `insert into audit_lines (${auditColumns}) values ${Array(ROWS).fill(oneRow).join(', ')}`,
      ),
      after: db.prepare('select * from audit_lines where n > ? order by n limit ?'),
      lastId: db.prepare('select coalesce(max(n), 0) from audit_lines').pluck(),
      eraseOld: db.prepare(
        `delete from audit_lines where n in
           (select n from audit_lines where at < ? order by at, n limit ?)`,
      ),
      eraseMany: db.prepare(
        `delete from audit_lines where n in
           (select n from audit_lines where n <= (select max(n) from audit_lines) - ? order by n limit ?)`,
      ),
    }));
  }

  append(entries: readonly AuditEntry[]): void {
    const { append, appendMany } = this.#q();
    let done = 0;
    for (; entries.length - done >= ROWS; done += ROWS) {
      const values: unknown[] = [];
      for (const entry of entries.slice(done, done + ROWS)) values.push(...auditValues(entry));
      appendMany.run(values);
    }
    for (const entry of entries.slice(done)) append.run(auditValues(entry));
  }

  after(id: number, limit: number) {
    const rows = this.#q().after.all(id, limit) as Selectable<AuditLineRow>[];
    return rows.map(toAuditLine);
  }

  lastId(): number {
    return this.#q().lastId.get() as number;
  }

  erase({ maxAgeMs, maxLines }: AuditRetention, nowMs: number, limit: number): number {
    const many = this.#q().eraseMany.run(maxLines, limit).changes;
    if (maxAgeMs === null || many >= limit) return many;
    return many + this.#q().eraseOld.run(nowMs - maxAgeMs, limit - many).changes;
  }
}
