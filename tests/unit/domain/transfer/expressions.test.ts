import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findZone } from '../../../../src/domain/schedule/zone.ts';
import { ExpressionError } from '../../../../src/domain/transfer/expressions/error.ts';
import {
  compileExpression,
  compileTemplate,
  expressionServices,
} from '../../../../src/domain/transfer/expressions/expression.ts';
import type { ExpressionServices } from '../../../../src/domain/transfer/expressions/function.ts';

const uuid = '123e4567-e89b-42d3-a456-426614174000';

function services(timezone = 'GMT+8'): ExpressionServices {
  const zone = findZone(timezone);
  assert.ok(zone !== null);
  return expressionServices({
    zone,
    nowMs: () => Date.parse('2023-11-30T02:40:46Z'),
    randomUuid: () => uuid,
  });
}

type Row = readonly (string | null)[];

function evaluated(expression: string, value: string | null = null, row: Row = []): string | null {
  return compileExpression(expression, services())(value, row);
}

function fault(expression: string, value: string | null = null): ExpressionError {
  try {
    evaluated(expression, value);
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error));
    return error;
  }
  return assert.fail(`${expression} was evaluated`);
}

describe("the vendor's examples", () => {
  const rows: readonly (readonly [string, string | null, string | null])[] = [
    ['StringUtils.lowerCase(value)', 'aBC', 'abc'],
    ['StringUtils.upperCase(value)', 'aBC', 'ABC'],
    ['DateUtils.format(NumberUtils.toLong(value),"yyyy-MM-dd HH:mm:ss")', '1701312046588', null],
    [
      'DateUtils.getTime(DateUtils.parseDate(value,"yyyy-MM-dd hh:mm:ss"))',
      '2023-11-30 10:40:46',
      null,
    ],
    ['StringUtils.substringBefore(value,"-")', '2017-12-01', '2017'],
    ['value*2', '21', '42'],
    ['value=="true"?"Y":"N"', 'true', 'Y'],
    ['value=="true"?"Y":"N"', 'false', 'N'],
    ['empty value? "Default":value', '', 'Default'],
    ['empty value? "Default":value', null, 'Default'],
    ['empty value? "Default":value', 'x', 'x'],
    [
      'DateUtils.format(DateUtils.parseDate(value,"yyyy/MM/dd HH:mm:ss"),"yyyy-MM-dd HH:mm:ss")',
      '2018/01/05 15:15:05',
      '2018-01-05 15:15:05',
    ],
    ['CommonUtils.randomUUID()', null, uuid],
    ['StringUtils.capitalize(value)', 'cat', 'Cat'],
    ['StringUtils.uncapitalize(value)', 'Cat', 'cat'],
    ['StringUtils.center(value,4)', 'ab', ' ab '],
    ['StringUtils.chomp(value)', 'abc\r\n\r\n', 'abc\r\n'],
    ['StringUtils.contains(value,"a")', 'abc', 'true'],
    ['StringUtils.containsAny(value,"za")', 'zzabyycdxx', 'true'],
    ['StringUtils.containsNone(value,"xyz")', 'abz', 'false'],
    ['StringUtils.containsOnly(value,"abc")', 'abab', 'true'],
    ['StringUtils.defaultIfEmpty(value,null)', '', null],
    ['StringUtils.defaultIfEmpty(value,"aaa")', null, 'aaa'],
    ['StringUtils.endsWith(value,null)', 'abcdef', 'false'],
    ['StringUtils.equals(value,"ABC")', 'abc', 'false'],
    ['StringUtils.indexOf(value,"ab")', 'aabaabaa', '1'],
    ['StringUtils.lastIndexOf(value,"k")', 'aFkyk', '4'],
    ['StringUtils.indexOf(value,"b",3)', 'aabaabaa', '5'],
    ['StringUtils.indexOfAny(value,"za")', 'zzabyycdxx', '0'],
    ['StringUtils.isAlpha(value)', 'ab2c', 'false'],
    ['StringUtils.isAlphanumeric(value)', 'ab2c', 'true'],
    ['StringUtils.isAlphanumericSpace(value)', 'ab 2c', 'true'],
    ['StringUtils.isAlphaSpace(value)', 'ab2c', 'false'],
    ['StringUtils.isAsciiPrintable(value)', '!ab-c~', 'true'],
    ['StringUtils.isEmpty(value)', '', 'true'],
    ['StringUtils.isNumeric(value)', '123', 'true'],
    ['StringUtils.left(value,2)', 'abc', 'ab'],
    ['StringUtils.right(value,2)', 'abc', 'bc'],
    ['StringUtils.leftPad(value,8,"yz")', 'bat', 'yzyzybat'],
    ['StringUtils.rightPad(value,8,"yz")', 'bat', 'batyzyzy'],
    ['StringUtils.length(value)', null, '0'],
    ['StringUtils.remove(value,"ue")', 'queued', 'qd'],
    ['StringUtils.removeEnd(value,".com")', 'www.domain.com', 'www.domain'],
    ['StringUtils.removeStart(value,"www.")', 'www.domain.com', 'domain.com'],
    ['StringUtils.replace(value,"a","z")', 'aba', 'zbz'],
    ['StringUtils.replaceChars(value,"ho","jy")', 'hello', 'jelly'],
    ['StringUtils.startsWith(value,"abc")', 'abcdef', 'true'],
    ['StringUtils.strip(value,"xyzb")', 'abcyx', 'abc'],
    ['StringUtils.stripEnd(value,"abc")', 'xyzabc', 'xyz'],
    ['StringUtils.stripStart(value,null)', '  x ', 'x '],
    ['StringUtils.substring(value,2)', 'abcde', 'cde'],
    ['StringUtils.substring(value,2,4)', 'abcde', 'cd'],
    ['StringUtils.substringAfter(value,"b")', 'abcba', 'cba'],
    ['StringUtils.substringAfterLast(value,"b")', 'abcba', 'a'],
    ['StringUtils.substringBefore(value,"b")', 'abcba', 'a'],
    ['StringUtils.substringBeforeLast(value,"b")', 'abcba', 'abc'],
    ['StringUtils.substringBetween(value,"tag")', 'tagabctag', 'abc'],
    ['StringUtils.trim(value)', ' \t x\n', 'x'],
    ['NumberUtils.toByte(value)', '128', '0'],
    ['NumberUtils.toByte(value,1)', 'x', '1'],
    ['NumberUtils.toDouble(value)', 'x', '0.0'],
    ['NumberUtils.toDouble(value,1.1d)', '', '1.1'],
    ['NumberUtils.toFloat(value,1.1f)', null, '1.1'],
    ['NumberUtils.toFloat(value)', '1.1', '1.1'],
    ['NumberUtils.toInt(value)', '2147483648', '0'],
    ['NumberUtils.toInt(value,1)', '-7', '-7'],
    ['NumberUtils.toLong(value,1L)', '9223372036854775808', '1'],
    ['NumberUtils.toLong(value)', '9223372036854775807', '9223372036854775807'],
    ['NumberUtils.toShort(value)', '32767', '32767'],
    ['CommonUtils.ipToLong(value)', '10.78.124.0', '172915712'],
    [
      'DateUtils.getCurrentTimeByZone("yyyy-MM-dd HH:mm:ss",value, "hour", 8)',
      '2019-05-21 12:00:00',
      '2019-05-21 20:00:00',
    ],
    ['value+" +0800"', '2018-01-05', '2018-01-05 +0800'],
  ];
  const long: Readonly<Record<string, string>> = {
    '1701312046588': '2023-11-30 10:40:46',
    '2023-11-30 10:40:46': '1701312046000',
  };
  for (const [expression, value, expected] of rows) {
    test(`${expression} of ${JSON.stringify(value)}`, () => {
      assert.equal(evaluated(expression, value), long[value ?? ''] ?? expected);
    });
  }
  test('the first field of the row', () => {
    const expression =
      'DateUtils.format(DateUtils.parseDate(row[0],"yyyy-MM-dd HH:mm:ss"),"yyyyMMdd")';
    assert.equal(evaluated(expression, null, ['2018-01-05 15:15:05']), '20180105');
  });
});

describe('commons-lang at its edges', () => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['StringUtils.upperCase(null)', null],
    ['StringUtils.contains(null, "a")', 'false'],
    ['StringUtils.contains("a", "")', 'true'],
    ['StringUtils.containsAny("", "a")', 'false'],
    ['StringUtils.containsNone(null, "a")', 'true'],
    ['StringUtils.containsOnly("", "")', 'true'],
    ['StringUtils.endsWith(null, null)', 'true'],
    ['StringUtils.equals(null, "")', 'false'],
    ['StringUtils.indexOf(null, "a")', '-1'],
    ['StringUtils.indexOf("abc", "", 9)', '3'],
    ['StringUtils.lastIndexOf("aabaabaa", "b", 4)', '2'],
    ['StringUtils.lastIndexOf("aabaabaa", "b", -1)', '-1'],
    ['StringUtils.isAlpha("")', 'false'],
    ['StringUtils.isAlphaSpace("")', 'true'],
    ['StringUtils.isNumeric("-1")', 'false'],
    ['StringUtils.isAlpha("Übergröße表")', 'true'],
    ['StringUtils.center("abcd", 2)', 'abcd'],
    ['StringUtils.center("a", 4, "yz")', 'yayz'],
    ['StringUtils.leftPad("a", 3, "")', '  a'],
    ['StringUtils.left("abc", -1)', ''],
    ['StringUtils.right("abc", 9)', 'abc'],
    ['StringUtils.replace("abaa", "a", "z", 2)', 'zbza'],
    ['StringUtils.replace("aba", "", "z")', 'aba'],
    ['StringUtils.replace("aba", "a", "$&")', '$&b$&'],
    ['StringUtils.replace("aba", "a", null)', 'aba'],
    ['StringUtils.replaceChars("abcba", "bc", "y")', 'ayya'],
    ['StringUtils.stripEnd("120.00", ".0")', '12'],
    ['StringUtils.strip("abc", "")', 'abc'],
    ['StringUtils.substring("abc", -2)', 'bc'],
    ['StringUtils.substring("abc", 1, -1)', 'b'],
    ['StringUtils.substring("abc", 2, 1)', ''],
    ['StringUtils.substring("abc", -9, 9)', 'abc'],
    ['StringUtils.substringAfter("abc", "z")', ''],
    ['StringUtils.substringAfter("abc", null)', ''],
    ['StringUtils.substringAfterLast("abc", "")', ''],
    ['StringUtils.substringBefore("abc", "z")', 'abc'],
    ['StringUtils.substringBefore("abc", "")', ''],
    ['StringUtils.substringBeforeLast("abc", "")', 'abc'],
    ['StringUtils.substringBetween("[a][b]", "[", "]")', 'a'],
    ['StringUtils.substringBetween("abc", "[", "]")', null],
    ['StringUtils.chomp("a\\n\\r")', 'a\n'],
    ['StringUtils.chomp("foobar", "bar")', 'foo'],
  ];
  for (const [expression, expected] of rows) {
    test(expression, () => assert.equal(evaluated(expression), expected));
  }
});

describe('operators', () => {
  const row: Row = ['5', '2.5', null, 'text', ''];
  const rows: readonly (readonly [string, string | null])[] = [
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['7 - 2 - 1', '4'],
    ['5 / 2', '2.5'],
    ['6 div 2', '3.0'],
    ['5 % 3', '2'],
    ['5 mod 3', '2'],
    ['-row[0] + 1', '-4'],
    ['row[0] + 1', '6'],
    ['row[0] + row[1]', '7.5'],
    ['row[2] + 1', '1'],
    ['row[0] + "1"', '51'],
    ['"a" + 1 + 2', 'a12'],
    ['row[0] += row[3]', '5text'],
    ['row[2] += "x"', 'x'],
    ['9223372036854775807 + 1', '-9223372036854775808'],
    ['1e10 * 1', '1.0E10'],
    ['0.1 + 0.2', '0.30000000000000004'],
    ['1 < 2 && 2 <= 2', 'true'],
    ['not (1 ge 2) and 1 ne 2', 'true'],
    ['1 gt 2 or false', 'false'],
    ['row[0] == 5', 'true'],
    ['row[0] == "5"', 'true'],
    ['row[1] == 2.50', 'true'],
    ['row[3] == 5', 'false'],
    ['row[2] == null', 'true'],
    ['row[4] == null', 'false'],
    ['row[2] < 1', 'false'],
    ['row[0] lt 10', 'true'],
    ['"10" < "9"', 'true'],
    ['true == "TRUE"', 'true'],
    ['empty row[4] && empty row[2] && empty row[99]', 'true'],
    ['!empty row[0]', 'true'],
    ['false ? 1 : true ? 2 : 3', '2'],
    ['false && row[3] > 1', 'false'],
    ['\'it\\\'s \' + "\\"so\\""', 'it\'s "so"'],
    ['row[row[0] - 2]', 'text'],
    ['row[-1]', null],
    ['null', null],
    ['#{ value == null ? "}" : value }', '}'],
  ];
  for (const [expression, expected] of rows) {
    test(expression, () => assert.equal(evaluated(expression, null, row), expected));
  }
});

describe('faults tell their place', () => {
  const rows: readonly (readonly [string, number, RegExp])[] = [
    ['', 0, /the expression is empty/],
    ['1 +', 3, /the expression ends where a value is expected/],
    ['1 2', 2, /there is a value where an operator or the end/],
    ['"abc', 0, /has no end/],
    ['valeu', 0, /"valeu" is unknown; there are value, row/],
    ['value.length()', 5, /there is "\." where an operator/],
    ['1 & 2', 2, /"&" has no meaning here/],
    ['StringUtils.foo(value)', 0, /StringUtils has no foo; it has capitalize, center/],
    ['StringUtils.constructor(value)', 0, /has no constructor/],
    ['Runtime.exec("x")', 0, /Runtime is unknown; known are StringUtils/],
    ['1 + StringUtils.left(value)', 4, /left takes 2 arguments, not 1/],
    ['HttpsUtils.downloadMap("http://x")', 0, /turned off: expressions do not reach the network/],
    ['99999999999999999999', 0, /too large/],
    ['1.5L', 0, /only whole numbers end in L/],
    ['value + value', 6, /"text" is no number; join texts with \+=/],
    ['value * 2', 6, /"text" is no number/],
    ['1 / 0', 2, /1 is divided by zero/],
    ['value ? 1 : 2 > "x"', 14, /"x" is no number/],
    ['DateUtils.parseDate(value, "yyyy")', 0, /"text" does not follow the date pattern "yyyy"/],
    ['DateUtils.format(0, "foo")', 0, /"f" is no letter/],
    ['DateUtils.format(99999999999999999, "yyyy")', 0, /is no date|outside the years/],
    ['CommonUtils.ipToLong("1.2.3.256")', 0, /no IPv4 address/],
    ['StringUtils.leftPad("", 99999999)', 0, /cannot be filled beyond/],
    [`${'('.repeat(100)}1${')'.repeat(100)}`, 65, /nested deeper than 64/],
    [`${'!'.repeat(100)}true`, 65, /nested deeper/],
    [`1${'+1'.repeat(1_000)}`, 999, /more than 1000 parts/],
    ['x'.repeat(5_000), 4_096, /5000 characters; at most 4096/],
  ];
  for (const [expression, at, message] of rows) {
    test(expression.slice(0, 40), () => {
      const error = fault(expression, 'text');
      assert.match(error.message, message);
      assert.equal(error.at, at);
    });
  }
  test('texts cannot grow without bound', () => {
    let expression = 'StringUtils.leftPad("", 1000000, "x")';
    assert.equal(evaluated(expression)?.length, 1_000_000);
    expression = `${expression} += ${expression}`;
    assert.match(fault(expression).message, /more than 1048576 characters/);
    const many = 'StringUtils.replace(StringUtils.leftPad("", 100000, "x"), "x", "0123456789abc")';
    assert.match(fault(many).message, /more than 1048576 characters/);
  });
});

test('the cache lasts from row to row, and belongs to its services', () => {
  const shared = services();
  const run = (expression: string, value: string): string | null =>
    compileExpression(expression, shared)(value, []);
  assert.equal(run('CommonUtils.cacheExists("k")', ''), 'false');
  assert.equal(run('CommonUtils.setCache("k", value)', 'first'), 'first');
  assert.equal(
    run('CommonUtils.cacheExists("k") ? CommonUtils.getCache("k") : value', 'x'),
    'first',
  );
  assert.equal(compileExpression('CommonUtils.getCache("k")', services())('', []), null);
  const fill = compileExpression('CommonUtils.setCache(value, 1)', shared);
  assert.throws(() => {
    for (let n = 0; n <= 1_000; n++) fill(`k${n}`, []);
  }, /holds 1000 values already/);
});

test('dates are written by the zone they are read in', () => {
  const berlin = services('Europe/Berlin');
  const of = (text: string): string | null => compileExpression(text, berlin)('2026-07-01', []);
  assert.equal(of('DateUtils.parseDate(value, "yyyy-MM-dd")'), '2026-07-01 00:00:00');
  assert.equal(of('DateUtils.getTime(DateUtils.parseDate(value, "yyyy-MM-dd"))'), '1782856800000');
  assert.equal(of('DateUtil.now()'), '2023-11-30 03:40:46');
  assert.equal(of('DateUtils.format(null, "yyyy")'), null);
});

describe('templates', () => {
  const template = (text: string, row: Row): string | null =>
    compileTemplate(text, services())(null, row);
  test('texts stay texts, expressions are put in', () => {
    assert.equal(template('', []), '');
    assert.equal(template('1 + 1', []), '1 + 1');
    assert.equal(template('a#{row[0]}-#{"}" += row[1]}z', ['x', null]), 'ax-}z');
    assert.equal(template('#{row[0]}', [null]), null);
    assert.equal(template('#{row[0]}', ['y']), 'y');
  });
  test('an open one is a fault', () => {
    assert.throws(() => template('a#{row[0]', []), /no closing brace/);
    assert.throws(() => template('a#{}', []), /empty/);
  });
});

test('nothing but an ExpressionError is thrown, whatever the text and the row', () => {
  const pieces = fc.constantFrom(
    'value',
    'row[0]',
    'row[',
    ']',
    '(',
    ')',
    ',',
    '"a"',
    "'",
    '1',
    '2.5',
    'null',
    'true',
    '+',
    '-',
    '*',
    '/',
    '%',
    '==',
    '<',
    '&&',
    '!',
    '?',
    ':',
    'empty',
    '+=',
    '.',
    'not',
    ' ',
    'StringUtils.left(',
    'StringUtils.replace(',
    'DateUtils.format(',
    'NumberUtils.toInt(',
    'DateUtils.parseDate(',
    'CommonUtils.ipToLong(',
    '"yyyy"',
    '#{',
    '}',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 14 }).map((list) => list.join(' ')),
  );
  const field = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.integer().map(String)));
  let evaluations = 0;
  fc.assert(
    fc.property(text, field, fc.array(field, { maxLength: 3 }), (expression, value, row) => {
      try {
        const result = compileExpression(expression, services())(value, row);
        assert.ok(result === null || typeof result === 'string');
        evaluations++;
      } catch (error) {
        assert.ok(error instanceof ExpressionError, String(error));
      }
    }),
    { numRuns: 3_000, examples: [['value + 1', '1', []]] },
  );
  assert.ok(evaluations > 0);
});
