import type { Chunk } from '../../../ports/connector.ts';
import type { Connection } from './database.ts';

/** A chunk that came in by one commit. */
export interface Arrival {
  readonly table: number;
  readonly seq: number;
  /** In words. */
  readonly label: string;
  /** Of its commit. */
  readonly token: string;
  readonly rows: number;
  /** Of its rows as they were read, without rejected ones; null = not known. */
  readonly checksum: string | null;
  /** Of its rows as they were found in the target; null = not looked for yet, or not found. */
  readonly found: string | null;
}

interface ArrivalRow {
  readonly seq: number;
  readonly chunk: string;
  readonly arrived: string | null;
  readonly rows_written: number;
  readonly checksum: string | null;
  readonly found: string | null;
}

/** What became of chunks behind their commits. */
export class Arrivals {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  /** Chunks of a table in their order; null when one of them did not come in by one commit. */
  of(table: number): readonly Arrival[] | null {
    const rows = this.#database
      .prepare(
        `select seq, chunk, arrived, rows_written, checksum, found from chunks where table_idx = ? order by seq`,
      )
      .all(table) as readonly ArrivalRow[];
    const arrivals: Arrival[] = [];
    for (const { seq, chunk, arrived, rows_written: written, checksum, found } of rows) {
      if (arrived === null) return null;
      const { label } = JSON.parse(chunk) as Chunk;
      arrivals.push({ table, seq, label, token: arrived, rows: written, checksum, found });
    }
    return arrivals;
  }

  /** Its rows are in the target, all of them. */
  found({ table, seq, token }: Arrival, checksum: string): void {
    this.#database
      .prepare('update chunks set found = ? where table_idx = ? and seq = ? and arrived = ?')
      .run(checksum, table, seq, token);
  }
}
