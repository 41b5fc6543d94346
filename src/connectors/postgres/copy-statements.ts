import type { Column } from '../../domain/transfer/columns.ts';
import type { RowFormat } from '../../ports/connector.ts';
import { HEADER, TRAILER } from '../../lib/rows/pg-binary.ts';
import type { RowShape } from './batch-builder.ts';
import { controlsAsTheyAre } from './copy-bytes.ts';
import { isText, NO_QUOTE } from './csv-batches.ts';
import { literal, type Quoting } from './quoting.ts';
import { baseName } from './types.ts';

/** Formats that rows are read in. */
export type CopyOutFormat = 'pg-binary' | 'text';

/** COPY … TO STDOUT of columns of a FROM item in a format. */
export function copyOutStatement(
  columns: readonly Column[],
  from: string,
  format: CopyOutFormat,
  quoting: Quoting,
): string {
  const list = columns.map((column) => valueIn(column, format, quoting.identifier(column.name)));
  // No columns at all: rows that only count.
  const query = `SELECT ${list.length === 0 ? '' : list.join(', ')} FROM ${from}`;
  return `COPY (${query}) TO STDOUT WITH (${optionsOf(format)})`;
}

/** How the rows of such a COPY become batches. */
export function shapeOf(columns: readonly Column[], format: CopyOutFormat): RowShape {
  if (format === 'pg-binary') return { skip: HEADER.length, trailer: TRAILER, finish: null };
  const controls = columns.some(({ type }) =>
    ['char', 'varchar', 'text', 'other', 'json'].includes(type.kind),
  );
  return { skip: 0, trailer: null, finish: controls ? controlsAsTheyAre : null };
}

/** COPY … FROM STDIN into columns of a table. */
export function copyInStatement(
  item: string,
  columns: readonly Column[],
  format: RowFormat,
  quoting: Quoting,
): string {
  const list = quoting.list(columns.map(({ name }) => name));
  return `COPY ${item} (${list}) FROM STDIN WITH (${optionsIn(columns, format, quoting)})`;
}

function optionsOf(format: CopyOutFormat): string {
  return format === 'text' ? 'FORMAT text' : 'FORMAT binary';
}

/**
 * An empty field is NULL, in columns of text an empty text where the format says so; with quotes
 * around it it is an empty text, and in columns that can hold none NULL as well (cdm.md §5.9).
 */
function optionsIn(columns: readonly Column[], format: RowFormat, quoting: Quoting): string {
  if (format.kind !== 'csv') return optionsOf(format.kind);
  const namesOf = (some: readonly Column[]): string => quoting.list(some.map(({ name }) => name));
  const texts = format.empties === 'by-type' ? columns.filter(isText) : [];
  const others = format.quoted ? columns.filter((column) => !isText(column)) : [];
  return [
    `FORMAT csv, DELIMITER ${character(format.separator)}, QUOTE ${quoteOf(format)}`,
    "NULL ''",
    ...(texts.length > 0 ? [`FORCE_NOT_NULL (${namesOf(texts)})`] : []),
    ...(others.length > 0 ? [`FORCE_NULL (${namesOf(others)})`] : []),
  ].join(', ');
}

function quoteOf({ quoted }: { readonly quoted: boolean }): string {
  return character(quoted ? '"' : NO_QUOTE);
}

/** As a literal that also holds control characters. */
function character(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x20 ? `E'\\x${code.toString(16).padStart(2, '0')}'` : literal(char);
}

/** A value in the words of `ColumnType`; what COPY writes by itself is left alone. */
function valueIn(column: Column, format: CopyOutFormat, name: string): string {
  if (format === 'pg-binary') return name;
  switch (baseName(column.nativeType)) {
    case 'money':
      return `${name}::numeric`;
    case 'time with time zone':
      return `(${name} AT TIME ZONE 'UTC')::time`;
    default:
      return name;
  }
}
