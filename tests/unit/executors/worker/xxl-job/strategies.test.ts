import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  noRoutes,
  order,
  RouteMemory,
  type RouteStrategy,
  routeStrategies,
  used,
} from '../../../../../src/executors/worker/xxl-job/strategies.ts';

const addresses = ['a', 'b', 'c'];

/** The choices of as many dispatches. */
function choices(strategy: RouteStrategy, count: number, from = addresses): string {
  let routes = noRoutes;
  let chosen = '';
  for (let index = 0; index < count; index += 1) {
    const [first = ''] = order(strategy, from, { id: 1, routes }, 0.5);
    routes = used(routes, first, strategy);
    chosen += first;
  }
  return chosen;
}

test('each strategy chooses as its name says', () => {
  assert.equal(choices('ROUND', 5), 'abcab');
  assert.equal(choices('FIRST', 3), 'aaa');
  assert.equal(choices('LAST', 3), 'ccc');
  assert.equal(choices('RANDOM', 2), 'bb');
  assert.equal(choices('LEAST_FREQUENTLY_USED', 5), 'abcab');
  assert.equal(choices('LEAST_RECENTLY_USED', 5), 'abcab');
  assert.equal(choices('FAILOVER', 2), 'aa');
  assert.equal(choices('BUSYOVER', 2), 'aa');
});

test('the least used is the one that missed most, the least recent the one longest ago', () => {
  let routes = noRoutes;
  for (const address of ['a', 'a', 'b', 'c', 'b', 'a']) {
    routes = used(routes, address, 'LEAST_FREQUENTLY_USED');
  }
  assert.deepEqual(order('LEAST_FREQUENTLY_USED', addresses, { id: 1, routes }, 0), [
    'c',
    'b',
    'a',
  ]);
  assert.deepEqual(order('LEAST_RECENTLY_USED', addresses, { id: 1, routes }, 0), ['c', 'b', 'a']);
  assert.deepEqual(order('LEAST_RECENTLY_USED', [...addresses, 'd'], { id: 1, routes }, 0)[0], 'd');
});

test('CONSISTENT_HASH keeps most jobs where they are when an address goes', () => {
  const many = Array.from({ length: 10 }, (_, index) => `xxljob@10.0.0.${index}:9999`);
  const gone = many[3];
  const fewer = many.filter((address) => address !== gone);
  const seen = new Set<string>();
  for (let id = 1; id <= 200; id += 1) {
    const job = { id, routes: noRoutes };
    const [before = '', next] = order('CONSISTENT_HASH', many, job, 0);
    const [after] = order('CONSISTENT_HASH', fewer, job, 0);
    assert.equal(after, before === gone ? next : before);
    seen.add(before);
  }
  assert.equal(seen.size, 10);
});

test('every strategy gives every address exactly once', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...routeStrategies),
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 5 }),
      fc.nat(1_000),
      fc.double({ min: 0, max: 0.9999, noNaN: true }),
      (strategy, names, count, fraction) => {
        const sorted = names.toSorted();
        const job = { id: 7, routes: { count, uses: new Map() } };
        assert.deepEqual([...order(strategy, sorted, job, fraction)].toSorted(), sorted);
      },
    ),
  );
});

test('routing is remembered for a day and for each job by itself', () => {
  let nowMs = Date.UTC(2026, 0, 1, 23, 59);
  const memory = new RouteMemory(() => nowMs);
  memory.used(1, 'a', 'ROUND');
  assert.deepEqual([memory.of(1).count, memory.of(2).count], [1, 0]);
  nowMs += 60_000;
  assert.equal(memory.of(1).count, 0);
});
