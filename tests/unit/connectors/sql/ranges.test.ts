import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutRange, isCuttable } from '../../../../src/connectors/sql/ranges.ts';
import type { Column, ColumnType } from '../../../../src/domain/transfer/columns.ts';

function column(type: ColumnType): Column {
  return { name: 'c', type, nullable: false, nativeType: '', comment: '', keyPosition: 0 };
}

test('whole numbers are cut as published: the first ranges take the remainder', () => {
  const ranges = cutRange(column({ kind: 'int32' }), '0', '11', 3);
  assert.deepEqual(ranges, [
    { from: '0', to: '4', last: false },
    { from: '4', to: '8', last: false },
    { from: '8', to: '11', last: true },
  ]);
  assert.equal(cutRange(column({ kind: 'int32' }), '5', '7', 10)?.length, 2);
  assert.deepEqual(cutRange(column({ kind: 'int32' }), '5', '5', 10), [
    { from: '5', to: '5', last: true },
  ]);
});

test('every whole number lies in exactly one range, also beyond doubles', () => {
  const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n });
  fc.assert(
    fc.property(big, big, fc.integer({ min: 1, max: 40 }), big, (a, b, parts, probe) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      const ranges = cutRange(column({ kind: 'uint64' }), String(low), String(high), parts) ?? [];
      assert.ok(ranges.length >= 1 && ranges.length <= parts);
      assert.equal(ranges[0]?.from, String(low));
      assert.equal(ranges.at(-1)?.to, String(high));
      const inside = ranges.filter(
        ({ from, to, last }) =>
          BigInt(from) <= probe && (last ? probe <= BigInt(to) : probe < BigInt(to)),
      );
      assert.equal(inside.length, probe >= low && probe <= high ? 1 : 0);
    }),
  );
});

test('decimals keep their scale, dates go by days, times by milliseconds', () => {
  const decimal = column({ kind: 'decimal', precision: 10, scale: 2 });
  assert.deepEqual(
    cutRange(decimal, '-1.00', '1.50', 2)?.map(({ from }) => from),
    ['-1.00', '0.25'],
  );
  assert.deepEqual(
    cutRange(column({ kind: 'date' }), '2026-01-30', '2026-02-03', 2)?.map(({ from }) => from),
    ['2026-01-30', '2026-02-01'],
  );
  assert.deepEqual(
    cutRange(
      column({ kind: 'timestamptz', fraction: 6 }),
      '2026-01-01 00:00:00+00',
      '2026-01-01 00:00:01.000001+00',
      2,
    ),
    [
      { from: '2026-01-01 00:00:00+00', to: '2026-01-01 00:00:00.500+00', last: false },
      { from: '2026-01-01 00:00:00.500+00', to: '2026-01-01 00:00:01.000001+00', last: true },
    ],
  );
  assert.equal(cutRange(column({ kind: 'float64' }), '0.5', '1e300', 4)?.length, 4);
});

test('what has no distances is not cut', () => {
  assert.equal(cutRange(column({ kind: 'date' }), '-infinity', 'infinity', 2), null);
  assert.equal(
    cutRange(column({ kind: 'decimal', precision: null, scale: null }), '1', 'NaN', 2),
    null,
  );
  assert.equal(cutRange(column({ kind: 'float64' }), 'NaN', 'NaN', 2), null);
  assert.ok(!isCuttable({ kind: 'json' }));
  assert.ok(isCuttable({ kind: 'bool' }));
});
