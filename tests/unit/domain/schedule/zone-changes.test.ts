/**
 * Every IANA zone, every change of its clocks in three years, every policy, against an account
 * that shares nothing with ours: see `zone-oracle.ts`.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nextFirings, previousFiring } from '../../../../src/domain/schedule/firings.ts';
import type { DstPolicy } from '../../../../src/domain/schedule/definition.ts';
import { openSchedule, type ParsedSchedule } from '../../../../src/domain/schedule/parse.ts';
import { scheduleDefaults } from '../../../../src/domain/schedule/definition.ts';
import {
  oracleVersion,
  oracleZone,
  scanMinutes,
  type MinutePattern,
  type OracleZone,
} from './zone-oracle.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2025, 0, 1);
const TO_MS = Date.UTC(2028, 0, 1);
const WINDOW_MS = 4 * HOUR_MS;
/** A release of the IANA data changes the coming years of a few zones. More is an error of ours. */
const MAX_DIFFERING_ZONES = 12;

const patterns: readonly MinutePattern[] = [
  { expression: '*/15 * * * *', elapsed: true, matches: ({ minute }) => minute % 15 === 0 },
  { expression: '0 * * * *', elapsed: true, matches: ({ minute }) => minute === 0 },
  {
    expression: '30 0-3 * * *',
    elapsed: false,
    matches: ({ minute, hour }) => minute === 30 && hour <= 3,
  },
  {
    expression: '*/20 1,2,3,22,23 * * *',
    elapsed: false,
    matches: ({ minute, hour }) => minute % 20 === 0 && [1, 2, 3, 22, 23].includes(hour),
  },
  {
    expression: '0,15,59 */2 * * 0,1',
    elapsed: false,
    matches: ({ minute, hour, weekday }) =>
      [0, 15, 59].includes(minute) && hour % 2 === 0 && weekday <= 1,
  },
  {
    expression: '5 0,1,2,23 1-7 * 6',
    elapsed: false,
    matches: ({ minute, hour, day, weekday }) =>
      minute === 5 && [0, 1, 2, 23].includes(hour) && (day <= 7 || weekday === 6),
  },
];

const policies: readonly DstPolicy[] = (['skip', 'shift'] as const).flatMap((skipped) =>
  (['first', 'both'] as const).map((doubled) => ({ skipped, doubled })),
);

/** What the runtime's zone data says, by the one road that our own code does not take. */
function runtimeOffset(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  return (ms) => {
    const text = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const match = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text);
    assert.ok(match, `${zone}: ${text}`);
    const size = (Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)) * 60_000;
    return match[1] === '-' ? -size : size;
  };
}

const names = Intl.supportedValuesOf('timeZone');
const unknown: string[] = [];
const differing: string[] = [];
const zones: { readonly name: string; readonly oracle: OracleZone }[] = [];
for (const name of names) {
  const oracle = oracleZone(name);
  if (oracle === null) {
    unknown.push(name);
    continue;
  }
  const offset = runtimeOffset(name);
  const probes = oracle.changes
    .filter(({ atMs }) => atMs >= FROM_MS && atMs < TO_MS)
    .flatMap(({ atMs }) => [atMs - 1000, atMs]);
  // Between changes that the oracle knows, the runtime may know others.
  for (let ms = FROM_MS; ms < TO_MS; ms += 20 * 24 * HOUR_MS) probes.push(ms);
  if (probes.every((ms) => offset(ms) === oracle.offsetAt(ms))) zones.push({ name, oracle });
  else differing.push(name);
}

describe('schedules in every zone', () => {
  test('runtime and oracle hold the same zones, or differ by their versions only', (t) => {
    const runtimeVersion = process.versions['tz'] ?? 'unknown';
    t.diagnostic(`zone data: runtime ${runtimeVersion}, oracle ${oracleVersion}`);
    if (runtimeVersion === oracleVersion) {
      assert.deepEqual({ unknown, differing }, { unknown: [], differing: [] });
      return;
    }
    t.diagnostic(`not compared, data differ: ${[...unknown, ...differing].join(', ') || 'none'}`);
    assert.ok(unknown.length + differing.length <= MAX_DIFFERING_ZONES);
  });

  test('each change from 2025 to 2027, under each policy, is as the minutes say', (t) => {
    let changes = 0;
    let compared = 0;
    for (const { name, oracle } of zones) {
      const times = oracle.changes
        .map(({ atMs }) => atMs)
        .filter((atMs) => atMs >= FROM_MS && atMs < TO_MS);
      changes += times.length;
      // A zone without changes is walked too, at a time when others change.
      if (times.length === 0) times.push(Date.UTC(2026, 2, 29, 1));
      for (const pattern of patterns) {
        for (const dst of policies) {
          // Elapsed time is the same under every policy: two of the four show it.
          if (pattern.elapsed && dst.skipped === 'skip' && dst.doubled === 'both') continue;
          if (pattern.elapsed && dst.skipped === 'shift' && dst.doubled === 'first') continue;
          const schedule = openSchedule({
            ...scheduleDefaults,
            timing: { kind: 'cron', expression: pattern.expression },
            zone: name,
            dst,
          });
          for (const atMs of times) {
            const fromMs = atMs - WINDOW_MS;
            const toMs = atMs + WINDOW_MS;
            const expected = scanMinutes(oracle, fromMs, toMs, pattern, dst);
            const where = `${name} ${new Date(atMs).toISOString()} ${pattern.expression} ${JSON.stringify(dst)}`;
            assert.deepEqual(forwards(schedule, fromMs, toMs), expected, `${where} forwards`);
            assert.deepEqual(backwards(schedule, fromMs, toMs), expected, `${where} backwards`);
            compared += expected.length;
          }
        }
      }
    }
    t.diagnostic(`${zones.length} zones, ${changes} changes, ${compared} firings compared`);
    // Some 130 zones change their clocks twice a year.
    assert.ok(zones.length > 400 && changes > 600 && compared > 50_000);
  });
});

function forwards(schedule: ParsedSchedule, fromMs: number, toMs: number): readonly object[] {
  const found: object[] = [];
  for (const { nominalMs, outcome, rule } of nextFirings(schedule, fromMs - 1, { limit: 1_000 })) {
    if (nominalMs >= toMs) break;
    found.push({ nominalMs, outcome, rule });
  }
  return found;
}

function backwards(schedule: ParsedSchedule, fromMs: number, toMs: number): readonly object[] {
  const found: object[] = [];
  for (let before = toMs; found.length < 1_000;) {
    const occurrence = previousFiring(schedule, before);
    if (occurrence === null || occurrence.nominalMs < fromMs) break;
    const { nominalMs, outcome, rule } = occurrence;
    found.push({ nominalMs, outcome, rule });
    before = nominalMs;
  }
  return found.toReversed();
}
