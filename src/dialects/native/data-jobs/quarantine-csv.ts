import type { QuarantinedRow, QuarantineQuery } from '../../../domain/transfer/report.ts';
import type { Engine } from '../../../engine/index.ts';

/** Rows that are read at once. */
const sliceRows = 500;

/**
 * A run's quarantine as CSV (RFC 4180, UTF-8 with a mark, so that spreadsheets know it): id, shard,
 * table, place and reason of each row, then its fields. NULL is an empty field, an empty text `""`.
 */
export async function* quarantineCsv(
  engine: Engine,
  runId: string,
  filter: Pick<QuarantineQuery, 'contains' | 'shard'>,
): AsyncGenerator<string> {
  yield '\uFEFFid,shard,table,where,reason,fields\r\n';
  let after: number | null = 0;
  while (after !== null) {
    const slice = await engine.dataJobs.quarantine(runId, { ...filter, after, limit: sliceRows });
    if (slice.rows.length > 0) yield slice.rows.map(line).join('');
    after = slice.next;
  }
}

function line({ id, shard, table, where, reason, fields }: QuarantinedRow): string {
  const texts = [table, where, reason, ...fields].map(field);
  return `${[id, shard, ...texts].join(',')}\r\n`;
}

function field(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
