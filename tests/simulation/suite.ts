import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './simulation.ts';

/** Seeds of one test: few enough that its name says where a failure is. */
const SEEDS_PER_TEST = 100;

/** Declares tests that live through `count` seeds from `from` on; a failure prints its replay. */
export function simulationSuite(from: number, count: number): void {
  for (let first = from; first < from + count; first += SEEDS_PER_TEST) {
    const last = Math.min(first + SEEDS_PER_TEST, from + count) - 1;
    test(`seeds ${first} to ${last}`, async () => {
      for (let seed = first; seed <= last; seed += 1) {
        const { failure } = await simulate(seed);
        if (failure !== null) assert.fail(failure.report);
      }
    });
  }
}
