import type {
  QuarantinedRow,
  QuarantineQuery,
  QuarantineSlice,
} from '../../../domain/transfer/report.ts';
import type { PlannedTable, RejectedRow } from '../../../ports/connector.ts';
import { maxMessageLength, maxQuarantinedFieldLength, quarantineScanRows } from '../limits.ts';
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

const columns = 'q.id, q.shard, t.target, q.place, q.reason, q.fields';

function toRow({ id, shard, target, place, reason, fields }: QuarantineRow): QuarantinedRow {
  return {
    id,
    shard,
    table: target,
    where: place,
    reason,
    fields: JSON.parse(fields) as (string | null)[],
  };
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
        `select ${columns} from quarantine q join tables t on t.idx = q.table_idx
          where q.pending = 0 and q.id > @after and (@shard is null or q.shard = @shard)
          order by q.id limit @limit`,
      )
      .all({
        after: query.after,
        limit: query.limit,
        shard: query.shard ?? null,
      }) as readonly QuarantineRow[];
    return rows.map(toRow);
  }

  /** Rows that count and fit, by id: looks through so many at most and says where to go on. */
  slice({ after, limit, contains = '', shard }: QuarantineQuery): QuarantineSlice {
    const look = {
      after,
      scan: contains === '' ? limit : quarantineScanRows,
      shard: shard ?? null,
    };
    const scanned = `select q.id from quarantine q
        where q.pending = 0 and q.id > @after and (@shard is null or q.shard = @shard)
        order by q.id limit @scan`;
    const { looked, last } = this.#database
      .prepare(`select count(*) as looked, max(id) as last from (${scanned})`)
      .get(look) as { looked: number; last: number | null };
    const found = this.#database
      .prepare(
        `select ${columns} from quarantine q join tables t on t.idx = q.table_idx
          where q.id in (${scanned})
            and (@contains = '' or instr(lower(q.reason || char(10) || q.place || char(10) || q.fields), @contains) > 0)
          order by q.id limit @limit`,
      )
      .all({ ...look, limit, contains: contains.toLowerCase() }) as readonly QuarantineRow[];
    const full = found.length === limit ? (found.at(-1)?.id ?? null) : null;
    return {
      rows: found.map(toRow),
      total: this.total(),
      next: full ?? (looked === look.scan ? last : null),
      columns: this.#columnsOf(new Set(found.map(({ target }) => target))),
    };
  }

  /** Names of what rows of these tables bring, by place. */
  #columnsOf(targets: ReadonlySet<string>): Record<string, readonly string[]> {
    const rows = this.#database
      .prepare(
        'select target, planned from tables where target in (select value from json_each(?))',
      )
      .all(JSON.stringify([...targets])) as readonly { target: string; planned: string }[];
    return Object.fromEntries(
      rows.map(({ target, planned }) => [
        target,
        (JSON.parse(planned) as PlannedTable).columns.map(
          ({ source, target: written }) => source?.name ?? written.name,
        ),
      ]),
    );
  }

  total(): number {
    const row = this.#database
      .prepare('select count(*) as n from quarantine where pending = 0')
      .get() as { n: number };
    return row.n;
  }
}
