import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffDelayMs } from '../../../src/domain/policies.ts';
import {
  type AttemptEnd,
  decideAttemptEnd,
  describeEnd,
  stoppedRunState,
} from '../../../src/domain/progress.ts';
import { canTransition } from '../../../src/domain/states.ts';

const retry = { limit: 2, backoffMs: 10_000, backoffMaxMs: 360_000 };
const running = { state: 'running', replicas: 2, succeeded: 0, failed: 0 } as const;
const exit = (exitCode: number, stopped = false): AttemptEnd => ({
  kind: 'exit',
  exitCode,
  stopped,
  message: '',
});

test('the last instance to succeed completes the run', () => {
  assert.equal(decideAttemptEnd(running, retry, exit(0)).run, 'continue');
  assert.equal(decideAttemptEnd({ ...running, succeeded: 1 }, retry, exit(0)).run, 'complete');
});

test('failures are retried with doubled waits until the budget of the whole run is used up', () => {
  const first = decideAttemptEnd(running, retry, exit(3));
  assert.deepEqual([first.instance, first.retryInMs, first.run], ['pending', 10_000, 'continue']);
  const second = decideAttemptEnd({ ...running, failed: 1 }, retry, exit(3));
  assert.deepEqual([second.instance, second.retryInMs], ['pending', 20_000]);
  const third = decideAttemptEnd({ ...running, failed: 2 }, retry, exit(3));
  assert.deepEqual([third.instance, third.attempt, third.run], ['failed', 'failed', 'give-up']);
  assert.match(third.reason, /exited with code 3; the budget of 2 retries is used up/);
});

test('a lost attempt counts against the budget, one that never started does not', () => {
  const none = { ...retry, limit: 0 };
  assert.equal(
    decideAttemptEnd(running, none, { kind: 'lost', message: 'host gone' }).run,
    'give-up',
  );
  const again = decideAttemptEnd(running, none, { kind: 'never-started', message: '' });
  assert.deepEqual([again.instance, again.retryInMs, again.run], ['pending', 0, 'continue']);
});

test('while a run is stopping nothing is retried', () => {
  const stopping = { ...running, state: 'stopping' } as const;
  for (const end of [
    exit(1, true),
    exit(0, true),
    exit(143),
    { kind: 'signal', signal: 'SIGKILL', stopped: true, message: '' } as const,
  ]) {
    assert.equal(decideAttemptEnd(stopping, retry, end).instance, 'stopped');
  }
});

test('signals and exit codes are told apart in words', () => {
  assert.equal(describeEnd(exit(137)), 'exited with code 137');
  assert.match(
    describeEnd({ kind: 'signal', signal: 'SIGKILL', stopped: false, message: '' }),
    /signal SIGKILL/,
  );
});

test('the cause of a stop decides the final state', () => {
  assert.deepEqual(
    (['user', 'timeout', 'replaced', 'budget', 'deleted'] as const).map(stoppedRunState),
    ['canceled', 'failed', 'canceled', 'failed', 'canceled'],
  );
});

test('every decision obeys the transition table and never exceeds the budget', () => {
  const end = fc.oneof(
    fc.record({
      kind: fc.constant('exit' as const),
      exitCode: fc.nat(255),
      stopped: fc.boolean(),
      message: fc.constant(''),
    }),
    fc.record({
      kind: fc.constant('signal' as const),
      signal: fc.constant('SIGTERM'),
      stopped: fc.boolean(),
      message: fc.constant(''),
    }),
    fc.record({
      kind: fc.constantFrom('lost' as const, 'refused' as const, 'never-started' as const),
      message: fc.constant(''),
    }),
  );
  fc.assert(
    fc.property(
      end,
      fc.constantFrom('running' as const, 'stopping' as const),
      fc.nat(5),
      fc.nat(5),
      (e, state, failed, limit) => {
        const decision = decideAttemptEnd(
          { state, replicas: 3, succeeded: 0, failed },
          { ...retry, limit },
          e,
        );
        assert.ok(canTransition('attempt', 'claimed', decision.attempt));
        assert.ok(canTransition('instance', 'active', decision.instance));
        if (decision.instance === 'pending' && e.kind !== 'never-started')
          assert.ok(failed < limit);
        if (decision.run === 'give-up') assert.equal(state, 'running');
      },
    ),
  );
});

test('backoff doubles and saturates, however many failures', () => {
  assert.deepEqual(
    [1, 2, 3, 6, 7].map((n) => backoffDelayMs(retry, n)),
    [10_000, 20_000, 40_000, 320_000, 360_000],
  );
  assert.equal(backoffDelayMs(retry, 1_000_000), 360_000);
});
