import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchMemory } from '../../../../src/lib/rows/batch-memory.ts';

test('memory that was given back is used again, once', () => {
  const memory = new BatchMemory();
  const [a, b] = [memory.take(64), memory.take(64)];
  assert.notEqual(a, b);
  const release = memory.releaseOf(a);
  release();
  release();
  assert.equal(memory.take(64), a);
  assert.notEqual(memory.take(64), a);
});

test('memory of another size is made anew', () => {
  const memory = new BatchMemory();
  const a = memory.take(64);
  const release = memory.releaseOf(a);
  assert.equal(memory.take(32).length, 32);
  release();
  assert.notEqual(memory.take(32), a);
  assert.notEqual(memory.take(64), a);
});
