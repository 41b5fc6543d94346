import type { FileFormat, FileSource } from '../../../domain/transfer/definition.ts';
import type { ConnectorContext } from '../../../ports/connector.ts';
import { badDefinition } from '../errors.ts';
import { csvReader } from './csv-reader.ts';
import { writableCsv } from './csv-writer.ts';
import { datedReader } from './dated-reader.ts';
import type { FormatReader, WritableFormat } from './format.ts';
import { jsonReader } from './json-reader.ts';
import { writableJson } from './json-writer.ts';
import { parquetReader } from './parquet-reader.ts';
import { writableParquet } from './parquet-writer.ts';
import { patternReader } from './pattern-reader.ts';
import type { WrittenTable } from './written-table.ts';

/** The reader of a format. @throws TransferError `invalid-definition` for what has none. */
export function readerOf(
  format: FileFormat,
  from: FileSource,
  { nowMs }: Pick<ConnectorContext, 'nowMs'>,
): FormatReader {
  const reader = plainReaderOf(format, from);
  if (Object.keys(from.datePatterns).length === 0) return reader;
  return datedReader(reader, from.datePatterns, nowMs);
}

function plainReaderOf(format: FileFormat, from: FileSource): FormatReader {
  switch (format.kind) {
    case 'csv':
      return format.linePattern === null
        ? csvReader(format, from.columns)
        : patternReader(format, format.linePattern, from.columns);
    case 'json':
      return jsonReader(format, from.columns);
    case 'parquet':
      return parquetReader(from.columns);
    case 'binary':
      throw badDefinition(`files of the format ${format.kind} cannot be read as rows`);
  }
}

/** A format as a target. @throws TransferError `invalid-definition` for what cannot be written. */
export function writableOf(format: FileFormat, table: WrittenTable): WritableFormat {
  switch (format.kind) {
    case 'csv':
      return writableCsv(format, table);
    case 'json':
      return writableJson(format, table);
    case 'parquet':
      return writableParquet(format, table);
    case 'binary':
      throw badDefinition(`rows cannot be written in the format ${format.kind}`);
  }
}
