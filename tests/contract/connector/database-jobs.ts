/** Small jobs against a database under test: what the worker of a run does, without its state. */
import assert from 'node:assert/strict';
import type { Column } from '../../../src/domain/transfer/columns.ts';
import type { TableSource, TableTarget } from '../../../src/domain/transfer/definition.ts';
import * as pgBinary from '../../../src/lib/rows/pg-binary.ts';
import { decodeRow, encodeRows, rowOffsets } from '../../../src/lib/rows/text.ts';
import {
  type Chunk,
  type PlannedTable,
  type RowBatch,
  type RowFormat,
  type RowLoader,
  type RowSource,
  RowsRefused,
  type RowTarget,
  type SourceTable,
} from '../../../src/ports/connector.ts';
import type { DatabaseUnderTest } from './database-adapter.ts';

export type Row = readonly (string | null)[];

const SIGNAL = new AbortController().signal;
const BATCH_BYTES = 64 * 1024;

export function tableSource(table: string, changes: Partial<TableSource> = {}): TableSource {
  return {
    kind: 'tables',
    link: 'from',
    schema: '',
    table,
    wholeDatabase: false,
    columns: null,
    where: null,
    partitionColumn: null,
    partitionColumnNullable: false,
    tablePartitions: null,
    bytesEncoding: 'latin1',
    ...changes,
  };
}

export function tableTarget(table: string, changes: Partial<TableTarget> = {}): TableTarget {
  return {
    kind: 'table',
    link: 'to',
    schema: '',
    table,
    columns: null,
    preparation: 'none',
    clear: { kind: 'none' },
    conflict: 'insert',
    stage: false,
    characterFactor: 1,
    keepNotNull: true,
    before: null,
    after: null,
    ...changes,
  };
}

/** Opens both sides, lends them, lets go of them. */
export async function withSource<T>(
  { connector, link }: DatabaseUnderTest,
  from: Parameters<typeof connector.source>[1],
  work: (source: RowSource) => Promise<T>,
): Promise<T> {
  const source = await connector.source(link as never, from, SIGNAL);
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

export async function withTarget<T>(
  { connector, link }: DatabaseUnderTest,
  to: TableTarget,
  work: (target: RowTarget) => Promise<T>,
): Promise<T> {
  const target = await connector.target(link as never, to, 'job', SIGNAL);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

export async function onlyTable(source: RowSource): Promise<SourceTable> {
  const [table, ...others] = await source.tables();
  assert.deepEqual(others, []);
  assert.ok(table !== undefined);
  return table;
}

/** Reads chunks to their end. */
export async function readChunks(
  source: RowSource,
  table: SourceTable,
  chunks: readonly Chunk[],
  format: RowFormat = { kind: 'text' },
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const chunk of chunks) {
    const request = { table, columns: table.columns, chunk, position: null, format };
    for await (const batch of source.read({
      ...request,
      batchBytes: BATCH_BYTES,
      signal: SIGNAL,
    })) {
      const taken = rowsOf(batch, format, table.columns);
      assert.equal(batch.rows, taken.length);
      rows.push(...taken);
    }
  }
  return rows;
}

/** All rows of a table as `text`, in no order. */
export function readTable(database: DatabaseUnderTest, name: string): Promise<Row[]> {
  return withSource(database, tableSource(name), async (source) => {
    const table = await onlyTable(source);
    const cut = { shards: 1, fine: false, chunkRows: 1_000 };
    return readChunks(source, table, await source.chunks(table, cut));
  });
}

export function rowsOf(
  { bytes }: RowBatch,
  format: RowFormat,
  columns: readonly Column[],
): readonly Row[] {
  const types = columns.map(({ nativeType }) => nativeType);
  const offsets = format.kind === 'pg-binary' ? pgBinary.rowOffsets(bytes) : rowOffsets(bytes);
  return Array.from({ length: offsets.length - 1 }, (_, row) => {
    const [start = 0, end = 0] = [offsets[row], offsets[row + 1]];
    return format.kind === 'pg-binary'
      ? pgBinary.decodeRow(bytes, start, end, types)
      : decodeRow(bytes, start, end);
  });
}

/** A plan of all columns by place, created ones where the table is not there. */
export async function planFor(target: RowTarget, source: SourceTable): Promise<PlannedTable> {
  const there = await target.look(source);
  const columns = source.columns.map((column, place) => ({
    source: column,
    target: there.columns?.[place] ?? target.columnFor(column),
  }));
  return { index: 0, source, target: there.name, columns };
}

export function batchOf(rows: readonly Row[]): RowBatch {
  return { bytes: encodeRows(rows), rows: rows.length };
}

export function loaderFor(
  target: RowTarget,
  table: PlannedTable,
  changes: {
    readonly repeats?: boolean;
    readonly inOneGo?: boolean;
    readonly format?: RowFormat;
    readonly signal?: AbortSignal;
  } = {},
): Promise<RowLoader> {
  return target.open({
    table,
    format: { kind: 'text' },
    shard: 0,
    shards: 1,
    runId: 'run-1',
    after: null,
    repeats: false,
    signal: SIGNAL,
    ...changes,
  });
}

/** What a load came to. */
export interface Loaded {
  readonly written: number;
  readonly updated: number;
  readonly refused: readonly { readonly row: Row; readonly reason: string }[];
}

/** Writes rows as a worker does: what is refused is split until bad rows stand alone. */
export async function loadRows(loader: RowLoader, rows: readonly Row[]): Promise<Loaded> {
  if (rows.length === 0) return { written: 0, updated: 0, refused: [] };
  try {
    const { written, updated } = await loader.write(batchOf(rows));
    return { written, updated, refused: [] };
  } catch (error) {
    if (!(error instanceof RowsRefused)) throw error;
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      return { written: 0, updated: 0, refused: [{ row: only, reason: error.message }] };
    }
    const middle = error.row ?? Math.floor(rows.length / 2);
    const cuts = error.row === null ? [middle] : [middle, middle + 1];
    const parts = [0, ...cuts].map((from, at) => rows.slice(from, [...cuts, rows.length][at]));
    let sum: Loaded = { written: 0, updated: 0, refused: [] };
    for (const part of parts) {
      const one = await loadRows(loader, part);
      sum = {
        written: sum.written + one.written,
        updated: sum.updated + one.updated,
        refused: [...sum.refused, ...one.refused],
      };
    }
    return sum;
  }
}

/** Loads rows into a table that is there, in one transaction. */
export function load(
  database: DatabaseUnderTest,
  to: TableTarget,
  source: SourceTable,
  rows: readonly Row[],
  repeats = false,
): Promise<Loaded> {
  return withTarget(database, to, async (target) => {
    const table = await planFor(target, source);
    const loader = await loaderFor(target, table, { repeats });
    const loaded = await loadRows(loader, rows);
    await loader.prepareCommit();
    await loader.commit();
    await loader.close();
    return loaded;
  });
}

/** Rows of a file: texts without types. */
export function untyped(...names: readonly string[]): SourceTable {
  const columns = names.map((name) => ({
    name,
    type: { kind: 'text' } as const,
    nullable: true,
    nativeType: '',
    comment: '',
    keyPosition: 0,
  }));
  return {
    name: { schema: '', name: 'file' },
    columns,
    named: true,
    estimatedRows: null,
    bytes: null,
    files: null,
  };
}

export function sorted(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
