import type { ShardReport } from '../../../domain/transfer/report.ts';
import { maxShards } from '../limits.ts';
import type { Connection } from './database.ts';

/** Workers of which nothing was heard for longer count no more. */
const staleMs = 60_000;

interface ShardRow extends Omit<ShardReport, 'state' | 'doing'> {
  readonly taken: number;
  readonly doing: string | null;
}

/** The first shards, by number: what they have committed and what is under way. */
export function readShards(database: Connection, nowMs: number): readonly ShardReport[] {
  const sum = (column: string): string =>
    `sum(c.${column}) + coalesce(sum(w.${column}), 0) as ${column.replace(/_(.)/, (_, letter: string) => letter.toUpperCase())}`;
  const rows = database
    .prepare(
      `select c.shard, count(*) as chunksTotal, sum(c.state = 'done') as chunksDone,
              ${['rows_read', 'rows_written', 'rows_rejected', 'bytes_read', 'bytes_written'].map(sum).join(', ')},
              count(w.name) as taken,
              max(case when w.name is not null then json_extract(c.chunk, '$.label') end) as doing
         from chunks c
         left join workers w on c.state = 'taken' and w.name = c.owner and w.ended = 0 and w.beat_at > ?
        group by c.shard order by c.shard limit ?`,
    )
    .all(nowMs - staleMs, maxShards) as readonly ShardRow[];
  return rows.map(({ taken, doing, ...row }) => ({
    ...row,
    state: row.chunksDone === row.chunksTotal ? 'done' : taken > 0 ? 'loading' : 'waiting',
    doing: doing ?? '',
  }));
}
