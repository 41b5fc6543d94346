import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limiter } from '../../../../src/executors/container/limiter.ts';

test('never more at a time than there are places, all in turn, failures included', async () => {
  let places = 2;
  const limiter = new Limiter(() => places);
  let busy = 0;
  let most = 0;
  const order: number[] = [];
  const gates = Array.from({ length: 7 }, () => Promise.withResolvers<void>());
  const works = gates.map((gate, index) =>
    limiter
      .run(async () => {
        busy += 1;
        most = Math.max(most, busy);
        order.push(index);
        await gate.promise;
        busy -= 1;
        if (index === 1) throw new Error('failed');
      })
      .catch((error: Error) => error.message),
  );
  gates[1]?.resolve();
  assert.equal(await works[1], 'failed');
  gates[0]?.resolve();
  await works[0];
  assert.equal(most, 2);
  places = 4;
  for (const gate of gates) gate.resolve();
  await Promise.all(works);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(most <= 4);
});
