import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isPlain } from '../../../../src/domain/schedule/cron-croner.ts';
import { CronSyntaxError } from '../../../../src/domain/schedule/cron-field.ts';
import { parseCron } from '../../../../src/domain/schedule/cron-parse.ts';
import {
  nextMatch,
  previousMatch,
  searchNext,
} from '../../../../src/domain/schedule/cron-search.ts';
import type { CronDialect } from '../../../../src/domain/schedule/definition.ts';
import { wallText } from '../../../../src/domain/schedule/wall-time.ts';

const FROM = '2026-01-01T00:00:00';
const wall = (text: string): number => Date.parse(`${text}Z`);

/** The next matches after a wall time, as text without what the row leaves out. */
function next(expression: string, dialect: CronDialect, count: number, from = FROM): string[] {
  const pattern = parseCron(expression, dialect);
  const found: string[] = [];
  for (let after = wall(from) - 1; found.length < count;) {
    const match = nextMatch(pattern, after);
    if (match === null) break;
    found.push(wallText(match));
    after = match;
  }
  return found;
}

type Row = readonly [expression: string, expected: string, from?: string];

/** Dates are of 2026 and at noon unless they say otherwise. 1 January 2026 is a Thursday. */
function expand(expected: string): string[] {
  if (expected === '') return [];
  return expected.split(' ').map((text) => {
    const date = /^\d\d-\d\d/.test(text) ? `2026-${text}` : text;
    return date.includes('T') ? date.padEnd(19, ':00') : `${date}T12:00:00`;
  });
}

const unix: readonly Row[] = [
  ['0 12 * * *', '01-01 01-02 01-03'],
  ['0 1 */1 * ?', '01-01T01:00 01-02T01:00'],
  ['*/1 * * * ?', '01-01T00:00 01-01T00:01'],
  ['*/20 * * * *', '01-01T00:00 01-01T00:20 01-01T00:40 01-01T01:00'],
  ['7/20 0 * * *', '01-01T00:07 01-01T00:27 01-01T00:47 01-02T00:07'],
  ['10-20/5 0 * * *', '01-01T00:10 01-01T00:15 01-01T00:20 01-02T00:10'],
  ['30 15 10 * * *', '01-01T10:15:30 01-02T10:15:30'],
  ['*/30 * * * * *', '01-01T00:00:00 01-01T00:00:30 01-01T00:01:00'],
  ['0 12 * * 0', '01-04 01-11'],
  ['0 12 * * 7', '01-04 01-11'],
  ['0 12 * * sun', '01-04 01-11'],
  ['0 12 * * 5-7', '01-02 01-03 01-04 01-09'],
  ['0 12 * * FRI-MON', '01-02 01-03 01-04 01-05 01-09'],
  ['0 12 * * SAT-SUN', '01-03 01-04 01-10'],
  ['0 12 * * 7-2', '01-04 01-05 01-06 01-11'],
  ['0 12 * * */2', '01-01 01-03 01-04 01-06'],
  ['0 12 * * 3/2', '01-02 01-07 01-09'],
  ['0 22-2/2 * * *', '01-01T00:00 01-01T02:00 01-01T22:00'],
  ['0 12 1 feb,APR *', '02-01 04-01 2027-02-01'],
  ['0 12 1 NOV-FEB *', '01-01 02-01 11-01 12-01 2027-01-01'],
  // Both days restricted: either is enough.
  ['0 12 10 * 1', '01-05 01-10 01-12'],
  ['0 12 */10 * 1', '01-01 01-05 01-11 01-12'],
  // croner 10 takes 31 February for 3 March, and passes over the 1st.
  ['0 12 1,31 * *', '03-01 03-31 04-01', '2026-02-02T00:00:00'],
  ['0 12 1 * 0', '2025-03-01 2025-03-02', '2025-02-24T00:00:00'],
  ['0 12 L * *', '01-31 02-28 03-31'],
  ['0 12 * * 1#2', '01-12 02-09'],
  ['0 12 29 2 *', '2028-02-29 2032-02-29'],
  ['0 12 29 2 *', '2096-02-29 2104-02-29', '2095-01-01T00:00:00'],
  ['0 12 31 12 *', '2199-12-31', '2199-01-01T00:00:00'],
  ['@monthly', '01-01T00:00 02-01T00:00'],
  ['@Weekly', '01-04T00:00 01-11T00:00'],
  ['  0   12 \t * * *  ', '01-01 01-02'],
];

const quartz: readonly Row[] = [
  ['0 0 12 * * ?', '01-01 01-02'],
  ['0 0 12 ? * 1', '01-04 01-11'],
  ['0 0 12 ? * 2', '01-05 01-12'],
  ['0 0 12 ? * MON', '01-05 01-12'],
  ['0 0 12 ? * 6-2', '01-02 01-03 01-04 01-05 01-09'],
  ['0 0 12 ? * L', '01-03 01-10'],
  ['0 0 12 15 * ?', '01-15 02-15'],
  ['0 0 12 15 * *', '01-15 02-15'],
  ['0 0/10 12 * * ?', '01-01 01-01T12:10'],
  ['0 /30 12 * * ?', '01-01 01-01T12:30 01-02'],
  ['0 0 12 L * ?', '01-31 02-28 03-31 04-30'],
  ['0 0 12 L-3 * ?', '01-28 02-25 03-28'],
  ['0 0 12 L-30 * ?', '01-01 03-01 05-01'],
  // 31 January and 28 February 2026 are Saturdays, 31 May a Sunday.
  ['0 0 12 LW * ?', '01-30 02-27 03-31 04-30 05-29'],
  ['0 0 12 L-1W * ?', '01-30 02-27 03-30 04-29 05-29'],
  ['0 0 12 15W * ?', '01-15 02-16 03-16 04-15 05-15'],
  // 1 August is a Saturday, 1 February a Sunday; the month is not left.
  ['0 0 12 1W 2,8 ?', '02-02 08-03'],
  ['0 0 12 31W * ?', '01-30 03-31 05-29'],
  ['0 0 12 1,15W,LW 1 ?', '01-01 01-15 01-30'],
  ['0 0 12 ? * 6L', '01-30 02-27 03-27'],
  ['0 0 12 ? * FRIL', '01-30 02-27'],
  ['0 0 12 ? * 6#3', '01-16 02-20 03-20'],
  ['0 0 12 ? * 2#5', '03-30 06-29'],
  ['0 0 12 ? * 2#1,6L', '01-05 01-30 02-02'],
  ['0 0 12 1 1 ? 2028', '2028-01-01'],
  ['0 0 12 1 1 ? 2097-2099', '2097-01-01 2098-01-01 2099-01-01'],
  ['0 0 12 1 1 ? 2026/30', '2026-01-01 2056-01-01 2086-01-01'],
  ['0 0 12 1 1 ? 2020', ''],
  ['0 0 12 29 2 ? 2096/2', '2096-02-29'],
];

describe('next times of expressions', () => {
  for (const [dialect, rows] of [
    ['unix', unix],
    ['quartz', quartz],
  ] as const) {
    for (const [expression, text, from] of rows) {
      test(`${dialect}: ${expression}${from === undefined ? '' : ` from ${from}`}`, () => {
        const expected = expand(text);
        assert.deepEqual(next(expression, dialect, Math.max(1, expected.length), from), expected);
      });
    }
  }
});

describe('expressions that are none', () => {
  const rows: readonly (readonly [CronDialect, string, RegExp])[] = [
    ['unix', '', /has 0 fields; five/],
    ['unix', '* * * *', /has 4 fields; five/],
    ['unix', '0 0 12 1 1 ? 2028', /has 7 fields; five .* or six/],
    ['quartz', '0 12 * * ?', /has 5 fields; six/],
    ['unix', '60 * * * *', /^minute "60": 60 is out of range; allowed is 0 to 59/],
    ['unix', '* 24 * * *', /^hour "24"/],
    ['unix', '* * 0 * *', /^day of month "0": 0 is out of range; allowed is 1 to 31/],
    ['unix', '* * * 13 *', /^month "13": .* or a name such as JAN/],
    ['unix', '* * * * 8', /^day of week "8"/],
    ['quartz', '0 0 0 ? * 0', /^day of week "0": 0 is out of range; allowed is 1 to 7/],
    ['unix', '*/0 * * * *', /step after "\/" must be a number from 1 to 60/],
    ['unix', '*/61 * * * *', /step after/],
    ['unix', '*/x * * * *', /step after/],
    ['unix', '/5 * * * *', /a number is missing/],
    ['unix', '1,,2 * * * *', /a number is missing/],
    ['unix', '1- * * * *', /a number is missing/],
    ['unix', '1-2-3 * * * *', /more than one "-"/],
    ['unix', '1/2/3 * * * *', /more than one "\/"/],
    ['unix', 'abc * * * *', /"ABC" is not a number/],
    ['unix', '-1 * * * *', /a number is missing/],
    ['unix', '1.5 * * * *', /not a number/],
    ['unix', '* * * FOO *', /^month "FOO"/],
    ['unix', '* * * * MON#6', /after "#" comes 1 to 5/],
    ['unix', '* * 1-LW * *', /L and W stand alone/],
    ['unix', '* * L-31 * *', /at most 30 days/],
    ['unix', '@reboot', /not a known nickname/],
    ['quartz', '@daily', /Quartz has none/],
    ['quartz', '0 0 0 ? * ?', /"\?" stands in both day fields/],
    ['quartz', '0 0 0 1 * 2', /both name days; put "\?" in one/],
    ['quartz', '0 ? 0 1 * ?', /^minute "\?": "\?" is only for the two day fields/],
    ['quartz', '0 0 0 1 1 ? 1969', /^year "1969"/],
    ['quartz', '0 0 0 1 1 ? 2100', /^year "2100"/],
    ['quartz', '0 0 0 1 1 ? 2030-2028', /ends before it begins/],
    ['unix', '0 0 31 2 *', /^no further firing ever/],
    ['unix', '0 0 31 4,6,9,11 *', /^no further firing ever/],
    ['quartz', '0 0 0 29 2 ? 2027', /^no further firing ever: .*year "2027"/],
    ['quartz', '0 0 0 30W 2 ?', /^no further firing ever/],
    ['quartz', '0 0 0 L-30 2 ?', /^no further firing ever/],
    ['unix', `${'0,'.repeat(300)}0 * * * *`, /has 609 characters; at most 512/],
  ];
  for (const [dialect, expression, message] of rows) {
    test(`${dialect}: "${expression.slice(0, 40)}"`, () => {
      assert.throws(
        () => parseCron(expression, dialect),
        (error) => error instanceof CronSyntaxError && message.test(error.message),
      );
    });
  }

  test('any text is either a pattern with a time or a CronSyntaxError', () => {
    const piece = fc.constantFrom(...'0123456789*/-,?LW#@ '.split(''), 'MON', 'JAN', '* ', '0 ');
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom('unix', 'quartz'), (expression, dialect) => {
        try {
          assert.notEqual(searchNext(parseCron(expression, dialect), -1), null);
        } catch (error) {
          assert.ok(error instanceof CronSyntaxError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

const SECONDS_2024_TO_2040 = 16 * 365 * 86_400;
const moment = fc.integer({ min: 0, max: SECONDS_2024_TO_2040 }).map((s) => {
  return Date.UTC(2024, 0, 1) + s * 1_000;
});

/** A field as text: a wildcard, a step, a range or a list. */
function field(low: number, high: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: low, max: high });
  return fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 1, max: high - low + 1 }).map((step) => `*/${step}`),
    fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
    fc.array(value, { minLength: 1, maxLength: 3 }).map((values) => values.join(',')),
  );
}

const weekdays = fc.oneof(field(0, 6), fc.constantFrom('7', '5-7', '7-1'));
const plain = fc
  .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), weekdays)
  .map((fields) => fields.join(' '));

/** Some of the numbers of a field, or null for all. */
function some(low: number, high: number): fc.Arbitrary<readonly number[] | null> {
  const values = fc.uniqueArray(fc.integer({ min: low, max: high }), {
    minLength: 1,
    maxLength: 4,
  });
  return fc.option(values);
}

test('a search finds the day that a walk over all days finds', () => {
  const text = (values: readonly number[] | null): string => values?.join(',') ?? '*';
  fc.assert(
    fc.property(some(1, 31), some(1, 12), some(0, 6), moment, (days, inMonths, week, after) => {
      // Days that no month of the list has are another test.
      fc.pre(days === null || week !== null || days.some((day) => day <= 28));
      const pattern = parseCron(`0 0 ${text(days)} ${text(inMonths)} ${text(week)}`, 'unix');
      const allows = (date: Date): boolean => {
        if (inMonths !== null && !inMonths.includes(date.getUTCMonth() + 1)) return false;
        const byDay = days?.includes(date.getUTCDate());
        const byWeek = week?.includes(date.getUTCDay());
        return byDay === undefined || byWeek === undefined
          ? (byDay ?? byWeek ?? true)
          : byDay || byWeek;
      };
      let expected = Math.floor(after / 86_400_000) * 86_400_000 + 86_400_000;
      while (!allows(new Date(expected))) expected += 86_400_000;
      assert.equal(nextMatch(pattern, after), expected);
      assert.equal(searchNext(pattern, after), expected);
    }),
    { numRuns: 2_000 },
  );
});

describe('the two searches', () => {
  test('croner and our own agree on plain patterns', () => {
    const anyDay = fc
      .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 12), weekdays)
      .map(([second, minute, hour, month, weekday]) => {
        return `${second} ${minute} ${hour} * ${month} ${weekday}`;
      });
    fc.assert(
      fc.property(anyDay, moment, (expression, after) => {
        const pattern = parseCron(expression, 'unix');
        assert.ok(isPlain(pattern), 'the others are not croner’s');
        assert.equal(searchNext(pattern, after), nextMatch(pattern, after));
      }),
      { numRuns: 5_000 },
    );
  });

  test('backwards finds what forwards finds', () => {
    const special = fc
      .tuple(field(0, 23), fc.constantFrom('L ?', '15W ?', 'LW ?', 'L-2 ?', '? 2#1', '? 6L', '? 3'))
      .map(([hours, days]) => {
        const [dayOfMonth, dayOfWeek] = days.split(' ');
        return `0 0 ${hours} ${dayOfMonth} * ${dayOfWeek} 2020-2050`;
      });
    const either = fc.oneof(
      plain.map((text) => parseCron(text, 'unix')),
      special.map((text) => parseCron(text, 'quartz')),
    );
    fc.assert(
      fc.property(either, moment, (pattern, after) => {
        const found = searchNext(pattern, after);
        assert.ok(found !== null && found > after);
        assert.equal(previousMatch(pattern, found + 1), found);
        const before = previousMatch(pattern, found);
        assert.ok(before !== null && before <= after);
        assert.equal(searchNext(pattern, before), found);
      }),
      { numRuns: 2_000 },
    );
  });
});
