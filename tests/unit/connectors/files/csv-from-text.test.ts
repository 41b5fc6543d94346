import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CsvFromText } from '../../../../src/connectors/files/formats/csv-from-text.ts';
import { encodeRow } from '../../../../src/lib/rows/csv.ts';
import { encodeRows } from '../../../../src/lib/rows/text.ts';

const lines = { separator: ',', lineEnd: '\n', quoted: true, nulls: '' } as const;

describe('records made of text rows', () => {
  const pieces = ['a', 'é', '漢', '"', ',', ';', '\t', '\n', '\r', '\\', 'N', '.', ' ', 't', 'f'];
  const value = fc.option(fc.string({ unit: fc.constantFrom(...pieces), maxLength: 12 }));
  const table = fc
    .integer({ min: 1, max: 5 })
    .chain((columns) =>
      fc.tuple(
        fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { maxLength: 20 }),
        fc.array(fc.boolean(), { minLength: columns, maxLength: columns }),
      ),
    );
  const style = fc.record({
    separator: fc.constantFrom(',', ';', '\t', '|'),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r', ';\n', '\u0001é'),
    quoted: fc.boolean(),
    nulls: fc.constantFrom('', '\\N', 'NULL', 'x'.repeat(40)),
  });

  test('are the bytes that come of strings', () => {
    fc.assert(
      fc.property(table, style, ([rows, booleans], { quoted, ...rest }) => {
        const made = new CsvFromText({ ...rest, quoted, booleans }).convert(encodeRows(rows));
        const words = { t: 'true', f: 'false' } as const;
        const expected = rows
          .map((fields) =>
            encodeRow(
              fields.map((field, place) =>
                booleans[place] === true && (field === 't' || field === 'f') ? words[field] : field,
              ),
              { ...rest, quotes: quoted ? 'rfc4180' : 'none' },
            ),
          )
          .join('');
        assert.equal(made.toString(), expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('that grow far beyond their rows have room', () => {
    const nulls = 'a long word for nothing';
    const records = new CsvFromText({ ...lines, nulls, booleans: [false, true] });
    const rows = Array.from({ length: 5_000 }, () => [null, 'f']);
    const expected = `${nulls},false\n`.repeat(rows.length);
    assert.equal(records.convert(encodeRows(rows)).toString(), expected);
    const quotes = new CsvFromText({ ...lines, booleans: [false] });
    const long = '"'.repeat(10_000);
    assert.equal(quotes.convert(encodeRows([[long], ['']])).toString(), `"${long}${long}"\n""\n`);
  });

  test('are not made of half a row', () => {
    const records = new CsvFromText({ ...lines, booleans: [false] });
    for (const half of ['1', 'a"', '\\N', '1\n2']) {
      assert.throws(() => records.convert(Buffer.from(half)), RangeError, half);
    }
  });
});
