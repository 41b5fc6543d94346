import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportQueue } from '../../../src/engine/report-queue.ts';
import type { AttemptReport } from '../../../src/ports/executor.ts';

test('reports keep their order; of an attempt’s progress only the latest is kept', () => {
  const queue = new ReportQueue();
  queue.add([started('a'), progress('a', '1'), progress('b', '1')]);
  queue.add([progress('a', '2'), lost('a'), progress('b', '2'), progress('c', '1')]);
  assert.equal(queue.size, 5);
  assert.deepEqual(queue.takeAll(), [
    started('a'),
    progress('a', '2'),
    progress('b', '2'),
    lost('a'),
    progress('c', '1'),
  ]);
  assert.equal(queue.size, 0);
  queue.add([progress('a', '3')]);
  assert.deepEqual(queue.takeAll(), [progress('a', '3')], 'what was taken is out of the way');
});

test('what is put back stands first, with the progress that came since', () => {
  const queue = new ReportQueue();
  queue.add([started('a'), progress('a', '1'), lost('b')]);
  const taken = queue.takeAll();
  queue.add([progress('a', '2'), progress('c', '1'), lost('a')]);
  queue.putBack(taken);
  assert.deepEqual(queue.takeAll(), [
    started('a'),
    progress('a', '2'),
    lost('b'),
    progress('c', '1'),
    lost('a'),
  ]);
});

test('a store that does not answer makes progress reports no more than attempts', () => {
  const queue = new ReportQueue();
  for (let turn = 0; turn < 1_000; turn += 1) {
    queue.add([progress('a', String(turn)), progress('b', String(turn))]);
    if (turn % 10 === 0) queue.putBack(queue.takeAll());
  }
  assert.deepEqual(queue.takeAll(), [progress('a', '999'), progress('b', '999')]);
});

const about = { fence: 1, atMs: 0 };

function started(attemptId: string): AttemptReport {
  return { ...about, kind: 'started', attemptId, pid: null };
}

function progress(attemptId: string, text: string): AttemptReport {
  return { ...about, kind: 'progress', attemptId, progress: text };
}

function lost(attemptId: string): AttemptReport {
  return { ...about, kind: 'lost', attemptId, message: 'gone' };
}
