/** Types of a query's result, as the protocol names them. */
import type { ColumnType } from '../../domain/transfer/columns.ts';
import type { ResultField } from './session.ts';
import { typeOf } from './types.ts';

const unsignedFlag = 32;
/** Character set of bytes. */
const binaryCharset = 63;
/** Bytes that a character of utf8mb4 may take; lengths come in bytes. */
const bytesPerCharacter = 4;

/** By the protocol's numbers. */
const names: Readonly<Record<number, string>> = {
  0: 'decimal',
  1: 'tinyint',
  2: 'smallint',
  3: 'int',
  4: 'float',
  5: 'double',
  7: 'timestamp',
  8: 'bigint',
  9: 'mediumint',
  10: 'date',
  11: 'time',
  12: 'datetime',
  13: 'year',
  15: 'varchar',
  16: 'bit',
  245: 'json',
  246: 'decimal',
  249: 'tinytext',
  250: 'mediumtext',
  251: 'longtext',
  252: 'text',
  253: 'varchar',
  254: 'char',
  255: 'geometry',
};

/** Canonical and native type of a result's column. */
export function fieldType(
  field: ResultField,
  tinyIntIsBool: boolean,
): { readonly type: ColumnType; readonly nativeType: string } {
  const name = names[field.type] ?? 'text';
  const isText = field.type === 15 || field.type >= 249;
  if (isText && name !== 'geometry' && field.charset === binaryCharset) {
    return { type: { kind: 'bytes', length: null }, nativeType: 'blob' };
  }
  const unsigned = (field.flags & unsignedFlag) !== 0;
  const characters = Math.floor(field.length / bytesPerCharacter);
  const columnType = nativeTypeOf(name, field, characters) + (unsigned ? ' unsigned' : '');
  const type = typeOf(
    {
      dataType: name,
      columnType,
      characters,
      // The length of a decimal counts its sign and its point.
      precision: name === 'bit' ? field.length : decimalPrecision(field, unsigned),
      scale: field.decimals,
      fraction: field.decimals <= 6 ? field.decimals : 0,
    },
    tinyIntIsBool,
  );
  return { type, nativeType: columnType };
}

function nativeTypeOf(name: string, field: ResultField, characters: number): string {
  if (name === 'varchar' || name === 'char') return `${name}(${characters})`;
  if (name === 'tinyint' || name === 'bit') return `${name}(${field.length})`;
  return name;
}

function decimalPrecision({ length, decimals }: ResultField, unsigned: boolean): number {
  return Math.max(length - (decimals > 0 ? 1 : 0) - (unsigned ? 0 : 1), 1);
}
