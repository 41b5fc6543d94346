import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DomainError } from '../../../../src/domain/errors.ts';
import { findZone } from '../../../../src/domain/schedule/zone.ts';
import {
  compileAddedField,
  compileConverter,
  parseAddedFields,
} from '../../../../src/domain/transfer/converters.ts';
import { ExpressionError } from '../../../../src/domain/transfer/expressions/error.ts';
import { expressionServices } from '../../../../src/domain/transfer/expressions/expression.ts';

const zone = findZone('UTC');
assert.ok(zone !== null);
const services = expressionServices({ zone, nowMs: () => 0, randomUuid: () => 'uuid' });

type Params = Readonly<Record<string, unknown>>;

function converted(
  type: string,
  params: Params,
  value: string | null,
  row: readonly (string | null)[] = [],
): string | null {
  return compileConverter({ column: 'c', type, params }, services)(value, row);
}

describe('converters', () => {
  const phone: Params = { keepFirst: 3, keepLast: '4', mask: '*' };
  const rows: readonly (readonly [string, Params, string | null, string | null])[] = [
    ['ANONYMIZE', phone, '12345678910', '123****8910'],
    ['anonymize', phone, '12345678', '123*5678'],
    ['ANONYMIZE', phone, '1234567', '*******'],
    ['ANONYMIZE', {}, 'ab', '**'],
    ['ANONYMIZE', { keepLast: 1, mask: '○' }, '表😀x', '○○x'],
    ['ANONYMIZE', phone, '', ''],
    ['ANONYMIZE', phone, null, null],
    ['TRIM', {}, ' \t a b\n', 'a b'],
    ['REVERSE', {}, 'ABC', 'CBA'],
    ['REVERSE', {}, 'a😀', '😀a'],
    ['REPLACE', { search: '.', replacement: '$&' }, 'a.b.', 'a$&b$&'],
    ['REPLACE', { search: 'a' }, 'banana', 'bnn'],
    ['REMOVE_LINE_BREAK', {}, 'a\r\nb\nc\rd', 'abcd'],
    ['EXPRESSION', { expression: 'value*2' }, '21', '42'],
    ['EXPRESSION', { expression: '#{empty value ? "x" : value}' }, null, 'x'],
  ];
  for (const [type, params, value, expected] of rows) {
    test(`${type} ${JSON.stringify(params)} of ${JSON.stringify(value)}`, () => {
      assert.equal(converted(type, params, value), expected);
    });
  }
  test('expressions see the row, and a row they cannot take is dirty', () => {
    assert.equal(converted('EXPRESSION', { expression: 'row[1] += value' }, 'b', ['x', 'a']), 'ab');
    assert.throws(() => converted('EXPRESSION', { expression: 'value*2' }, 'x'), ExpressionError);
  });
  test('everything hidden or kept as it was', () => {
    const count = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), count, count, (text, keepFirst, keepLast) => {
        const chars = [...text];
        const hidden = [...(converted('ANONYMIZE', { keepFirst, keepLast }, text) ?? '')];
        assert.equal(hidden.length, chars.length);
        const isShort = chars.length <= keepFirst + keepLast;
        hidden.forEach((char, index) => {
          const kept = index < keepFirst || index >= chars.length - keepLast;
          assert.equal(char, kept && !isShort ? chars[index] : '*');
        });
      }),
    );
  });
});

describe('a wrong converter is refused with its column and parameter', () => {
  const rows: readonly (readonly [string, Params, RegExp])[] = [
    ['UPPER', {}, /column "c" is of type "UPPER"; types are ANONYMIZE, TRIM/],
    ['TRIM', { side: 'left' }, /column "c": parameter "side": it takes none/],
    ['ANONYMIZE', { keep: 1 }, /parameter "keep": known are keepFirst, keepLast, mask/],
    ['ANONYMIZE', { keepFirst: -1 }, /parameter "keepFirst": a whole number/],
    ['ANONYMIZE', { keepLast: 'x' }, /parameter "keepLast": a whole number/],
    ['ANONYMIZE', { keepLast: 1.5 }, /parameter "keepLast": a whole number/],
    ['ANONYMIZE', { mask: '' }, /parameter "mask": one character/],
    ['REPLACE', {}, /parameter "search": a text is needed/],
    ['REPLACE', { search: '' }, /parameter "search": the text to replace is empty/],
    ['REPLACE', { search: 'a', replacement: 1 }, /parameter "replacement": a text/],
    ['REPLACE', { search: 'a'.repeat(65_537) }, /parameter "search": at most 65536/],
    ['EXPRESSION', {}, /parameter "expression": a text is needed/],
    ['EXPRESSION', { expression: '1 +' }, /parameter "expression": .*\(at character 4 of/],
  ];
  for (const [type, params, message] of rows) {
    test(`${type} ${JSON.stringify(params).slice(0, 40)}`, () => {
      const compile = () => compileConverter({ column: 'c', type, params }, services);
      assert.throws(compile, (error) => {
        assert.ok(error instanceof DomainError);
        assert.equal(error.code, 'invalid-argument');
        assert.equal(error.details['column'], 'c');
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

describe('added fields', () => {
  test('name and value, and several', () => {
    assert.deepEqual(parseAddedFields(''), []);
    assert.deepEqual(parseAddedFields('a:1&b:x:y& c :&d:${dateformat(yyyy&MM)}'), [
      { name: 'a', value: '1' },
      { name: 'b', value: 'x:y' },
      { name: 'c', value: '' },
      { name: 'd', value: '${dateformat(yyyy&MM)}' },
    ]);
    assert.deepEqual(parseAddedFields('f:#{row[0] == "}&" && true}&g:#{'), [
      { name: 'f', value: '#{row[0] == "}&" && true}' },
      { name: 'g', value: '#{' },
    ]);
  });
  test('their values', () => {
    const value = (text: string): string | null =>
      compileAddedField({ name: 'n', value: text }, services)(['x', null]);
    assert.equal(value('constant'), 'constant');
    assert.equal(value('#{row[0] += value}'), 'x');
    assert.equal(value('#{row[1]}'), null);
    assert.equal(value('<#{row[0]}>'), '<x>');
  });
  const many = Array.from({ length: 1_001 }, (_, index) => `f${index}:`).join('&');
  for (const [text, message] of [
    ['a', /"a" is wrong: name and value are separated by a colon/],
    [':1', /separated by a colon/],
    ['a:1&', /separated by a colon/],
    ['a:1&a:2', /"a" is wrong: it is given twice/],
    [`a:${'x'.repeat(65_537)}`, /"a" is wrong: its value is too long/],
    [many, /1001 fields.*at most 1000/],
  ] as const) {
    test(`not ${text.slice(0, 12)}`, () => {
      assert.throws(() => parseAddedFields(text), { name: 'DomainError', message });
    });
  }
  test('a wrong expression is refused with the name', () => {
    assert.throws(() => compileAddedField({ name: 'n', value: '#{row}' }, services), {
      name: 'DomainError',
      message: /added field "n" is wrong: .*"\[" is expected/,
    });
  });
});
