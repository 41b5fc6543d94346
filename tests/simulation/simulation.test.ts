/** The simulation itself: that it can fail, and that a seed decides everything. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brokenStores } from './mutations.ts';
import { simulate } from './simulation.ts';

/** Seeds among which a broken store must be noticed. */
const SEEDS_TO_NOTICE = 300;

describe('a store that breaks a promise is noticed', () => {
  for (const { name, noticedBy, mutation, scenario = {} } of brokenStores) {
    test(`it ${name}`, async () => {
      const others = new Set<string>();
      for (let seed = 1; seed <= SEEDS_TO_NOTICE; seed += 1) {
        const { failure } = await simulate(seed, { mutation, scenario });
        if (failure === null) continue;
        if (!noticedBy.includes(failure.invariant)) {
          others.add(failure.invariant);
          continue;
        }
        assert.match(failure.report, new RegExp(`npm run simulate -- --seed ${seed}\\b`));
        return;
      }
      assert.fail(`${SEEDS_TO_NOTICE} seeds noticed nothing but: ${[...others].join(', ')}`);
    });
  }
});

test('a seed is a history: it comes out the same every time', async () => {
  for (const seed of [7, 27, 211]) {
    const once = await simulate(seed);
    const again = await simulate(seed);
    assert.deepEqual(again, once);
    assert.ok(once.events > 100, `seed ${seed} has only ${once.events} events`);
  }
  assert.notEqual((await simulate(1)).fingerprint, (await simulate(2)).fingerprint);
});

test('the troubles of the simulation happen', async () => {
  const seen = new Set<string>();
  const marks = {
    crash: 'DIES',
    freeze: 'FREEZES',
    'clock step': 'CLOCK',
    partition: 'LOSES its database',
    reboot: 'its machine reboots',
    'failure before': 'failed before',
    'failure after': 'failed after it was executed',
    timeout: 'timed out',
    adoption: 'adopting attempts',
    'giving up': 'gave up a server',
    rejoining: 'joining anew',
    'good shutdown': 'has ended',
  };
  const listener = (line: string): void => {
    for (const [name, mark] of Object.entries(marks)) if (line.includes(mark)) seen.add(name);
  };
  for (let seed = 1; seed <= 200 && seen.size < Object.keys(marks).length; seed += 1) {
    await simulate(seed, { listener });
  }
  assert.deepEqual([...seen].sort(), Object.keys(marks).sort());
});
