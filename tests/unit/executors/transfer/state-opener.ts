/** Opens the state of one run after the other, each at the same moment as the other threads. */
import { workerData } from 'node:worker_threads';
import { openRunState } from '../../../../src/executors/transfer/state/state.ts';

const { files, name, openers, arrived } = workerData as {
  readonly files: readonly string[];
  readonly name: string;
  readonly openers: number;
  /** How many threads stand at each file. */
  readonly arrived: Int32Array;
};

for (const [at, file] of files.entries()) {
  Atomics.add(arrived, at, 1);
  Atomics.notify(arrived, at);
  for (let there = Atomics.load(arrived, at); there < openers; there = Atomics.load(arrived, at)) {
    Atomics.wait(arrived, at, there);
  }
  openRunState(file, name, Date.now).close();
}
