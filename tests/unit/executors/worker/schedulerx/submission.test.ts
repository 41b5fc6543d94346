import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerArtifact } from '../../../../../src/domain/template.ts';
import { specProblem } from '../../../../../src/executors/worker/schedulerx/submission.ts';
import { attempt } from './host.ts';

function problem(artifact: Partial<WorkerArtifact>): string | null {
  return specProblem(attempt('1', artifact).spec);
}

test('what these workers run is not refused', () => {
  for (const artifact of [
    {},
    { jobType: 'go', content: 'hello' },
    { jobType: 'java', content: '{"className":"com.example.Job"}' },
    { mode: 'broadcast' },
    { mode: 'grid', attributes: '{"consumerSize":3,"unknown":"x"}' },
    { mode: 'sharding', parameters: '0=a\n1=b' },
    { mode: 'sharding', parameters: '', instanceParameters: '0=' },
  ] satisfies Partial<WorkerArtifact>[]) {
    assert.equal(problem(artifact), null, JSON.stringify(artifact));
  }
});

test('what would fail or kill a worker is refused before', () => {
  for (const [artifact, words] of [
    [{ jobType: 'xxljob' }, /type xxljob; use golang or java/],
    [{ jobType: 'constructor' }, /type constructor/],
    [{ mode: 'other' as 'grid' }, /execute mode other; use standalone/],
    [{ mode: 'toString' as 'grid' }, /execute mode toString/],
    [{ content: '' }, /names nothing to run; write \{"jobName"/],
    [{ content: '{' }, /no JSON/],
    [{ content: '{"className":"x"}' }, /write \{"jobName"/],
    [{ mode: 'batch', attributes: '[]' }, /XAttrs\) are no JSON object/],
    [{ mode: 'batch', attributes: '{"consumerSize":0}' }, /consumerSize .* must be 1 to/],
    [{ mode: 'sharding' }, /needs parameters/],
    [{ mode: 'sharding', parameters: 'a=b' }, /"a=b" is not understood/],
    [{ mode: 'sharding', parameters: '0=a=b' }, /not understood/],
    [{ mode: 'sharding', parameters: '0=a,0=b' }, /shard 0 is given twice/],
  ] as const satisfies readonly [Partial<WorkerArtifact>, RegExp][]) {
    assert.match(problem(artifact) ?? 'not refused', words, JSON.stringify(artifact));
  }
  const { spec } = attempt('1');
  const artifact = { kind: 'image', image: 'x' } as const;
  assert.match(
    specProblem({ ...spec, task: { ...spec.task, artifact } }) ?? '',
    /no job for workers/,
  );
});
