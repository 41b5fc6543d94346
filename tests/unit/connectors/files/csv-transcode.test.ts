import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CsvTranscoder } from '../../../../src/connectors/files/formats/csv-transcode.ts';
import { emptiness, withEmptyTexts } from '../../../../src/connectors/files/formats/empty-texts.ts';
import {
  csvLayout,
  decodeRow,
  encodeRow,
  plainCsv,
  rowOffsets,
} from '../../../../src/lib/rows/csv.ts';
import { encodeRows } from '../../../../src/lib/rows/text.ts';
import type { RowFormat } from '../../../../src/ports/connector.ts';

const plain: RowFormat = {
  kind: 'csv',
  separator: ',',
  quoted: true,
  lineEnd: '\n',
};
const value = fc.oneof(
  fc.constantFrom(null, ''),
  fc.string({
    unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\t', '\\', 'N', '.', ';', 'é', '漢'),
  }),
);
const WIDTH = 4;
const rows = fc.array(fc.array(value, { minLength: WIDTH, maxLength: WIDTH }), {
  minLength: 1,
  maxLength: 10,
});

function transcode(
  bytes: Buffer,
  options: Partial<ConstructorParameters<typeof CsvTranscoder>[0]>,
): Buffer {
  const transcoder = new CsvTranscoder({
    layout: plainCsv,
    fields: Array.from({ length: WIDTH }, (_, field) => field),
    fewest: WIDTH,
    most: WIDTH,
    format: plain,
    emptyTexts: null,
    encoding: 'utf-8',
    ...options,
  });
  const done = transcoder.transcode(bytes, String);
  assert.deepEqual(done.rejected, []);
  return done.bytes;
}

describe('records as rows', () => {
  test('of text are what encoding the fields gives, for any separator and line end', () => {
    fc.assert(
      fc.property(
        rows,
        fc.constantFrom(';', ',', '||', '\t'),
        fc.constantFrom('\n', '\r\n', '\r'),
        (table, separator, lineEnd) => {
          const style = { separator, lineEnd, quotes: 'rfc4180', nulls: '' } as const;
          const bytes = Buffer.from(table.map((row) => encodeRow(row, style)).join(''));
          const layout = csvLayout({ separator, quoted: true, lineEnd });
          assert.deepEqual(
            transcode(bytes, { layout, format: { kind: 'text' } }).toString(),
            encodeRows(table).toString(),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  test('of csv hold the same fields, in the order that is wanted', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const style = { separator: ';', lineEnd: '\r\n', quotes: 'rfc4180', nulls: '' } as const;
        const bytes = Buffer.from(table.map((row) => encodeRow(row, style)).join(''));
        const layout = csvLayout({ separator: ';', quoted: true, lineEnd: '\r\n' });
        const written = transcode(bytes, { layout, fields: [2, 0, 1, 3] });
        const offsets = rowOffsets(written);
        const read = table.map((_, row) =>
          decodeRow(written, offsets[row] ?? 0, offsets[row + 1] ?? 0),
        );
        assert.deepEqual(
          read,
          table.map(([a = null, b = null, c = null, d = null]) => [c, a, b, d]),
        );
      }),
      { numRuns: 400 },
    );
  });

  test('of csv say NULL where an empty field of the target would be a text', () => {
    const bytes = Buffer.from('"",\\N,,""\n\\N,"",a,\n');
    const byType: RowFormat = { ...plain, empties: 'by-type' };
    const emptyTexts = [false, true, true, false];
    assert.equal(transcode(bytes, { format: byType, emptyTexts }).toString(), ',\\N,"",\n,"",a,\n');
    // Nobody said where texts are kept: unless quoted it is NULL.
    assert.equal(
      transcode(bytes, { format: byType, emptyTexts: null }).toString(),
      '"",\\N,\\N,""\n\\N,"",a,\\N\n',
    );
  });

  test('empty texts are filled in as the slow way does it', () => {
    const emptyTexts = fc.array(fc.boolean(), { minLength: WIDTH, maxLength: WIDTH });
    fc.assert(
      fc.property(rows, emptyTexts, (table, texts) => {
        const bytes = Buffer.from(table.map((row) => encodeRow(row)).join(''));
        const slow = transcode(bytes, { emptyTexts: texts });
        const { texts: some, nulls } = emptiness(bytes, ',', texts);
        if (nulls) return;
        const fast = some ? withEmptyTexts(bytes, ',', texts) : bytes;
        // A lone backslash sequence may be quoted without need: fields are what counts.
        const fields = (from: Buffer): unknown => {
          const offsets = rowOffsets(from);
          return table.map((_, row) => decodeRow(from, offsets[row] ?? 0, offsets[row + 1] ?? 0));
        };
        assert.deepEqual(fields(fast), fields(slow));
      }),
      { numRuns: 400 },
    );
  });
});
