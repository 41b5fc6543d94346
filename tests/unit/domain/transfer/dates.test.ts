import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findZone, type Zone } from '../../../../src/domain/schedule/zone.ts';
import { formatDate } from '../../../../src/domain/transfer/dates/format.ts';
import { parseDate } from '../../../../src/domain/transfer/dates/parse.ts';
import { DatePatternError } from '../../../../src/domain/transfer/dates/pattern.ts';
import { momentOf, offsetAt } from '../../../../src/domain/transfer/dates/wall.ts';

function zone(name: string): Zone {
  const found = findZone(name);
  assert.ok(found !== null);
  return found;
}

const utc = zone('UTC');

function read(text: string, pattern: string, name = 'UTC'): string {
  const parsing = { zone: zone(name), nearMs: Date.UTC(2026, 0), preferredOffsetMs: null };
  return new Date(parseDate(text, pattern, parsing)).toISOString();
}

describe('letters of SimpleDateFormat', () => {
  // What Java 8 prints in the English locale.
  const afternoon = Date.parse('2017-01-01T15:04:05.678Z');
  const midnight = Date.parse('2020-12-31T00:00:00Z');
  const rows: readonly (readonly [number, string, string])[] = [
    [afternoon, 'G GGGG', 'AD AD'],
    [afternoon, 'y yy yyy yyyy yyyyy', '2017 17 2017 2017 02017'],
    [afternoon, 'M MM MMM MMMM L LLLL', '1 01 Jan January 1 January'],
    [afternoon, 'd dd D DDD F', '1 01 1 001 1'],
    [afternoon, 'E EEE EEEE u', 'Sun Sun Sunday 7'],
    [afternoon, 'a H HH k K h hh', 'PM 15 15 15 3 3 03'],
    [afternoon, 'm mm s ss S SSS SSSSS', '4 04 5 05 678 678 00678'],
    [afternoon, 'Z X XX XXX z', '+0000 Z Z Z UTC'],
    [afternoon, 'Y w ww W', '2017 1 01 1'],
    [midnight, 'YYYY w W D F E', '2021 1 5 366 5 Thu'],
    [midnight, 'H k K h a', '0 24 0 12 AM'],
    [Date.parse('2026-10-31T12:00:00Z'), 'w W F u', '44 5 5 6'],
    [afternoon, "''yy ''''MM", "'17 ''01"],
    [afternoon, "'o''clock' h", "o'clock 3"],
    [afternoon, '年yyyy', '年2017'],
  ];
  for (const [ms, pattern, expected] of rows) {
    test(pattern, () => assert.equal(formatDate(utc, ms, pattern), expected));
  }
  test('zones and offsets', () => {
    const pattern = 'z|zzzz|Z|X|XX|XXX';
    assert.equal(
      formatDate(zone('GMT-5:30'), afternoon, pattern),
      'GMT-05:30|GMT-05:30|-0530|-05|-0530|-05:30',
    );
    assert.equal(
      formatDate(zone('America/New_York'), afternoon, pattern),
      'EST|Eastern Standard Time|-0500|-05|-0500|-05:00',
    );
  });
});

describe('reading', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['2018/01/05 15:15:05', 'yyyy/MM/dd HH:mm:ss', '2018-01-05T15:15:05.000Z'],
    ['20180105151505678', 'yyyyMMddHHmmssSSS', '2018-01-05T15:15:05.678Z'],
    ['5 jan 2018 3 pm', 'd MMM yyyy h a', '2018-01-05T15:00:00.000Z'],
    ['January 12 AM', 'MMMM hh a', '1970-01-01T00:00:00.000Z'],
    ['24', 'kk', '1970-01-01T00:00:00.000Z'],
    ['46 47', 'yy yy', '1947-01-01T00:00:00.000Z'],
    ['2018-01-32', 'yyyy-MM-dd', '2018-02-01T00:00:00.000Z'],
    ['2020 366', 'yyyy D', '2020-12-31T00:00:00.000Z'],
    ['2021 1 Thu', 'YYYY w EEE', '2020-12-31T00:00:00.000Z'],
    ['2026-10 W5 6', "yyyy-MM 'W'W u", '2026-10-31T00:00:00.000Z'],
    ['2026-10 3 Wed', 'yyyy-MM F E', '2026-10-21T00:00:00.000Z'],
    ['Tue', 'EEE', '1970-01-06T00:00:00.000Z'],
    ['2026-01-01 +0530', 'yyyy-MM-dd Z', '2025-12-31T18:30:00.000Z'],
    ['2026-01-01T00:00-05:00', "yyyy-MM-dd'T'HH:mmXXX", '2026-01-01T05:00:00.000Z'],
    ['2026-01-01T00Z', "yyyy-MM-dd'T'HHX", '2026-01-01T00:00:00.000Z'],
    ['2026-01-01 GMT+8', 'yyyy-MM-dd z', '2025-12-31T16:00:00.000Z'],
  ];
  for (const [text, pattern, expected] of rows) {
    test(`${text} by ${pattern}`, () => assert.equal(read(text, pattern), expected));
  }
  test('in a zone, by its names', () => {
    assert.equal(read('2026-07-01 EST', 'yyyy-MM-dd z', 'America/New_York').slice(11, 13), '05');
    assert.equal(read('2026-07-01 EDT', 'yyyy-MM-dd z', 'America/New_York').slice(11, 13), '04');
    assert.equal(read('2026-07-01', 'yyyy-MM-dd', 'America/New_York').slice(11, 13), '04');
  });
  for (const [text, pattern] of [
    ['2018-01-05', 'yyyy/MM/dd'],
    ['2018-01-05x', 'yyyy-MM-dd'],
    ['2018', 'yyyy-MM'],
    ['Foo 2018', 'MMM yyyy'],
    ['', 'yyyy'],
    ['99999-01-01', 'yyyy-MM-dd'],
    ['x', 'z'],
    ['2'.repeat(600), 'yyyy'],
  ] as const) {
    test(`not ${text.slice(0, 20)} by ${pattern}`, () => {
      assert.throws(() => read(text, pattern), DatePatternError);
    });
  }
});

test('moments and wall times are each other’s inverse in every zone', () => {
  const name = fc.constantFrom(
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Apia',
    'Africa/Casablanca',
    'America/Havana',
    'Asia/Shanghai',
  );
  const ms = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2037, 0) });
  fc.assert(
    fc.property(name, ms, (known, at) => {
      const there = zone(known);
      const offset = offsetAt(there, at);
      assert.equal(momentOf(there, at + offset, offset), at);
      const seconds = Math.floor(at / 1000) * 1000;
      const pattern = 'yyyy-MM-dd HH:mm:ss';
      // An independent account of the same wall time.
      const text = new Date(seconds).toLocaleString('sv-SE', { timeZone: known });
      assert.equal(formatDate(there, seconds, pattern), text);
      const parsing = { zone: there, nearMs: at, preferredOffsetMs: offset };
      assert.equal(parseDate(text, pattern, parsing), seconds);
    }),
    { numRuns: 500 },
  );
});
