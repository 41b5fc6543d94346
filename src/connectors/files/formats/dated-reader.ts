import { DatePatternError, parseDatePattern } from '../../../domain/transfer/dates/pattern.ts';
import { parseDate } from '../../../domain/transfer/dates/parse.ts';
import type { Column } from '../../../domain/transfer/columns.ts';
import { findZone, type Zone } from '../../../domain/schedule/zone.ts';
import { decodeRow, encodeRow, rowOffsets } from '../../../lib/rows/text.ts';
import type { RejectedRow } from '../../../ports/connector.ts';
import { badDefinition } from '../errors.ts';
import type { FormatReader } from './format.ts';

/** Texts without an offset keep their wall time. */
const utc: Zone = zoneOf('UTC');

/** Letters of a pattern that tell a time of day. */
const timeLetters = new Set(['H', 'h', 'k', 'K', 'm', 's', 'S', 'a']);

/**
 * A reader whose dates are written by patterns (cdm.md §4.4, formats): they become dates and
 * timestamps as `ColumnType` has them. Columns are named, or numbered from 1. A text that does
 * not follow its pattern makes a dirty row.
 * @throws TransferError `invalid-definition` for a pattern that cannot be read.
 */
export function datedReader(
  reader: FormatReader,
  patterns: Readonly<Record<string, string>>,
  nowMs: () => number,
): FormatReader {
  const converters = new Map(
    Object.entries(patterns).map(([column, pattern]) => [column, converterOf(pattern, nowMs)]),
  );
  const converterFor = (column: Column, all: readonly Column[]) => {
    const number = all.findIndex(({ name }) => name === column.name) + 1;
    return converters.get(column.name) ?? converters.get(String(number));
  };
  return {
    columns: (entry) => reader.columns(entry),
    formats: () => ['text'],
    read: async function* (entry, request) {
      const own = request.columns.map((column) => converterFor(column, request.all));
      for await (const batch of reader.read(entry, request)) {
        const offsets = rowOffsets(batch.bytes);
        const rows: Buffer[] = [];
        const rejected: RejectedRow[] = [...batch.rejected];
        for (let row = 0; row + 1 < offsets.length; row += 1) {
          const fields = decodeRow(batch.bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0);
          try {
            rows.push(encodeRow(fields.map((field, place) => own[place]?.(field) ?? field)));
          } catch (error) {
            if (!(error instanceof DatePatternError)) throw error;
            rejected.push({ fields, where: entry.shown, reason: error.message });
          }
        }
        yield { ...batch, bytes: Buffer.concat(rows), rows: rows.length, rejected };
      }
    },
  };
}

function converterOf(pattern: string, nowMs: () => number): (text: string | null) => string | null {
  const withTime = hasTime(pattern);
  return (text) => {
    if (text === null || text === '') return text;
    const ms = parseDate(text, pattern, { zone: utc, nearMs: nowMs(), preferredOffsetMs: null });
    const written = new Date(ms)
      .toISOString()
      .replace('T', ' ')
      .replace(/\.?0*Z$/, '');
    return withTime ? written : written.slice(0, 10);
  };
}

function hasTime(pattern: string): boolean {
  try {
    return parseDatePattern(pattern).some(
      (part) => part.kind !== 'literal' && timeLetters.has(part.letter),
    );
  } catch (error) {
    if (error instanceof DatePatternError) throw badDefinition(error.message);
    throw error;
  }
}

function zoneOf(name: string): Zone {
  const zone = findZone(name);
  if (zone === null) throw new Error(`there is no time zone ${name}`);
  return zone;
}
