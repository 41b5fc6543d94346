import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryOf } from '../../../src/cli/commands/logstores.ts';

const nowMs = Date.UTC(2030, 0, 31, 12);

test('times are points in time, or how long ago', () => {
  const from = (text: string) => queryOf({ from: text }, nowMs)['from'];
  assert.equal(from('2030-01-31T08:00:00Z'), Date.UTC(2030, 0, 31, 8));
  assert.equal(from('2030-01-31T08:00:00+02:00'), Date.UTC(2030, 0, 31, 6));
  assert.equal(from('15m'), nowMs - 900_000);
  assert.equal(queryOf({ to: '1h' }, nowMs)['to'], nowMs - 3_600_000);
  assert.equal(queryOf({}, nowMs)['from'], undefined);
});

for (const text of ['yesterday', '5', '15x', '', '2030-13-01T00:00:00Z']) {
  test(`--from ${JSON.stringify(text)} is refused with an example`, () => {
    assert.throws(() => queryOf({ from: text }, nowMs), {
      name: 'CliError',
      message: /--from/,
      exitCode: 2,
    });
  });
}
