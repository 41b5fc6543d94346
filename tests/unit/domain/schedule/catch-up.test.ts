import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { planCatchUp, type CatchUpPlan } from '../../../../src/domain/schedule/catch-up.ts';
import type { Occurrence } from '../../../../src/domain/schedule/occurrence.ts';
import {
  scheduleLimits,
  type CalendarRule,
  type MisfirePolicy,
} from '../../../../src/domain/schedule/definition.ts';
import { nextFirings } from '../../../../src/domain/schedule/firings.ts';
import { parseSchedule, type ParsedSchedule } from '../../../../src/domain/schedule/parse.ts';

const NOW = Date.UTC(2026, 2, 29, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function open(input: object): ParsedSchedule {
  const parsed = parseSchedule(input);
  assert.equal(parsed.kind, 'parsed', JSON.stringify(parsed));
  return parsed.schedule;
}

function cron(expression: string, misfire: MisfirePolicy, more: object = {}): ParsedSchedule {
  return open({ timing: { kind: 'cron', expression }, misfire, ...more });
}

/** Minutes before now. */
const ago = (occurrences: readonly Occurrence[]): number[] =>
  occurrences.map(({ nominalMs }) => (NOW - nominalMs) / MINUTE_MS);
const rules = (plan: CatchUpPlan): string[] => plan.skipped.map(({ rule }) => rule);

const all: MisfirePolicy = { policy: 'all', windowMs: HOUR_MS, maxCatchUp: 2 };

describe('every ten minutes, not looked at for half an hour, grace a minute', () => {
  const facts = { lastNominalMs: NOW - 32 * MINUTE_MS, nowMs: NOW - 2 * MINUTE_MS };

  test('skip', () => {
    const plan = planCatchUp(cron('*/10 * * * *', { policy: 'skip' }), facts);
    assert.deepEqual(ago(plan.fire), []);
    assert.deepEqual(ago(plan.skipped), [30, 20, 10]);
    assert.deepEqual(rules(plan), ['misfire-skip', 'misfire-skip', 'misfire-skip']);
    assert.match(plan.skipped[2]?.reason ?? '', /missed by 480 s, more than the grace of 60 s/);
    assert.deepEqual([plan.skippedRest, plan.nextNominalMs, plan.note], [null, NOW, '']);
  });
  test('one', () => {
    const plan = planCatchUp(cron('*/10 * * * *', { policy: 'one' }), facts);
    assert.deepEqual(ago(plan.fire), [10]);
    assert.match(plan.fire[0]?.reason ?? '', /made up for 480 s late/);
    assert.deepEqual(rules(plan), ['misfire-one', 'misfire-one']);
  });
  test('all, within its limit and its window', () => {
    const plan = planCatchUp(cron('*/10 * * * *', all), facts);
    assert.deepEqual(ago(plan.fire), [20, 10]);
    assert.deepEqual(rules(plan), ['misfire-limit']);
    const window = { ...all, windowMs: 10 * MINUTE_MS };
    const short = planCatchUp(cron('*/10 * * * *', window), facts);
    assert.deepEqual(ago(short.fire), [10]);
    assert.deepEqual(rules(short), ['misfire-window', 'misfire-window']);
  });
  test('a merely late one fires under every policy, and stands for the others in "one"', () => {
    const late = { ...facts, nowMs: NOW - 9 * MINUTE_MS };
    for (const misfire of [{ policy: 'skip' }, { policy: 'one' }] as const) {
      const plan = planCatchUp(cron('*/10 * * * *', misfire), late);
      assert.deepEqual(ago(plan.fire), [10]);
      assert.equal(plan.fire[0]?.reason, 'the expression names this time');
      assert.deepEqual(ago(plan.skipped), [30, 20]);
    }
  });
  test('the grace of the caller goes before that of the definition', () => {
    const plan = planCatchUp(cron('*/10 * * * *', { policy: 'skip' }), {
      ...facts,
      graceMs: 18 * MINUTE_MS,
    });
    assert.deepEqual(ago(plan.fire), [20, 10]);
  });
  test('nothing twice: after the plan nothing is due', () => {
    const schedule = cron('*/10 * * * *', { policy: 'one' });
    const again = planCatchUp(schedule, { ...facts, lastNominalMs: NOW - 10 * MINUTE_MS });
    assert.deepEqual([again.fire, again.skipped, again.nextNominalMs], [[], [], NOW]);
  });
});

test('what the schedule drops is told by its own rule, and never made up for', () => {
  const calendars: CalendarRule[] = [
    {
      kind: 'exclude',
      name: 'night',
      intervals: [{ fromMs: NOW - 25 * MINUTE_MS, toMs: NOW + 1 }],
    },
  ];
  const schedule = cron('*/10 * * * *', { policy: 'one' }, { calendars });
  const plan = planCatchUp(schedule, { lastNominalMs: NOW - 45 * MINUTE_MS, nowMs: NOW });
  assert.deepEqual(ago(plan.fire), [30]);
  assert.deepEqual(rules(plan), ['misfire-one', ...Array(3).fill('calendar:night')]);
});

describe('a year without a server', () => {
  const facts = { lastNominalMs: NOW - 366 * DAY_MS, nowMs: NOW };
  const bounded = <T>(work: () => T): T => {
    work();
    const started = performance.now();
    const result = work();
    const tookMs = performance.now() - started;
    assert.ok(tookMs < 200, `${tookMs} ms`);
    return result;
  };

  test('every second: the latest is found, the rest is counted up to a bound', () => {
    const schedule = cron('* * * * * *', { policy: 'one' }, { graceMs: 0 });
    const plan = bounded(() => planCatchUp(schedule, { ...facts, nowMs: NOW + 1 }));
    assert.deepEqual(ago(plan.fire), [0]);
    assert.equal(plan.skipped.length, scheduleLimits.maxListedSkips);
    assert.deepEqual(plan.skippedRest, {
      count: scheduleLimits.maxCountedSkips - scheduleLimits.maxListedSkips,
      isExact: false,
      fromMs: facts.lastNominalMs + 1_000,
      toMs: NOW - 101_000,
    });
    assert.equal(plan.nextNominalMs, NOW + 1_000);
  });
  test('every second, kept free for most of it: the latest before that', () => {
    const fromMs = NOW - 300 * DAY_MS;
    const calendars = [{ kind: 'exclude', name: 'x', intervals: [{ fromMs, toMs: NOW + DAY_MS }] }];
    const schedule = cron('* * * * * *', { policy: 'one' }, { calendars });
    const plan = bounded(() => planCatchUp(schedule, facts));
    assert.deepEqual(
      plan.fire.map(({ nominalMs }) => nominalMs),
      [fromMs - 1_000],
    );
  });
  test('every day: all are counted', () => {
    const plan = planCatchUp(cron('0 13 * * *', { policy: 'skip' }), facts);
    assert.equal(plan.skipped.length, 100);
    assert.equal(plan.skippedRest?.count, 266);
    assert.equal(plan.skippedRest.isExact, true);
    assert.equal(plan.skippedRest.fromMs, NOW - 366 * DAY_MS + HOUR_MS);
    assert.equal(plan.skippedRest.toMs, (plan.skipped[0]?.nominalMs ?? 0) - DAY_MS);
  });
  test('all within a year, at most a thousand', () => {
    const misfire = { policy: 'all', windowMs: 366 * DAY_MS, maxCatchUp: 1_000 } as const;
    const plan = bounded(() => planCatchUp(cron('* * * * * *', misfire), facts));
    assert.equal(plan.fire.length, 1_000);
    assert.equal(plan.skippedRest?.isExact, false);
  });
});

describe('other timings', () => {
  test('one time: late it fires; misfired by its policy; then nothing follows', () => {
    const once = (misfire: object): ParsedSchedule =>
      open({ timing: { kind: 'one-time', atMs: NOW }, misfire });
    const facts = { lastNominalMs: 0, nowMs: NOW + HOUR_MS };
    const skipped = planCatchUp(once({ policy: 'skip' }), facts);
    assert.deepEqual([skipped.fire, rules(skipped)], [[], ['misfire-skip']]);
    assert.match(skipped.note, /its one time, .* is over/);
    assert.deepEqual(ago(planCatchUp(once({ policy: 'one' }), facts).fire), [0]);
    assert.deepEqual(
      ago(planCatchUp(once({ policy: 'skip' }), { ...facts, nowMs: NOW }).fire),
      [0],
    );
  });
  test('fixed delay: one is due at most, and what follows waits for its end', () => {
    const delayed = (misfire: object): ParsedSchedule =>
      open({ timing: { kind: 'fixed-delay', delayMs: MINUTE_MS }, misfire });
    const facts = { lastNominalMs: NOW - HOUR_MS, nowMs: NOW };
    const one = planCatchUp(delayed({ policy: 'one' }), facts);
    assert.deepEqual([ago(one.fire), one.nextNominalMs], [[59], null]);
    assert.equal(one.note, 'waits for the end of its run');
    const skip = planCatchUp(delayed({ policy: 'skip' }), facts);
    assert.deepEqual([ago(skip.skipped), skip.nextNominalMs], [[59], NOW + MINUTE_MS]);
    const soon = planCatchUp(delayed({ policy: 'skip' }), { lastNominalMs: NOW, nowMs: NOW + 1 });
    assert.deepEqual([soon.fire, soon.nextNominalMs], [[], NOW + MINUTE_MS]);
  });
  test('none', () => {
    const plan = planCatchUp(open({ timing: { kind: 'none' } }), { lastNominalMs: 0, nowMs: NOW });
    assert.deepEqual([plan.fire, plan.skipped, plan.nextNominalMs], [[], [], null]);
  });
});

test('a plan agrees with walking through everything that came due', () => {
  const misfire: fc.Arbitrary<MisfirePolicy> = fc.oneof(
    fc.constant({ policy: 'skip' } as const),
    fc.constant({ policy: 'one' } as const),
    fc.record({
      policy: fc.constant('all' as const),
      windowMs: fc.integer({ min: 1, max: 3 * DAY_MS }),
      maxCatchUp: fc.integer({ min: 1, max: 20 }),
    }),
  );
  const facts = fc.record({
    expression: fc.constantFrom('*/7 * * * *', '30 1-3 * * *', '0 */4 * * 0,6', '15 2 L * *'),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe'),
    misfire,
    downMs: fc.integer({ min: 0, max: 4 * DAY_MS }),
    graceMs: fc.integer({ min: 0, max: 3 * HOUR_MS }),
    offsetMs: fc.integer({ min: 0, max: 2 * DAY_MS }),
    weekend: fc.boolean(),
  });
  fc.assert(
    fc.property(facts, (given) => {
      const calendars = given.weekend
        ? [{ kind: 'exclude', name: 'evening', timesOfDay: ['16:00-03:10'] }]
        : [];
      const schedule = cron(given.expression, given.misfire, {
        zone: given.zone,
        calendars,
        graceMs: given.graceMs,
      });
      const nowMs = NOW + given.offsetMs;
      const lastNominalMs = nowMs - given.downMs;
      const plan = planCatchUp(schedule, { lastNominalMs, nowMs });
      const due: Occurrence[] = [];
      for (const each of nextFirings(schedule, lastNominalMs, { limit: 5_000 })) {
        if (each.nominalMs > nowMs) {
          assert.equal(plan.nextNominalMs, each.nominalMs);
          break;
        }
        due.push(each);
      }
      assert.deepEqual(
        plan.fire.map(({ nominalMs }) => nominalMs),
        expectedFires(due, given.misfire, nowMs, given.graceMs),
      );
      const skips = plan.skipped.length + (plan.skippedRest?.count ?? 0);
      assert.equal(plan.fire.length + skips, due.length);
      assert.equal(plan.skippedRest?.isExact ?? true, true);
    }),
    { numRuns: 500 },
  );
});

function expectedFires(
  due: readonly Occurrence[],
  misfire: MisfirePolicy,
  nowMs: number,
  graceMs: number,
): number[] {
  const times = due.filter(({ outcome }) => outcome === 'fire').map(({ nominalMs }) => nominalMs);
  const late = times.filter((ms) => nowMs - ms <= graceMs);
  const missed = times.filter((ms) => nowMs - ms > graceMs);
  if (misfire.policy === 'skip') return late;
  if (misfire.policy === 'one') return late.length > 0 ? late : missed.slice(-1);
  const inWindow = missed.filter((ms) => nowMs - ms <= misfire.windowMs);
  return [...inWindow.slice(-misfire.maxCatchUp), ...late];
}
