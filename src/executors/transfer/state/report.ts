import { checksumOf, sumOf } from '../../../lib/rows/checksum.ts';
import type {
  ProofReport,
  ResumeNote,
  TableReport,
  TransferFailure,
  TransferReport,
} from '../../../domain/transfer/report.ts';
import { countersOf, expectedRowsOf, kindsOf, percentOf, type RunRow } from './counters.ts';
import type { Connection } from './database.ts';
import type { TableDetails } from './run.ts';

interface CountsRow {
  readonly table_idx: number;
  readonly chunks: number;
  readonly done: number;
  readonly weight: number | null;
  readonly weight_done: number;
  readonly rows_read: number;
  readonly extra_rows: number;
  readonly rows_written: number;
  readonly rows_updated: number;
  readonly rows_rejected: number;
  readonly bytes_read: number;
  readonly bytes_written: number;
  readonly files_read: number;
  readonly files_written: number;
  readonly files_skipped: number;
}

const countsQuery = `select table_idx, count(*) as chunks, sum(state = 'done') as done,
  case when count(weight) = count(*) then sum(weight) end as weight,
  coalesce(sum(case when state = 'done' then weight end), 0) as weight_done,
  sum(rows_read) as rows_read, sum(extra_rows) as extra_rows, sum(rows_written) as rows_written,
  sum(rows_updated) as rows_updated, sum(rows_rejected) as rows_rejected,
  sum(bytes_read) as bytes_read, sum(bytes_written) as bytes_written,
  sum(files_read) as files_read, sum(files_written) as files_written, sum(files_skipped) as files_skipped
  from chunks group by table_idx`;

/** Committed rows of a table. */
export interface TableCounts {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
  /** Sum of the checksums of its chunks, modulo 2^64, hexadecimal; null = one of them has none. */
  readonly checksum: string | null;
}

/** Committed rows by table. */
export function tableCounts(database: Connection): ReadonlyMap<number, TableCounts> {
  const sums = new Map<number, bigint | null>();
  const chunks = database.prepare('select table_idx, checksum from chunks').iterate();
  for (const chunk of chunks as Iterable<{ table_idx: number; checksum: string | null }>) {
    const { table_idx: table, checksum } = chunk;
    const sum = sums.get(table);
    sums.set(table, sum === null || checksum === null ? null : (sum ?? 0n) + sumOf(checksum));
  }
  const rows = database.prepare(countsQuery).all() as readonly CountsRow[];
  return new Map(
    rows.map((row) => [
      row.table_idx,
      {
        rowsRead: row.rows_read,
        rowsWritten: row.rows_written,
        rowsRejected: row.rows_rejected,
        checksum: told(sums.get(row.table_idx)),
      },
    ]),
  );
}

function told(sum: bigint | null | undefined): string | null {
  return sum === null || sum === undefined ? null : checksumOf(sum);
}

/** Where a run stands, what is under way included. */
export function readReport(database: Connection, nowMs: number): TransferReport {
  return database.transaction(() => report(database, nowMs)).deferred();
}

function report(database: Connection, nowMs: number): TransferReport {
  const run = database.prepare('select * from run').get() as RunRow;
  const byTable = new Map(
    (database.prepare(countsQuery).all() as readonly CountsRow[]).map((row) => [
      row.table_idx,
      row,
    ]),
  );
  const live = database
    .prepare(
      `select coalesce(sum(rows_read), 0) as rows_read, coalesce(sum(rows_written), 0) as rows_written,
              coalesce(sum(rows_rejected), 0) as rows_rejected, coalesce(sum(bytes_read), 0) as bytes_read,
              coalesce(sum(bytes_written), 0) as bytes_written, max(beat_at) as beat_at
         from workers where ended = 0 and beat_at > ?`,
    )
    .get(nowMs - 60_000) as Omit<CountsRow, 'table_idx'> & { readonly beat_at: number | null };
  const planned = database
    .prepare('select idx, source, target, state, message, details from tables order by idx')
    .all() as readonly {
    idx: number;
    source: string;
    target: string;
    state: TableReport['state'];
    message: string;
    details: string;
  }[];
  const detailed = planned.map(({ details, state }) => ({
    details: JSON.parse(details) as TableDetails,
    state,
  }));
  const tables = planned.map(({ idx, source, target, state, message }): TableReport => {
    const counts = byTable.get(idx);
    return {
      source,
      target,
      rowsRead: counts?.rows_read ?? 0,
      rowsWritten: counts?.rows_written ?? 0,
      rowsRejected: counts?.rows_rejected ?? 0,
      state,
      message,
    };
  });
  const sum = (pick: (row: CountsRow) => number): number =>
    [...byTable.values()].reduce((total, row) => total + pick(row), 0);
  const chunksTotal = sum(({ chunks }) => chunks);
  const chunksDone = sum(({ done }) => done);
  const moving = run.phase === 'loading';
  const totals = {
    rowsRead: sum((row) => row.rows_read) + (moving ? live.rows_read : 0),
    extraRows: sum((row) => row.extra_rows),
    rowsWritten: sum((row) => row.rows_written) + (moving ? live.rows_written : 0),
    rowsUpdated: sum((row) => row.rows_updated),
    rowsRejected: sum((row) => row.rows_rejected) + (moving ? live.rows_rejected : 0),
    bytesRead: sum((row) => row.bytes_read) + (moving ? live.bytes_read : 0),
    bytesWritten: sum((row) => row.bytes_written) + (moving ? live.bytes_written : 0),
    filesWritten: sum((row) => row.files_written),
    filesSkipped: sum((row) => row.files_skipped),
    // Sources of rows do not tell files; done chunks are whole files or parts of them.
    filesRead:
      chunksTotal > 0 && chunksDone === chunksTotal
        ? (run.files_total ?? 0)
        : sum((row) => row.files_read),
  };
  const notes = database
    .prepare('select at, shard, message, rows_repeated from notes order by id')
    .all() as readonly { at: number; shard: number; message: string; rows_repeated: number }[];
  const expectedRows = expectedRowsOf(detailed);
  return {
    phase: run.phase,
    percent: percentOf(run, { chunksTotal, chunksDone, expectedRows, ...totals }),
    counters: countersOf(run, totals, kindsOf(detailed[0], run)),
    expectedRows,
    chunksTotal,
    chunksDone,
    tables,
    resumes: notes.map(({ at, shard, message, rows_repeated: rowsRepeated }): ResumeNote => ({
      atMs: at,
      shard,
      message,
      rowsRepeated,
    })),
    proof: run.proof === null ? null : (JSON.parse(run.proof) as ProofReport),
    error: run.failure === null ? null : (JSON.parse(run.failure) as TransferFailure),
    startedAtMs: run.started_at,
    updatedAtMs: Math.max(run.updated_at, moving ? (live.beat_at ?? 0) : 0),
    endedAtMs: run.ended_at,
  };
}
