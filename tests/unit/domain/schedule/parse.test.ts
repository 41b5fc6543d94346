import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scheduleDefaults } from '../../../../src/domain/schedule/definition.ts';
import { nextFire, nextFiring } from '../../../../src/domain/schedule/firings.ts';
import { openSchedule, parseSchedule } from '../../../../src/domain/schedule/parse.ts';
import { findZone } from '../../../../src/domain/schedule/zone.ts';

const daily = { kind: 'cron', expression: '0 12 * * *' };
const NOW = Date.UTC(2026, 5, 15);
const HOUR_MS = 3_600_000;

/** `path code message` of each problem. */
function problems(input: unknown): string[] {
  const parsed = parseSchedule(input);
  if (parsed.kind === 'parsed') return [];
  return parsed.problems.map(({ path, code, message }) => `${path} ${code} ${message}`);
}

function open(input: object): ReturnType<typeof openSchedule> {
  const parsed = parseSchedule(input);
  assert.equal(parsed.kind, 'parsed', problems(input).join());
  return parsed.schedule;
}

function noneReason(input: object, afterMs = NOW): string {
  const next = nextFiring(open(input), afterMs);
  assert.equal(next.kind, 'none');
  return next.reason;
}

test('what a definition leaves out has its default, and the result can be stored', () => {
  const { definition } = open({ timing: daily, zone: undefined });
  assert.deepEqual(definition, { ...scheduleDefaults, timing: daily });
  assert.deepEqual(definition.dst, { skipped: 'skip', doubled: 'first' });
  assert.deepEqual(open(JSON.parse(JSON.stringify(definition))).definition, definition);
});

describe('problems', () => {
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['no object', 'hourly', /^ syntax a schedule is an object/],
    ['no timing', {}, /^timing syntax/],
    [
      'kind',
      { timing: { kind: 'crom' } },
      /^timing.kind syntax "crom" is not one of cron, fixed-r/,
    ],
    ['no kind', { timing: {} }, /^timing.kind syntax undefined is not/],
    ['expression', { timing: { kind: 'cron' } }, /^timing.expression syntax a text is needed/],
    [
      'long',
      { timing: { kind: 'cron', expression: '0,'.repeat(400) } },
      /^timing.expression limit 800 characters; at most 512/,
    ],
    ['dialect', { timing: { ...daily, dialect: 'perl' } }, /^timing.dialect syntax/],
    [
      'rate',
      { timing: { kind: 'fixed-rate', everyMs: 10, anchorMs: 0 } },
      /^timing.everyMs limit 10/,
    ],
    [
      'anchor',
      { timing: { kind: 'fixed-rate', everyMs: 1000, anchorMs: 1e99 } },
      /^timing.anchorMs limit/,
    ],
    [
      'delay',
      { timing: { kind: 'fixed-delay', delayMs: 1.5 } },
      /^timing.delayMs syntax 1.5 is no/,
    ],
    ['once', { timing: { kind: 'one-time', atMs: '12' } }, /^timing.atMs syntax "12" is no whole/],
    [
      'stranger',
      { timing: daily, zoen: 'UTC' },
      /^ syntax "zoen" is unknown here; known are timing/,
    ],
    ['dst', { timing: daily, dst: { skipped: 'skip' } }, /^dst.doubled syntax undefined/],
    ['misfire', { timing: daily, misfire: { policy: 'all' } }, /^misfire.windowMs syntax/],
    [
      'misfire bound',
      { timing: daily, misfire: { policy: 'all', windowMs: 1, maxCatchUp: 1e6 } },
      /^misfire.maxCatchUp limit 1000000 is not within 1 to 1000/,
    ],
    ['grace', { timing: daily, graceMs: -1 }, /^graceMs limit/],
    ['bounds', { timing: daily, startAtMs: 2, endAtMs: 1 }, /^endAtMs never-fires/],
    ['zone', { timing: daily, zone: 'Mars/Olympus' }, /^zone unknown-zone "Mars\/Olympus" is no/],
    ['31 February', { timing: { ...daily, expression: '0 0 31 2 *' } }, /never-fires no further/],
  ];
  for (const [name, input, expected] of rows) {
    test(name, () => {
      const [first, ...others] = problems(input);
      assert.match(first ?? 'no problem', expected);
      assert.ok(name === 'misfire' || others.length === 0, others.join());
    });
  }

  test('all of them are told at once', () => {
    const input = { timing: { kind: 'cron', expression: '61 * * * *' }, zone: 'Asia/Shanghia' };
    const [zone, expression, ...others] = problems(input);
    assert.match(zone ?? '', /did you mean Asia\/Shanghai\?/);
    assert.match(expression ?? '', /^timing.expression syntax minute "61"/);
    assert.deepEqual(others, []);
  });

  test('a stored schedule that is not valid is a defect', () => {
    assert.throws(
      () => openSchedule({ ...scheduleDefaults, timing: { kind: 'cron', expression: 'x' } }),
      /a stored schedule is not valid: timing.expression/,
    );
  });
});

describe('zones', () => {
  const offsets: readonly (readonly [string, number])[] = [
    ['UTC', 0],
    ['GMT', 0],
    ['utc', 0],
    ['Z', 0],
    ['GMT+8', 8],
    ['GMT+8:00', 8],
    ['GMT+08:00', 8],
    ['UTC+0800', 8],
    ['GMT-05:30', -5.5],
    ['+08:00', 8],
    ['-3', -3],
    ['Asia/Shanghai', 8],
    ['asia/kolkata', 5.5],
    // IANA counts these west.
    ['Etc/GMT+8', -8],
  ];
  for (const [name, hours] of offsets) {
    test(`${name} is ${hours} h`, () => {
      assert.equal(findZone(name)?.segmentAt(NOW).offsetMs, hours * HOUR_MS);
    });
  }

  for (const name of [
    '',
    'GMT+19',
    'GMT+8:60',
    '+8:0',
    'GTM+7',
    'Asia',
    '+8:00:00',
    'x'.repeat(99),
  ]) {
    test(`"${name.slice(0, 10)}" is none`, () => assert.equal(findZone(name), null));
  }

  const hints: readonly (readonly [string, string])[] = [
    ['GTM+7', 'GMT+7'],
    ['Shanghai', 'Asia/Shanghai'],
    ['Europe/Berln', 'Europe/Berlin'],
    ['America/NewYork', 'America/New_York'],
    ['UCT+1', 'GMT+1'],
  ];
  for (const [wrong, right] of hints) {
    test(`${wrong} suggests ${right}`, () => {
      assert.match(
        problems({ timing: daily, zone: wrong }).join(),
        new RegExp(`did you mean ${right.replace('+', '\\+')}\\?`),
      );
    });
  }
});

describe('a schedule that fires no more says why', () => {
  test('a year that is over', () => {
    const timing = { kind: 'cron', dialect: 'quartz', expression: '0 0 12 1 1 ? 2020' };
    assert.equal(
      noneReason({ timing }),
      'no further firing: the last time it names is 2020-01-01T12:00:00',
    );
  });
  test('its end', () => {
    const reason = noneReason({ timing: daily, zone: 'GMT+8', endAtMs: NOW });
    assert.match(reason, /ends at 2026-06-15T08:00:00 \(GMT\+8\), .* 2026-06-15T12:00:00/);
  });
  test('one time that is over', () => {
    const timing = { kind: 'one-time', atMs: NOW };
    assert.match(noneReason({ timing }), /its one time, 2026-06-15T00:00:00 \(UTC\), is over/);
    assert.equal(nextFiring(open({ timing }), NOW - 1).kind, 'next');
  });
  test('none', () => assert.match(noneReason({ timing: { kind: 'none' } }), /not fire by time/));
  test('the horizon', () => {
    assert.match(noneReason({ timing: daily }, Date.UTC(2199, 11, 31, 12)), /no further firing/);
  });
  test('calendars that drop everything', () => {
    const calendars = [{ kind: 'exclude', name: 'noon', timesOfDay: ['11:00-13:00'] }];
    const next = nextFire(open({ timing: daily, calendars }), NOW);
    assert.match(next.kind === 'none' ? next.reason : '', /calendars drop everything until 20/);
  });
});

test('bounds: the start and the end themselves fire', () => {
  const input = {
    timing: { kind: 'fixed-rate', everyMs: HOUR_MS, anchorMs: 0 },
    startAtMs: NOW,
    endAtMs: NOW + HOUR_MS,
  };
  const at = (afterMs: number): number | null => {
    const next = nextFiring(open(input), afterMs);
    return next.kind === 'next' ? next.occurrence.nominalMs : null;
  };
  assert.equal(at(0), NOW);
  assert.equal(at(NOW), NOW + HOUR_MS);
  assert.equal(at(NOW + HOUR_MS), null);
});

test('a fixed rate begins at its anchor; a fixed delay counts from what it is told', () => {
  const rate = open({ timing: { kind: 'fixed-rate', everyMs: 7_000, anchorMs: NOW } });
  const delay = open({ timing: { kind: 'fixed-delay', delayMs: 7_000 }, startAtMs: NOW });
  const at = (schedule: typeof rate, afterMs: number): number => {
    const next = nextFiring(schedule, afterMs);
    assert.equal(next.kind, 'next');
    return next.occurrence.nominalMs;
  };
  assert.equal(at(rate, 0), NOW);
  assert.equal(at(rate, NOW + 6_999), NOW + 7_000);
  assert.equal(at(rate, NOW + 7_000), NOW + 14_000);
  assert.equal(at(delay, 0), NOW);
  assert.equal(at(delay, NOW + 1), NOW + 7_001);
});
