/** Partitions of a table: folders called `column=value` (cdm.md §5.9). */
import type { Column } from '../../domain/transfer/columns.ts';
import type { WarehouseSource } from '../../domain/transfer/definition.ts';
import { findZone, type Zone } from '../../domain/schedule/zone.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import {
  compileExpression,
  expressionServices,
  type RowExpression,
} from '../../domain/transfer/expressions/expression.ts';
import { ExpressionError } from '../../domain/transfer/expressions/error.ts';
import { sameName } from './table-schema.ts';
import { plainTextOf } from './text-cells.ts';

/** The folder of rows whose value is NULL. */
const NULL_VALUE = '__HIVE_DEFAULT_PARTITION__';

/** Values of a partition in the order of the table's partition columns. */
export type PartitionValues = readonly (string | null)[];

/** Folder of a partition below that of its table; empty for a table without partitions. */
export function partitionPath(columns: readonly Column[], values: PartitionValues): string {
  return columns
    .map((column, place) => {
      const value = values[place] ?? null;
      // An empty text cannot be a name; Hive keeps it like NULL.
      const named =
        value === null || value === '' ? NULL_VALUE : escaped(plainTextOf(column)(value));
      return `${escaped(column.name)}=${named}`;
    })
    .join('/');
}

/** Values as the folders of a path below the table's name them; null = it lies in no partition of it. */
export function valuesOf(columns: readonly Column[], below: string): PartitionValues | null {
  const folders = below.split('/').slice(0, -1);
  if (folders.length !== columns.length) return null;
  const values: (string | null)[] = [];
  for (const [place, folder] of folders.entries()) {
    const at = folder.indexOf('=');
    const name = columns[place]?.name ?? '';
    if (at < 0 || !sameName(unescaped(folder.slice(0, at)), name)) return null;
    const value = folder.slice(at + 1);
    values.push(value === NULL_VALUE ? null : unescaped(value));
  }
  return values;
}

/** Whether a file is data: what begins with `_` or `.` is not, nor is what lies in such a folder. */
export function isData(below: string): boolean {
  return below.split('/').every((part) => !/^[_.]/.test(part));
}

/**
 * A filter as a function: for each partition column a list of values, or an expression on
 * `${value}` (cdm.md §4.4, hive).
 * @throws TransferError `invalid-definition` for unknown columns and wrong expressions.
 */
export function partitionFilter(
  columns: readonly Column[],
  filter: WarehouseSource['partitions'],
  nowMs: () => number,
): (values: PartitionValues) => boolean {
  const tests = Object.entries(filter).map(([name, wanted]) => {
    const place = columns.findIndex((column) => sameName(column.name, name));
    if (place < 0) {
      const known = columns.map((column) => column.name).join(', ') || 'none';
      throw invalid(`the table has no partition column ${name}; it has: ${known}`);
    }
    const test = typeof wanted === 'string' ? expression(name, wanted, nowMs) : oneOf(wanted);
    return (values: PartitionValues): boolean => test(values[place] ?? null);
  });
  return (values) => tests.every((test) => test(values));
}

function oneOf(wanted: readonly string[]): (value: string | null) => boolean {
  const known = new Set(wanted);
  return (value) => known.has(value ?? NULL_VALUE);
}

function expression(
  name: string,
  text: string,
  nowMs: () => number,
): (value: string | null) => boolean {
  const problem = (error: unknown): never => {
    if (!(error instanceof ExpressionError)) throw error;
    throw invalid(`the filter of partition column ${name} is wrong: ${error.message}`);
  };
  let compiled: RowExpression;
  try {
    const services = expressionServices({
      zone: systemZone(),
      nowMs,
      randomUuid: () => crypto.randomUUID(),
    });
    compiled = compileExpression(text.replaceAll('${value}', ' value '), services);
  } catch (error) {
    return problem(error);
  }
  return (value) => {
    try {
      return value !== null && compiled(value, []) === 'true';
    } catch (error) {
      return problem(error);
    }
  };
}

function invalid(words: string): TransferError {
  return new TransferError('invalid-definition', words);
}

/** As Hive escapes names of folders. */
function escaped(value: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is escaped
  const text = value.replace(/[\u0000-\u001f\u007f"#%'*/:=?\\{[\]^]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return text === '.' || text === '..' ? text.replaceAll('.', '%2E') : text;
}

function unescaped(value: string): string {
  return value.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** That of this process. */
function systemZone(): Zone {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const zone = findZone(timeZone) ?? findZone('UTC');
  if (zone === null) throw new Error('there is no time zone UTC');
  return zone;
}
