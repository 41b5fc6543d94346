/** What a table of a warehouse is, kept beside its files (cdm.md §5.9, Hive file mode). */
import { isDeepStrictEqual } from 'node:util';
import type { Column } from '../../domain/transfer/columns.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileStore } from '../../ports/file-store.ts';
import { collect } from '../files/entries.ts';
import { badFile } from '../files/errors.ts';
import { once } from '../files/parts.ts';
import { hiveTypeOf, typeOfHive } from './hive-types.ts';

export const SCHEMA_FILE = '_cdm_table.json';
export const DEFAULT_FIELD_SEPARATOR = '\u0001';
const MAX_SCHEMA_BYTES = 16 * 1024 * 1024;

/** A table. Columns have our types; the names of all are different, whatever their case. */
export interface TableSchema {
  /** Of the files. */
  readonly columns: readonly Column[];
  /** Of the folders, outermost first. */
  readonly partitionColumns: readonly Column[];
  readonly storage: 'text' | 'parquet';
  /** Of text files. */
  readonly fieldSeparator: string;
}

/** Folder of a table. @throws TransferError `invalid-definition` for a name that leads elsewhere. */
export function tableFolder(root: string, database: string, table: string): string {
  for (const name of [database, table]) {
    if (!/^[^/\\\0.][^/\\\0]*$/.test(name)) {
      const words = `${JSON.stringify(name)} is no name for a database or table of a warehouse`;
      throw new TransferError('invalid-definition', words);
    }
  }
  return `${root === '' ? '' : `${root}/`}${database}.db/${table}`;
}

/** Reads the schema of a table; null = there is no such table. @throws TransferError `file-format` */
export async function readSchema(
  store: FileStore,
  folder: string,
  signal: AbortSignal,
): Promise<TableSchema | null> {
  const path = `${folder}/${SCHEMA_FILE}`;
  const found = await store.stat(path);
  if (found === null || found.folder) return null;
  if (found.bytes > MAX_SCHEMA_BYTES) throw badFile(path, 'it is too large for a schema');
  const text = (await collect(store.read(path, { start: 0, end: null }, signal))).toString();
  try {
    return schemaFrom(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw badFile(path, `it is no schema of a table: ${error.message}`, error);
  }
}

export async function writeSchema(
  store: FileStore,
  folder: string,
  schema: TableSchema,
  signal: AbortSignal,
): Promise<void> {
  const shown = ({ name, nativeType }: Column): object => ({ name, type: nativeType });
  const document = {
    columns: schema.columns.map(shown),
    partitionColumns: schema.partitionColumns.map(shown),
    storageFormat: schema.storage === 'text' ? 'TEXTFILE' : 'PARQUET',
    fieldSeparator: schema.fieldSeparator,
  };
  const bytes = Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
  await store.write(`${folder}/${SCHEMA_FILE}`, once(bytes), {
    contentType: 'application/json',
    signal,
  });
}

/** A column of a warehouse. */
export function hiveColumn(name: string, nativeType: string): Column {
  return {
    name,
    type: typeOfHive(nativeType),
    nullable: true,
    nativeType,
    comment: '',
    keyPosition: 0,
  };
}

/** What a column of any kind of source becomes here. */
export function asHiveColumn(column: Column): Column {
  const { name, type, comment, nativeType } = column;
  // It is one already: lengths must not grow once more.
  if (isDeepStrictEqual(typeOfHive(nativeType), type) && type.kind !== 'other') return column;
  return { ...hiveColumn(name, hiveTypeOf(type)), comment };
}

function schemaFrom(document: unknown): TableSchema {
  const { columns, partitionColumns, storageFormat, fieldSeparator } = objectOf(document);
  const all = listOf(columns ?? []).map(columnFrom);
  const partitions = listOf(partitionColumns ?? []).map((item) =>
    // A mere name may be typed among the columns.
    typeof item === 'string'
      ? (all.find(({ name }) => sameName(name, item)) ?? hiveColumn(item, 'STRING'))
      : columnFrom(item),
  );
  const storage = String(storageFormat ?? 'TEXTFILE').toUpperCase();
  if (storage !== 'TEXTFILE' && storage !== 'PARQUET') {
    throw new TypeError(`storageFormat ${storage} is not available; TEXTFILE and PARQUET are`);
  }
  return {
    columns: all.filter(({ name }) => !partitions.some((other) => sameName(other.name, name))),
    partitionColumns: partitions,
    storage: storage === 'PARQUET' ? 'parquet' : 'text',
    fieldSeparator: typeof fieldSeparator === 'string' ? fieldSeparator : DEFAULT_FIELD_SEPARATOR,
  };
}

function columnFrom(item: unknown): Column {
  const { name, type } = objectOf(item);
  if (typeof name !== 'string' || name === '') throw new TypeError('a column has no name');
  return hiveColumn(name, typeof type === 'string' ? type : 'STRING');
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError('an object is missing');
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new TypeError('a list is missing');
}

/** Names of Hive are the same in any case. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
