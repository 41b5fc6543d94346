import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPattern, matching } from '../../../../src/connectors/sql/table-patterns.ts';
import { TransferError } from '../../../../src/domain/transfer/errors.ts';

const NAMES = ['user_1', 'user_22', 'user_333', 'a*b', 'order', 'preorder', 'order.old'];

test('a name that is there is meant, whatever it looks like', () => {
  assert.deepEqual(matching('a*b', NAMES), ['a*b']);
  assert.deepEqual(matching('order.old', NAMES), ['order.old']);
  assert.deepEqual(matching('nosuch', NAMES), []);
  assert.ok(!isPattern('user_1'));
});

test('stars at the ends stand for anything', () => {
  assert.deepEqual(matching('user*', NAMES), ['user_1', 'user_22', 'user_333']);
  assert.deepEqual(matching('*order', NAMES), ['order', 'preorder']);
  assert.deepEqual(matching('*order*', NAMES), ['order', 'preorder', 'order.old']);
  assert.deepEqual(matching('*', NAMES), NAMES);
});

test('expressions match whole names', () => {
  assert.deepEqual(matching('user_[0-9]{1,2}', NAMES), ['user_1', 'user_22']);
  assert.deepEqual(matching('order|user_1', NAMES), ['user_1', 'order']);
});

test('expressions that are none, or never end, are refused', () => {
  const refused = (pattern: string, names: readonly string[]): void =>
    assert.throws(
      () => matching(pattern, names),
      (error) => error instanceof TransferError && error.code === 'invalid-definition',
    );
  refused('user_(', NAMES);
  refused('x'.repeat(2_000) + '.', NAMES);
  refused('(a+)+$x', [`${'a'.repeat(60)}b`]);
});
