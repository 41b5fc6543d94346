import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Column } from '../../../../src/domain/transfer/columns.ts';
import { mapColumns, type MappingInput } from '../../../../src/executors/transfer/plan/mapping.ts';

const column = (name: string): Column => ({
  name,
  type: { kind: 'text' },
  nullable: true,
  nativeType: '',
  comment: '',
  keyPosition: 0,
});
const columns = (names: string): readonly Column[] =>
  names === '' ? [] : names.split(' ').map((name) => column(name));

function map(
  source: string,
  target: string | null,
  more: Partial<MappingInput> & { readonly unnamed?: boolean } = {},
): readonly string[] {
  const mapped = mapColumns({
    source: { columns: columns(source), named: more.unnamed !== true },
    target: target === null ? null : columns(target),
    from: null,
    to: null,
    addedFields: [],
    chosenBySource: false,
    orderTells: false,
    columnFor: (one) => one,
    table: 'orders',
    ...more,
  });
  return mapped.map((one) => `${one.source?.name ?? `+${one.added}`}>${one.target.name}`);
}

describe('columns of both sides', () => {
  test('without lists they are bound by name, in any case', () => {
    assert.deepEqual(map('id name', 'NAME id extra'), ['id>id', 'name>NAME']);
  });

  test('a column that the target lacks is told', () => {
    assert.throws(() => map('id colour', 'id name'), {
      code: 'column-mismatch',
      message: /orders has no column colour/,
    });
  });

  test('a header binds by name if all names fit, else by place', () => {
    const file = { orderTells: true };
    assert.deepEqual(map('name ID', 'id name', file), ['name>name', 'ID>id']);
    assert.deepEqual(map('name nr', 'id name', file), ['name>id', 'nr>name']);
    assert.throws(() => map('a b', 'id name note', file), {
      code: 'column-mismatch',
      message: /has 3 columns \(id, name, note\) and gets 2$/,
    });
  });

  test('without names they are bound by place, and must be as many', () => {
    assert.deepEqual(map('1 2', 'id name', { unnamed: true }), ['1>id', '2>name']);
    assert.throws(() => map('1 2 3', 'id name', { unnamed: true }), { code: 'column-mismatch' });
  });

  test('two lists bind by place', () => {
    const lists = { from: ['b', 'a'], to: ['x', 'y'] };
    assert.deepEqual(map('a b c', 'x y z', lists), ['b>x', 'a>y']);
    assert.deepEqual(map('a b c', null, lists), ['b>x', 'a>y']);
    assert.throws(() => map('a b', 'x y', { from: ['a'], to: ['x', 'y'] }), {
      code: 'column-mismatch',
    });
    assert.throws(() => map('a', 'x', { from: ['q'] }), /has no column q; it has a/);
    assert.throws(() => map('a', 'x', { to: ['q'] }), /has no column q; it has x/);
  });

  test('one list takes names of the other side, else its order', () => {
    assert.deepEqual(map('a b c', 'c b a', { from: ['a', 'b'] }), ['a>a', 'b>b']);
    assert.deepEqual(map('a b c', 'x y', { from: ['c', 'a'] }), ['c>x', 'a>y']);
    assert.deepEqual(map('a b', 'q b a', { to: ['b', 'a'] }), ['a>b', 'b>a']);
  });

  test('a table that is made has the columns that travel', () => {
    assert.deepEqual(map('a b', null), ['a>a', 'b>b']);
  });

  test('added fields stand where they are listed, else last', () => {
    const addedFields = [{ name: 'origin', value: 'shop' }];
    assert.deepEqual(map('a b', null, { addedFields }), ['a>a', 'b>b', '+origin>origin']);
    assert.deepEqual(map('a b', 'x y', { addedFields, from: ['origin', 'b'] }), [
      '+origin>x',
      'b>y',
    ]);
  });

  test('what a source of files has chosen itself is taken as it is', () => {
    const from = ['1', '3'];
    assert.deepEqual(map('first third', 'x y', { from, chosenBySource: true }), [
      'first>x',
      'third>y',
    ]);
    assert.throws(() => map('first third', 'x y', { from }), { code: 'column-mismatch' });
  });
});
