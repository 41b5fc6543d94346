import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutRange, isCuttable, withSmallEnds } from '../../../../src/connectors/sql/ranges.ts';
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

test('the first and the last of several ranges are cut into pieces that grow inwards', () => {
  const ranges = cutRange(column({ kind: 'int64' }), '0', '239', 3) ?? [];
  assert.deepEqual(
    withSmallEnds(column({ kind: 'int64' }), ranges).map(({ from, to, last }) => [from, to, last]),
    [
      ['0', '10', false],
      ['10', '40', false],
      ['40', '80', false],
      ['80', '160', false],
      ['160', '200', false],
      ['200', '230', false],
      ['230', '239', true],
    ],
  );
  const one = cutRange(column({ kind: 'int64' }), '0', '239', 1) ?? [];
  assert.deepEqual(withSmallEnds(column({ kind: 'int64' }), one), one);
  const narrow = cutRange(column({ kind: 'int32' }), '0', '11', 3) ?? [];
  assert.deepEqual(withSmallEnds(column({ kind: 'int32' }), narrow), narrow);
});

test('ranges with small ends leave nothing out and nothing twice', () => {
  const kinds: readonly (readonly [ColumnType, (at: number) => string])[] = [
    [{ kind: 'int64' }, (at) => String(at - 500_000)],
    [{ kind: 'decimal', precision: 20, scale: 3 }, (at) => (at / 8).toFixed(3)],
    [{ kind: 'date' }, (at) => new Date(at * 86_400_000).toISOString().slice(0, 10)],
    [
      { kind: 'timestamp', fraction: 6 },
      (at) => `${new Date(at * 1_001).toISOString().slice(0, -1).replace('T', ' ')}123`,
    ],
    [{ kind: 'float64' }, (at) => String(at * 0.37)],
  ];
  const places = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      places,
      places,
      fc.integer({ min: 1, max: 12 }),
      ([type, write], a, b, parts) => {
        const [low, high] = [write(Math.min(a, b)), write(Math.max(a, b))];
        const cut = cutRange(column(type), low, high, parts) ?? [];
        const ranges = withSmallEnds(column(type), cut);
        assert.equal(ranges[0]?.from, low);
        assert.equal(ranges.at(-1)?.to, high);
        assert.deepEqual(
          ranges.map(({ last }) => last),
          ranges.map((_range, place) => place === ranges.length - 1),
        );
        for (const [place, { to }] of ranges.slice(0, -1).entries()) {
          assert.equal(ranges[place + 1]?.from, to);
        }
        const kept = new Set(ranges.map(({ from }) => from));
        assert.ok(cut.every(({ from }) => kept.has(from)));
      },
    ),
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
