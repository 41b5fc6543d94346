import assert from 'node:assert/strict';
import { appendFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HashSet64 } from '../../../src/dialects/aliyun/hash-set.ts';
import { nonceRetentionMs, openNonceMemory } from '../../../src/dialects/aliyun/nonces.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const startMs = Date.UTC(2024, 0, 2, 3, 4, 5);

describe('nonce memory', () => {
  it('remembers per key for 30 minutes and then forgets', () => {
    const nonces = openNonceMemory({ directory: null, nowMs: startMs, log });
    assert.equal(nonces.remember('a', 'n', startMs), 'fresh');
    assert.equal(nonces.remember('b', 'n', startMs), 'fresh');
    assert.equal(nonces.remember('a', 'n', startMs + nonceRetentionMs), 'used');
    assert.equal(nonces.remember('a', 'n', startMs + 2 * nonceRetentionMs), 'fresh');
    assert.equal(nonces.size, 1);
  });

  it('is full at its limit and has room again once nonces expire', () => {
    const nonces = openNonceMemory({ directory: null, nowMs: startMs, log, limit: 1 });
    assert.equal(nonces.remember('a', '1', startMs), 'fresh');
    assert.equal(nonces.remember('a', '2', startMs), 'full');
    assert.equal(nonces.remember('a', '1', startMs), 'used');
    assert.equal(nonces.remember('a', '2', startMs + 2 * nonceRetentionMs), 'fresh');
  });

  it('survives a restart, also with a torn last record', async (t) => {
    const directory = await temporaryFolder(t);
    const first = openNonceMemory({ directory, nowMs: startMs, log });
    for (let count = 0; count < 1_000; count += 1) first.remember('a', `${count}`, startMs);
    first.close();
    const [file = ''] = await readdir(directory);
    assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600);
    await appendFile(join(directory, file), 'torn');
    const second = openNonceMemory({ directory, nowMs: startMs + 1_000, log });
    assert.equal(second.size, 1_000);
    assert.equal(second.remember('a', '999', startMs + 1_000), 'used');
    assert.equal(second.remember('a', '1000', startMs + 1_000), 'fresh');
    second.close();
    const third = openNonceMemory({ directory, nowMs: startMs + 2_000, log });
    assert.equal(third.remember('a', '1000', startMs + 2_000), 'used');
    third.close();
  });

  it('deletes what has expired', async (t) => {
    const directory = await temporaryFolder(t);
    const first = openNonceMemory({ directory, nowMs: startMs, log });
    first.remember('a', 'n', startMs);
    first.close();
    const laterMs = startMs + 2 * nonceRetentionMs;
    const second = openNonceMemory({ directory, nowMs: laterMs, log });
    assert.deepEqual(await readdir(directory), []);
    assert.equal(second.size, 0);
    second.close();
  });
});

describe('hash set', () => {
  it('holds exactly what was added', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    // Few distinct words, so that probes collide and members repeat.
    const pair = fc.tuple(fc.oneof(word, fc.constantFrom(0, 1, 0xff000000)), word);
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 300 }), (pairs) => {
        const set = new HashSet64();
        const model = new Set<string>();
        for (const [high, low] of pairs) {
          const name = `${high === 0 ? 1 : high}.${low}`;
          assert.equal(set.add(high, low), !model.has(name));
          model.add(name);
          assert.ok(set.has(high, low));
        }
        assert.equal(set.size, model.size);
      }),
      { numRuns: 100 },
    );
  });
});
