import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { CalendarSteps } from '../../../../src/domain/schedule/definition.ts';
import { nextFirings, previousFiring } from '../../../../src/domain/schedule/firings.ts';
import { openSchedule, parseSchedule } from '../../../../src/domain/schedule/parse.ts';
import { scheduleDefaults } from '../../../../src/domain/schedule/definition.ts';
import { previewSchedule } from '../../../../src/domain/schedule/preview.ts';

type Rest = Partial<Omit<CalendarSteps, 'kind'>>;

function steps(rest: Rest): CalendarSteps {
  return {
    kind: 'calendar-steps',
    unit: 'day',
    every: 1,
    fromLocal: '2023-01-01T00:00:00',
    at: [],
    ...rest,
  };
}

/** Local texts of the next times after a moment. */
function times(rest: Rest, count: number, from = '2022-12-01T00:00:00Z', zone = 'UTC'): string[] {
  const preview = previewSchedule({ timing: steps(rest), zone }, Date.parse(from), count);
  assert.equal(preview.kind, 'preview');
  return preview.occurrences.map(({ localText }) => localText.slice(5, 16));
}

describe('steps', () => {
  test('hours, at minutes of theirs', () => {
    assert.deepEqual(times({ unit: 'hour', every: 2, at: [10, 30, 50] }, 4), [
      '01-01T00:10',
      '01-01T00:30',
      '01-01T00:50',
      '01-01T02:10',
    ]);
  });
  test('hours count on across midnight', () => {
    assert.deepEqual(times({ unit: 'hour', every: 23, fromLocal: '2023-01-01T01:20:30' }, 3), [
      '01-01T01:20',
      '01-02T00:20',
      '01-02T23:20',
    ]);
  });
  test('what lies before the start within its hour is left out', () => {
    const rest: Rest = { unit: 'hour', every: 3, at: [10], fromLocal: '2023-01-01T01:20:00' };
    assert.deepEqual(times(rest, 2), ['01-01T04:10', '01-01T07:10']);
  });
  test('days from the day of the start', () => {
    const rest: Rest = { every: 2, fromLocal: '2022-10-14T00:00:00' };
    assert.deepEqual(times(rest, 2, '2022-10-14T12:00:00Z'), ['10-16T00:00', '10-18T00:00']);
  });
  test('weeks begin on Monday', () => {
    // 2023-01-01 is a Sunday: its week holds no later day, the next one counted is that of the 9th.
    const rest: Rest = { unit: 'week', every: 2, at: [1, 0], fromLocal: '2023-01-01T08:00:00' };
    assert.deepEqual(times(rest, 3), ['01-01T08:00', '01-09T08:00', '01-15T08:00']);
  });
  test('months leave out the days they lack', () => {
    const rest: Rest = { unit: 'month', every: 1, at: [31, 30], fromLocal: '2023-01-31T06:30:00' };
    assert.deepEqual(times(rest, 4), ['01-31T06:30', '03-30T06:30', '03-31T06:30', '04-30T06:30']);
  });
  test('29 February comes when it is there', () => {
    const rest: Rest = { unit: 'month', every: 12, fromLocal: '2096-02-29T00:00:00' };
    const [, next] = times(rest, 2, '2096-01-01T00:00:00Z');
    assert.equal(next, '02-29T00:00');
    const parsed = openSchedule({ ...scheduleDefaults, timing: steps(rest) });
    const [, second] = nextFirings(parsed, Date.UTC(2096, 0), { limit: 2 });
    // 2100 is no leap year.
    assert.equal(second?.localText, '2104-02-29T00:00:00');
  });
});

describe('changing clocks', () => {
  const lines = (rest: Rest, from: string, count: number, skipped: 'skip' | 'shift') => {
    const preview = previewSchedule(
      { timing: steps(rest), zone: 'Europe/Berlin', dst: { skipped, doubled: 'first' } },
      Date.parse(from) - 1,
      count,
    );
    assert.equal(preview.kind, 'preview');
    return preview.occurrences.map(
      ({ nominalMs, rule }) => `${new Date(nominalMs).toISOString().slice(5, 16)} ${rule}`,
    );
  };
  const night: Rest = { fromLocal: '2026-01-01T02:30:00' };

  test('a day keeps its time of day, and the policy decides about skipped and doubled ones', () => {
    assert.deepEqual(lines(night, '2026-03-28T00:00Z', 3, 'skip'), [
      '03-28T01:30 calendar-steps',
      '03-29T01:30 dst-skipped',
      '03-30T00:30 calendar-steps',
    ]);
    assert.equal(lines(night, '2026-03-29T00:00Z', 1, 'shift')[0], '03-29T01:30 dst-shifted');
    assert.deepEqual(lines(night, '2026-10-25T00:00Z', 3, 'skip'), [
      '10-25T00:30 calendar-steps',
      '10-25T01:30 dst-doubled-second',
      '10-26T01:30 calendar-steps',
    ]);
  });
  test('every hour goes on', () => {
    const hourly: Rest = { unit: 'hour', fromLocal: '2026-01-01T00:15:00' };
    assert.deepEqual(lines(hourly, '2026-10-25T00:00Z', 3, 'skip'), [
      '10-25T00:15 calendar-steps',
      '10-25T01:15 calendar-steps',
      '10-25T02:15 calendar-steps',
    ]);
  });
});

describe('problems', () => {
  const problem = (rest: object): string => {
    const parsed = parseSchedule({ timing: { ...steps({}), ...rest } });
    if (parsed.kind === 'parsed') return '';
    return parsed.problems.map(({ path, code }) => `${path} ${code}`).join();
  };
  const rows: readonly (readonly [object, string])[] = [
    [{}, ''],
    [{ unit: 'year' }, 'timing.unit syntax'],
    [{ every: 0 }, 'timing.every limit'],
    [{ every: 1.5 }, 'timing.every syntax'],
    [{ fromLocal: '2023-02-29T00:00:00' }, 'timing.fromLocal syntax'],
    [{ fromLocal: '2023-01-01 00:00:00' }, 'timing.fromLocal syntax'],
    [{ fromLocal: '1969-12-31T23:59:59' }, 'timing.fromLocal syntax'],
    [{ at: [1] }, 'timing.at syntax'],
    [{ at: 7 }, 'timing.at syntax'],
    [{ unit: 'hour', at: [60] }, 'timing.at[0] limit'],
    [{ unit: 'week', at: [1, 7] }, 'timing.at[1] limit'],
    [{ unit: 'month', at: [0] }, 'timing.at[0] limit'],
    [
      { unit: 'month', every: 12, fromLocal: '2023-02-01T00:00:00', at: [30] },
      'timing never-fires',
    ],
    [{ step: 1 }, 'timing syntax'],
  ];
  for (const [rest, expected] of rows) {
    test(JSON.stringify(rest), () => assert.equal(problem(rest), expected));
  }
});

test('the way back meets the same times as the way on', () => {
  const places = { hour: [0, 59], week: [0, 6], month: [1, 31] } as const;
  const timing = fc
    .constantFrom('hour' as const, 'day' as const, 'week' as const, 'month' as const)
    .chain((unit) => {
      const at =
        unit === 'day'
          ? fc.constant<number[]>([])
          : fc.array(fc.integer({ min: places[unit][0], max: places[unit][1] }), { maxLength: 4 });
      const from = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) });
      return fc.record({
        unit: fc.constant(unit),
        every: fc.integer({ min: 1, max: 30 }),
        at,
        from,
      });
    });
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'GMT+8');
  fc.assert(
    fc.property(timing, zone, ({ unit, every, at, from }, name) => {
      const fromLocal = new Date(from).toISOString().slice(0, 19);
      const parsed = parseSchedule({ timing: steps({ unit, every, at, fromLocal }), zone: name });
      if (parsed.kind === 'problems') {
        assert.equal(parsed.problems[0]?.code, 'never-fires');
        return;
      }
      const { schedule } = parsed;
      const forwards = [...nextFirings(schedule, 0, { limit: 30 })];
      const last = forwards.at(-1);
      assert.ok(last !== undefined && (forwards[0]?.nominalMs ?? 0) > from - 86_400_000);
      const backwards = [];
      let before = last.nominalMs + 1;
      for (let n = 0; n < 40; n++) {
        const occurrence = previousFiring(schedule, before);
        if (occurrence === null) break;
        backwards.push(occurrence);
        before = occurrence.nominalMs;
      }
      assert.deepEqual(backwards.toReversed(), forwards);
    }),
    { numRuns: 150 },
  );
});
