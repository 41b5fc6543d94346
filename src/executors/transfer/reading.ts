import type { QuarantinedRow, TransferReport } from '../../domain/transfer/report.ts';
import type { Page } from '../../ports/page.ts';
import { openStateForReading } from './state/database.ts';
import { Quarantine } from './state/quarantine.ts';
import { readReport } from './state/report.ts';

/** Where a run stands; null when nothing of it is kept here. */
export function reportOf(stateFile: string, nowMs: number): TransferReport | null {
  const database = openStateForReading(stateFile);
  if (database === null) return null;
  try {
    return readReport(database, nowMs);
  } finally {
    database.close();
  }
}

/** Rows that a run kept out, by id. */
export function quarantineOf(
  stateFile: string,
  query: { readonly after: number; readonly limit: number },
): Page<QuarantinedRow> {
  const database = openStateForReading(stateFile);
  if (database === null) return { rows: [], total: 0 };
  try {
    const quarantine = new Quarantine(database);
    return { rows: quarantine.read(query), total: quarantine.total() };
  } finally {
    database.close();
  }
}
