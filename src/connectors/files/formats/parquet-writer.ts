import { gzipSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ParquetFormat } from '../../../domain/transfer/definition.ts';
import { decodeRow, rowOffsets } from '../../../lib/rows/text.ts';
import { RowsRefused } from '../../../ports/connector.ts';
import type { FormatWriter, WritableFormat } from './format.ts';
import { elementOf } from './parquet-schema.ts';
import { type ParquetValue, toValueOf, ValueRefused } from './parquet-values.ts';
import type { WrittenTable } from './written-table.ts';

/** Rows and bytes of rows that are held until they are written as a row group. */
const GROUP_ROWS = 65_536;
const GROUP_BYTES = 8 * 1024 * 1024;

const codecs = { none: 'UNCOMPRESSED', snappy: 'SNAPPY', gzip: 'GZIP' } as const;

/** Parquet as a target (cdm.md §5.9). A file is complete with its last byte only. */
export function writableParquet(format: ParquetFormat, table: WrittenTable): WritableFormat {
  return {
    suffix: '.parquet',
    continuable: false,
    takes: [{ kind: 'text' }],
    writer: () => new ParquetFile(format, table),
  };
}

class ParquetFile implements FormatWriter {
  readonly #names: readonly string[];
  readonly #toValues: readonly ReturnType<typeof toValueOf>[];
  readonly #bytes = new ByteWriter();
  readonly #file: ParquetWriter;
  #columns: (ParquetValue | null)[][];
  #heldBytes = 0;

  constructor(format: ParquetFormat, { columns }: WrittenTable) {
    this.#names = columns.map(({ name }) => name);
    this.#toValues = columns.map(toValueOf);
    this.#columns = columns.map(() => []);
    this.#file = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'schema', num_children: columns.length }, ...columns.map(elementOf)],
      codec: codecs[format.compression],
      compressors: { GZIP: (input) => gzipSync(input) },
      createdBy: 'longshore',
    });
  }

  begin(): Uint8Array {
    return this.#taken();
  }

  async rows({ bytes }: { readonly bytes: Uint8Array }): Promise<Uint8Array> {
    for (const [place, values] of this.#valuesOf(bytes).entries()) {
      const column = this.#columns[place];
      for (const value of values) column?.push(value);
    }
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= GROUP_BYTES || (this.#columns[0]?.length ?? 0) >= GROUP_ROWS) {
      await this.#writeGroup();
    }
    return this.#taken();
  }

  async end(): Promise<Uint8Array> {
    await this.#writeGroup();
    await this.#file.finish();
    return this.#taken();
  }

  /** All values of a batch by column, before any of them is taken. */
  #valuesOf(bytes: Uint8Array): readonly (readonly (ParquetValue | null)[])[] {
    const offsets = rowOffsets(bytes);
    const columns: (ParquetValue | null)[][] = this.#names.map(() => []);
    for (let row = 0; row + 1 < offsets.length; row += 1) {
      const fields = decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
      for (const [place, toValue] of this.#toValues.entries()) {
        const field = fields[place] ?? null;
        try {
          columns[place]?.push(field === null ? null : toValue(field));
        } catch (error) {
          if (!(error instanceof ValueRefused)) throw error;
          throw new RowsRefused(`column ${this.#names[place]}: ${error.message}`, row);
        }
      }
    }
    return columns;
  }

  async #writeGroup(): Promise<void> {
    const rows = this.#columns[0]?.length ?? 0;
    if (rows === 0) return;
    const columnData = this.#names.map((name, place) => ({
      name,
      data: this.#columns[place] ?? [],
    }));
    await this.#file.write({ columnData, rowGroupSize: rows });
    this.#columns = this.#names.map(() => []);
    this.#heldBytes = 0;
  }

  /** What was made since the last time. */
  #taken(): Uint8Array {
    const taken = Uint8Array.from(new Uint8Array(this.#bytes.buffer, 0, this.#bytes.index));
    this.#bytes.index = 0;
    return taken;
  }
}
