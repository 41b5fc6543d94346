import type { QuarantinedRow } from '../../../domain/transfer/report.ts';
import type { RejectedRow } from '../../../ports/connector.ts';
import { maxMessageLength, maxQuarantinedFieldLength } from '../limits.ts';
import type { ClaimedChunk } from './chunks.ts';
import type { Connection } from './database.ts';

interface QuarantineRow {
  readonly id: number;
  readonly shard: number;
  readonly target: string;
  readonly place: string;
  readonly reason: string;
  readonly fields: string;
}

/** Rows kept out of the target. */
export class Quarantine {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  /** Keeps rows of a chunk; they count once it is committed. */
  add({ table, seq, shard }: ClaimedChunk, rows: readonly RejectedRow[]): void {
    const insert = this.#database.prepare(
      `insert into quarantine (table_idx, seq, shard, pending, place, reason, fields) values (?, ?, ?, 1, ?, ?, ?)`,
    );
    this.#database
      .transaction(() => {
        for (const { where, reason, fields } of rows) {
          const kept = fields.map((field) => field?.slice(0, maxQuarantinedFieldLength) ?? null);
          insert.run(
            table,
            seq,
            shard,
            where,
            reason.slice(0, maxMessageLength),
            JSON.stringify(kept),
          );
        }
      })
      .immediate();
  }

  /** Keeps what a chunk rejected, though it is not committed: it is why the job failed. */
  keep({ table, seq }: ClaimedChunk): void {
    this.#database
      .transaction(() => {
        const { changes } = this.#database
          .prepare(
            'update quarantine set pending = 0 where pending = 1 and table_idx = ? and seq = ?',
          )
          .run(table, seq);
        this.#database
          .prepare(
            'update chunks set rows_rejected = rows_rejected + ? where table_idx = ? and seq = ?',
          )
          .run(changes, table, seq);
      })
      .immediate();
  }

  /** Dirty rows of a shard, those that do not count yet included. */
  ofShard(shard: number): number {
    const row = this.#database
      .prepare('select count(*) as n from quarantine where shard = ?')
      .get(shard) as { n: number };
    return row.n;
  }

  /** Shards that have any. */
  shards(): readonly number[] {
    const rows = this.#database
      .prepare('select distinct shard from quarantine where pending = 0 order by shard')
      .all() as readonly { shard: number }[];
    return rows.map(({ shard }) => shard);
  }

  /** Rows that count, by id; `shard` null = of all. */
  read(query: {
    readonly after: number;
    readonly limit: number;
    readonly shard?: number;
  }): readonly QuarantinedRow[] {
    const rows = this.#database
      .prepare(
        `select q.id, q.shard, t.target, q.place, q.reason, q.fields
           from quarantine q join tables t on t.idx = q.table_idx
          where q.pending = 0 and q.id > @after and (@shard is null or q.shard = @shard)
          order by q.id limit @limit`,
      )
      .all({
        after: query.after,
        limit: query.limit,
        shard: query.shard ?? null,
      }) as readonly QuarantineRow[];
    return rows.map(({ id, shard, target, place, reason, fields }) => ({
      id,
      shard,
      table: target,
      where: place,
      reason,
      fields: JSON.parse(fields) as (string | null)[],
    }));
  }

  total(): number {
    const row = this.#database
      .prepare('select count(*) as n from quarantine where pending = 0')
      .get() as { n: number };
    return row.n;
  }
}
