import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  csvLayout,
  CsvRecord,
  type CsvStyle,
  cutRecords,
  decodeRow,
  encodeRow,
  plainCsv,
  rowCount,
  rowOffsets,
  splitRows,
} from '../../../../src/lib/rows/csv.ts';

const style: CsvStyle = { separator: ',', lineEnd: '\n', quotes: 'rfc4180', nulls: '' };
// Texts in which everything that has a meaning is frequent.
const value = fc.oneof(
  fc.constant(null),
  fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\\', 'N', ';', '|', 'é', '漢') }),
  fc.string({ unit: 'grapheme' }),
);
const rows = fc.array(fc.array(value, { minLength: 2, maxLength: 6 }), { maxLength: 12 });

describe('records of RFC 4180', () => {
  test('what is written is read back, whatever the values, separators and line ends', () => {
    const separators = fc.constantFrom(',', ';', '\t', '\u0001', '||', '漢');
    const lineEnds = fc.constantFrom('\n', '\r\n', '\r', '|\n');
    fc.assert(
      fc.property(rows, separators, lineEnds, (table, separator, lineEnd) => {
        const own = { ...style, separator, lineEnd };
        const layout = csvLayout({ separator, quoted: true, lineEnd });
        const bytes = Buffer.from(table.map((row) => encodeRow(row, own)).join(''));
        const offsets = rowOffsets(bytes, layout);
        assert.equal(rowCount(bytes, layout), table.length);
        const read = table.map((_, row) =>
          decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, layout),
        );
        assert.deepEqual(read, table);
      }),
      { numRuns: 400 },
    );
  });

  test('cutting at any place of the bytes finds the same records', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.boolean(), (table, place, crlf) => {
        const own = crlf ? { ...style, lineEnd: '\r\n' } : style;
        const layout = crlf ? csvLayout({ separator: ',', quoted: true, lineEnd: null }) : plainCsv;
        const bytes = Buffer.from(table.map((row) => encodeRow(row, own)).join(''));
        const at = bytes.length === 0 ? 0 : place % (bytes.length + 1);
        const head = cutRecords(bytes, 0, at, layout, false);
        const tail = cutRecords(bytes, head.end, bytes.length, layout, true);
        assert.equal(head.rows + tail.rows, table.length);
        assert.equal(tail.end, bytes.length);
        assert.deepEqual(
          [...rowOffsets(bytes, layout)].includes(head.end),
          true,
          'the cut is where a record begins',
        );
      }),
      { numRuns: 400 },
    );
  });

  test('the fast path and the one that looks at every byte agree', () => {
    const lines = fc.array(
      fc.string({ unit: fc.constantFrom('a', ',', ' ', '\r', '漢'), maxLength: 8 }),
    );
    fc.assert(
      fc.property(lines, (texts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const record = new CsvRecord(plainCsv);
        let count = 0;
        for (let at = 0; at < bytes.length; at = record.end, count += 1) {
          assert.equal(record.read(bytes, at, bytes.length, true), true);
        }
        assert.equal(cutRecords(bytes, 0, bytes.length, plainCsv, true).rows, count);
      }),
    );
  });

  test('some records of many are taken out in the same memory', () => {
    const bytes = Buffer.from('a,1\n"b\n",2\nc,3\n');
    assert.equal(Buffer.from(splitRows(bytes, 1, 3)).toString(), '"b\n",2\nc,3\n');
    assert.equal(splitRows(bytes, 1, 2).buffer, bytes.buffer);
  });
});

const read = (text: string, layout = plainCsv): (string | null)[] => {
  const bytes = Buffer.from(text);
  return decodeRow(bytes, 0, bytes.length, layout);
};

describe('reading as files come', () => {
  test('an empty field and \\N are NULL, a quoted one is an empty text', () => {
    assert.deepEqual(read(',"",\\N,"\\N"\n'), [null, '', null, '\\N']);
  });

  test('without quoting a quote is data and every separator separates', () => {
    const layout = csvLayout({ separator: ',', quoted: false, lineEnd: '\n' });
    assert.deepEqual(read('"a,b"\n', layout), ['"a', 'b"']);
  });

  test('a backslash protects separators and line ends where the job says so', () => {
    const layout = csvLayout({ separator: ',', quoted: true, escaped: true, lineEnd: '\n' });
    assert.deepEqual(read('a\\,b,c\\\nd,"e\\"f"\n', layout), ['a,b', 'c\nd', 'e"f']);
  });

  test('values get three quotes around them in the style of the vendor', () => {
    const written = encodeRow(['1', 'a"hello,world"c', 'x'], { ...style, quotes: 'legacy' });
    assert.equal(written, '1,"""a"hello,world"c""",x\n');
  });

  test('a field that goes on behind its closing quote breaks its own record only', () => {
    const bytes = Buffer.from('"a"b,"3"\n"c",4\n');
    const record = new CsvRecord(plainCsv);
    assert.equal(record.read(bytes, 0, bytes.length, false), true);
    assert.deepEqual([record.broken, record.end], [true, 9]);
    assert.equal(record.read(bytes, 9, bytes.length, false), true);
    assert.deepEqual([record.broken, record.text(bytes, 0)], [false, 'c']);
  });

  test('a CR before LF belongs to the line end only where the file tells it', () => {
    const told = csvLayout({ separator: ',', quoted: true, lineEnd: null });
    assert.deepEqual(read('a,b\r\n', told), ['a', 'b']);
    assert.deepEqual(read('a,"b"\r\n', told), ['a', 'b']);
    assert.deepEqual(read('a,"b\r"\r\n', told), ['a', 'b\r']);
    assert.deepEqual(read('a,b\r\n'), ['a', 'b\r']);
  });

  test('quotes where RFC 4180 has none are told, for others read them differently', () => {
    const cut = (text: string) => cutRecords(Buffer.from(text), 0, text.length, plainCsv, true);
    assert.equal(cut('a,"b""c"\n').irregular, false);
    assert.equal(cut('5" pipe,3\n').irregular, true);
    assert.equal(cut('"a"b,3\n').irregular, true);
  });

  test('a quote that is never closed is no record', () => {
    const bytes = Buffer.from('a,b\n"c,d\ne,f\n');
    const cut = cutRecords(bytes, 0, bytes.length, plainCsv, true);
    assert.deepEqual([cut.rows, cut.end, cut.open], [1, 4, true]);
  });
});
