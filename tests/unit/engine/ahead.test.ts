import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ahead } from '../../../src/engine/ahead.ts';
import type { AttemptReport } from '../../../src/ports/executor.ts';
import type { ClaimedAttempt } from '../../../src/ports/store.ts';

const WINDOW_MS = 100;
const SLOTS = 4;
/** Enough ends for claiming ahead: every slot was used four times. */
const BUSY = SLOTS * 4;

/** A clock that goes by hand, slots that are filled by hand, and what came of it. */
function world() {
  const timers = new Set<{ readonly atMs: number; readonly task: () => void }>();
  const state = {
    nowMs: 0,
    room: 0,
    fence: 1,
    storeAway: false,
    started: [] as string[],
    reports: [] as AttemptReport[],
    errors: 0,
  };
  const ahead = new Ahead({
    windowMs: WINDOW_MS,
    clock: {
      nowMs: () => state.nowMs,
      monotonicMs: () => state.nowMs,
      soon: (task) => setImmediate(task),
      after(delayMs, task) {
        const timer = { atMs: state.nowMs + delayMs, task };
        timers.add(timer);
        return { cancel: () => void timers.delete(timer) };
      },
    },
    log: { info: () => {}, warn: () => {}, error: () => void (state.errors += 1) },
    certain: async (fence) => {
      if (state.storeAway) throw new Error('the store is away');
      return fence === state.fence;
    },
    room: () => state.room,
    start(attempts) {
      state.room -= attempts.length;
      state.started.push(...attempts.map(({ attemptId }) => attemptId));
    },
    report: (reports) => void state.reports.push(...reports),
  });
  return {
    state,
    ahead,
    /** Lets the time pass and everything happen that is due. */
    async pass(ms: number): Promise<void> {
      state.nowMs += ms;
      for (const timer of [...timers].filter(({ atMs }) => atMs <= state.nowMs)) {
        timers.delete(timer);
        timer.task();
      }
      await settled();
    },
    ended(times: number): void {
      for (let i = 0; i < times; i += 1) ahead.ended();
    },
  };
}

/** Resolves when promises that wait for nothing else have gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function claimed(from: number, count: number, fence = 1): ClaimedAttempt[] {
  return Array.from({ length: count }, (_, i) => {
    const attemptId = `run-${from + i}.0.1`;
    // Of the run nothing is asked here.
    const run = { id: `run-${from + i}` } as ClaimedAttempt['run'];
    return { attemptId, executor: 'noop', fence, index: 0, number: 1, run };
  });
}

describe('claiming ahead', () => {
  test('nothing, unless slots are used many times within the window', async () => {
    const { ahead, ended, pass } = world();
    assert.equal(ahead.wanted(SLOTS), 0);
    ended(BUSY - 1);
    assert.equal(ahead.wanted(SLOTS), 0);
    ended(1);
    assert.equal(ahead.wanted(SLOTS), BUSY);
    await pass(WINDOW_MS);
    assert.equal(ahead.wanted(SLOTS), BUSY, 'what the window before showed still counts');
    await pass(WINDOW_MS);
    assert.equal(ahead.wanted(SLOTS), 0);
  });

  test('never more than ends within the window, and never more than its bound', () => {
    const { ahead, ended } = world();
    ended(100_000);
    assert.equal(ahead.wanted(SLOTS), 1_000);
    ahead.put(claimed(0, 1_000));
    assert.equal(ahead.wanted(SLOTS), 0);
  });

  test('what waits starts in its order as slots become free', async () => {
    const { ahead, state, ended } = world();
    ended(BUSY);
    ahead.put(claimed(0, 3));
    await settled();
    assert.deepEqual(state.started, []);
    state.room = 2;
    ahead.feed();
    await settled();
    assert.deepEqual(state.started, ['run-0.0.1', 'run-1.0.1']);
    state.room = 2;
    ahead.feed();
    await settled();
    assert.deepEqual(state.started.at(-1), 'run-2.0.1');
    assert.equal(ahead.size, 0);
    assert.deepEqual(state.reports, []);
  });

  test('what became another owner’s does not start', async () => {
    const { ahead, state } = world();
    ahead.put(claimed(0, 2));
    state.fence = 2;
    state.room = 4;
    ahead.feed();
    ahead.put(claimed(2, 1, 2));
    await settled();
    assert.deepEqual(state.started, ['run-2.0.1']);
    assert.equal(ahead.size, 0);
    assert.deepEqual(state.reports, []);
  });

  test('a store that is away delays the start', async () => {
    const { ahead, state, pass } = world();
    state.storeAway = true;
    state.room = 1;
    ahead.put(claimed(0, 1));
    await settled();
    assert.deepEqual([state.started.length, state.errors], [0, 1]);
    state.storeAway = false;
    await pass(500);
    assert.deepEqual(state.started, ['run-0.0.1']);
  });

  test('what does not start soon is given back, without a retry', async () => {
    const { ahead, state, pass, ended } = world();
    ahead.put(claimed(0, 2));
    await pass(999);
    ended(BUSY);
    assert.equal(ahead.size, 2);
    assert.equal(ahead.wanted(SLOTS), BUSY - 2);
    await pass(1);
    assert.equal(ahead.size, 0);
    assert.equal(ahead.wanted(SLOTS), 0, 'it must be quick again before it claims ahead again');
    assert.deepEqual(
      state.reports.map((report) => [report.kind, report.kind === 'refused' && report.again]),
      [
        ['refused', true],
        ['refused', true],
      ],
    );
  });

  test('one that is stopped ends here, and only once', () => {
    const { ahead, state } = world();
    ahead.put(claimed(0, 2));
    assert.equal(ahead.stop('run-1.0.1'), true);
    assert.equal(ahead.stop('run-1.0.1'), false);
    assert.deepEqual(ahead.ids(), ['run-0.0.1']);
    assert.deepEqual(
      state.reports.map(({ kind, attemptId }) => [kind, attemptId]),
      [['refused', 'run-1.0.1']],
    );
  });
});
