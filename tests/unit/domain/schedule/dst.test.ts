/** Single changes of the clocks in words; `zone-changes.test.ts` has all of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { previewSchedule } from '../../../../src/domain/schedule/preview.ts';

interface Case {
  readonly zone: string;
  readonly expression: string;
  readonly from: string;
  readonly skipped?: 'skip' | 'shift';
  readonly doubled?: 'first' | 'both';
}

/** Lines of `UTC time, wall time named, outcome, rule`. */
function lines(
  { zone, expression, from, skipped = 'skip', doubled = 'first' }: Case,
  count: number,
) {
  const preview = previewSchedule(
    { timing: { kind: 'cron', expression }, zone, dst: { skipped, doubled } },
    Date.parse(from) - 1,
    count,
  );
  assert.equal(preview.kind, 'preview');
  return preview.occurrences.map(({ nominalMs, localText, outcome, rule }) => {
    return `${new Date(nominalMs).toISOString().slice(5, 16)} ${localText.slice(5, 16)} ${outcome} ${rule}`;
  });
}

const spring = { zone: 'Europe/Berlin', from: '2026-03-29T00:00Z' };
const autumn = { zone: 'Europe/Berlin', from: '2026-10-25T00:00Z' };

describe('clocks go forward', () => {
  test('skip: the time is dropped, visibly', () => {
    assert.deepEqual(lines({ ...spring, expression: '30 2 * * *' }, 2), [
      '03-29T01:30 03-29T02:30 dropped dst-skipped',
      '03-30T00:30 03-30T02:30 fire cron',
    ]);
  });
  test('shift: it moves on by the gap', () => {
    assert.deepEqual(lines({ ...spring, expression: '*/30 2 * * *', skipped: 'shift' }, 2), [
      '03-29T01:00 03-29T02:00 fire dst-shifted',
      '03-29T01:30 03-29T02:30 fire dst-shifted',
    ]);
  });
  test('where it meets a regular firing there is one', () => {
    const preview = previewSchedule(
      {
        timing: { kind: 'cron', expression: '30 2,3 * * *' },
        zone: spring.zone,
        dst: { skipped: 'shift', doubled: 'first' },
      },
      Date.parse(spring.from),
      2,
    );
    assert.equal(preview.kind, 'preview');
    const [both, next] = preview.occurrences;
    assert.equal(both?.rule, 'cron');
    assert.match(both.reason, /the skipped 2026-03-29T02:30:00 falls on it too/);
    assert.equal(next?.localText, '2026-03-30T02:30:00');
  });
  test('every hour: nothing is skipped, for no time has passed', () => {
    for (const skipped of ['skip', 'shift'] as const) {
      assert.deepEqual(lines({ ...spring, expression: '30 * * * *', skipped }, 3), [
        '03-29T00:30 03-29T01:30 fire cron',
        '03-29T01:30 03-29T03:30 fire cron',
        '03-29T02:30 03-29T04:30 fire cron',
      ]);
    }
  });
  test('a whole day may be missing: Samoa, 30 December 2011', () => {
    const samoa = { zone: 'Pacific/Apia', expression: '0 12 * * *', from: '2011-12-29T12:00Z' };
    assert.deepEqual(lines(samoa, 3), [
      '12-29T22:00 12-29T12:00 fire cron',
      '12-30T22:00 12-31T12:00 fire cron',
      '12-31T22:00 01-01T12:00 fire cron',
    ]);
    assert.deepEqual(lines({ ...samoa, expression: '0 12 30 * *' }, 1), [
      '12-30T22:00 12-30T12:00 dropped dst-skipped',
    ]);
  });
});

describe('clocks go back', () => {
  test('first: the second is dropped, visibly', () => {
    assert.deepEqual(lines({ ...autumn, expression: '30 2 * * *' }, 3), [
      '10-25T00:30 10-25T02:30 fire cron',
      '10-25T01:30 10-25T02:30 dropped dst-doubled-second',
      '10-26T01:30 10-26T02:30 fire cron',
    ]);
  });
  test('both', () => {
    assert.deepEqual(lines({ ...autumn, expression: '30 2 * * *', doubled: 'both' }, 2), [
      '10-25T00:30 10-25T02:30 fire cron',
      '10-25T01:30 10-25T02:30 fire dst-doubled-second',
    ]);
  });
  test('every hour goes on by elapsed time', () => {
    assert.deepEqual(lines({ ...autumn, expression: '0 * * * *' }, 4), [
      '10-25T00:00 10-25T02:00 fire cron',
      '10-25T01:00 10-25T02:00 fire cron',
      '10-25T02:00 10-25T03:00 fire cron',
      '10-25T03:00 10-25T04:00 fire cron',
    ]);
  });
  test('by half an hour: Lord Howe', () => {
    const howe = { zone: 'Australia/Lord_Howe', from: '2026-04-04T14:00Z' };
    assert.deepEqual(lines({ ...howe, expression: '0,30,45 1,2 * * *' }, 6), [
      '04-04T14:00 04-05T01:00 fire cron',
      '04-04T14:30 04-05T01:30 fire cron',
      '04-04T14:45 04-05T01:45 fire cron',
      '04-04T15:00 04-05T01:30 dropped dst-doubled-second',
      '04-04T15:15 04-05T01:45 dropped dst-doubled-second',
      '04-04T15:30 04-05T02:00 fire cron',
    ]);
  });
});

test('offsets know no daylight saving', () => {
  const [first] = lines({ ...spring, zone: 'GMT+1', expression: '30 2 * * *' }, 1);
  assert.equal(first, '03-29T01:30 03-29T02:30 fire cron');
});
