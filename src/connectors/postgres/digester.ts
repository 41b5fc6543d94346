import type { Column, TableName } from '../../domain/transfer/columns.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { Digest, Digester, DigestRequest } from '../../ports/connector.ts';
import type { Database } from '../sql/database.ts';
import { digestRows, readingMethodOf } from '../sql/reading-digester.ts';
import { transferErrorOf } from './errors.ts';
import { literal, type Quoting } from './quoting.ts';
import type { PgSession } from './session.ts';
import { binaryName } from './types.ts';

/** Hash functions of single values, which cost less than the one of whole rows. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  smallint: 'hashint2extended',
  integer: 'hashint4extended',
  bigint: 'hashint8extended',
  real: 'hashfloat4extended',
  'double precision': 'hashfloat8extended',
  numeric: 'hash_numeric_extended',
  text: 'hashtextextended',
  character: 'hashbpcharextended',
  uuid: 'uuid_hash_extended',
  jsonb: 'jsonb_hash_extended',
  'time without time zone': 'time_hash_extended',
  'timestamp without time zone': 'timestamp_hash_extended',
};

/** Blocks that PostgreSQL adds to a table at once, with room to spare: it is 64 at most. */
const GROWTH_BLOCKS = 128;

/** Types that have no hash, or one that says little; their texts are taken. */
const AS_TEXT = new Set(['json', 'xml', 'money', 'point', 'box', 'circle', 'line', 'lseg', 'path']);

/**
 * Counts, and sums of hashes that PostgreSQL itself has for its types: the same on every server for
 * equal types, and cheap enough to be taken of everything. A row's hash is one of the hashes of its
 * values, each with the number of its column as seed, so that values cannot change places unseen.
 */
export class PgDigester implements Digester {
  readonly #quoting: Quoting;
  readonly #use: <T>(signal: AbortSignal, work: (session: PgSession) => Promise<T>) => Promise<T>;

  readonly #database: Pick<Database, 'read'>;
  /** Blocks of tables that were read already, by FROM item. */
  readonly #settled = new Map<string, number>();

  constructor(
    database: Pick<Database, 'read'>,
    quoting: Quoting,
    use: <T>(signal: AbortSignal, work: (session: PgSession) => Promise<T>) => Promise<T>,
  ) {
    this.#database = database;
    this.#quoting = quoting;
    this.#use = use;
  }

  methods(columns: readonly Column[]): readonly string[] {
    const names = columns.map(({ nativeType }) => binaryName(nativeType));
    const unknown = names.includes(null) || names.length === 0;
    const read = readingMethodOf(columns);
    return [
      ...(unknown ? [] : [`pg-hash(${names.join(',')})`]),
      ...(read === null ? [] : [read]),
      'count',
    ];
  }

  /**
   * Reads the blocks that were added since the last call. The first reader of rows marks each as
   * committed; after the next checkpoint that would make PostgreSQL log every block once more.
   */
  async settle(table: TableName, signal: AbortSignal): Promise<void> {
    const item = this.#quoting.table(table);
    await this.#use(signal, async (session) => {
      // Before version 14 blocks cannot be read by number; a partitioned table has none.
      const { rows } = await session.run(
        `SELECT pg_relation_size(oid) / current_setting('block_size')::int FROM pg_class
         WHERE oid = to_regclass(${literal(item)}) AND relkind = 'r' AND current_setting('server_version_num')::int >= 140000`,
      );
      const end = rows[0]?.[0];
      if (end === undefined || end === null) return;
      const from = this.#settled.get(item);
      this.#settled.set(item, Number(end));
      if (from === undefined || from >= Number(end)) return;
      // A table grows by many blocks at once: the last ones were still empty, or had room.
      const first = Math.max(from - GROWTH_BLOCKS, 0);
      await session.run(
        `SELECT count(*) FROM ${item} WHERE ctid >= '(${first},0)' AND ctid < '(${end},0)'`,
      );
    });
  }

  async digest(request: DigestRequest): Promise<Digest> {
    const { table, columns, where, method, signal } = request;
    if (method === readingMethodOf(columns)) {
      return digestRows(this.#database, this.#quoting.table(table), request);
    }
    const filter = where === null ? '' : ` WHERE (${where})`;
    const item = this.#quoting.table(table);
    const sum = method === 'count' ? 'NULL' : `sum(${rowHash(columns, this.#quoting)})`;
    try {
      const { rows } = await this.#use(signal, (session) =>
        session.run(`SELECT count(*), ${sum} FROM ${item}${filter}`),
      );
      const [count, total] = rows[0] ?? [];
      return {
        rows: Number(count ?? 0),
        checksum: method === 'count' ? null : hexadecimal(BigInt(total ?? 0)),
      };
    } catch (error) {
      if (error instanceof TransferError) throw error;
      throw transferErrorOf(error, 'sql-failed', `comparing table ${table.name}`);
    }
  }
}

function hexadecimal(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}

/** Expression of 64 bits that says what is in a row. */
function rowHash(columns: readonly Column[], quoting: Quoting): string {
  const hashes = columns.map((column, place) => {
    const seed = place + 1;
    const type = binaryName(column.nativeType) ?? '';
    const name = quoting.identifier(column.name);
    const call = FUNCTIONS[type];
    if (call === undefined) {
      return `hash_record_extended(ROW(${name}${AS_TEXT.has(type) ? '::text' : ''}), ${seed})`;
    }
    return column.nullable
      ? `coalesce(${call}(${name}, ${seed}), ${seed})`
      : `${call}(${name}, ${seed})`;
  });
  return `hashint8extended(${hashes.join(' # ')}, 0)`;
}
