import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toInstances } from '../../../src/stores/sql/instances.ts';
import type { AttemptRow, InstanceRow } from '../../../src/stores/sql/schema.ts';

const run = { id: 'manual-1', replicas: 1, started_at: 1 };

function attempt(number: number, state: string): AttemptRow {
  return {
    run_n: 7,
    idx: 0,
    number,
    state,
    executor: 'process',
    fence: 1,
    adopted: 0,
    pid: null,
    exit_code: null,
    signal: null,
    message: '',
    worker: '',
    result: '',
    progress: '',
    claimed_at: 1,
    started_at: null,
    ended_at: null,
  };
}

function row(state: string, newest: number): InstanceRow {
  return { run_n: 7, idx: 0, state, attempt: newest, due_at: 1 };
}

const cases: readonly [string, readonly InstanceRow[], readonly AttemptRow[], string][] = [
  ['without a row: a live attempt', [], [attempt(1, 'claimed')], 'active'],
  ['without a row: one that is being stopped', [], [attempt(1, 'stopping')], 'active'],
  ['without a row: a success', [], [attempt(1, 'succeeded')], 'succeeded'],
  ['a row that waits for room', [row('pending', 0)], [], 'pending'],
  ['a row that waits for its retry', [row('pending', 1)], [attempt(1, 'failed')], 'pending'],
  [
    'a retry that runs, attempts in any order',
    [row('active', 2)],
    [attempt(2, 'running'), attempt(1, 'failed')],
    'active',
  ],
  ['a retry that is claimed just now', [row('active', 2)], [attempt(1, 'failed')], 'active'],
  [
    'a retry that succeeded',
    [row('active', 2)],
    [attempt(1, 'lost'), attempt(2, 'succeeded')],
    'succeeded',
  ],
  ['given up', [row('failed', 1)], [attempt(1, 'failed')], 'failed'],
  ['stopped before its retry', [row('stopped', 1)], [attempt(1, 'failed')], 'stopped'],
  [
    'as earlier versions wrote a success',
    [row('succeeded', 1)],
    [attempt(1, 'succeeded')],
    'succeeded',
  ],
];
for (const [name, rows, attempts, state] of cases) {
  test(`an instance, ${name}: ${state}`, () => {
    const [instance, ...others] = toInstances(run, rows, attempts);
    assert.equal(instance?.state, state);
    assert.equal(instance?.id, 'manual-1.0');
    assert.deepEqual(
      instance?.attempts.map(({ number }) => number),
      attempts.map(({ number }) => number).toSorted((a, b) => a - b),
    );
    assert.deepEqual(others, []);
  });
}

test('a run that has not begun has no instances', () => {
  assert.deepEqual(toInstances({ ...run, started_at: null }, [], []), []);
});
