import type { CsvFormat } from '../../../domain/transfer/definition.ts';
import { decodeRow, encodeRow, rowOffsets } from '../../../lib/rows/text.ts';
import type { RejectedRow } from '../../../ports/connector.ts';
import { badDefinition } from '../errors.ts';
import { csvColumns, selectedFields, textColumn } from './csv-columns.ts';
import { csvReader } from './csv-reader.ts';
import type { EntryBatch, FormatReader } from './format.ts';

/** Separator that no line holds: a line is one field. */
const NO_SEPARATOR = '\u0000longshore\u0000';
/** Longest line that an expression is tried on: some take very long for long ones. */
const MAX_LINE_CHARS = 64 * 1024;

/**
 * Lines as rows: the groups of a regular expression are the fields (cdm.md §4.4, regexSeparator).
 * A line that does not fit as a whole is rejected.
 * @throws TransferError `invalid-definition` when it is none, or has no groups.
 */
export function patternReader(
  format: CsvFormat,
  pattern: string,
  columns: readonly string[] | null,
): FormatReader {
  const expression = compiled(pattern);
  const groups = (new RegExp(`${pattern}|`, 'u').exec('')?.length ?? 1) - 1;
  if (groups === 0) throw badDefinition(`the expression ${pattern} has no groups, so no fields`);
  const selected = selectedFields(columns);
  const lines = csvReader(
    { ...format, fieldSeparator: NO_SEPARATOR, quoted: false, escaped: false, linePattern: null },
    null,
  );
  const line = [textColumn('line')];
  return {
    columns: (entry) =>
      Promise.resolve({
        columns: csvColumns(null, groups, selected, entry.shown),
        named: false,
      }),
    formats: () => ['text'],
    read: async function* (entry, request): AsyncGenerator<EntryBatch> {
      const places = request.columns.map((column) => {
        const place = request.all.findIndex(({ name }) => name === column.name);
        return (selected?.[place] ?? place) + 1;
      });
      const asLines = { ...request, all: line, columns: line, emptyTexts: [true] };
      for await (const batch of lines.read(entry, asLines)) {
        const rejected: RejectedRow[] = [...batch.rejected];
        const rows: Buffer[] = [];
        const offsets = rowOffsets(batch.bytes);
        const behind = Number(batch.position.split(':')[1] ?? 0);
        const first = behind - batch.rows - batch.rejected.length + 1;
        for (let row = 0; row + 1 < offsets.length; row += 1) {
          const [text] = decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
          const found = text === null || text === undefined ? null : matched(expression, text);
          if (found === null) {
            rejected.push({
              fields: [text ?? null],
              where: `${entry.shown}, record ${first + row}`,
              reason: 'the line does not fit the expression of the job',
            });
          } else {
            rows.push(
              encodeRow(places.map((place, at) => valueOf(found[place], request.emptyTexts?.[at]))),
            );
          }
        }
        yield { ...batch, bytes: Buffer.concat(rows), rows: rows.length, rejected };
      }
    },
  };
}

function compiled(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'su');
  } catch (error) {
    throw badDefinition(`${pattern} is no regular expression: ${(error as Error).message}`);
  }
}

function matched(expression: RegExp, line: string): RegExpExecArray | null {
  return line.length > MAX_LINE_CHARS ? null : expression.exec(line);
}

function valueOf(group: string | undefined, emptyText: boolean | undefined): string | null {
  if (group === undefined || group === '\\N') return null;
  return group === '' && emptyText !== true ? null : group;
}
