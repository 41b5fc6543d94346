import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CalendarRule } from '../../../../src/domain/schedule/definition.ts';
import { nextFire, previousFire } from '../../../../src/domain/schedule/firings.ts';
import { parseSchedule } from '../../../../src/domain/schedule/parse.ts';
import { previewSchedule } from '../../../../src/domain/schedule/preview.ts';

// 5 January 2026 is a Monday.
const MONDAY = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

/** What hourly firings of one stretch come to: `DD HH` of those that fire. */
function firing(rules: readonly object[], days: number, zone = 'UTC', fromMs = MONDAY): string[] {
  const preview = previewSchedule(
    { timing: { kind: 'cron', expression: '0 */6 * * *' }, zone, calendars: rules },
    fromMs - 1,
    days * 4,
  );
  assert.equal(preview.kind, 'preview', JSON.stringify(preview));
  return preview.occurrences
    .filter(({ outcome }) => outcome === 'fire')
    .map(({ localText }) => `${localText.slice(8, 10)} ${localText.slice(11, 13)}`);
}

const exclude = (rule: object): object => ({ kind: 'exclude', name: 'closed', ...rule });
const include = (rule: object): object => ({ kind: 'include', name: 'open', ...rule });

describe('what a calendar lets through, of 00, 06, 12 and 18 h from Monday 5th', () => {
  test('days of the week', () => {
    assert.deepEqual(firing([exclude({ daysOfWeek: [1, 3] })], 3), [
      '06 00',
      '06 06',
      '06 12',
      '06 18',
    ]);
    assert.deepEqual(firing([include({ daysOfWeek: [0] })], 7), [
      '11 00',
      '11 06',
      '11 12',
      '11 18',
    ]);
  });
  test('dates, of one year and of each', () => {
    assert.deepEqual(firing([include({ dates: ['2026-01-06', '2027-01-05'] })], 3).length, 4);
    assert.deepEqual(firing([exclude({ dates: ['01-05', '01-06'] })], 3)[0], '07 00');
  });
  test('times of day; the end is free again', () => {
    assert.deepEqual(firing([exclude({ timesOfDay: ['06:00-12:00'] })], 1), [
      '05 00',
      '05 12',
      '05 18',
    ]);
    assert.deepEqual(firing([exclude({ timesOfDay: ['00:00-24:00'] })], 2), []);
  });
  test('a window across midnight belongs to the day on which it begins', () => {
    const rule = exclude({ daysOfWeek: [1], timesOfDay: ['18:00-06:30'] });
    assert.deepEqual(firing([rule], 2), ['05 00', '05 06', '05 12', '06 12', '06 18']);
  });
  test('intervals are absolute', () => {
    const rule = exclude({ intervals: [{ fromMs: MONDAY, toMs: MONDAY + DAY_MS / 2 }] });
    assert.deepEqual(firing([rule], 1), ['05 12', '05 18']);
  });
  test('exclusion wins; one of several inclusions is enough', () => {
    const rules = [
      include({ daysOfWeek: [1] }),
      include({ name: 'also', timesOfDay: ['12:00-13:00'] }),
      exclude({ dates: ['2026-01-06'] }),
    ];
    assert.deepEqual(firing(rules, 3), ['05 00', '05 06', '05 12', '05 18', '07 12']);
  });
  test('in the zone of the schedule', () => {
    // Monday 00:00 UTC is 08:00 in Shanghai.
    const rule = exclude({ timesOfDay: ['09:00-17:00'] });
    assert.deepEqual(firing([rule], 1, 'Asia/Shanghai'), ['05 18', '06 00', '06 06']);
  });
});

test('a dropped firing names its calendar', () => {
  const rules = (...kinds: object[]): readonly (readonly string[])[] => {
    const timing = { kind: 'one-time', atMs: MONDAY };
    const preview = previewSchedule({ timing, calendars: kinds }, 0, 1);
    assert.equal(preview.kind, 'preview');
    return preview.occurrences.map(({ outcome, rule, reason }) => [outcome, rule, reason]);
  };
  assert.deepEqual(rules(exclude({ daysOfWeek: [1] })), [
    ['dropped', 'calendar:closed', 'calendar "closed" excludes it'],
  ]);
  assert.deepEqual(rules(include({ daysOfWeek: [2] })), [
    ['dropped', 'calendar:open', 'calendar "open" does not include it'],
  ]);
  assert.deepEqual(rules(include({ daysOfWeek: [2] }), include({ daysOfWeek: [3] })), [
    ['dropped', 'calendar:not-included', 'no calendar includes it'],
  ]);
});

test('a search leaps over what calendars keep free, in both directions, and across clock changes', () => {
  const rule: CalendarRule = { kind: 'include', name: 'one', dates: ['2030-07-04'] };
  const parsed = parseSchedule({
    timing: { kind: 'cron', expression: '* * * * * *' },
    zone: 'America/New_York',
    calendars: [rule],
  });
  assert.equal(parsed.kind, 'parsed');
  const started = performance.now();
  const next = nextFire(parsed.schedule, MONDAY);
  const last = previousFire(parsed.schedule, Date.UTC(2034, 0, 1), MONDAY);
  const tookMs = performance.now() - started;
  assert.equal(next.kind === 'next' && next.occurrence.localText, '2030-07-04T00:00:00');
  assert.equal(last?.localText, '2030-07-04T23:59:59');
  assert.equal(previousFire(parsed.schedule, Date.UTC(2029, 0, 1), MONDAY), null);
  // Second by second these would be a quarter of a billion steps.
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
});

test('a leap does not pass over a window on a day of 23 hours', () => {
  const parsed = parseSchedule({
    timing: { kind: 'cron', expression: '* * * * *' },
    zone: 'Europe/Berlin',
    calendars: [include({ timesOfDay: ['00:00-00:30'] })],
  });
  assert.equal(parsed.kind, 'parsed');
  const next = nextFire(parsed.schedule, Date.parse('2026-03-29T00:10Z'));
  assert.equal(next.kind === 'next' && next.occurrence.localText, '2026-03-30T00:00:00');
  const last = previousFire(parsed.schedule, Date.parse('2026-03-29T20:00Z'), MONDAY);
  assert.equal(last?.localText, '2026-03-29T00:29:00');
});

describe('rules that are none', () => {
  const rows: readonly (readonly [string, object, RegExp])[] = [
    ['no condition', exclude({}), /^calendars\[0\] it names no times; give daysOfWeek/],
    ['empty list', exclude({ dates: [] }), /^calendars\[0\].dates the list is empty/],
    ['kind', { ...exclude({ dates: ['01-01'] }), kind: 'deny' }, /^calendars\[0\].kind "deny"/],
    ['name', { kind: 'exclude', dates: ['01-01'] }, /^calendars\[0\].name a text is needed/],
    [
      'weekday',
      exclude({ daysOfWeek: [7] }),
      /^calendars\[0\].daysOfWeek\[0\] 7 is not within 0 to 6/,
    ],
    ['date', exclude({ dates: ['2026-02-29'] }), /"2026-02-29" is no date; write YYYY-MM-DD/],
    ['yearly date', exclude({ dates: ['02-30'] }), /"02-30" is no date/],
    ['window', exclude({ timesOfDay: ['8:00-9:00'] }), /is no time of day; write HH:MM-HH:MM/],
    ['empty window', exclude({ timesOfDay: ['08:00-08:00'] }), /is no time of day/],
    ['late window', exclude({ timesOfDay: ['23:00-24:01'] }), /is no time of day/],
    ['interval', exclude({ intervals: [{ fromMs: 2, toMs: 2 }] }), /ends before it begins/],
    ['all days', exclude({ daysOfWeek: [0, 1, 2, 3, 4, 5, 6] }), /excludes every day of the week/],
    ['too long', exclude({ dates: Array(1_001).fill('01-01') }), /1001 entries; at most 1000/],
  ];
  for (const [name, rule, expected] of rows) {
    test(name, () => {
      const timing = { kind: 'none' };
      const parsed = parseSchedule({ timing, calendars: [rule] });
      const first = parsed.kind === 'problems' ? parsed.problems[0] : undefined;
      assert.match(`${first?.path} ${first?.message}`, expected);
    });
  }
  test('too many', () => {
    const calendars = Array(101).fill(exclude({ dates: ['02-29'] }));
    const parsed = parseSchedule({ timing: { kind: 'none' }, calendars });
    assert.equal(parsed.kind === 'problems' && parsed.problems[0]?.code, 'limit');
  });
});
