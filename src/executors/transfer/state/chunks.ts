import type { Chunk } from '../../../ports/connector.ts';
import { maxNotes } from '../limits.ts';
import { type Connection, durably } from './database.ts';
import type { Members } from './members.ts';

/** What moving a piece came to. */
export interface Counts {
  readonly rowsRead: number;
  /** Lines that were read and are no rows. */
  readonly extraRows: number;
  readonly rowsWritten: number;
  readonly rowsUpdated: number;
  readonly rowsRejected: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly filesRead: number;
  readonly filesWritten: number;
  readonly filesSkipped: number;
}

/** Those that are told while rows are under way. */
export const liveCounts = [
  'rowsRead',
  'rowsWritten',
  'rowsRejected',
  'bytesRead',
  'bytesWritten',
] as const satisfies readonly (keyof Counts)[];
export type LiveCounts = Pick<Counts, (typeof liveCounts)[number]>;

export const noCounts: Counts = {
  rowsRead: 0,
  extraRows: 0,
  rowsWritten: 0,
  rowsUpdated: 0,
  rowsRejected: 0,
  bytesRead: 0,
  bytesWritten: 0,
  filesRead: 0,
  filesWritten: 0,
  filesSkipped: 0,
};

/** A commit that is about to happen. */
export interface Intent {
  readonly token: string;
  /** Where reading goes on behind it; null = the chunk is done with it. */
  readonly position: string | null;
  readonly counts: Counts;
  /** Of the chunk's rows up to it, as they were read, without rejected ones; null = not known. */
  readonly checksum: string | null;
}

/** A chunk that this worker has. */
export interface ClaimedChunk {
  readonly table: number;
  readonly seq: number;
  readonly shard: number;
  readonly chunk: Chunk;
  /** Behind the last commit; null = from the beginning. */
  readonly position: string | null;
  /** Of its rows up to there; null = not known. */
  readonly checksum: string | null;
  /** A commit whose end nobody saw. */
  readonly intent: Intent | null;
  /** Rows of it may be there already. */
  readonly repeats: boolean;
  /** Worker that had it before; null = nobody. */
  readonly before: string | null;
}

interface ChunkRow {
  readonly table_idx: number;
  readonly seq: number;
  readonly shard: number;
  readonly chunk: string;
  readonly position: string | null;
  readonly checksum: string | null;
  readonly intent: string | null;
  readonly repeats: number;
  readonly owner: string | null;
}

/** How many may work on what at the same time. */
export interface ClaimRules {
  readonly grain: 'chunk' | 'shard';
  /** Tables at the same time; null = any. */
  readonly tables: number | null;
  /** Workers on one table. */
  readonly workersPerTable: number;
}

const counterColumns: Readonly<Record<keyof Counts, string>> = {
  rowsRead: 'rows_read',
  extraRows: 'extra_rows',
  rowsWritten: 'rows_written',
  rowsUpdated: 'rows_updated',
  rowsRejected: 'rows_rejected',
  bytesRead: 'bytes_read',
  bytesWritten: 'bytes_written',
  filesRead: 'files_read',
  filesWritten: 'files_written',
  filesSkipped: 'files_skipped',
};
const addCounters = Object.entries(counterColumns)
  .map(([name, column]) => `${column} = ${column} + @${name}`)
  .join(', ');

const takeFromLive = liveCounts
  .map((name) => {
    const column = counterColumns[name];
    return `${column} = max(${column} - @${name}, 0)`;
  })
  .join(', ');

/** What another worker took: this one must let go of it at once. */
export class NotOursError extends Error {
  constructor(what: string) {
    super(`${what} was taken over by another worker`);
    this.name = 'NotOursError';
  }
}

/** Who has which chunk, and what has become of it. */
export class Chunks {
  readonly #database: Connection;
  readonly #members: Members;
  readonly #me: string;
  readonly #nowMs: () => number;

  constructor(database: Connection, members: Members, me: string, nowMs: () => number) {
    this.#database = database;
    this.#members = members;
    this.#me = me;
    this.#nowMs = nowMs;
  }

  /** Takes the next chunk. `wait` = some will be free later; `over` = all are done or in good hands. */
  claim({ grain, tables, workersPerTable }: ClaimRules): ClaimedChunk | 'wait' | 'over' {
    return this.#transaction(() => {
      this.#freeDead();
      const inOrder = `and not exists (
        select 1 from chunks d where d.table_idx = c.table_idx and d.shard = c.shard and d.state <> 'done'
          and (d.seq < c.seq or d.state = 'taken') and not (d.state = 'taken' and d.owner = @me))`;
      const row = this.#database
        .prepare(
          `select c.table_idx, c.seq, c.shard, c.chunk, c.position, c.checksum, c.intent, c.repeats, c.owner
             from chunks c join tables t on t.idx = c.table_idx
            where c.state = 'waiting' and t.state in ('waiting', 'loading')
              and coalesce(c.not_before, 0) <= @now
              ${grain === 'shard' ? inOrder : ''}
              and (@tables is null
                or exists (select 1 from chunks d where d.state = 'taken' and d.table_idx = c.table_idx)
                or (select count(distinct d.table_idx) from chunks d where d.state = 'taken') < @tables)
              and (select count(distinct d.owner) from chunks d
                    where d.state = 'taken' and d.table_idx = c.table_idx and d.owner <> @me) < @workers
            order by c.table_idx, c.seq limit 1`,
        )
        .get({ me: this.#me, now: this.#nowMs(), tables, workers: workersPerTable }) as
        | ChunkRow
        | undefined;
      if (row === undefined) return this.waiting() > 0 ? 'wait' : 'over';
      this.#database
        .prepare(
          `update chunks set state = 'taken', owner = ?, not_before = null where table_idx = ? and seq = ?`,
        )
        .run(this.#me, row.table_idx, row.seq);
      this.#database
        .prepare(`update tables set state = 'loading' where idx = ? and state = 'waiting'`)
        .run(row.table_idx);
      return {
        table: row.table_idx,
        seq: row.seq,
        shard: row.shard,
        chunk: JSON.parse(row.chunk) as Chunk,
        position: row.position,
        checksum: row.checksum,
        intent: row.intent === null ? null : (JSON.parse(row.intent) as Intent),
        repeats: row.repeats === 1,
        before: row.owner,
      };
    });
  }

  /** Chunks that nobody has, of tables that have not failed. */
  waiting(): number {
    const row = this.#database
      .prepare(
        `select count(*) as n from chunks c join tables t on t.idx = c.table_idx
          where c.state = 'waiting' and t.state in ('waiting', 'loading')`,
      )
      .get() as { n: number };
    return row.n;
  }

  /** Whether all are done, of tables that have not failed. */
  areDone(): boolean {
    const open = this.#database
      .prepare(
        `select 1 from chunks c join tables t on t.idx = c.table_idx
          where c.state <> 'done' and t.state in ('waiting', 'loading') limit 1`,
      )
      .get();
    return open === undefined;
  }

  /** A commit is about to happen: that is durable before it does. @throws NotOursError. */
  intend(chunk: ClaimedChunk, intent: Intent): void {
    durably(this.#database, () =>
      this.#change(chunk, 'intent = @intent', { intent: JSON.stringify(intent) }),
    );
  }

  /** It has happened: what was intended is so. @throws NotOursError. */
  committed(chunk: ClaimedChunk, { token, position, counts, checksum }: Intent): void {
    this.#transaction(() => {
      this.#change(
        chunk,
        `intent = null, repeats = 0, position = @position, checksum = @checksum, arrived = @arrived, state = @state, ${addCounters}`,
        // One that an earlier version intended has none.
        {
          position,
          checksum: checksum ?? null,
          arrived: position === null && chunk.position === null ? token : null,
          state: position === null ? 'done' : 'taken',
          ...counts,
        },
      );
      // What is committed is not under way any more: nobody must count it twice. The next chunk's
      // rows may be.
      this.#database
        .prepare(`update workers set ${takeFromLive} where name = @me`)
        .run({ ...counts, me: this.#me });
      this.#database
        .prepare(`insert or replace into marks (table_idx, shard, token) values (?, ?, ?)`)
        .run(chunk.table, chunk.shard, token);
      this.#database
        .prepare(
          `update quarantine set pending = 0 where pending = 1 and table_idx = ? and seq = ?`,
        )
        .run(chunk.table, chunk.seq);
      this.#database
        .prepare(
          `update tables set state = 'done' where idx = @table and state = 'loading'
             and not exists (select 1 from chunks where table_idx = @table and state <> 'done')`,
        )
        .run({ table: chunk.table });
    });
  }

  /** Nothing of it was committed since the last mark. @throws NotOursError. */
  undone(chunk: ClaimedChunk, options: { readonly repeats?: boolean } = {}): void {
    this.#transaction(() => {
      this.#change(chunk, 'intent = null, repeats = max(repeats, @repeats)', {
        repeats: options.repeats === true ? 1 : 0,
      });
      this.#forgetPending(chunk);
    });
  }

  /** Gives it back, e.g. after an error; what was intended stays to be looked into. */
  release({ table, seq }: ClaimedChunk): void {
    this.#database
      .prepare(
        `update chunks set state = 'waiting' where table_idx = ? and seq = ? and state = 'taken' and owner = ?`,
      )
      .run(table, seq, this.#me);
  }

  /** Nobody takes it before this time. */
  defer({ table, seq }: ClaimedChunk, notBeforeMs: number): void {
    this.#database
      .prepare(
        `update chunks set not_before = ? where table_idx = ? and seq = ? and state = 'waiting'`,
      )
      .run(notBeforeMs, table, seq);
  }

  /** A shard's file cannot be gone on with: all of its chunks are done anew. */
  restartShard(table: number, shard: number): void {
    this.#transaction(() => {
      const zero = Object.values(counterColumns)
        .map((column) => `${column} = 0`)
        .join(', ');
      this.#database
        .prepare(
          `update chunks set state = case when owner = @me and state = 'taken' then 'taken' else 'waiting' end,
             position = null, checksum = null, arrived = null, found = null, intent = null, repeats = 0, ${zero} where table_idx = @table and shard = @shard`,
        )
        .run({ me: this.#me, table, shard });
      this.#database
        .prepare('delete from marks where table_idx = ? and shard = ?')
        .run(table, shard);
      this.#database
        .prepare(
          `delete from quarantine where table_idx = @table and seq in
             (select seq from chunks where table_idx = @table and shard = @shard)`,
        )
        .run({ table, shard });
    });
  }

  /** Token of the last commit of a shard of a table. */
  mark(table: number, shard: number): string | null {
    const row = this.#database
      .prepare('select token from marks where table_idx = ? and shard = ?')
      .get(table, shard) as { token: string } | undefined;
    return row?.token ?? null;
  }

  /** Keeps word of something that was taken up again. */
  note(shard: number, message: string, rowsRepeated: number): void {
    this.#database
      .prepare(
        `insert into notes (at, shard, message, rows_repeated)
           select @at, @shard, @message, @rowsRepeated where (select count(*) from notes) < @most`,
      )
      .run({ at: this.#nowMs(), shard, message, rowsRepeated, most: maxNotes });
  }

  #freeDead(): void {
    const owners = this.#database
      .prepare(`select distinct owner from chunks where state = 'taken' and owner <> ?`)
      .all(this.#me) as readonly { owner: string }[];
    for (const { owner } of owners) {
      if (this.#members.isAlive(owner)) continue;
      this.#database
        .prepare(
          `update chunks set state = 'waiting', not_before = null where state = 'taken' and owner = ?`,
        )
        .run(owner);
    }
  }

  #forgetPending({ table, seq }: ClaimedChunk): void {
    this.#database
      .prepare('delete from quarantine where pending = 1 and table_idx = ? and seq = ?')
      .run(table, seq);
  }

  #change(
    { table, seq, chunk }: ClaimedChunk,
    assignments: string,
    values: Readonly<Record<string, unknown>>,
  ): void {
    const { changes } = this.#database
      .prepare(
        `update chunks set ${assignments} where table_idx = @table and seq = @seq and state = 'taken' and owner = @me`,
      )
      .run({ ...values, table, seq, me: this.#me });
    if (changes !== 1) throw new NotOursError(chunk.label);
  }

  #transaction<T>(act: () => T): T {
    return this.#database.transaction(act).immediate();
  }
}
