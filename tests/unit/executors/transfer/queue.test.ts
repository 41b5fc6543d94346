import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BoundedQueue } from '../../../../src/executors/transfer/worker/queue.ts';
import { within } from '../../../support/until.ts';

describe('the queue between reading and writing', () => {
  test('a push waits until there is room, and order is kept', async () => {
    const queue = new BoundedQueue<number>(10);
    await queue.push(1, 6);
    let pushed = false;
    const second = queue.push(2, 6).then(() => {
      pushed = true;
    });
    await new Promise(setImmediate);
    assert.equal(pushed, false);
    assert.equal(await queue.take(), 1);
    await within('the second is in', second);
    queue.close();
    assert.equal(await queue.take(), 2);
    assert.equal(await queue.take(), null);
  });

  test('one that is larger than the bound passes alone', async () => {
    const queue = new BoundedQueue<number>(10);
    await within('it is in', queue.push(1, 1_000));
    assert.equal(await queue.take(), 1);
  });

  test('a failure reaches whoever waits, on both sides', async () => {
    const queue = new BoundedQueue<number>(10);
    await queue.push(1, 10);
    const waiting = [queue.push(2, 10), queue.empty()];
    queue.fail(new Error('broken'));
    for (const one of waiting) await assert.rejects(within('it fails', one), /broken/);
    await assert.rejects(queue.take(), /broken/);
  });

  test('empty waits for everything to be taken', async () => {
    const queue = new BoundedQueue<number>(10);
    await queue.push(1, 1);
    let empty = false;
    const waiting = queue.empty().then(() => {
      empty = true;
    });
    await new Promise(setImmediate);
    assert.equal(empty, false);
    await queue.take();
    await within('it is empty', waiting);
  });

  test('down to an amount waits until so much is taken, or until the other work is over', async () => {
    const queue = new BoundedQueue<number>(10);
    for (const item of [1, 2, 3]) await queue.push(item, 3);
    const never = new Promise<void>(() => undefined);
    const waiting = queue.downTo(3, never);
    let isDown = false;
    void waiting.then(() => {
      isDown = true;
    });
    await queue.take();
    await new Promise(setImmediate);
    assert.equal(isDown, false);
    await queue.take();
    await within('it is down', waiting);
    const other = Promise.withResolvers<void>();
    const resting = queue.downTo(0, other.promise);
    other.resolve();
    await within('the other work is over', resting);
    const broken = queue.downTo(0, never);
    queue.fail(new Error('broken'));
    await assert.rejects(within('it fails', broken), /broken/);
  });
});
