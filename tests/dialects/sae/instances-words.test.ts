import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { derivedId } from '../../../src/dialects/sae/render/derived-id.ts';
import { instanceId, parseInstanceId } from '../../../src/dialects/sae/render/instance-id.ts';
import { containerStatus } from '../../../src/dialects/sae/render/instance.ts';
import type { Attempt, Instance } from '../../../src/domain/run.ts';

suite('ids and words of instances', () => {
  const jobId = 'event-00000000-0000-4000-8000-000000000001-00';

  test('an instance’s id is read back, and no other text is', () => {
    const name = { appName: 'a-0-b', jobId, index: 12 };
    const id = instanceId(name);
    assert.match(id, /^a-0-b-event-[0-9a-f-]{36}-00-12-[0-9a-z]{5}$/);
    assert.equal(instanceId({ ...name }), id);
    assert.deepEqual(parseInstanceId(id), name);
    for (const wrong of ['', id.slice(1), `${id}0`, id.replace('-12-', '-13-'), id.toUpperCase()]) {
      assert.equal(parseInstanceId(wrong), null, wrong);
    }
  });

  test('a derived id leads back to what it was made from', () => {
    const uuid = '01234567-89ab-4cde-8f01-23456789abcd';
    assert.equal(derivedId(uuid), 'dcba9876-5432-10f8-edc4-ba9876543210');
    assert.equal(derivedId(derivedId(uuid) ?? ''), uuid);
    for (const wrong of ['', 'x', uuid.toUpperCase(), `${uuid}0`])
      assert.equal(derivedId(wrong), null);
  });

  test('every state of an instance and of its attempt has a word', () => {
    const words: readonly (readonly [Instance['state'], Attempt['state'] | null, string])[] = [
      ['pending', null, 'Pending'],
      ['pending', 'failed', 'CrashLoopBackOff'],
      ['pending', 'lost', 'CrashLoopBackOff'],
      ['active', 'claimed', 'PodInitializing'],
      ['active', 'running', 'Running'],
      ['active', 'stopping', 'Terminating'],
      ['succeeded', 'succeeded', 'Completed'],
      ['failed', 'failed', 'Error'],
      ['failed', 'lost', 'Unknown'],
      ['stopped', 'stopped', 'Error'],
      ['stopped', null, 'NotFound'],
    ];
    for (const [state, attempt, word] of words) {
      const attempts = attempt === null ? [] : [{ state: attempt }];
      assert.equal(containerStatus({ state, attempts }), word, `${state}, ${attempt}`);
    }
  });
});
