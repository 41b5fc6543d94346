import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { isFinal } from '../../../src/domain/states.ts';
import { readProgress } from '../../../src/domain/workflow.ts';
import { plainWorkflowRules } from '../../../src/engine/workflow-rules.ts';
import { until } from '../../support/until.ts';
import {
  type Bench,
  createWorkflow,
  dialect,
  dyingAfter,
  ended,
  execute,
  openBench,
  runsOf,
} from './workflow-bench.ts';

describe('workflow runs', () => {
  it('runs every job once, each after what is before it', async (t) => {
    const bench = await openBench(t);
    const ids = await createWorkflow(bench.store, ['a>b', 'a>c', 'b>d', 'c>d']);
    const life = await bench.serve();
    const runId = await execute(life, ids['workflow']);
    const run = await ended(bench.store, runId);
    assert.equal(run.state, 'succeeded', run.message);
    assert.deepEqual(bench.machine.starts.toSorted(), ['a', 'b', 'c', 'd']);
    assert.equal(bench.machine.starts[0], 'a');
    assert.equal(bench.machine.starts[3], 'd');
    const [of] = await runsOf(bench.store, ids['a']);
    assert.equal(of?.trigger, 'workflow');
    assert.equal(of?.idempotencyKey, `wf:${runId}:${ids['a']}`);
    const [instance] = await bench.store.instances(runId);
    const progress = readProgress(instance?.attempts[0]?.progress ?? '');
    assert.deepEqual(
      progress.map(({ id, state }) => [id, state]).toSorted(),
      [ids['a'], ids['b'], ids['c'], ids['d']].map((id) => [id, 'succeeded']).toSorted(),
    );
  });

  it('hands on results and parameters', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>c', 'b>c']);
    machine.scripts.set('a', { exitCode: 0, result: '42' });
    const life = await serve();
    await ended(store, await execute(life, ids['workflow']));
    const [run] = await runsOf(store, ids['c']);
    const artifact = (await store.run(run?.id ?? ''))?.spec.task.artifact;
    assert.ok(artifact?.kind === 'worker');
    assert.equal(artifact.instanceParameters, 'today');
    assert.deepEqual(artifact.upstream, [
      { name: 'a', data: '42' },
      { name: 'b', data: '' },
    ]);
  });

  it('goes on beside a failed job, runs nothing behind it, and says so', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'c>d']);
    machine.scripts.set('a', { exitCode: 7 });
    const life = await serve();
    const run = await ended(store, await execute(life, ids['workflow']));
    assert.equal(run.state, 'failed');
    assert.match(
      run.message,
      new RegExp(`job ${ids['a']} failed: .*7.*not run after it: ${ids['b']}`),
    );
    assert.deepEqual(machine.starts.toSorted(), ['a', 'c', 'd']);
  });

  it('goes on behind a failed job that a person judged succeeded meanwhile', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'c']);
    machine.scripts.set('a', { exitCode: 7 });
    machine.scripts.set('c', 'hold');
    const life = await serve();
    const runId = await execute(life, ids['workflow']);
    const failed = await until('a fails', async () => {
      const [run] = await runsOf(store, ids['a']);
      return run?.state === 'failed' && machine.starts.includes('c') ? run : null;
    });
    await life.engine.runs.judge(failed.id, 'ann');
    await until('b starts', () => machine.starts.includes('b'));
    machine.end('c');
    assert.equal((await ended(store, runId)).state, 'succeeded');
  });

  it('stops its jobs when it is stopped, and starts no more', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b']);
    machine.scripts.set('a', 'hold');
    const life = await serve();
    const runId = await execute(life, ids['workflow']);
    await until('a starts', () => machine.starts.includes('a'));
    await life.engine.runs.stop(runId, 'ann');
    const run = await ended(store, runId);
    assert.equal(run.state, 'canceled');
    const [of] = await runsOf(store, ids['a']);
    assert.equal(of?.state, 'canceled');
    assert.deepEqual(machine.starts, ['a']);
  });

  it('says when a job is gone, and passes over what its dialect skips', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'b>c', 'd']);
    const context = { changeId: randomUUID(), atMs: Date.now(), by: 'test', note: '' };
    await store.deleteTemplate(ids['d'] ?? '', dialect, context);
    const life = await serve({
      workflowRules: () => ({
        ...plainWorkflowRules,
        skips: ({ name }) => (name === 'b' ? 'it is disabled' : null),
      }),
    });
    const runId = await execute(life, ids['workflow']);
    const run = await ended(store, runId);
    assert.equal(run.state, 'failed');
    assert.match(run.message, /the job does not exist any more/);
    assert.deepEqual(machine.starts, ['a', 'c']);
    const [instance] = await store.instances(runId);
    const progress = readProgress(instance?.attempts[0]?.progress ?? '');
    const skipped = progress.find(({ id }) => id === ids['b']);
    assert.deepEqual([skipped?.state, skipped?.note], ['skipped', 'it is disabled']);
  });

  it('fails a job whose parameters its dialect refuses, instead of trying for ever', async (t) => {
    const { store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a']);
    const life = await serve({
      workflowRules: () => ({
        ...plainWorkflowRules,
        override: () => {
          throw new Error('parameters are too long');
        },
      }),
    });
    const run = await ended(store, await execute(life, ids['workflow']));
    assert.match(run.message, /parameters are too long/);
  });

  it('waits for a job that is busy elsewhere', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a'], { maxUnfinished: 1 });
    machine.scripts.set('a', 'hold');
    const life = await serve();
    const other = await execute(life, ids['a']);
    await until('a starts', () => machine.starts.length === 1);
    const runId = await execute(life, ids['workflow']);
    await until('the workflow runs', async () => (await store.run(runId))?.startedAtMs !== null);
    machine.end('a');
    await ended(store, other);
    await until('a starts again', () => machine.starts.length === 2);
    machine.end('a');
    assert.equal((await ended(store, runId)).state, 'succeeded');
  });

  it('refuses what has no order, in words', async (t) => {
    const { store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'b>a']);
    const life = await serve();
    const run = await ended(store, await execute(life, ids['workflow']));
    assert.equal(run.state, 'failed');
    assert.match(run.message, /workflow: the DAG has a cycle/);
  });

  it('takes no room from its jobs, however many workflows run', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b']);
    const life = await serve();
    const runs = await Promise.all(
      Array.from({ length: 30 }, () => execute(life, ids['workflow'])),
    );
    for (const runId of runs) assert.equal((await ended(store, runId)).state, 'succeeded');
    assert.equal(machine.starts.length, 60);
  });
});

describe('workflow runs across restarts', () => {
  it('goes on where it was, with what ended while no server was there', async (t) => {
    const { machine, store, serve } = await openBench(t);
    const ids = await createWorkflow(store, ['a>b', 'b>c']);
    machine.scripts.set('b', 'hold');
    const first = await serve();
    const runId = await execute(first, ids['workflow']);
    await until('b starts', () => machine.starts.includes('b'));
    await first.close();
    machine.end('b');
    await serve();
    assert.equal((await ended(store, runId)).state, 'succeeded');
    assert.deepEqual(machine.starts, ['a', 'b', 'c']);
  });

  it('starts nothing twice, wherever the server dies', async () => {
    await eachDeath(async ({ bench, ids, runId, when }) => {
      const end = await ended(bench.store, runId);
      assert.equal(end.state, 'succeeded', `${when}: ${end.message}`);
      assert.deepEqual(bench.machine.starts.toSorted(), ['a', 'b', 'c', 'd'], when);
      for (const name of ['a', 'b', 'c', 'd']) {
        assert.equal((await runsOf(bench.store, ids[name])).length, 1, `${name}, ${when}`);
      }
    });
  });

  it('leaves no job behind when it is stopped, wherever the server died', async () => {
    await eachDeath(async ({ bench, ids, runId, when }) => {
      const end = await ended(bench.store, runId);
      assert.equal(end.state, 'canceled', when);
      for (const name of ['a', 'b', 'c', 'd']) {
        for (const { id } of await runsOf(bench.store, ids[name])) await ended(bench.store, id);
      }
      assert.ok(bench.machine.starts.length <= 1, `${when}: ${bench.machine.starts.join()}`);
    }, true);
  });
});

interface Death {
  readonly bench: Bench;
  readonly ids: Readonly<Record<string, string>>;
  readonly runId: string;
  /** For messages. */
  readonly when: string;
}

/**
 * One life after the other, each dying one call to its store later than the one before, until one
 * gets to the workflow's end; `check` runs under the next life.
 * @param stop whether somebody stops the workflow between the two; then the first job never ends by
 *   itself, and lives get longer until some of them have seen it start.
 */
async function eachDeath(check: (death: Death) => Promise<void>, stop = false): Promise<void> {
  let sawStart = 0;
  for (let calls = 3; ; calls += 1) {
    const cleanup: (() => void | Promise<void>)[] = [];
    let died = false;
    try {
      const bench = await openBench({ after: (task) => void cleanup.unshift(task) });
      const { machine, store } = bench;
      const ids = await createWorkflow(store, ['a>b', 'a>c', 'b>d', 'c>d']);
      if (stop) machine.scripts.set('a', 'hold');
      const nowMs = Date.now();
      const admitted = await store.admit({
        runId: randomUUID(),
        templateId: ids['workflow'] ?? '',
        dialect,
        trigger: 'manual',
        idempotencyKey: null,
        nowMs,
        notBeforeMs: nowMs,
        scheduledAtMs: null,
        by: 'test',
        override: null,
      });
      assert.ok(admitted.kind === 'created');
      const runId = admitted.run.id;
      const dying = dyingAfter(store, calls, () => {
        died = true;
      });
      void bench.serve({ store: dying });
      await until(`death after ${calls} calls`, async () => {
        const now = await store.run(runId);
        return died || (now !== null && isFinal('run', now.state));
      });
      machine.report = () => {};
      if (machine.starts.length > 0) sawStart += 1;
      if (stop) await store.stopRun(runId, 'user', 'stopped by test', Date.now());
      await bench.serve();
      await check({ bench, ids, runId, when: `died after ${calls} calls` });
    } finally {
      for (const task of cleanup) await task();
    }
    if (stop && sawStart === 3) return;
    if (!died) {
      assert.ok(calls > 20, `a life without death after ${calls} calls: nothing was tested`);
      return;
    }
    assert.ok(calls < 500, 'no life ends before its server dies');
  }
}
