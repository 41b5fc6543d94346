import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeRow,
  encodeRow,
  rowCount,
  rowOffsets,
  splitRows,
} from '../../../../src/lib/rows/pg-binary.ts';

const fields = fc.array(fc.option(fc.string({ unit: 'grapheme' })), { maxLength: 5 });
const rows = fc.array(fields, { maxLength: 8 });
const types = ['text', 'text', 'character varying(9)', 'text', 'text'];

function encode(given: readonly (readonly (string | null)[])[]): Buffer {
  return Buffer.concat(
    given.map((row) => encodeRow(row.map((value) => (value === null ? null : Buffer.from(value))))),
  );
}

test('rows of binary COPY come back as they were', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const bytes = encode(given);
      const offsets = rowOffsets(bytes);
      assert.equal(rowCount(bytes), given.length);
      assert.equal(offsets.at(-1), bytes.length);
      const read = given.map((_, row) =>
        decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0, types),
      );
      assert.deepEqual(read, given);
    }),
  );
});

test('a part of rows of binary COPY is these rows', () => {
  fc.assert(
    fc.property(rows, fc.nat(9), fc.nat(9), (given, a, b) => {
      const [from, to] = [Math.min(a, b, given.length), Math.max(a, b)];
      const part = splitRows(encode(given), from, to);
      assert.deepEqual(Buffer.from(part), encode(given.slice(from, to)));
    }),
  );
});

test('bytes that end within a row are told', () => {
  const bytes = encode([['abc', null]]);
  for (let end = 1; end < bytes.length; end += 1) {
    assert.throws(() => rowCount(bytes.subarray(0, end)), RangeError);
  }
});
