import type { Column } from '../../domain/transfer/columns.ts';
import type { TableSource } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { Chunk, SourceTable } from '../../ports/connector.ts';
import type { Database, TableFacts } from './database.ts';
import { cutRange, isCuttable, withSmallEnds } from './ranges.ts';

/** Most chunks of a table; larger tables have larger chunks. */
const MAX_CHUNKS = 10_000;

/** How a table is cut. */
export interface Cut {
  readonly shards: number;
  readonly fine: boolean;
  readonly chunkRows: number;
}

/** What a chunk of a table holds, as kept with the run. */
export type ChunkSpec =
  | { readonly kind: 'all' }
  | { readonly kind: 'query' }
  | { readonly kind: 'partition'; readonly name: string }
  | { readonly kind: 'null'; readonly column: string }
  | { readonly kind: 'value'; readonly column: string; readonly value: string }
  | {
      readonly kind: 'range';
      readonly column: string;
      readonly from: string;
      readonly to: string;
      readonly last: boolean;
    };

/**
 * Cuts a table by its partitions, by the column that the job names, or by an integer key of its
 * own; else it is one piece (cdm.md §5.3).
 * @throws TransferError `partition-column` for a column or partition that cannot be cut by.
 */
export async function cutTable(
  database: Database,
  table: SourceTable,
  facts: TableFacts,
  source: TableSource,
  cut: Cut,
): Promise<readonly Chunk[]> {
  if (source.tablePartitions !== null) {
    const names = await partitionsOf(database, table, source.tablePartitions.names);
    if (names.length > 0) {
      return numbered(
        names.map((name) => ({ kind: 'partition', name })),
        cut,
        table,
      );
    }
  }
  const column = cuttingColumn(facts, source.partitionColumn, table);
  if (column === null) return numbered([{ kind: 'all' }], cut, table);
  return numbered(await byColumn(database, table, facts, source, column, cut), cut, table);
}

/** Words for a chunk. */
export function labelOf(spec: ChunkSpec): string {
  switch (spec.kind) {
    case 'all':
      return 'all rows';
    case 'query':
      return 'the query';
    case 'partition':
      return `partition ${spec.name}`;
    case 'null':
      return `${spec.column} is null`;
    case 'value':
      return `${spec.column} = ${spec.value}`;
    case 'range':
      return `${spec.column} from ${spec.from} ${spec.last ? 'to' : 'to before'} ${spec.to}`;
  }
}

/** Predicate of a chunk; null = all rows. */
export function predicateOf(
  database: Database,
  spec: ChunkSpec,
  columns: readonly Column[],
): string | null {
  if (spec.kind === 'all' || spec.kind === 'query' || spec.kind === 'partition') return null;
  const name = database.quote(spec.column);
  if (spec.kind === 'null') return `${name} IS NULL`;
  const column = columns.find(({ name: known }) => known === spec.column);
  if (column === undefined) {
    throw new TransferError('partition-column', `column ${spec.column} is no longer there`);
  }
  const literal = (value: string): string => database.literal(value, column);
  if (spec.kind === 'value') return `${name} = ${literal(spec.value)}`;
  const { from, to, last } = spec;
  return `${name} >= ${literal(from)} AND ${name} ${last ? '<=' : '<'} ${literal(to)}`;
}

async function partitionsOf(
  database: Database,
  table: SourceTable,
  wanted: readonly string[] | null,
): Promise<readonly string[]> {
  const known = await database.partitions(table.name);
  const missing = wanted?.find((name) => !known.includes(name));
  if (missing !== undefined) {
    throw new TransferError(
      'partition-column',
      `table ${table.name.name} has no partition ${missing}; it has ${known.slice(0, 20).join(', ') || 'none'}`,
    );
  }
  return wanted ?? known;
}

function cuttingColumn(
  facts: TableFacts,
  wanted: string | null,
  table: SourceTable,
): Column | null {
  if (wanted === null) {
    const key = facts.columns.find(({ name }) => name === facts.key[0]);
    const isWhole = /^u?int\d+$/.test(key?.type.kind ?? '');
    return key !== undefined && facts.key.length === 1 && isWhole ? key : null;
  }
  const column =
    facts.columns.find(({ name }) => name === wanted) ??
    facts.columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (column === undefined) {
    throw new TransferError(
      'partition-column',
      `table ${table.name.name} has no column ${wanted} to be partitioned by`,
    );
  }
  // Intervals of texts follow a collation that is not known here: one piece.
  if (['char', 'varchar', 'text'].includes(column.type.kind)) return null;
  if (!isCuttable(column.type)) {
    throw new TransferError(
      'partition-column',
      `column ${column.name} of type ${column.nativeType} cannot partition a table; choose one of numbers, dates or booleans`,
    );
  }
  return column;
}

async function byColumn(
  database: Database,
  table: SourceTable,
  facts: TableFacts,
  source: TableSource,
  column: Column,
  cut: Cut,
): Promise<readonly ChunkSpec[]> {
  const fine = cut.fine && facts.indexed.includes(column.name);
  if (cut.shards === 1 && !fine) return [{ kind: 'all' }];
  // Also where the job does not say that there are such rows: nothing shall be lost.
  const nulls = column.nullable || source.partitionColumnNullable;
  const nullPart: readonly ChunkSpec[] = nulls ? [{ kind: 'null', column: column.name }] : [];
  if (column.type.kind === 'bool') {
    const values = ['t', 'f'].map((value): ChunkSpec => ({
      kind: 'value',
      column: column.name,
      value,
    }));
    return [...values, ...nullPart];
  }
  const name = database.quote(column.name);
  const item = database.tableItem(table.name);
  const where = source.where === null ? '' : ` WHERE (${source.where})`;
  const [bounds] = await database.query(`SELECT MIN(${name}), MAX(${name}) FROM ${item}${where}`);
  const [min = null, max = null] = bounds ?? [];
  if (min === null || max === null) return [{ kind: 'all' }];
  const forShards = nulls && cut.shards > 1 ? cut.shards - 1 : cut.shards;
  const forRows = fine ? Math.ceil((facts.estimatedRows ?? 0) / Math.max(1, cut.chunkRows)) : 0;
  const parts = Math.min(MAX_CHUNKS, Math.max(forShards, forRows));
  const ranges = cutRange(column, min, max, parts);
  if (ranges === null) return [{ kind: 'all' }];
  // Several shards come to their first rows, and to their last ones, at times of their own.
  const pieces = fine && cut.shards === 1 ? withSmallEnds(column, ranges) : ranges;
  return [
    ...pieces.map((range): ChunkSpec => ({ kind: 'range', column: column.name, ...range })),
    ...nullPart,
  ];
}

function numbered(specs: readonly ChunkSpec[], cut: Cut, table: SourceTable): readonly Chunk[] {
  const weight =
    table.estimatedRows === null ? null : Math.round(table.estimatedRows / specs.length);
  return specs.map((spec, place) => ({
    id: String(place),
    shard: Math.floor((place * cut.shards) / specs.length),
    label: labelOf(spec),
    spec: { ...spec },
    weight,
  }));
}
