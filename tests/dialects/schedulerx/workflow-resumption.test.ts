/** A workflow that failed goes on where it failed, when its job is run again or judged. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type Answer,
  newGroup,
  newJob,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { until } from '../../support/until.ts';
import { createLineExecutor } from './line-executor.ts';

type Texts = Readonly<Record<string, string>>;
type Row = Readonly<Record<string, unknown>>;

async function open(t: TestContext) {
  const lines = createLineExecutor();
  const host = await startSchedulerxHost(t, { executors: [lines.executor], running: true });
  const group = await newGroup(host);
  const ok = async (answer: Promise<Answer>): Promise<Answer> => {
    const body = await answer;
    assert.equal(body['Success'], true, JSON.stringify(body));
    return (body['Data'] ?? {}) as Answer;
  };
  const job = (words: string) => newJob(host, group, { Content: words });
  const rewrite = (jobId: number, Content: string) =>
    ok(host.call('UpdateJob', {}, { ...group, JobId: String(jobId), Content }));
  /** A workflow of these edges, with a run of it. */
  const run = async (edges: readonly (readonly [number, number])[]) => {
    const made = await ok(
      host.call('CreateWorkflow', {}, { ...group, Name: 'w', TimeType: '100' }),
    );
    const workflow: Texts = { ...group, WorkflowId: String(made['WorkflowId']) };
    const DagJson = JSON.stringify({
      nodes: [...new Set(edges.flat())].map((id) => ({ id })),
      edges: edges.map(([source, target]) => ({ source, target })),
    });
    await ok(host.call('UpdateWorkflowDag', {}, { ...workflow, DagJson }));
    const { WfInstanceId } = await ok(host.call('ExecuteWorkflow', workflow));
    const named: Texts = { ...workflow, WfInstanceId: String(WfInstanceId) };
    const view = async () => {
      const data = await ok(host.call('GetWorkflowInstance', named));
      const { Nodes } = data['WfInstanceDag'] as { readonly Nodes: readonly Row[] };
      return { info: data['WfInstanceInfo'] as Row, nodes: Nodes };
    };
    const inStatus = (status: number) =>
      until(`the workflow is in status ${status}`, async () => {
        const now = await view();
        return now.info['Status'] === status ? now : null;
      });
    const instanceOf = async (jobId: number): Promise<Texts> => {
      const node = (await view()).nodes.find((each) => each['JobId'] === jobId);
      return { ...group, JobId: String(jobId), JobInstanceId: String(node?.['JobInstanceId']) };
    };
    return { named, view, inStatus, instanceOf };
  };
  return { host, group, lines, ok, job, rewrite, run };
}

describe('a workflow that failed', () => {
  it('goes on when its job is run again, under its own id', async (t) => {
    const { host, lines, ok, job, rewrite, run } = await open(t);
    const [one, two, three] = [await job('echo 1'), await job('exit 1'), await job('echo 3')];
    const flow = await run([
      [one, two],
      [two, three],
    ]);
    const failed = await flow.inStatus(5);
    // Failing again fails it again.
    await ok(host.call('RetryJobInstance', await flow.instanceOf(two)));
    await until('it was tried again', () => lines.starts.length === 3);
    await flow.inStatus(5);
    await rewrite(two, 'echo 2');
    await ok(host.call('RetryJobInstance', await flow.instanceOf(two)));
    const over = await flow.inStatus(4);
    assert.deepEqual(
      over.nodes.map((node) => [node['JobId'], node['Status'], node['Result']]),
      [
        [one, 4, '1'],
        [two, 4, '2'],
        [three, 4, '3'],
      ],
    );
    assert.equal(over.info['ScheduleTime'], failed.info['ScheduleTime']);
    // Nothing that had succeeded ran again.
    const ran = lines.starts.map(({ run: facts }) => Number(facts?.templateId));
    assert.deepEqual(ran, [one, two, two, two, three]);
    const listed = await ok(host.call('ListWorkflowInstance', flow.named));
    const infos = listed['WfInstanceInfos'] as readonly Row[];
    assert.deepEqual(
      infos.map((info) => [String(info['WfInstanceId']), info['Status'], info['ScheduleTime']]),
      [[flow.named['WfInstanceId'], 4, failed.info['ScheduleTime']]],
    );
    assert.deepEqual(host.errors, []);
  });

  it('goes on when its job is judged, and is judged itself by its own id', async (t) => {
    const { host, ok, job, run } = await open(t);
    const [one, two] = [await job('exit 1'), await job('exit 2')];
    const flow = await run([[one, two]]);
    await flow.inStatus(5);
    await ok(host.call('SetJobInstanceSuccess', await flow.instanceOf(one)));
    await until('the second ran', async () => (await flow.view()).nodes[1]?.['Status'] === 5);
    const { nodes } = await flow.inStatus(5);
    assert.deepEqual([nodes[0]?.['Status'], nodes[1]?.['Status']], [4, 5]);
    await ok(host.call('SetWfInstanceSuccess', flow.named));
    await flow.inStatus(4);
    const again = await host.call('SetWfInstanceSuccess', flow.named);
    assert.equal(
      again['Message'],
      `wfInstanceId=${flow.named['WfInstanceId']} is not failed, status=4`,
    );
  });

  it('sees a job run again while others still run', async (t) => {
    const { host, lines, ok, job, rewrite, run } = await open(t);
    const [one, two, three] = [await job('exit 1'), await job('hold'), await job('echo 3')];
    const flow = await run([
      [one, three],
      [two, three],
    ]);
    await until('the first failed', async () => (await flow.view()).nodes[0]?.['Status'] === 5);
    await rewrite(one, 'echo 1');
    await ok(host.call('RetryJobInstance', await flow.instanceOf(one)));
    const { JobInstanceId: InstanceId = '', ...named } = await flow.instanceOf(two);
    await ok(host.call('StopInstance', { ...named, InstanceId }));
    await flow.inStatus(5);
    await rewrite(two, 'echo 2');
    await ok(host.call('RetryJobInstance', { ...named, JobInstanceId: InstanceId }));
    await flow.inStatus(4);
    assert.deepEqual(lines.artifactOf(three).kind, 'script');
  });

  it('goes on once when several of its jobs are run again at the same time', async (t) => {
    const { host, lines, ok, job, rewrite, run } = await open(t);
    const [one, two, three] = [await job('exit 1'), await job('exit 1'), await job('echo 3')];
    const flow = await run([
      [one, three],
      [two, three],
    ]);
    await flow.inStatus(5);
    for (const each of [one, two]) await rewrite(each, 'echo ok');
    const again = [await flow.instanceOf(one), await flow.instanceOf(two)];
    await Promise.all(again.map((instance) => ok(host.call('RetryJobInstance', instance))));
    await flow.inStatus(4);
    const ran = lines.starts.filter(({ run: facts }) => facts?.templateId === String(three));
    assert.equal(ran.length, 1);
    assert.equal(await host.engine.runs.get(`${flow.named['WfInstanceId']}-2`), null);
  });
});
