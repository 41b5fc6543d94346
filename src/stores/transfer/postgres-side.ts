import pg from 'pg';
import { TransferRefusedError } from './refused.ts';
import {
  type Cell,
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
import { storable } from './storable.ts';
import { moveKeyPrefix } from './tables.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Longest that one statement may take: a batch, a count, an analyze. */
const STATEMENT_TIMEOUT_MS = 15 * 60_000;
const INT8_OID = 20;

/** bigint as number: times and row numbers stay far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8_OID && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
};

/** A store in a PostgreSQL database, through one connection. */
export class PostgresSide implements StoreSide {
  readonly flavor = 'postgres';
  readonly name: string;
  readonly #client: pg.Client;
  /** Values that had to change because PostgreSQL cannot keep them; see `storable`. */
  alteredValues = 0;

  private constructor(url: string, client: pg.Client) {
    this.name = withoutPassword(url);
    this.#client = client;
  }

  /** @throws TransferRefusedError when the database cannot be reached. */
  static async connect(url: string): Promise<PostgresSide> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'longshore transfer',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      types,
    });
    // A lost connection fails the statement that uses it; alone it must not end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      throw new TransferRefusedError(
        `cannot connect to ${withoutPassword(url)}: ${messageOf(error)}`,
        'Check address, name and password, and that the database exists (createdb)',
      );
    }
    return new PostgresSide(url, client);
  }

  /** Everything read from here on is of one moment, whatever servers write meanwhile. */
  async beginSnapshot(): Promise<void> {
    await this.#client.query('begin isolation level repeatable read read only');
  }

  /** Whether this connection now is the only one that holds the named lock; until it is closed. */
  async tryLock(name: string): Promise<boolean> {
    return (
      (await this.#value<boolean>('select pg_try_advisory_lock(hashtext($1)) as value', [name])) ===
      true
    );
  }

  /** Lets writes return before they are on the disk; `write` with `derive` is synced all the same. */
  async relaxCommits(): Promise<void> {
    await this.#client.query('set synchronous_commit = off');
  }

  /** Removes every row of the tables, and the rows of `meta`. One transaction. */
  async empty(tables: readonly string[]): Promise<void> {
    await this.#client.query(`truncate ${tables.map(quoted).join(', ')}`);
  }

  /** Tells the planner what is there now. */
  async analyze(): Promise<void> {
    await this.#client.query('analyze');
  }

  tables(): Promise<readonly string[]> {
    return this.#names(
      'select tablename as name from pg_tables where schemaname = current_schema() order by tablename collate "C"',
    );
  }

  async migrations(): Promise<readonly string[]> {
    if (!(await this.tables()).includes('kysely_migration')) return [];
    return this.#names('select name from kysely_migration order by name collate "C"');
  }

  async shape(table: string): Promise<TableShape> {
    const { rows } = await this.#client.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [quoted(table)],
    );
    const key = await this.#names(
      `select a.attname as name from pg_index i
       cross join unnest(i.indkey::smallint[]) with ordinality as k(attnum, ord)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
       where i.indrelid = $1::regclass and i.indisprimary order by k.ord`,
      [quoted(table)],
    );
    if (key.length === 0) throw new Error(`table ${table} has no primary key to copy it by`);
    return {
      name: table,
      columns: rows.map(({ name, type }) => ({ name, type, kind: kindOf(table, name, type) })),
      key,
    };
  }

  async count(table: string): Promise<number> {
    const sql = `select count(*) as value from ${quoted(table)} where ${copiedRows(table)}`;
    return (await this.#value<number>(sql)) ?? 0;
  }

  async *batches(shape: TableShape, after: Row | null): AsyncGenerator<readonly Row[]> {
    const columns = shape.columns.map(({ name }) => quoted(name)).join(', ');
    // Text by its bytes, as SQLite orders it, whatever the database's language is.
    const key = shape.key.map((name) => ordered(shape, name)).join(', ');
    const places = shape.key.map((_, index) => `$${index + 1}`).join(', ');
    // Large values stay in the database until it is their batch's turn.
    const sizes = shape.columns
      .filter(({ kind }) => kind === 'text' || kind === 'bytes')
      .map(({ name }) => `coalesce(octet_length(${quoted(name)}), 0)`);
    const size = sizes.length === 0 ? '0' : sizes.join(' + ');
    for (let last = after; ;) {
      const beyond = last === null ? '' : ` and (${key}) > (${places})`;
      const { rows } = await this.#client.query<Cell[]>({
        text: `select ${columns} from (
                 select *, sum(row_bytes) over (order by ${key}) as sum_bytes from (
                   select ${columns}, ${size} as row_bytes from ${quoted(shape.name)}
                   where ${copiedRows(shape.name)}${beyond} order by ${key} limit ${MAX_BATCH_ROWS}
                 ) as page
               ) as sized
               where sum_bytes - row_bytes < ${MAX_BATCH_BYTES} order by ${key}`,
        values: last === null ? [] : [...last],
        rowMode: 'array',
      });
      const end = rows.at(-1);
      if (end === undefined) return;
      yield rows;
      last = keyOf(shape, end);
    }
  }

  async sequences(): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const { table, sequence } of await this.#identities()) {
      // Without a call nothing has been handed out.
      const last = await this.#value<number>(
        `select case when is_called then last_value else last_value - 1 end as value from ${sequence}`,
      );
      if (last !== null && last > 0) found.set(table, last);
    }
    return found;
  }

  async meta(key: string): Promise<string | null> {
    if (!(await this.tables()).includes('meta')) return null;
    return this.#value<string>('select value from meta where key = $1', [key]);
  }

  async write(change: TransferChange): Promise<void> {
    await this.#client.query('begin');
    try {
      await this.#apply(change);
      await this.#client.query('commit');
    } catch (error) {
      // The first error is the one to tell.
      await this.#client.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #apply({ rows, meta, sequences, derive }: TransferChange): Promise<void> {
    if (rows !== undefined) await this.#insert(rows.shape, rows.rows);
    for (const [key, value] of meta ?? []) {
      if (value === null) await this.#client.query('delete from meta where key = $1', [key]);
      else {
        await this.#client.query(
          'insert into meta (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value',
          [key, value],
        );
      }
    }
    for (const { table, sequence } of sequences === undefined ? [] : await this.#identities()) {
      const last = sequences?.get(table) ?? 0;
      if (last > 0) await this.#client.query('select setval($1::regclass, $2)', [sequence, last]);
    }
    if (derive === true) {
      await this.#client.query('set local synchronous_commit = on');
      await this.#client.query(
        `update unfinished_runs set runs = case when shard = 0 then
           (select count(*) from runs where state in ('queued', 'running', 'stopping')) else 0 end`,
      );
    }
  }

  /** One statement for the whole batch, through one JSON text. */
  async #insert({ name, columns }: TableShape, rows: readonly Row[]): Promise<void> {
    const list = columns.map((column) => quoted(column.name)).join(', ');
    const fields = columns.map(
      ({ name: field, kind, type }) => `${quoted(field)} ${kind === 'bytes' ? 'text' : type}`,
    );
    const values = columns.map(({ name: field, kind }) =>
      kind === 'bytes' ? `decode(x.${quoted(field)}, 'base64')` : `x.${quoted(field)}`,
    );
    const objects = rows.map((row) =>
      Object.fromEntries(columns.map((column, i) => [column.name, this.#jsonCell(row[i] ?? null)])),
    );
    await this.#client.query(
      `insert into ${quoted(name)} (${list}) select ${values.join(', ')}
       from json_to_recordset($1::json) as x(${fields.join(', ')})`,
      [JSON.stringify(objects)],
    );
  }

  #jsonCell(cell: Cell): string | number | null {
    if (cell instanceof Uint8Array) return Buffer.from(cell).toString('base64');
    const kept = storable(cell) as string | number | null;
    if (kept !== cell) this.alteredValues += 1;
    return kept;
  }

  async #identities(): Promise<readonly { readonly table: string; readonly sequence: string }[]> {
    const { rows } = await this.#client.query<{ table: string; sequence: string }>(
      `select c.relname as table, pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = current_schema()::regnamespace and a.attidentity <> '' order by c.relname`,
    );
    return rows;
  }

  async #names(sql: string, values: readonly string[] = []): Promise<readonly string[]> {
    const { rows } = await this.#client.query<{ name: string }>(sql, [...values]);
    return rows.map(({ name }) => name);
  }

  async #value<T>(sql: string, values: readonly string[] = []): Promise<T | null> {
    const { rows } = await this.#client.query<{ value: T }>(sql, [...values]);
    return rows[0]?.value ?? null;
  }
}

/** An address as messages may show it. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'the given address';
  const { protocol, username, host, pathname, searchParams } = new URL(url);
  const user = username === '' ? '' : `${username}@`;
  const socket = searchParams.get('host');
  return `${protocol}//${user}${host}${pathname}${socket === null ? '' : ` at ${socket}`}`;
}

/** Everything but the rows about moving itself. */
function copiedRows(table: string): string {
  return table === 'meta' ? `not starts_with(key, '${moveKeyPrefix}')` : 'true';
}

function ordered({ columns }: TableShape, name: string): string {
  const isText = columns.some((column) => column.name === name && column.kind === 'text');
  return isText ? `${quoted(name)} collate "C"` : quoted(name);
}

function kindOf(table: string, column: string, type: string): CellKind {
  const kinds: Readonly<Record<string, CellKind>> = {
    text: 'text',
    integer: 'integer',
    bigint: 'integer',
    'double precision': 'real',
    bytea: 'bytes',
  };
  const kind = kinds[type];
  if (kind !== undefined) return kind;
  throw new Error(
    `column ${column} of table ${table} has the type ${type}, which has no copy rule`,
  );
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
