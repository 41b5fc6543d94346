import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { maxScheduleDays, scheduleDays } from '../../../../src/domain/schedule/days.ts';
import { openSchedule, parseSchedule } from '../../../../src/domain/schedule/parse.ts';
import type { ScheduleDefinition } from '../../../../src/domain/schedule/definition.ts';
import { scheduleDefaults } from '../../../../src/domain/schedule/definition.ts';

const hourMs = 3_600_000;

function days(
  timing: ScheduleDefinition['timing'],
  zone: string,
  from: string,
  count: number,
  more: Partial<ScheduleDefinition> = {},
) {
  const definition = { ...scheduleDefaults, timing, zone, ...more } as ScheduleDefinition;
  const parsed = parseSchedule(definition);
  assert.notEqual(parsed.kind, 'problems');
  return [...scheduleDays(openSchedule(definition), Date.parse(from), count)];
}

const cron = (expression: string) => ({ kind: 'cron', expression, dialect: 'unix' }) as const;

suite('days of a schedule', () => {
  test('days follow the zone, and the first counts from now on', () => {
    const rows = days(cron('0 */6 * * *'), 'Asia/Shanghai', '2026-11-20T16:30:00Z', 3);
    assert.deepEqual(
      rows.map(({ date, fires, dropped, more }) => [date, fires, dropped, more]),
      [
        // 00:30 in Shanghai: midnight is over.
        ['2026-11-21', 3, 0, false],
        ['2026-11-22', 4, 0, false],
        ['2026-11-23', 4, 0, false],
      ],
    );
    assert.equal(rows[0]?.fromMs, Date.parse('2026-11-20T16:00:00Z'));
    assert.equal(rows[0]?.untilMs, rows[1]?.fromMs);
  });

  test('a day on which clocks change is longer or shorter, and tells what they moved', () => {
    const spring = days(cron('30 2 * * *'), 'Europe/Berlin', '2026-03-28T00:00:00Z', 3, {
      dst: { skipped: 'shift', doubled: 'first' },
    });
    assert.deepEqual(
      spring.map(({ date, fromMs, untilMs, fires, clockChanged }) => [
        date,
        (untilMs - fromMs) / hourMs,
        fires,
        clockChanged,
      ]),
      [
        ['2026-03-28', 24, 1, 0],
        ['2026-03-29', 23, 1, 1],
        ['2026-03-30', 24, 1, 0],
      ],
    );
    const autumn = days(cron('30 2 * * *'), 'Europe/Berlin', '2026-10-25T00:00:00Z', 1, {
      dst: { skipped: 'skip', doubled: 'first' },
    });
    assert.deepEqual(
      autumn.map(({ date, fromMs, untilMs, fires, dropped, clockChanged }) => [
        date,
        (untilMs - fromMs) / hourMs,
        fires,
        dropped,
        clockChanged,
      ]),
      [['2026-10-25', 25, 1, 1, 1]],
    );
  });

  test('where clocks leave midnight out, the day begins after it', () => {
    const rows = days(cron('0 12 * * *'), 'Africa/Cairo', '2026-04-23T10:00:00Z', 3);
    assert.deepEqual(
      rows.map(({ date, fromMs, untilMs }) => [date, (untilMs - fromMs) / hourMs]),
      [
        ['2026-04-23', 24],
        ['2026-04-24', 23],
        ['2026-04-25', 24],
      ],
    );
    assert.equal(new Date(rows[1]?.fromMs ?? 0).toISOString(), '2026-04-23T22:00:00.000Z');
  });

  test('calendars drop, and days without firings are there', () => {
    const rows = days(cron('0 9,15 * * *'), 'UTC', '2026-11-20T00:00:00Z', 4, {
      calendars: [{ kind: 'exclude', name: 'weekend', daysOfWeek: [0, 6] }],
    });
    assert.deepEqual(
      rows.map(({ date, fires, dropped }) => [date, fires, dropped]),
      [
        ['2026-11-20', 2, 0],
        ['2026-11-21', 0, 2],
        ['2026-11-22', 0, 2],
        ['2026-11-23', 2, 0],
      ],
    );
  });

  test('what fires every second is counted up to a bound, at a bounded cost', () => {
    const began = performance.now();
    const rows = days(cron('* * * * * *'), 'America/New_York', '2026-11-01T00:00:00Z', 1_000);
    const tookMs = performance.now() - began;
    assert.equal(rows.length, maxScheduleDays);
    assert.ok(rows.slice(1).every(({ fires, more }) => more && fires === 1_500));
    // Not a measurement: unbounded it would be minutes.
    assert.ok(tookMs < 10_000, `${tookMs} ms`);
  });

  test('a schedule that is over or has an end leaves days empty', () => {
    const over = days(
      { kind: 'one-time', atMs: Date.parse('2026-11-22T10:00:00Z') },
      'UTC',
      '2026-11-21T00:00:00Z',
      3,
    );
    assert.deepEqual(
      over.map(({ fires }) => fires),
      [0, 1, 0],
    );
    const ended = days(cron('0 * * * *'), 'UTC', '2026-11-21T00:00:00Z', 2, {
      endAtMs: Date.parse('2026-11-21T02:30:00Z'),
    });
    assert.deepEqual(
      ended.map(({ fires }) => fires),
      [2, 0],
    );
  });
});
