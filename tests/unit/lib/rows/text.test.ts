import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeRow,
  encodeRow,
  encodeRows,
  rowCount,
  rowOffsets,
  splitRows,
} from '../../../../src/lib/rows/text.ts';

const field = fc.option(
  fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('\\', '\t', '\n', '\r', '\b', 'N', 'n', 'é', '.') }),
  ),
);
const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 5 }), { maxLength: 8 });

test('rows of text come back as they were', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const bytes = encodeRows(given);
      assert.deepEqual(bytes, Buffer.concat(given.map((row) => encodeRow(row))));
      const offsets = rowOffsets(bytes);
      assert.equal(rowCount(bytes), given.length);
      assert.equal(offsets.at(-1), bytes.length);
      const read = given.map((_, row) =>
        decodeRow(bytes, offsets[row] ?? 0, offsets[row + 1] ?? 0),
      );
      assert.deepEqual(read, given);
    }),
  );
});

test('a part of rows of text is these rows', () => {
  fc.assert(
    fc.property(rows, fc.nat(9), fc.nat(9), (given, a, b) => {
      const [from, to] = [Math.min(a, b, given.length), Math.max(a, b)];
      const part = splitRows(encodeRows(given), from, to);
      assert.deepEqual(Buffer.from(part), encodeRows(given.slice(from, to)));
    }),
  );
});

test('text is written as COPY and LOAD DATA read it', () => {
  assert.equal(
    encodeRow(['a\\b', 'tab\there', 'line\r\nend', null, '', '\\N']).toString(),
    'a\\\\b\ttab\\there\tline\\r\\nend\t\\N\t\t\\\\N\n',
  );
});

test('escapes that COPY writes and others mean what they mean to COPY', () => {
  const bytes = Buffer.from('\\b\\f\\v\\x\t\\\\N\t\\N\n');
  assert.deepEqual(decodeRow(bytes, 0, bytes.length), ['\b\f\vx', '\\N', null]);
});

test('bytes that start within a buffer are read from there', () => {
  const outer = new Uint8Array(Buffer.from('xx1\t2\n3\t4\nyy'));
  const inner = outer.subarray(2, 10);
  assert.deepEqual([...rowOffsets(inner)], [0, 4, 8]);
  assert.deepEqual(decodeRow(inner, 4, 8), ['3', '4']);
});
