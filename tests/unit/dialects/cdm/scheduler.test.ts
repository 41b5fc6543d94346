import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  readScheduler,
  type SchedulerInputs,
} from '../../../../src/dialects/cdm/translate/scheduler.ts';
import type { ScheduleDefinition } from '../../../../src/domain/schedule/definition.ts';
import { decideFirings, startSchedule } from '../../../../src/domain/schedule/decide.ts';
import { nextFirings } from '../../../../src/domain/schedule/firings.ts';
import { openSchedule } from '../../../../src/domain/schedule/parse.ts';

const shanghai = 'Asia/Shanghai';

function inputs(short: Readonly<Record<string, string>>): SchedulerInputs {
  const all = { isSchedulerJob: 'true', ...short };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [`schedulerConfig.${name}`, value]),
  );
}

function local(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}+08:00`);
}

function definitionOf(
  short: Readonly<Record<string, string>>,
  zone = shanghai,
  nowMs = local('2022-10-14 12:00:00'),
): ScheduleDefinition {
  const reading = readScheduler(inputs(short), zone, nowMs);
  assert.equal(reading.kind, 'schedule', JSON.stringify(reading));
  return reading.definition;
}

/** Local times of the next firings. */
function times(
  short: Readonly<Record<string, string>>,
  count: number,
  now = '2022-10-14 12:00:00',
): string[] {
  const nowMs = local(now);
  const schedule = openSchedule(definitionOf(short, shanghai, nowMs));
  return [...nextFirings(schedule, nowMs, { limit: count })].map(({ localText }) =>
    localText.slice(0, 16).replace('T', ' '),
  );
}

describe('fire times (cdm.md §5.12)', () => {
  test('minute: from the start on', () => {
    const every7 = { cycleType: 'minute', cycle: '7', startDate: '2022-10-14 11:58:00' };
    assert.deepEqual(times(every7, 3), [
      '2022-10-14 12:05',
      '2022-10-14 12:12',
      '2022-10-14 12:19',
    ]);
    const later = { ...every7, startDate: '2022-10-14 12:30:00' };
    assert.deepEqual(times(later, 2), ['2022-10-14 12:30', '2022-10-14 12:37']);
  });
  test('hour: at minutes of every second hour', () => {
    const short = {
      cycleType: 'hour',
      cycle: '2',
      runAt: '50,10, 30',
      startDate: '2023-01-01 00:00:00',
    };
    assert.deepEqual(times(short, 5), [
      '2023-01-01 00:10',
      '2023-01-01 00:30',
      '2023-01-01 00:50',
      '2023-01-01 02:10',
      '2023-01-01 02:30',
    ]);
  });
  test('hour: what lies before the start is left out', () => {
    const short = { cycleType: 'hour', cycle: '3', runAt: '10', startDate: '2023-01-01 01:20:00' };
    assert.deepEqual(times(short, 2), ['2023-01-01 04:10', '2023-01-01 07:10']);
    const { runAt: _, ...plain } = short;
    assert.deepEqual(times(plain, 2), ['2023-01-01 01:20', '2023-01-01 04:20']);
  });
  test('day', () => {
    const day = { cycleType: 'day', startDate: '2022-10-14 00:00:00' };
    assert.deepEqual(times({ ...day, cycle: '1' }, 2), ['2022-10-15 00:00', '2022-10-16 00:00']);
    assert.deepEqual(times({ ...day, cycle: '2' }, 2), ['2022-10-16 00:00', '2022-10-18 00:00']);
  });
  test('week: weekdays of every second week, from Monday on', () => {
    // 2022-10-14 is a Friday.
    const week = { cycleType: 'week', cycle: '2', startDate: '2022-10-14 06:30:00' };
    assert.deepEqual(times({ ...week, runAt: 'sun,MON' }, 3), [
      '2022-10-16 06:30',
      '2022-10-24 06:30',
      '2022-10-30 06:30',
    ]);
    assert.deepEqual(times(week, 2), ['2022-10-28 06:30', '2022-11-11 06:30']);
  });
  test('month: days that a month lacks are skipped', () => {
    const month = { cycleType: 'month', startDate: '2022-10-14 06:30:00' };
    assert.deepEqual(times({ ...month, runAt: '31,1' }, 4), [
      '2022-10-31 06:30',
      '2022-11-01 06:30',
      '2022-12-01 06:30',
      '2022-12-31 06:30',
    ]);
    assert.deepEqual(times({ ...month, cycle: '3' }, 2), ['2023-01-14 06:30', '2023-04-14 06:30']);
  });
  test('the stop date itself still fires', () => {
    const day = { cycleType: 'day', startDate: '2022-10-14 00:00:00' };
    const stopDate = '2022-10-16 00:00:00';
    assert.deepEqual(times({ ...day, stopDate }, 5), ['2022-10-15 00:00', '2022-10-16 00:00']);
  });
  test('without a start date it counts from now', () => {
    assert.deepEqual(times({ cycleType: 'day' }, 2, '2022-10-14 12:34:00'), [
      '2022-10-15 12:34',
      '2022-10-16 12:34',
    ]);
    const minutes = { cycleType: 'minute', cycle: '5' };
    assert.deepEqual(times(minutes, 1), ['2022-10-14 12:05']);
  });
});

describe('policies', () => {
  test('a schedule never fires for what lies before it was saved', () => {
    const nowMs = local('2022-10-14 12:00:00');
    const definition = definitionOf({ cycleType: 'day', startDate: '2020-01-01 00:00:00' });
    assert.equal(startSchedule(definition, nowMs).nextMs, local('2022-10-15 00:00:00'));
  });
  test('what was missed is left out', () => {
    const definition = definitionOf({ cycleType: 'hour', startDate: '2022-10-14 00:00:00' });
    const dueMs = local('2022-10-14 13:00:00');
    const plan = decideFirings(definition, { dueMs, sinceMs: 0, nowMs: dueMs + 5.5 * 3_600_000 });
    assert.deepEqual(plan.fire, []);
    assert.equal(plan.left[0]?.count, 6);
    assert.equal(plan.nextMs, local('2022-10-14 19:00:00'));
  });
  test('changing clocks cost no day its run, and double none', () => {
    const daily = definitionOf(
      { cycleType: 'day', startDate: '2026-03-01 02:30:00' },
      'Europe/Berlin',
    );
    const fires = (from: string): string[] =>
      [...nextFirings(openSchedule(daily), Date.parse(from) - 1, { limit: 3 })]
        .filter(({ outcome }) => outcome === 'fire')
        .map(({ nominalMs }) => new Date(nominalMs).toISOString().slice(5, 16));
    assert.deepEqual(fires('2026-03-28T00:00Z'), ['03-28T01:30', '03-29T01:30', '03-30T00:30']);
    assert.deepEqual(fires('2026-10-25T00:00Z'), ['10-25T00:30', '10-26T01:30']);
  });
  test('a stop date that clocks show twice is the later one', () => {
    const definition = definitionOf(
      { cycleType: 'minute', startDate: '2026-01-01 00:00:00', stopDate: '2026-10-25 02:30:00' },
      'Europe/Berlin',
    );
    assert.equal(definition.endAtMs, Date.parse('2026-10-25T01:30:00Z'));
  });
});

test('no scheduler job has no schedule, whatever the rest', () => {
  for (const isSchedulerJob of ['false', '', ' FALSE ']) {
    const reading = readScheduler(inputs({ isSchedulerJob, cycleType: 'x' }), 'UTC', 0);
    assert.deepEqual(reading, { kind: 'none' });
  }
  assert.deepEqual(readScheduler({}, 'UTC', 0), { kind: 'none' });
});

describe('problems name their input', () => {
  const good = { cycleType: 'day', startDate: '2022-10-14 00:00:00' };
  const rows: readonly (readonly [Readonly<Record<string, string>>, string, RegExp])[] = [
    [{ isSchedulerJob: 'yes' }, 'isSchedulerJob', /"yes" is neither true nor false/],
    [{ cycleType: '' }, 'cycleType', /is none of minute, hour, day, week, month/],
    [{ cycleType: 'year' }, 'cycleType', /"year" is none of/],
    [{ cycle: '0' }, 'cycle', /whole number from 1 to 100000/],
    [{ cycle: '1.5' }, 'cycle', /"1.5" is no whole number/],
    [{ cycle: '-1' }, 'cycle', /"-1" is no whole/],
    [{ cycleType: 'minute', cycle: '9999999' }, 'cycle', /from 1 to 5270400/],
    [{ startDate: '2022-10-14' }, 'startDate', /write yyyy-MM-dd HH:mm:ss/],
    [{ startDate: '2022-02-30 00:00:00' }, 'startDate', /is no time/],
    [{ startDate: '2022-10-14T00:00:00' }, 'startDate', /is no time/],
    [{ stopDate: 'never' }, 'stopDate', /"never" is no time/],
    [{ stopDate: '2022-10-13 23:59:59' }, 'stopDate', /lies before startDate/],
    [{ cycleType: 'hour', runAt: '60' }, 'runAt', /"60" is none of the minutes 0 to 59/],
    [{ cycleType: 'hour', runAt: '1,,2' }, 'runAt', /"" is none/],
    [{ cycleType: 'hour', runAt: '1,'.repeat(60) + '1' }, 'runAt', /61 entries; at most 60/],
    [{ cycleType: 'week', runAt: 'mon,fry' }, 'runAt', /"fry" is none of sun, mon/],
    [{ cycleType: 'month', runAt: '0' }, 'runAt', /"0" is none of the days of the month 1 to 31/],
    [
      { cycleType: 'month', cycle: '12', startDate: '2022-02-01 00:00:00', runAt: '30' },
      'runAt',
      /no such month has any of the days/,
    ],
    [{ cycleType: 'minute', startDate: '1970-01-01 00:00:00' }, 'startDate', /before 1970/],
  ];
  for (const [wrong, name, message] of rows) {
    test(JSON.stringify(wrong).slice(0, 60), () => {
      const reading = readScheduler(inputs({ ...good, ...wrong }), shanghai, 0);
      assert.equal(reading.kind, 'problems');
      assert.deepEqual(
        reading.problems.map(({ input }) => input),
        [`schedulerConfig.${name}`],
      );
      assert.match(reading.problems[0]?.message ?? '', message);
    });
  }
  test('all of them at once', () => {
    const reading = readScheduler(
      inputs({ cycleType: 'x', cycle: 'y', startDate: 'z' }),
      shanghai,
      0,
    );
    assert.equal(reading.kind === 'problems' && reading.problems.length, 3);
  });
});
