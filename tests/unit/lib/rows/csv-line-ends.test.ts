import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeRow } from '../../../../src/lib/rows/csv.ts';
import { countByte, withLineEnd, withoutCr } from '../../../../src/lib/rows/csv-line-ends.ts';

const value = fc.option(
  fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\\', 'é', '漢') }),
);

test('records get another line end, as if they had been written with it', () => {
  const rows = fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 10 });
  fc.assert(
    fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), (table, lineEnd) => {
      const style = { separator: ',', quotes: 'rfc4180', nulls: '' } as const;
      const written = (end: string): Buffer =>
        Buffer.from(table.map((row) => encodeRow(row, { ...style, lineEnd: end })).join(''));
      assert.equal(
        withLineEnd(written('\n'), Buffer.from(lineEnd)).toString(),
        written(lineEnd).toString(),
      );
    }),
    { numRuns: 400 },
  );
});

test('CR LF becomes LF but within quotes, however lines are mixed', () => {
  const rows = fc.array(
    fc.tuple(fc.array(value, { minLength: 1, maxLength: 4 }), fc.constantFrom('\n', '\r\n')),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(rows, (table) => {
      const style = { separator: ',', quotes: 'rfc4180', nulls: '' } as const;
      const written = table.map(([row, lineEnd]) => encodeRow(row, { ...style, lineEnd })).join('');
      const wanted = table.map(([row]) => encodeRow(row)).join('');
      const quotes = written.includes('"');
      assert.equal(withoutCr(Buffer.from(written), quotes)?.toString(), wanted);
    }),
    { numRuns: 400 },
  );
  assert.equal(withoutCr(Buffer.from('a\r\r\n'), false), null);
  assert.equal(withoutCr(Buffer.from('a\rb,"c"\n'), true), null);
  const plain = Buffer.from('1,"a"\n');
  assert.equal(withoutCr(plain, true), plain);
});

test('records that end in LF already stay in the same memory', () => {
  const records = Buffer.from('1,"a\nb"\n');
  assert.equal(withLineEnd(records, Buffer.from('\n')), records);
});

test('bytes are counted wherever they stand', () => {
  const bytes = fc.uint8Array({ max: 255, maxLength: 40 });
  const fewKinds = fc.array(fc.constantFrom(0, 9, 10, 11, 0x8a, 0xff), { maxLength: 40 });
  fc.assert(
    fc.property(
      fc.oneof(bytes, fewKinds),
      fc.nat(7),
      fc.nat(40),
      fc.nat(40),
      fc.constantFrom(0, 10, 0x8a, 255),
      (some, shift, one, other, mark) => {
        // Words of four bytes begin at any place of it.
        const view = Buffer.concat([Buffer.alloc(shift, mark), Buffer.from(some)]).subarray(shift);
        const [from = 0, to = 0] = [one, other]
          .map((place) => Math.min(place, view.length))
          .sort((a, b) => a - b);
        const expected = view.subarray(from, to).filter((byte) => byte === mark).length;
        assert.equal(countByte(view, from, to, mark), expected);
      },
    ),
    { numRuns: 1000 },
  );
});
