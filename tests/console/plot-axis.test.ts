/** What stands below a plot over time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timeLabels } from '../../console/src/design/plot-axis.ts';

describe('labels of a time axis', () => {
  const format = {
    date: (ms: number): string => new Date(ms).toISOString().slice(0, 10),
    time: (ms: number): string => new Date(ms).toISOString().slice(11, 19),
  };
  const labels = (stepS: number): readonly string[] =>
    timeLabels(
      [0, 1, 2, 3].map((at) => 1_700_000_000 + at * stepS),
      stepS,
      format,
    );

  for (const stepS of [0.005, 0.1, 0.25, 0.5, 1, 5, 30, 60, 3_600, 86_400]) {
    test(`no two alike, ${stepS} s apart`, () => {
      assert.equal(new Set(labels(stepS)).size, 4, labels(stepS).join(' '));
    });
  }

  test('no finer than the steps', () => {
    assert.deepEqual(labels(0.5), ['22:13:20.0', '22:13:20.5', '22:13:21.0', '22:13:21.5']);
    assert.deepEqual(labels(5), ['22:13:20', '22:13:25', '22:13:30', '22:13:35']);
    assert.deepEqual(labels(60), ['22:13', '22:14', '22:15', '22:16']);
    assert.deepEqual(labels(86_400), ['11-14', '11-15', '11-16', '11-17']);
  });
});
