import type { Column } from '../../domain/transfer/columns.ts';
import type { CsvFormat, WarehouseSource } from '../../domain/transfer/definition.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import { decodeRow, encodeRows, rowOffsets } from '../../lib/rows/text.ts';
import type {
  Chunk,
  ConnectorContext,
  ReadRequest,
  RowBatch,
  RowSource,
  SourceTable,
} from '../../ports/connector.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { type ChunkFile, dealFiles, filesOf } from '../files/dealing.ts';
import { entriesOf } from '../files/entries.ts';
import { fileError } from '../files/errors.ts';
import { csvReader } from '../files/formats/csv-reader.ts';
import type { FormatReader } from '../files/formats/format.ts';
import { parquetReader } from '../files/formats/parquet-reader.ts';
import type { ChosenFile } from '../files/selection.ts';
import { isData, partitionFilter, valuesOf } from './partitions.ts';
import {
  readSchema,
  sameName,
  SCHEMA_FILE,
  tableFolder,
  type TableSchema,
} from './table-schema.ts';
import { fromCellOf } from './text-cells.ts';

/** What a source is made of. The store is closed by `close`. */
export interface WarehouseSourceParts {
  readonly store: FileStore;
  /** Root of the warehouse. */
  readonly root: string;
  readonly from: WarehouseSource;
  readonly context: ConnectorContext;
  readonly signal: AbortSignal;
}

/**
 * A table of a warehouse: its files, partition by partition; partition columns come after those of
 * the files (cdm.md §5.9). Positions are `<file>:<position in the file>`.
 * @throws TransferError `table-missing`, `file-format`
 */
export async function openWarehouseSource(parts: WarehouseSourceParts): Promise<RowSource> {
  const { store, root, from, signal } = parts;
  const folder = tableFolder(root, from.database, from.table);
  const schema = await readSchema(store, folder, signal);
  if (schema === null) {
    const words = `there is no table ${from.database}.${from.table}: ${folder}/${SCHEMA_FILE} is missing`;
    throw new TransferError('table-missing', words);
  }
  return new WarehouseRowSource(parts, folder, schema);
}

class WarehouseRowSource implements RowSource {
  readonly digester = null;
  readonly #parts: WarehouseSourceParts;
  readonly #folder: string;
  readonly #schema: TableSchema;
  readonly #reader: FormatReader;
  #files: readonly ChosenFile[] | null = null;

  constructor(parts: WarehouseSourceParts, folder: string, schema: TableSchema) {
    this.#parts = parts;
    this.#folder = folder;
    this.#schema = schema;
    this.#reader =
      schema.storage === 'parquet'
        ? parquetReader(null)
        : csvReader(textFormat(schema.fieldSeparator), null);
  }

  async tables(): Promise<readonly SourceTable[]> {
    const { from } = this.#parts;
    const files = await this.#chosen();
    return [
      {
        name: { schema: from.database, name: from.table },
        columns: this.#columns(),
        named: true,
        estimatedRows: null,
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        files: files.length,
      },
    ];
  }

  async chunks(
    _table: SourceTable,
    cut: { readonly shards: number; readonly fine: boolean },
  ): Promise<readonly Chunk[]> {
    const { shards, fine } = cut;
    return dealFiles(await this.#chosen(), { shards, fine, splitBy: 'size' });
  }

  formats(): readonly ['text'] {
    return ['text'];
  }

  async *read(request: ReadRequest): AsyncGenerator<RowBatch> {
    const files = filesOf(request.chunk);
    const found = /^(\d+):(.*)$/s.exec(request.position ?? '');
    const first = Number(found?.[1] ?? 0);
    for (const [place, file] of files.entries()) {
      if (place < first) continue;
      try {
        yield* this.#readFile(file, place, place === first ? (found?.[2] ?? null) : null, request);
      } catch (error) {
        throw fileError(error, 'read', file.path);
      }
    }
  }

  /** Tables are read and left as they are. */
  succeeded(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#parts.store.close();
  }

  async *#readFile(
    file: ChunkFile,
    place: number,
    inner: string | null,
    request: ReadRequest,
  ): AsyncGenerator<RowBatch> {
    const { columns: fileColumns, partitionColumns } = this.#schema;
    const values = valuesOf(partitionColumns, file.below) ?? [];
    const { storage } = this.#schema;
    const meter = { bytes: 0 };
    let counted = 0;
    const opened = { store: this.#parts.store, ...file, signal: request.signal, meter };
    const unpacking = { compression: 'gzip', compressedSuffix: 'gz' } as const;
    for await (const entry of entriesOf(opened, unpacking)) {
      // Files of Parquet know their columns; those of older ones may be fewer.
      const there =
        storage === 'parquet' ? (await this.#reader.columns(entry)).columns : fileColumns;
      const own = there.filter(({ name }) =>
        request.columns.some((column) => sameName(column.name, name)),
      );
      const fieldsOf = fieldMaker(request.columns, own, partitionColumns, values, storage);
      const batches = this.#reader.read(entry, {
        all: there,
        columns: own,
        position: inner,
        format: { kind: 'text' },
        emptyTexts: own.map(({ type }) => ['text', 'char', 'varchar', 'bytes'].includes(type.kind)),
        batchBytes: request.batchBytes,
      });
      for await (const { bytes, rejected, ...batch } of batches) {
        const sourceBytes = meter.bytes - counted;
        counted = meter.bytes;
        yield {
          rows: batch.rows,
          bytes: fieldsOf === null ? bytes : remade(bytes, batch.rows, fieldsOf),
          position: `${place}:${batch.position}`,
          sourceBytes,
          ...(rejected.length > 0 ? { rejected } : {}),
        };
      }
    }
  }

  #columns(): readonly Column[] {
    const { columns } = this.#parts.from;
    const all = [...this.#schema.columns, ...this.#schema.partitionColumns];
    if (columns === null) return all;
    return columns.map((wanted) => {
      const number = /^\d{1,5}$/.test(wanted) ? all[Number(wanted) - 1] : undefined;
      const column = all.find(({ name }) => sameName(name, wanted)) ?? number;
      if (column !== undefined) return column;
      const { database, table } = this.#parts.from;
      const words = `the table ${database}.${table} has no column ${wanted}`;
      throw new TransferError('column-mismatch', words);
    });
  }

  async #chosen(): Promise<readonly ChosenFile[]> {
    this.#files ??= await this.#choose();
    return this.#files;
  }

  async #choose(): Promise<readonly ChosenFile[]> {
    const { store, from, context, signal } = this.#parts;
    const { partitionColumns } = this.#schema;
    const fits = partitionFilter(partitionColumns, from.partitions, context.nowMs);
    const files: ChosenFile[] = [];
    for await (const file of store.list(this.#folder, signal)) {
      const below = file.path.slice(this.#folder.length + 1);
      if (!isData(below)) continue;
      const values = valuesOf(partitionColumns, below);
      if (values === null) {
        const wanted = partitionColumns.map(({ name }) => `${name}=…/`).join('') || 'none';
        throw new TransferError(
          'file-format',
          `file ${file.path} does not lie in the folders of the table's partitions (${wanted})`,
        );
      }
      if (fits(values)) files.push({ ...file, below });
    }
    return files;
  }
}

/** Rows of text tables: no quotes and no escapes. */
function textFormat(fieldSeparator: string): CsvFormat {
  return {
    kind: 'csv',
    fieldSeparator,
    lineSeparator: '\n',
    quoted: false,
    escaped: false,
    linePattern: null,
    headerLines: 0,
    encoding: 'utf-8',
    quoteStyle: 'rfc4180',
    lineBreaks: { policy: 'keep' },
  };
}

type FieldMaker = (fields: readonly (string | null)[]) => readonly (string | null)[];

/** Makes wanted rows of those of the file; null = they are the same. */
function fieldMaker(
  wanted: readonly Column[],
  own: readonly Column[],
  partitionColumns: readonly Column[],
  values: readonly (string | null)[],
  storage: TableSchema['storage'],
): FieldMaker | null {
  const makers = wanted.map((column) => {
    const { name } = column;
    const inFile = own.findIndex((other) => sameName(other.name, name));
    const change = inFile >= 0 && storage === 'text' ? fromCellOf(column) : null;
    const partition = partitionColumns.findIndex((other) => sameName(other.name, name));
    const named = values[partition] ?? null;
    const constant = named === null ? null : (fromCellOf(column)?.(named) ?? named);
    return { inFile, change, constant };
  });
  const same = makers.every(({ inFile, change }, place) => inFile === place && change === null);
  if (same && makers.length === own.length) return null;
  return (fields) =>
    makers.map(({ inFile, change, constant }) => {
      const field = inFile < 0 ? constant : (fields[inFile] ?? null);
      return field === null || change === null ? field : change(field);
    });
}

function remade(bytes: Uint8Array, rows: number, fieldsOf: FieldMaker): Buffer {
  const offsets = rowOffsets(bytes);
  const made: (readonly (string | null)[])[] = [];
  for (let row = 0; row < rows; row += 1) {
    made.push(fieldsOf(decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0)));
  }
  return encodeRows(made);
}
