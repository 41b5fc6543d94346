import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canTransition, isFinal, transition, transitions } from '../../../src/domain/states.ts';

for (const machine of ['run', 'instance', 'attempt'] as const) {
  const table = transitions[machine] as Record<string, readonly string[]>;

  test(`${machine}: every target of the table is a state of the table`, () => {
    for (const targets of Object.values(table))
      for (const to of targets) assert.ok(to in table, to);
  });

  test(`${machine}: no walk leaves a final state`, () => {
    const states = Object.keys(table);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { maxLength: 30 }), (walk) => {
        let state = states[0] ?? '';
        for (const to of walk) {
          const final = isFinal(machine, state as never);
          const allowed = canTransition(machine, state as never, to as never);
          if (final) assert.equal(allowed, false);
          if (allowed) state = to;
        }
      }),
    );
  });

  test(`${machine}: every state is reachable from the first and can reach a final one`, () => {
    const states = Object.keys(table);
    const reach = (from: string): Set<string> => {
      const seen = new Set([from]);
      for (const state of seen) for (const to of table[state] ?? []) seen.add(to);
      return seen;
    };
    assert.deepEqual([...reach(states[0] ?? '')].toSorted(), states.toSorted());
    for (const state of states) {
      assert.ok(
        [...reach(state)].some((s) => isFinal(machine, s as never)),
        `${state} is a trap`,
      );
    }
  });
}

test('an illegal transition names the machine and both states', () => {
  assert.throws(
    () => transition('run', 'succeeded', 'running'),
    /illegal run transition: succeeded -> running/,
  );
  assert.equal(transition('run', 'queued', 'running'), 'running');
});
