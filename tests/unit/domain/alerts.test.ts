import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type AlertPlan,
  endAlert,
  failureIsDue,
  type FailureRule,
  localTime,
  mayNotify,
  type NotificationTimes,
  runsToCount,
  targetsOf,
  type TimeRange,
} from '../../../src/domain/alerts.ts';

const hour = 3_600_000;
const range = (from: number, to: number, ...days: readonly number[]): TimeRange => ({
  fromMs: from * hour,
  toMs: to * hour,
  days,
});
const all = (timezone: string, ...ranges: readonly TimeRange[]): NotificationTimes => ({
  timezone,
  ranges: { all: ranges },
});
const workdays = all('GMT+8', range(8, 18, 1, 2, 3, 4, 5));
const night = all('UTC', range(22, 6, 5));

describe('when a channel may be used', () => {
  // 5 January 2026 is a Monday.
  const rows: readonly (readonly [string, NotificationTimes | null, string, boolean])[] = [
    ['no times at all', null, '2026-01-04T03:00:00Z', true],
    ['Monday, 08:00 there', workdays, '2026-01-05T00:00:00Z', true],
    ['a moment before', workdays, '2026-01-04T23:59:59.999Z', false],
    ['17:59:59 there', workdays, '2026-01-05T09:59:59Z', true],
    ['18:00 there', workdays, '2026-01-05T10:00:00Z', false],
    ['Friday', workdays, '2026-01-09T03:00:00Z', true],
    ['Saturday', workdays, '2026-01-10T03:00:00Z', false],
    ['Sunday', workdays, '2026-01-11T03:00:00Z', false],
    ['Sunday there, Saturday in UTC', all('+08:00', range(0, 24, 7)), '2026-01-10T16:00:00Z', true],
    ['Friday night', night, '2026-01-09T23:00:00Z', true],
    ['the morning after it', night, '2026-01-10T05:59:59Z', true],
    ['the end of it', night, '2026-01-10T06:00:00Z', false],
    ['the morning before it', night, '2026-01-09T05:00:00Z', false],
    ['the night after it', night, '2026-01-10T23:00:00Z', false],
    ['a whole day', all('UTC', range(0, 24, 1)), '2026-01-05T23:59:59.999Z', true],
    ['an unknown zone is UTC', all('GTM+7', range(8, 9, 1)), '2026-01-05T08:30:00Z', true],
    ['no range', all('UTC'), '2026-01-05T08:30:00Z', false],
    ['summer time', all('Europe/Berlin', range(8, 9, 3)), '2026-07-01T06:30:00Z', true],
    ['winter time', all('Europe/Berlin', range(8, 9, 4)), '2026-01-01T07:30:00Z', true],
    ['before 1970', all('UTC', range(0, 24, 3)), '1969-12-31T12:00:00Z', true],
  ];
  for (const [name, times, at, expected] of rows) {
    test(`${name}: ${expected ? 'yes' : 'no'}`, () => {
      assert.equal(mayNotify(times, 'mail', Date.parse(at)), expected);
    });
  }

  test('each channel may have times of its own; without any it is always open', () => {
    const times = { timezone: 'UTC', ranges: { byChannel: { mail: [range(8, 9, 1)], sms: [] } } };
    const monday = Date.parse('2026-01-05T08:30:00Z');
    assert.equal(mayNotify(times, 'mail', monday), true);
    assert.equal(mayNotify(times, 'mail', monday + hour), false);
    assert.equal(mayNotify(times, 'sms', monday), false);
    assert.equal(mayNotify(times, 'webhook', monday), true);
  });

  const dayMs = 24 * hour;
  const anyRange = fc.record({
    fromMs: fc.integer({ min: 0, max: dayMs - 1 }),
    toMs: fc.integer({ min: 1, max: dayMs }),
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
  });
  const anyTime = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) });
  const anyZone = fc.constantFrom('UTC', 'GMT+8', 'UTC-05:30');

  test('a range and what it leaves out are never open at the same time', () => {
    fc.assert(
      fc.property(anyRange, anyTime, anyZone, (one, atMs, zone) => {
        const without = [1, 2, 3, 4, 5, 6, 7].filter((day) => !one.days.includes(day));
        const rest = [
          { fromMs: one.fromMs, toMs: one.toMs, days: without },
          // From its end to its next beginning, on every day.
          { fromMs: one.toMs % dayMs, toMs: one.fromMs, days: [1, 2, 3, 4, 5, 6, 7] },
        ];
        fc.pre(one.toMs % dayMs !== one.fromMs);
        const inside = mayNotify(all(zone, one), 'mail', atMs);
        assert.notEqual(inside, mayNotify(all(zone, ...rest), 'mail', atMs));
      }),
    );
  });

  test('a week later it is the same', () => {
    fc.assert(
      fc.property(anyRange, anyTime, anyZone, (one, atMs, zone) => {
        const times = all(zone, one);
        assert.equal(mayNotify(times, 'mail', atMs), mayNotify(times, 'mail', atMs + 7 * dayMs));
      }),
    );
  });
});

describe('which failures are told', () => {
  const every = (times: number): FailureRule => ({ kind: 'every', times });
  const late = { kind: 'first-and-from', from: 10 } as const;
  /** Newest first: `f` failed, `s` succeeded. */
  const ended = (story: string): boolean[] => [...story].map((each) => each === 'f');
  const rows: readonly (readonly [FailureRule, string, number, boolean])[] = [
    [every(1), 'f', 1, true],
    [every(1), 'fff', 0, true],
    [every(0), 'f', 1, true],
    [every(3), 'ff', 2, false],
    [every(3), 'fff', 3, true],
    [every(3), 'ffff', 1, false],
    [every(3), 'ffffff', 3, true],
    [every(3), 'ffsf', 4, false],
    [every(3), 'sfff', 4, false],
    [every(3), 'fffs', 4, true],
    [late, 'f', 1, true],
    [late, 'fs', 2, true],
    [late, 'ff', 1, false],
    [late, 'fffffffff', 9, false],
    [late, 'ffffffffff', 9, true],
    [late, 'fffffffffff', 1, true],
    [late, 'sf', 2, false],
  ];
  for (const [rule, story, untold, expected] of rows) {
    test(`${JSON.stringify(rule)} after ${story}, ${untold} untold: ${expected}`, () => {
      assert.equal(failureIsDue(rule, ended(story), untold), expected);
    });
  }

  test('N failures in a row are told once, 2N twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 60 }), (n, row) => {
        let told = 0;
        let untold = 0;
        for (let length = 1; length <= row; length += 1) {
          untold += 1;
          const seen = Array.from({ length: Math.min(length, runsToCount(every(n))) }, () => true);
          if (!failureIsDue(every(n), seen, untold)) continue;
          told += 1;
          untold = 0;
        }
        assert.equal(told, Math.floor(row / n));
      }),
    );
  });
});

const plan: AlertPlan = {
  failures: { kind: 'every', times: 1 },
  timeout: true,
  noWorker: true,
  success: true,
  channels: ['mail', 'webhook'],
  contacts: [
    { name: 'A', mail: 'a@example.com', webhook: 'http://a/', phone: '' },
    { name: 'B', mail: 'b@example.com', webhook: '', phone: '1' },
    { name: 'C', mail: 'a@example.com', webhook: '', phone: '' },
  ],
  atAll: false,
  times: null,
};

describe('what an end is told as', () => {
  const end = (
    state: 'succeeded' | 'failed' | 'canceled',
    stopCause: 'timeout' | 'budget' | 'user' | null,
    lacksWorker: boolean,
    wish: Partial<AlertPlan> = {},
  ) => endAlert({ ...plan, ...wish }, { state, stopCause }, lacksWorker);

  test('the reason that says most comes first', () => {
    assert.equal(end('succeeded', null, false), 'succeeded');
    assert.equal(end('failed', 'timeout', true), 'timeout');
    assert.equal(end('failed', 'budget', true), 'no-worker');
    assert.equal(end('failed', 'budget', false), 'failed');
    assert.equal(end('canceled', 'user', false), null);
  });

  test('what nobody wants to hear is told as a failure, or not at all', () => {
    assert.equal(end('succeeded', null, false, { success: false }), null);
    assert.equal(end('failed', 'timeout', false, { timeout: false }), 'failed');
    assert.equal(end('failed', null, true, { noWorker: false }), 'failed');
    assert.equal(end('failed', null, false, { failures: null }), null);
  });
});

describe('who is told', () => {
  test('each address once, by the channels that are open', () => {
    const { targets, unused } = targetsOf(plan, 0);
    assert.deepEqual(targets, [
      { channel: 'mail', address: 'a@example.com' },
      { channel: 'mail', address: 'b@example.com' },
      { channel: 'webhook', address: 'http://a/' },
    ]);
    assert.deepEqual(unused, []);
    const times = { timezone: 'UTC', ranges: { byChannel: { mail: [] } } };
    assert.deepEqual(
      targetsOf({ ...plan, times }, 0).targets.map(({ channel }) => channel),
      ['webhook'],
    );
  });

  test('channels that reach nobody are named', () => {
    const wanted = {
      ...plan,
      channels: ['sms', 'phone', 'webhook', 'webhook'],
      contacts: [],
    } as const;
    assert.deepEqual(targetsOf(wanted, 0), { targets: [], unused: ['sms', 'phone', 'webhook'] });
  });
});

test('times are told in the zone of the plan', () => {
  const atMs = Date.parse('2026-01-31T00:00:00.123Z');
  assert.equal(localTime(atMs, 'GMT+8'), '2026-01-31 08:00:00 GMT+8');
  assert.equal(localTime(atMs, 'nowhere'), '2026-01-31 00:00:00 UTC');
});
