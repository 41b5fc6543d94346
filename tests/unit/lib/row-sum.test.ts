import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowSum } from '../../../src/lib/rows/row-sum.ts';

const row = fc.stringMatching(/^[ -~\t]{0,40}$/);
const sumOf = (rows: readonly string[], cut = rows.length): string => {
  const sum = new RowSum();
  for (const part of [rows.slice(0, cut), rows.slice(cut)]) {
    sum.add(Buffer.from(part.map((text) => `${text}\n`).join('')));
  }
  assert.equal(sum.rows, rows.length);
  return sum.checksum;
};

test('neither order nor batches change the sum', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 50 }), fc.nat(50), (rows, cut) => {
      assert.equal(sumOf(rows), sumOf(rows.toReversed(), Math.min(cut, rows.length)));
    }),
  );
});

test('a row that differs, is missing or is there twice changes it', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), row, (rows, other) => {
      const before = sumOf(rows);
      assert.notEqual(sumOf([...rows, other]), before);
      if (other !== rows[0]) assert.notEqual(sumOf([other, ...rows.slice(1)]), before);
    }),
    { numRuns: 2_000 },
  );
});

test('100,000 rows that are nearly equal have different hashes', () => {
  const seen = new Set(Array.from({ length: 100_000 }, (_, at) => sumOf([`${at}\t\\N\tx`])));
  assert.equal(seen.size, 100_000);
  assert.match(sumOf(['a']), /^[0-9a-f]{16}$/);
});
