import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openRunState, type RunState } from '../../../../src/executors/transfer/state/state.ts';
import { costOf, Throttle } from '../../../../src/executors/transfer/worker/throttle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const rate = { bytesPerSecond: null, rowsPerSecond: 4_000 };

/** Workers of one run on a clock that only waiting moves. */
class Workers {
  nowMs = 1_000_000;
  readonly #file: string;
  readonly #t: TestContext;

  constructor(t: TestContext, file: string) {
    this.#t = t;
    this.#file = file;
  }

  join(name: string): RunState {
    const state = openRunState(this.#file, name, () => this.nowMs);
    this.#t.after(() => state.close());
    state.members.join(name);
    return state;
  }

  /** Reads batches until all are read, each worker as soon as its last one is paid for. */
  read(workers: readonly RunState[], batches: number, rows: number): number {
    const begunMs = this.nowMs;
    const freeAtMs = new Map(workers.map((worker) => [worker, begunMs]));
    let left = batches;
    while (left > 0) {
      const [next] = [...freeAtMs].toSorted(([, a], [, b]) => a - b);
      if (next === undefined) break;
      const [worker, atMs] = next;
      this.nowMs = Math.max(this.nowMs, atMs);
      freeAtMs.set(worker, this.nowMs + worker.pace.reserve(costOf(rate, 0, rows), this.nowMs));
      left -= 1;
    }
    return Math.max(...freeAtMs.values()) - begunMs;
  }
}

async function freshRun(t: TestContext): Promise<Workers> {
  return new Workers(t, join(await temporaryFolder(t), 'state.db'));
}

describe('the rate of a job', () => {
  test('holds from the first batch on, however many workers there are', async (t) => {
    for (const names of [['0.1'], ['0.1', '1.1'], ['0.1', '1.1', '2.1', '3.1', '4.1']]) {
      const run = await freshRun(t);
      const members = names.map((name) => run.join(name));
      assert.equal(run.read(members, 20, 1_000), 5_000, `${names.length} workers`);
    }
  });

  test('holds for batches as large as all that a worker reads', async (t) => {
    const run = await freshRun(t);
    assert.equal(run.read([run.join('0.1'), run.join('1.1')], 2, 10_000), 5_000);
  });

  test('does not save up what was not read', async (t) => {
    const run = await freshRun(t);
    const only = run.join('0.1');
    run.nowMs += 60_000;
    assert.equal(run.read([only], 4, 1_000), 1_000);
    run.nowMs += 60_000;
    assert.equal(run.read([only], 4, 1_000), 1_000);
  });

  test('is not spent by workers that have ended, nor by a clock that is set back', async (t) => {
    const run = await freshRun(t);
    const first = run.join('0.1');
    const second = run.join('1.1');
    assert.equal(first.pace.reserve(90_000, run.nowMs), 90_000);
    assert.equal(second.pace.reserve(1_000, run.nowMs), 91_000);
    first.members.leave('0.1');
    run.nowMs -= 3_600_000;
    // The last of them owes 1 s, whatever the clock says.
    assert.equal(run.join('0.2').pace.reserve(500, run.nowMs), 1_500);
  });

  test('is that which takes longer, of bytes and rows', () => {
    assert.equal(costOf({ bytesPerSecond: 100, rowsPerSecond: 10 }, 200, 10), 2_000);
    assert.equal(costOf({ bytesPerSecond: 100, rowsPerSecond: 10 }, 20, 10), 1_000);
    assert.equal(costOf({ bytesPerSecond: null, rowsPerSecond: null }, 20, 10), 0);
  });

  test('lets go of a stopped worker', async () => {
    const stop = new AbortController();
    const waiting = new Throttle(rate, () => 0).take(0, 1, { reserve: () => 2 ** 40 }, stop.signal);
    stop.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});
