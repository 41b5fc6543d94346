import fs from 'node:fs';
import type { TransferPhase } from '../../../domain/transfer/report.ts';
import { beatTtlMs } from '../limits.ts';
import type { Connection } from './database.ts';
import { processTicks } from './processes.ts';
import { takeSample } from './samples.ts';

/** What a worker has moved since its last commit. */
export interface LiveCounts {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

interface WorkerRow {
  readonly name: string;
  readonly pid: number;
  readonly ticks: string;
  readonly beat_at: number;
}

const nothing: LiveCounts = {
  rowsRead: 0,
  rowsWritten: 0,
  rowsRejected: 0,
  bytesRead: 0,
  bytesWritten: 0,
};

/** The processes that work on a run. */
export class Members {
  readonly #database: Connection;
  readonly #nowMs: () => number;

  constructor(database: Connection, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  /** This process is a worker of the run from now on. */
  join(name: string): void {
    this.#database
      .prepare(
        `insert or replace into workers (name, pid, ticks, beat_at) values (@name, @pid, @ticks, @now)`,
      )
      .run({
        name,
        pid: process.pid,
        ticks: processTicks(process.pid) ?? '',
        now: this.#nowMs(),
      });
  }

  /** Tells where it stands. @returns where the run does. */
  beat(name: string, counts: LiveCounts = nothing): TransferPhase {
    this.#database
      .prepare(
        `update workers set beat_at = @now, rows_read = @rowsRead, rows_written = @rowsWritten,
           rows_rejected = @rowsRejected, bytes_read = @bytesRead, bytes_written = @bytesWritten
         where name = @name`,
      )
      .run({ name, now: this.#nowMs(), ...counts });
    takeSample(this.#database, this.#nowMs());
    const row = this.#database.prepare('select phase from run').get() as { phase: TransferPhase };
    return row.phase;
  }

  /** This worker ends. */
  leave(name: string): void {
    this.#database
      .prepare(
        `update workers set ended = 1, rows_read = 0, rows_written = 0, rows_rejected = 0,
           bytes_read = 0, bytes_written = 0 where name = ?`,
      )
      .run(name);
  }

  /** Workers whose processes are there. */
  alive(): readonly string[] {
    const rows = this.#database
      .prepare('select name, pid, ticks, beat_at from workers where ended = 0')
      .all() as readonly WorkerRow[];
    return rows.filter((row) => isThere(row, this.#nowMs())).map(({ name }) => name);
  }

  isAlive(name: string): boolean {
    const row = this.#database
      .prepare('select name, pid, ticks, beat_at from workers where ended = 0 and name = ?')
      .get(name) as WorkerRow | undefined;
    return row !== undefined && isThere(row, this.#nowMs());
  }
}

const hasProcesses = fs.existsSync('/proc/self/stat');

function isThere({ pid, ticks, beat_at: beatAtMs }: WorkerRow, nowMs: number): boolean {
  if (pid === process.pid) return processTicks(pid) === ticks || !hasProcesses;
  return hasProcesses ? processTicks(pid) === ticks : nowMs - beatAtMs < beatTtlMs;
}
