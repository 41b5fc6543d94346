import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DomainError } from '../../../src/domain/errors.ts';
import { failedRerun, shardNumber, shardTotal, wholeRerun } from '../../../src/domain/rerun.ts';
import type { Instance } from '../../../src/domain/run.ts';
import type { InstanceState } from '../../../src/domain/states.ts';
import type { JobSpec } from '../../../src/domain/template.ts';
import { baseSpec } from '../../contract/store/fixtures.ts';

const shards = ['a', 'b', 'c', 'd'].map((name) => ({ SHARD: name }));
const spec: JobSpec = { ...baseSpec, replicas: 4, shards };
const instances = (states: readonly InstanceState[]): readonly Instance[] =>
  states.map((state, index) => ({ id: `r.${index}`, runId: 'r', index, state, attempts: [] }));

describe('reruns', () => {
  test('a whole one keeps everything', () => {
    const again = wholeRerun({ id: 'first', spec });
    assert.deepEqual(again, { ...spec, rerun: { of: 'first', indexes: null, total: 4 } });
    assert.deepEqual([shardNumber(again, 2), shardTotal(again)], [2, 4]);
    assert.deepEqual([shardNumber(spec, 2), shardTotal(spec)], [2, 4]);
  });

  test('what did not succeed keeps its numbers and variables, also when it is repeated again', () => {
    const first = { id: 'first', state: 'failed', spec } as const;
    const second = failedRerun(first, instances(['succeeded', 'failed', 'succeeded', 'stopped']));
    assert.equal(second.replicas, 2);
    assert.deepEqual(second.shards, [shards[1], shards[3]]);
    assert.deepEqual(second.rerun, { of: 'first', indexes: [1, 3], total: 4 });
    assert.deepEqual([shardNumber(second, 1), shardTotal(second)], [3, 4]);

    const third = failedRerun(
      { id: 'second', state: 'failed', spec: second },
      instances(['succeeded', 'failed']),
    );
    assert.deepEqual(third.shards, [shards[3]]);
    assert.deepEqual(third.rerun, { of: 'second', indexes: [3], total: 4 });
    const whole = wholeRerun({ id: 'third', spec: third });
    assert.deepEqual(whole.rerun, { of: 'third', indexes: [3], total: 4 });
  });

  test('nothing began: all of it', () => {
    const again = failedRerun({ id: 'first', state: 'canceled', spec }, []);
    assert.deepEqual(again.rerun, { of: 'first', indexes: null, total: 4 });
    assert.equal(again.replicas, 4);
  });

  test('what cannot be repeated in part is refused', () => {
    const refused = (pattern: RegExp) => (error: unknown) =>
      error instanceof DomainError &&
      error.code === 'invalid-argument' &&
      pattern.test(error.message);
    const all = instances(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
    assert.throws(
      () => failedRerun({ id: 'x', state: 'succeeded', spec }, all),
      refused(/nothing is left/),
    );
    assert.throws(
      () => failedRerun({ id: 'x', state: 'running', spec }, all),
      refused(/x is running/),
    );
    const artifact = { kind: 'transfer' } as JobSpec['task']['artifact'];
    const moving = { ...spec, task: { ...spec.task, artifact } };
    assert.throws(
      () => failedRerun({ id: 'x', state: 'failed', spec: moving }, []),
      refused(/share one plan/),
    );
  });
});
