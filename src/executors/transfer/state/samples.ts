/** The course of a run: what was moved in all, at times that lie further apart the longer it lasts. */
import type { TransferSample } from '../../../domain/transfer/report.ts';
import { beatMs, maxSamples } from '../limits.ts';
import type { Connection } from './database.ts';

/** Workers of which nothing was heard for longer count no more. */
const staleMs = 60_000;

/**
 * Keeps what was moved until now, unless a sample is young enough; `always` keeps it all the same.
 * Of a long run every other sample is let go, so that their number stays bounded.
 */
export function takeSample(database: Connection, nowMs: number, always = false): void {
  const { count, first, last } = database
    .prepare('select count(*) as count, min(at) as first, max(at) as last from samples')
    .get() as { count: number; first: number | null; last: number | null };
  const spanMs = nowMs - (first ?? nowMs);
  // Beats are a little late: a sample that is due within half a beat is due.
  if (!always && last !== null && nowMs - last < apartMs(spanMs) - beatMs / 2) return;
  database
    .prepare(
      `insert or replace into samples (at, rows_read, rows_written, rows_rejected, bytes_read, bytes_written)
       select @now, sum(rows_read), sum(rows_written), sum(rows_rejected), sum(bytes_read), sum(bytes_written)
         from (
           select coalesce(sum(rows_read), 0) as rows_read, coalesce(sum(rows_written), 0) as rows_written,
                  coalesce(sum(rows_rejected), 0) as rows_rejected, coalesce(sum(bytes_read), 0) as bytes_read,
                  coalesce(sum(bytes_written), 0) as bytes_written from chunks
           union all
           select coalesce(sum(rows_read), 0), coalesce(sum(rows_written), 0), coalesce(sum(rows_rejected), 0),
                  coalesce(sum(bytes_read), 0), coalesce(sum(bytes_written), 0)
             from workers where ended = 0 and beat_at > @now - ${staleMs})`,
    )
    .run({ now: nowMs });
  if (count < maxSamples) return;
  database.exec(
    `delete from samples where at in (
       select at from (select at, row_number() over (order by at) as place from samples) where place % 2 = 0)`,
  );
}

/** Samples by time; none of a run that was begun before there were any. */
export function readSamples(database: Connection): readonly TransferSample[] {
  const there = database.prepare(`select 1 from sqlite_schema where name = 'samples'`).get();
  if (there === undefined) return [];
  return database
    .prepare(
      `select at as atMs, rows_read as rowsRead, rows_written as rowsWritten, rows_rejected as rowsRejected,
              bytes_read as bytesRead, bytes_written as bytesWritten from samples order by at`,
    )
    .all() as TransferSample[];
}

/** How far samples of a run of this length lie apart: a beat, doubled until they are few enough. */
function apartMs(spanMs: number): number {
  let apart = beatMs;
  while (spanMs / apart > maxSamples) apart *= 2;
  return apart;
}
