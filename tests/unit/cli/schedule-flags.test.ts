import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  durationMs,
  type ScheduleFlags,
  scheduleOfFlags,
} from '../../../src/cli/schedule-flags.ts';
import {
  scheduleDefaults,
  type ScheduleDefinition,
} from '../../../src/domain/schedule/definition.ts';

const berlin: ScheduleDefinition = {
  ...scheduleDefaults,
  timing: { kind: 'cron', expression: '0 3 * * *' },
  zone: 'Europe/Berlin',
  misfire: { policy: 'one' },
};

const sent: readonly (readonly [ScheduleFlags, unknown])[] = [
  [{}, undefined],
  [{ schedule: true }, undefined],
  [{ schedule: false }, null],
  [
    { cron: '0 3 * * *', zone: 'Asia/Tokyo' },
    { timing: { kind: 'cron', expression: '0 3 * * *', dialect: 'unix' }, zone: 'Asia/Tokyo' },
  ],
  [
    { cron: '0 0 3 ? * 2', quartz: true },
    { timing: { kind: 'cron', expression: '0 0 3 ? * 2', dialect: 'quartz' } },
  ],
  [{ every: '1.5h' }, { timing: { kind: 'fixed-rate', everyMs: 5_400_000 } }],
  [
    { delay: '30s', misfire: 'one' },
    { timing: { kind: 'fixed-delay', delayMs: 30_000 }, misfire: { policy: 'one' } },
  ],
  [
    { at: '2030-01-31T08:00:00+01:00' },
    { timing: { kind: 'one-time', atMs: Date.UTC(2030, 0, 31, 7) } },
  ],
  [{ schedule: '{"timing":{"kind":"none"}}' }, { timing: { kind: 'none' } }],
];
for (const [flags, expected] of sent) {
  test(`${JSON.stringify(flags)} is sent as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(scheduleOfFlags(flags), expected);
  });
}

test('an update changes what is named and keeps the rest', () => {
  assert.deepEqual(scheduleOfFlags({ zone: 'UTC' }, berlin), { ...berlin, zone: 'UTC' });
  assert.deepEqual(scheduleOfFlags({ every: '2s' }, berlin), {
    ...berlin,
    timing: { kind: 'fixed-rate', everyMs: 2_000 },
  });
});

const wrong: readonly (readonly [ScheduleFlags, RegExp])[] = [
  [{ cron: '* * * * *', every: '1s' }, /one timing/],
  [{ zone: 'UTC' }, /need a schedule/],
  [{ misfire: 'one' }, /need a schedule/],
  [{ quartz: true, every: '1s' }, /--quartz is about a cron/],
  [{ every: 'often' }, /--every often is no duration/],
  [{ at: '2030-01-31T08:00:00' }, /no time with its offset/],
  [{ at: 'soonTZ' }, /no time with its offset/],
  [{ schedule: '{' }, /--schedule is not JSON/],
  [{ schedule: '[]' }, /no JSON object/],
  [{ schedule: false, cron: '* * * * *' }, /not both/],
];
for (const [flags, words] of wrong) {
  test(`${JSON.stringify(flags)} is wrong usage`, () => {
    assert.throws(() => scheduleOfFlags(flags), { message: words, exitCode: 2 });
  });
}

test('durations', () => {
  for (const [text, ms] of [
    ['250ms', 250],
    ['30s', 30_000],
    ['15m', 900_000],
    ['2d', 172_800_000],
  ] as const) {
    assert.equal(durationMs('--every', text), ms);
  }
});
