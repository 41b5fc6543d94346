import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { suggestMapping, warningsOf } from '../../../../src/dialects/native/data-jobs/mapping.ts';
import type { Column, ColumnType } from '../../../../src/domain/transfer/columns.ts';

function column(name: string, type: ColumnType = { kind: 'text' }, nullable = true): Column {
  return { name, type, nullable, nativeType: '', comment: '', keyPosition: 0 };
}

describe('a suggested mapping', () => {
  test('pairs by name, then case, then spelling, then similarity; each column once', () => {
    const source = ['id', 'Name', 'created_at', 'customer_mail', 'qqq', 'name'].map((name) =>
      column(name),
    );
    const target = ['name', 'ID', 'createdAt', 'customermails', 'note'].map((name) => column(name));
    const { pairs, unfilled } = suggestMapping(source, target);
    assert.deepEqual(
      pairs.map((pair) => [pair.source.name, pair.target?.name ?? null, pair.reason]),
      [
        ['id', 'ID', 'case'],
        ['Name', null, 'none'],
        ['created_at', 'createdAt', 'spelling'],
        ['customer_mail', 'customermails', 'similar'],
        ['qqq', null, 'none'],
        ['name', 'name', 'name'],
      ],
    );
    assert.deepEqual(
      unfilled.map(({ name }) => name),
      ['note'],
    );
  });

  test('names that are only similar are not paired when their types cannot be', () => {
    const pair = (from: ColumnType, to: ColumnType) =>
      suggestMapping([column('valid_from', from)], [column('valid_from_', to)]).pairs[0]?.reason;
    assert.equal(pair({ kind: 'text' }, { kind: 'text' }), 'spelling');
    const near = (to: ColumnType) =>
      suggestMapping([column('valid_from', { kind: 'date' })], [column('valid_fro', to)]).pairs[0]
        ?.reason;
    assert.equal(near({ kind: 'date' }), 'similar');
    assert.equal(near({ kind: 'bool' }), 'none');
  });

  test('very wide tables are compared by name only, and quickly', () => {
    const many = (suffix: string) =>
      Array.from({ length: 5_000 }, (_, at) => column(`column_${at}${suffix}`));
    const beganAtMs = performance.now();
    const { pairs } = suggestMapping(many(''), many('x'));
    assert.ok(pairs.every(({ target }) => target === null));
    assert.ok(performance.now() - beganAtMs < 2_000);
  });
});

describe('warnings about types', () => {
  const cases: readonly (readonly [ColumnType, ColumnType, readonly string[]])[] = [
    [{ kind: 'int64' }, { kind: 'int64' }, []],
    [{ kind: 'int64' }, { kind: 'int32' }, ['smaller-number']],
    [{ kind: 'int32' }, { kind: 'int64' }, []],
    [{ kind: 'decimal', precision: 10, scale: 2 }, { kind: 'int64' }, ['digits-lost']],
    [{ kind: 'int32' }, { kind: 'decimal', precision: 10, scale: 2 }, ['smaller-number']],
    [{ kind: 'float64' }, { kind: 'float32' }, ['digits-lost']],
    [{ kind: 'int64' }, { kind: 'float64' }, ['digits-lost']],
    [{ kind: 'int32' }, { kind: 'float64' }, []],
    [{ kind: 'varchar', length: 20 }, { kind: 'varchar', length: 10 }, ['shorter-text']],
    [{ kind: 'text' }, { kind: 'varchar', length: 255 }, ['shorter-text']],
    [{ kind: 'varchar', length: 20 }, { kind: 'text' }, []],
    [{ kind: 'int64' }, { kind: 'varchar', length: 19 }, ['shorter-text']],
    [{ kind: 'int64' }, { kind: 'varchar', length: 20 }, []],
    [{ kind: 'text' }, { kind: 'int32' }, ['must-parse']],
    [{ kind: 'timestamptz', fraction: 6 }, { kind: 'timestamp', fraction: 6 }, ['zone-lost']],
    [{ kind: 'timestamp', fraction: 6 }, { kind: 'timestamp', fraction: 0 }, ['digits-lost']],
    [{ kind: 'timestamp', fraction: 0 }, { kind: 'date' }, ['digits-lost']],
    [{ kind: 'date' }, { kind: 'bool' }, ['other-kind']],
    [{ kind: 'bytes', length: null }, { kind: 'text' }, ['text-for-bytes']],
    [{ kind: 'uuid' }, { kind: 'char', length: 36 }, []],
  ];
  for (const [from, to, expected] of cases) {
    test(`${JSON.stringify(from)} into ${JSON.stringify(to)}`, () => {
      assert.deepEqual(warningsOf(column('a', from), column('b', to)), expected);
    });
  }

  test('values that may be null do not fit where none may be', () => {
    const must = column('b', { kind: 'text' }, false);
    assert.deepEqual(warningsOf(column('a'), must), ['null-refused']);
    assert.deepEqual(warningsOf(column('a', { kind: 'text' }, false), must), []);
  });
});
