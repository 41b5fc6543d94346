import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TransferError } from '../../../../src/domain/transfer/errors.ts';
import type { ClaimedChunk } from '../../../../src/executors/transfer/state/chunks.ts';
import { ChunkFailure, faultOf } from '../../../../src/executors/transfer/worker/failure.ts';

const message = (label: string, table: string | null, words: string): string => {
  const chunk: ClaimedChunk = {
    table: 0,
    seq: 0,
    shard: 0,
    chunk: { id: '0', shard: 0, label, spec: {}, weight: null },
    position: null,
    checksum: null,
    intent: null,
    repeats: false,
    before: null,
  };
  return faultOf(new ChunkFailure(chunk, new TransferError('write-failed', words)), table).message;
};

describe('where something failed', () => {
  const range = 'id from 1 to 21';

  test('is told once', () => {
    assert.equal(
      message(range, 'main.orders', `${range}, row 1: refused`),
      `main.orders, ${range}, row 1: refused`,
    );
    assert.equal(
      message(range, 'main.orders', `main.orders, ${range}: refused`),
      `main.orders, ${range}: refused`,
    );
    const file = 'file in/a.csv: it ends within record 3';
    assert.equal(message('in/a.csv', 'in', file), file);
  });

  test('is told in front of what does not tell it', () => {
    assert.equal(message(range, 'main.orders', 'refused'), `main.orders, ${range}: refused`);
    assert.equal(
      message(range, 'main.orders', `shard 0 has 2 dirty rows; the last one: ${range}, row 1: no`),
      `main.orders: shard 0 has 2 dirty rows; the last one: ${range}, row 1: no`,
    );
    assert.equal(message('in/a.csv', 'in', 'refused'), 'in/a.csv: refused');
  });

  test('is not taken from longer words', () => {
    assert.equal(
      message('id from 1 to 2', 'a', 'id from 1 to 21'),
      'a, id from 1 to 2: id from 1 to 21',
    );
  });
});
