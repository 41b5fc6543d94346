/** Values of text tables: rows of fields between separators, `\N` for NULL, without quotes. */
import type { Column } from '../../domain/transfer/columns.ts';
import type { WarehouseTarget } from '../../domain/transfer/definition.ts';

/** How a table's rows are written. */
export interface TextStyle {
  readonly fieldSeparator: string;
  readonly nulls: WarehouseTarget['nulls'];
  readonly lineBreaks: WarehouseTarget['lineBreaks'];
}

/** Turns a value into a field; @throws CellRefused when the row would be another one. */
export type ToCell = (value: string | null) => string;

/** A value that a text table cannot hold. */
export class CellRefused extends Error {}

const nullTexts = { null: '\\N', empty: '', 'null-word': 'null' } as const;

/** What makes fields of a column's values. */
export function toCellOf(column: Column, style: TextStyle): ToCell {
  const nullText = nullTexts[style.nulls];
  const plain = plainTextOf(column);
  const { fieldSeparator } = style;
  return (value) => {
    if (value === null) return nullText;
    const text = withoutBreaks(plain(value), style.lineBreaks);
    if (text.includes(fieldSeparator)) {
      throw new CellRefused('it holds the field separator of the table');
    }
    if (text === '\\N') throw new CellRefused('the text \\N would be read as NULL');
    return text;
  };
}

/** What makes values of a column's fields; null = they are the same. */
export function fromCellOf({ type }: Column): ((field: string) => string) | null {
  if (type.kind === 'bool') return (field) => bools[field.toLowerCase()] ?? field;
  if (type.kind === 'bytes') return (field) => `\\x${Buffer.from(field, 'base64').toString('hex')}`;
  return null;
}

const bools: Readonly<Record<string, string>> = { true: 't', false: 'f' };

/** What makes of a column's values the texts that Hive knows them by, in files and in names of folders. */
export function plainTextOf({ type }: Column): (value: string) => string {
  switch (type.kind) {
    case 'bool':
      return (value) => (value === 't' ? 'true' : value === 'f' ? 'false' : value);
    case 'bytes':
      return (value) => Buffer.from(value.replace(/^\\x/, ''), 'hex').toString('base64');
    case 'timestamp':
      // Times with a zone come in UTC.
      return (value) => value.replace(/\+00$/, '');
    default:
      return (value) => value;
  }
}

function withoutBreaks(text: string, breaks: TextStyle['lineBreaks']): string {
  if (!/[\r\n]/.test(text)) return text;
  if (breaks.policy === 'drop') return text.replace(/[\r\n]+/g, '');
  if (breaks.policy === 'replace') return text.replace(/\r\n|[\r\n]/g, () => breaks.by);
  throw new CellRefused(
    'it holds a line break, which would end the row; let line breaks be dropped or replaced, or choose Parquet',
  );
}
