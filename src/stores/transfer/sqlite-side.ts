import Sqlite, { type Database } from 'better-sqlite3';
import {
  bytesOf,
  type CellKind,
  keyOf,
  MAX_BATCH_BYTES,
  MAX_BATCH_ROWS,
  quoted,
  type Row,
  type StoreSide,
  type TableShape,
  type TransferChange,
} from './side.ts';
import { moveKeyPrefix } from './tables.ts';

/** How long another process's lock is waited for. */
const BUSY_TIMEOUT_MS = 10_000;

/** A store in one SQLite file. */
export class SqliteSide implements StoreSide {
  readonly flavor = 'sqlite';
  readonly name: string;
  readonly db: Database;

  /** @throws Error when the file is not there or holds no database. */
  constructor(path: string) {
    this.name = path;
    this.db = new Sqlite(path, { fileMustExist: true });
    this.db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    this.db.pragma('synchronous = FULL');
    this.db.pragma('trusted_schema = OFF');
  }

  async tables(): Promise<readonly string[]> {
    return this.#names(`select name from sqlite_master where type = 'table' order by name`);
  }

  async migrations(): Promise<readonly string[]> {
    if (!this.#has('kysely_migration')) return [];
    return this.#names('select name from kysely_migration order by name');
  }

  async shape(table: string): Promise<TableShape> {
    const info = this.db.pragma(`table_info(${quoted(table)})`) as {
      name: string;
      type: string;
      pk: number;
    }[];
    const key = info.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
    if (key.length === 0) throw new Error(`table ${table} has no primary key to copy it by`);
    return {
      name: table,
      columns: info.map(({ name, type }) => ({ name, type, kind: kindOf(table, name, type) })),
      key: key.map(({ name }) => name),
    };
  }

  async count(table: string): Promise<number> {
    const sql = `select count(*) from ${quoted(table)} where ${copiedRows(table)}`;
    return this.db.prepare(sql).pluck().get() as number;
  }

  async *batches(shape: TableShape, after: Row | null): AsyncGenerator<readonly Row[]> {
    const columns = shape.columns.map(({ name }) => quoted(name)).join(', ');
    const key = shape.key.map(quoted).join(', ');
    const places = shape.key.map(() => '?').join(', ');
    const read = (beyond: string): string =>
      `select ${columns} from ${quoted(shape.name)} where ${copiedRows(shape.name)}${beyond}
       order by ${key} limit ${MAX_BATCH_ROWS}`;
    const first = this.db.prepare(read('')).raw();
    const next = this.db.prepare(read(` and (${key}) > (${places})`)).raw();
    for (let last = after; ;) {
      const rows: Row[] = [];
      let bytes = 0;
      const found = last === null ? first.iterate() : next.iterate(...last);
      for (const row of found as IterableIterator<Row>) {
        rows.push(row);
        bytes += bytesOf(row);
        if (bytes >= MAX_BATCH_BYTES) break;
      }
      const end = rows.at(-1);
      if (end === undefined) return;
      yield rows;
      last = keyOf(shape, end);
    }
  }

  async sequences(): Promise<ReadonlyMap<string, number>> {
    const rows = this.#has('sqlite_sequence')
      ? (this.db.prepare('select name, seq from sqlite_sequence').all() as {
          name: string;
          seq: number;
        }[])
      : [];
    return new Map(rows.map(({ name, seq }) => [name, seq]));
  }

  async meta(key: string): Promise<string | null> {
    if (!this.#has('meta')) return null;
    const value = this.db.prepare('select value from meta where key = ?').pluck().get(key);
    return (value as string | undefined) ?? null;
  }

  async write(change: TransferChange): Promise<void> {
    this.db.transaction(() => this.#apply(change)).immediate();
  }

  async close(): Promise<void> {
    this.db.close();
  }

  /** Size of the database, with what is still in its log. */
  bytes(): number {
    const number = (name: string): number => this.db.pragma(name, { simple: true }) as number;
    return number('page_count') * number('page_size');
  }

  /** Bytes that each table takes with its indexes; empty when this SQLite cannot tell. */
  sizes(): ReadonlyMap<string, number> {
    try {
      const rows = this.db
        .prepare(
          `select m.tbl_name as name, sum(s.pgsize) as bytes from dbstat s
           join sqlite_master m on m.name = s.name where s.aggregate = true group by m.tbl_name`,
        )
        .all() as { name: string; bytes: number }[];
      return new Map(rows.map(({ name, bytes }) => [name, bytes]));
    } catch {
      return new Map();
    }
  }

  #apply({ rows, meta, sequences }: TransferChange): void {
    if (rows !== undefined) {
      const { name, columns } = rows.shape;
      const list = columns.map((column) => quoted(column.name)).join(', ');
      const insert = this.db.prepare(
        `insert into ${quoted(name)} (${list}) values (${columns.map(() => '?').join(', ')})`,
      );
      for (const row of rows.rows) insert.run(...row);
    }
    for (const [key, value] of meta ?? []) {
      if (value === null) this.db.prepare('delete from meta where key = ?').run(key);
      else
        this.db.prepare('insert or replace into meta (key, value) values (?, ?)').run(key, value);
    }
    for (const [table, number] of sequences ?? []) {
      this.db.prepare('delete from sqlite_sequence where name = ?').run(table);
      this.db.prepare('insert into sqlite_sequence (name, seq) values (?, ?)').run(table, number);
    }
  }

  #names(sql: string): readonly string[] {
    return this.db.prepare(sql).pluck().all() as string[];
  }

  #has(table: string): boolean {
    return (
      this.db
        .prepare(`select 1 from sqlite_master where type = 'table' and name = ?`)
        .get(table) !== undefined
    );
  }
}

/** Everything but the rows about moving itself. */
function copiedRows(table: string): string {
  return table === 'meta'
    ? `substr(key, 1, ${moveKeyPrefix.length}) <> '${moveKeyPrefix}'`
    : 'true';
}

function kindOf(table: string, column: string, type: string): CellKind {
  const kinds: Readonly<Record<string, CellKind>> = {
    text: 'text',
    integer: 'integer',
    bigint: 'integer',
    real: 'real',
    blob: 'bytes',
  };
  const kind = kinds[type.toLowerCase()];
  if (kind !== undefined) return kind;
  throw new Error(
    `column ${column} of table ${table} has the type ${type}, which has no copy rule`,
  );
}
