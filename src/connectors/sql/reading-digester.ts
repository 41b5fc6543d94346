import type { Column, ColumnType } from '../../domain/transfer/columns.ts';
import { RowSum } from '../../lib/rows/row-sum.ts';
import {
  type Digest,
  type Digester,
  type DigestRequest,
  readingMethod,
} from '../../ports/connector.ts';
import type { Database } from './database.ts';

const BATCH_BYTES = 1024 * 1024;

/**
 * Counts where the data lies; checksums by reading the rows as texts, which all databases write
 * alike for the same values (`ColumnType`). Columns whose texts differ between databases, such as
 * floating numbers and padded characters, allow no checksum; `inexact` names further ones.
 */
export function readingDigester(
  database: Pick<Database, 'read' | 'query' | 'tableItem'>,
  inexact: ReadonlySet<ColumnType['kind']> = new Set(),
): Digester {
  return {
    methods(columns) {
      const method = readingMethodOf(columns.filter(({ type }) => !inexact.has(type.kind)));
      const all = columns.every(({ type }) => !inexact.has(type.kind));
      return all && method !== null ? [method, 'count'] : ['count'];
    },
    digest: (request) => {
      const item = database.tableItem(request.table);
      return request.method === 'count'
        ? count(database, item, request.where)
        : digestRows(database, item, request);
    },
  };
}

/** Name of the method for these columns; null = their texts cannot be compared. */
export function readingMethodOf(columns: readonly Column[]): string | null {
  const kinds = columns.map(kindOf);
  return kinds.length === 0 || kinds.includes(null) ? null : `${readingMethod}(${kinds.join(',')})`;
}

async function count(
  database: Pick<Database, 'query'>,
  item: string,
  where: string | null,
): Promise<Digest> {
  const [row] = await database.query(`SELECT COUNT(*) FROM ${filtered(item, where)}`);
  return { rows: Number(row?.[0] ?? 0), checksum: null };
}

/** Reads everything once. @throws TransferError as `read` does. */
export async function digestRows(
  database: Pick<Database, 'read'>,
  item: string,
  { columns, where, signal }: DigestRequest,
): Promise<Digest> {
  const sum = new RowSum();
  const batches = database.read({
    columns,
    from: filtered(item, where),
    format: { kind: 'text' },
    batchBytes: BATCH_BYTES,
    signal,
  });
  for await (const { bytes } of batches) sum.add(bytes);
  return { rows: sum.rows, checksum: sum.checksum };
}

function filtered(item: string, where: string | null): string {
  return where === null ? item : `${item} WHERE (${where})`;
}

/** What two columns must have in common for equal values to have equal texts; null = nothing will do. */
function kindOf({ type }: Column): string | null {
  return kinds[type.kind]?.(type) ?? null;
}

const kinds: Partial<Record<ColumnType['kind'], (type: ColumnType) => string | null>> = {
  bool: () => 'bool',
  int16: () => 'int',
  int32: () => 'int',
  int64: () => 'int',
  uint64: () => 'int',
  decimal: (type) =>
    type.kind !== 'decimal' || type.scale === null
      ? null
      : type.scale === 0
        ? 'int'
        : `decimal(${type.scale})`,
  date: () => 'date',
  time: fractionOf,
  timestamp: fractionOf,
  timestamptz: fractionOf,
  varchar: () => 'text',
  text: () => 'text',
  uuid: () => 'uuid',
  bytes: () => 'bytes',
};

function fractionOf(type: ColumnType): string | null {
  return 'fraction' in type ? `${type.kind}(${type.fraction})` : null;
}
