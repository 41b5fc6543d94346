import type { ColumnType } from '../../../domain/transfer/columns.ts';
import type { JsonFormat } from '../../../domain/transfer/definition.ts';
import { decodeRow, rowOffsets } from '../../../lib/rows/text.ts';
import { RowsRefused } from '../../../ports/connector.ts';
import { encoderFor } from '../encoding.ts';
import type { WritableFormat } from './format.ts';
import { columnTexts } from './values.ts';
import type { WrittenTable } from './written-table.ts';

/** One object per line (cdm.md §5.9). Numbers keep every digit. */
export function writableJson(format: JsonFormat, table: WrittenTable): WritableFormat {
  const encoder = encoderFor(format.encoding);
  const texts = columnTexts(table);
  const keys = table.columns.map(({ name }) => `${JSON.stringify(name)}:`);
  const kinds = table.columns.map(({ type }) => type.kind);
  const lineOf = (fields: readonly (string | null)[]): string => {
    let line = '{';
    for (const [place, key] of keys.entries()) {
      const field = fields[place] ?? null;
      const value = field === null ? null : (texts[place]?.(field) ?? field);
      line += (place > 0 ? ',' : '') + key + jsonOf(value, kinds[place] ?? 'text');
    }
    return `${line}}\n`;
  };
  return {
    suffix: '.json',
    continuable: true,
    takes: [{ kind: 'text' }],
    writer: () => ({
      begin: () => Buffer.alloc(0),
      rows: ({ bytes }) => {
        const offsets = rowOffsets(bytes);
        let text = '';
        for (let row = 0; row + 1 < offsets.length; row += 1) {
          const line = lineOf(decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0));
          const unknown = encoder.unknownIn(line);
          if (unknown !== null) {
            const char = JSON.stringify(unknown);
            throw new RowsRefused(`${format.encoding} has no character ${char}`, row);
          }
          text += line;
        }
        return encoder.encode(text);
      },
      end: () => Buffer.alloc(0),
    }),
  };
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function jsonOf(value: string | null, kind: ColumnType['kind']): string {
  if (value === null) return 'null';
  switch (kind) {
    case 'bool':
      return value === 'true' || value === 'false' ? value : JSON.stringify(value);
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint64':
    case 'decimal':
    case 'float32':
    case 'float64':
      // NaN and the infinities are no numbers of JSON.
      return jsonNumber.test(value) ? value : JSON.stringify(value);
    case 'json':
      // A line break between its tokens would end the line.
      return value.replace(/[\r\n]+/g, ' ');
    default:
      return JSON.stringify(value);
  }
}
