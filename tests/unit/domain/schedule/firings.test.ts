import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scheduleDefaults, type DstPolicy } from '../../../../src/domain/schedule/definition.ts';
import { nextFirings, previousFiring } from '../../../../src/domain/schedule/firings.ts';
import { openSchedule } from '../../../../src/domain/schedule/parse.ts';
import { previewSchedule } from '../../../../src/domain/schedule/preview.ts';

const zone = fc.constantFrom(
  'UTC',
  'GMT+8',
  'Europe/Berlin',
  'America/Havana',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Pacific/Apia',
);
const expression = fc.constantFrom(
  '*/10 * * * *',
  '0 */2 * * *',
  '30 0-3 * * *',
  '0,30 2 * * 0',
  '0 0 1 * *',
  '0 0 29 2 *',
  '15 23 L * *',
);
const dst: fc.Arbitrary<DstPolicy> = fc.record({
  skipped: fc.constantFrom('skip', 'shift'),
  doubled: fc.constantFrom('first', 'both'),
});
const from = fc.date({
  min: new Date('2009-01-01'),
  max: new Date('2060-01-01'),
  noInvalidDate: true,
});

test('firings only go forward, none comes twice, and the way back is the same', () => {
  fc.assert(
    fc.property(expression, zone, dst, from, (text, name, policy, date) => {
      const schedule = openSchedule({
        ...scheduleDefaults,
        timing: { kind: 'cron', expression: text },
        zone: name,
        dst: policy,
      });
      const found = [...nextFirings(schedule, date.getTime(), { limit: 30 })];
      assert.equal(found.length, 30);
      let last = date.getTime();
      for (const { nominalMs } of found) {
        assert.ok(nominalMs > last);
        last = nominalMs;
      }
      const back = [];
      for (let before = last + 1; back.length < found.length;) {
        const each = previousFiring(schedule, before);
        assert.ok(each);
        back.push(each);
        before = each.nominalMs;
      }
      assert.deepEqual(back.toReversed(), found);
    }),
    { numRuns: 500 },
  );
});

test('where in between one begins to ask makes no difference', () => {
  const start = Date.UTC(2026, 2, 28);
  const schedule = openSchedule({
    ...scheduleDefaults,
    timing: { kind: 'cron', expression: '*/20 1-4 * * *' },
    zone: 'Europe/Berlin',
    dst: { skipped: 'shift', doubled: 'both' },
  });
  const found = [...nextFirings(schedule, start, { limit: 40 })];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 * 86_400_000 }), (offsetMs) => {
      const [next] = nextFirings(schedule, start + offsetMs, { limit: 1 });
      assert.deepEqual(
        next,
        found.find(({ nominalMs }) => nominalMs > start + offsetMs),
      );
    }),
  );
});

test('a preview shows what is dropped, and what is first to fire behind it', () => {
  const fromMs = Date.UTC(2026, 0, 1);
  const preview = previewSchedule(
    {
      timing: { kind: 'cron', expression: '* * * * *' },
      calendars: [
        { kind: 'exclude', name: 'freeze', intervals: [{ fromMs, toMs: fromMs + 3_600_000 }] },
      ],
    },
    fromMs,
    3,
  );
  assert.equal(preview.kind, 'preview');
  assert.deepEqual(
    preview.occurrences.map(({ rule }) => rule),
    Array(3).fill('calendar:freeze'),
  );
  assert.equal(preview.nextFire?.localText, '2026-01-01T01:00:00');
  assert.equal(preview.note, '');
});

test('a preview of what cannot be says so; of what ends, where', () => {
  const problems = previewSchedule({ timing: { kind: 'cron', expression: '0 0 30 2 *' } }, 0, 3);
  assert.equal(problems.kind, 'problems');
  const over = previewSchedule({ timing: { kind: 'one-time', atMs: 1_000 } }, 0, 3);
  assert.equal(over.kind, 'preview');
  assert.equal(over.occurrences.length, 1);
  assert.match(over.note, /its one time, 1970-01-01T00:00:01 \(UTC\), is over/);
  const long = previewSchedule({ timing: { kind: 'cron', expression: '* * * * *' } }, 0, 1e9);
  assert.equal(long.kind === 'preview' && long.occurrences.length, 1_000);
});

test('an expression and its next time are found within milliseconds, however rare', () => {
  for (const text of ['0 0 0 29 2 ? 2096', '59 59 23 31 12 ? 2099', '0 0 0 ? 2 1#5']) {
    const started = performance.now();
    const preview = previewSchedule(
      { timing: { kind: 'cron', expression: text, dialect: 'quartz' }, zone: 'America/Toronto' },
      Date.UTC(2026, 0, 1),
      1,
    );
    const tookMs = performance.now() - started;
    assert.ok(preview.kind === 'preview' && preview.nextFire !== null, text);
    // Typically one; the bound only tells a search without end from one that is done.
    assert.ok(tookMs < 100, `${text}: ${tookMs} ms`);
  }
});
