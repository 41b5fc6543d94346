/** What the rows of the state mean in the words of reports. */
import type { TransferCounters, TransferPhase } from '../../../domain/transfer/report.ts';
import type { TableDetails } from './run.ts';

/** The run's row. */
export interface RunRow {
  readonly phase: TransferPhase;
  readonly failure: string | null;
  readonly proof: string | null;
  readonly started_at: number;
  readonly updated_at: number;
  readonly ended_at: number | null;
  readonly rows_deleted: number;
  readonly files_total: number | null;
  readonly bytes_total: number | null;
  /** Absent in runs of earlier versions. */
  readonly files_empty?: number;
  readonly files_left?: number;
}

/** Sums over all tables. */
export interface Totals {
  readonly rowsRead: number;
  readonly extraRows: number;
  readonly rowsWritten: number;
  readonly rowsUpdated: number;
  readonly rowsRejected: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly filesWritten: number;
  readonly filesSkipped: number;
  readonly filesRead: number;
}

/** Which ends are made of files. */
export interface EndKinds {
  readonly binary: boolean;
  readonly fromFiles: boolean;
  readonly toFiles: boolean;
}

/** Which counters a pair of ends has (cdm.md §5.8). */
export function countersOf(run: RunRow, totals: Totals, kinds: EndKinds): TransferCounters {
  const { binary, fromFiles, toFiles } = kinds;
  const { files_empty: empty = 0, files_left: left = 0 } = run;
  const rows = (count: number): number | null => (binary ? null : count);
  const when = (applies: boolean, count: number | null): number | null => (applies ? count : null);
  return {
    rowsRead: rows(totals.rowsRead + totals.extraRows),
    rowsWritten: rows(totals.rowsWritten),
    rowsUpdated: totals.rowsUpdated,
    rowsDeleted: run.rows_deleted,
    rowsRejected: rows(totals.rowsRejected),
    bytesRead: when(fromFiles || binary, totals.bytesRead),
    bytesWritten: when(toFiles || binary, totals.bytesWritten),
    filesTotal: when(fromFiles || binary, run.files_total),
    filesRead: when(fromFiles || binary, totals.filesRead),
    filesWritten: when(toFiles || binary, totals.filesWritten + empty - left),
    filesSkipped: when(toFiles || binary, totals.filesSkipped + left),
    bytesTotal: when(fromFiles || binary, run.bytes_total),
  };
}

/** As the first table says it: a job has one kind of ends. */
export function kindsOf(
  first: { readonly details: TableDetails } | undefined,
  run: Pick<RunRow, 'files_total'>,
): EndKinds {
  return {
    binary: first?.details.binary === true,
    fromFiles: run.files_total !== null,
    toFiles: first?.details.toFiles === true,
  };
}

/** Rows that are expected in all tables that have not failed; null = not known. */
export function expectedRowsOf(
  tables: readonly { readonly details: TableDetails; readonly state: string }[],
): number | null {
  let rows = 0;
  for (const { details, state } of tables) {
    if (state === 'failed') continue;
    if (details.estimatedRows === null) return null;
    rows += details.estimatedRows;
  }
  return tables.length === 0 ? null : rows;
}

/** 1 to 99 while it runs; rows or bytes refine what chunks tell. */
export function percentOf(
  run: RunRow,
  {
    chunksTotal,
    chunksDone,
    expectedRows,
    rowsRead,
    bytesRead,
  }: Pick<Totals, 'rowsRead' | 'bytesRead'> & {
    readonly chunksTotal: number;
    readonly chunksDone: number;
    readonly expectedRows: number | null;
  },
): number {
  if (run.phase === 'done') return 100;
  if (run.phase === 'planning') return 1;
  if (run.phase === 'finishing' || run.phase === 'proving') return 99;
  const shares = [chunksTotal === 0 ? 0 : chunksDone / chunksTotal];
  if (run.bytes_total !== null && run.bytes_total > 0) shares.push(bytesRead / run.bytes_total);
  if (expectedRows !== null && expectedRows > 0) shares.push(rowsRead / expectedRows);
  return Math.min(99, Math.max(1, Math.floor(Math.max(...shares) * 100)));
}
