import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { defaultSchedulerxSettings } from '../../../src/dialects/schedulerx/services.ts';
import { createWorkflowRules } from '../../../src/dialects/schedulerx/workflow-rules.ts';
import {
  type Answer,
  clientNames,
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { until } from '../../support/until.ts';
import { createLineExecutor, type LineExecutor } from './line-executor.ts';

type Texts = Readonly<Record<string, string>>;
type Row = Readonly<Record<string, unknown>>;

async function ok(answer: Promise<Answer>): Promise<Answer> {
  const body = await answer;
  assert.equal(body['Success'], true, JSON.stringify(body));
  return body;
}

async function failed(answer: Promise<Answer>): Promise<string> {
  const body = await answer;
  assert.equal(body['Success'], false, JSON.stringify(body));
  return String(body['Message']);
}

interface Opened {
  readonly host: SchedulerxHost;
  readonly group: Texts;
  readonly lines: LineExecutor;
}

async function open(t: TestContext): Promise<Opened> {
  const lines = createLineExecutor();
  const host = await startSchedulerxHost(t, { executors: [lines.executor], running: true });
  return { host, group: await newGroup(host), lines };
}

async function newWorkflow({ host, group }: Opened, more: Texts = {}): Promise<string> {
  const body = await ok(
    host.call('CreateWorkflow', {}, { ...group, Name: 'flow', TimeType: '100', ...more }),
  );
  assert.equal(body['Code'], '200', 'a text, unlike everywhere else');
  return String((body['Data'] as { WorkflowId: number }).WorkflowId);
}

const xxl = (words: string): Texts => ({
  JobType: 'xxljob',
  Content: JSON.stringify({ jobHandler: words }),
});

const dagOf = (...edges: readonly (readonly [number, number])[]): string =>
  JSON.stringify({
    nodes: [...new Set(edges.flat())].filter((id) => id !== 0).map((id) => ({ id, label: 'x' })),
    edges: edges.map(([source, target]) => ({ source, target })),
  });

const setDag = ({ host, group }: Opened, WorkflowId: string, DagJson: string): Promise<Answer> =>
  host.call('UpdateWorkflowDag', {}, { ...group, WorkflowId, DagJson });

async function execute({ host, group }: Opened, WorkflowId: string, more: Texts = {}) {
  const body = await ok(host.call('ExecuteWorkflow', { ...group, WorkflowId, ...more }));
  return String((body['Data'] as { WfInstanceId: number }).WfInstanceId);
}

interface RunView {
  readonly WfInstanceInfo: Row;
  readonly WfInstanceDag: { readonly Nodes: readonly Row[]; readonly Edges: readonly Row[] };
}

async function view({ host, group }: Opened, WorkflowId: string, WfInstanceId: string) {
  const body = await ok(host.call('GetWorkflowInstance', { ...group, WorkflowId, WfInstanceId }));
  return body['Data'] as unknown as RunView;
}

function inStatus(opened: Opened, WorkflowId: string, id: string, status: number) {
  return until(`workflow run ${id} is in status ${status}`, async () => {
    const now = await view(opened, WorkflowId, id);
    return now.WfInstanceInfo['Status'] === status ? now : null;
  });
}

describe('workflows', () => {
  it('makes, reads, changes, lists and deletes through every client core', async (t) => {
    const opened = await open(t);
    const { host, group } = opened;
    const one = await newJob(host, group, { Name: 'one' });
    const two = await newJob(host, group, { Name: 'two' });
    for (const name of clientNames) {
      const call = host.clients[name];
      const created = await ok(
        call(
          'CreateWorkflow',
          {},
          {
            ...group,
            Name: `flow ${name}`,
            TimeType: '1',
            TimeExpression: '0 0/10 * * * ?',
            Timezone: 'GMT+8',
            MaxConcurrency: '3',
            Description: 'nightly',
          },
        ),
      );
      const WorkflowId = String((created['Data'] as { WorkflowId: number }).WorkflowId);
      const named = { ...group, WorkflowId };
      await ok(call('UpdateWorkflowDag', {}, { ...named, DagJson: dagOf([0, one], [one, two]) }));
      await ok(
        call(
          'UpdateWorkflow',
          {},
          { ...named, Description: 'daily', TimeExpression: '0 0 2 * * ?' },
        ),
      );
      const data = (await ok(call('GetWorkFlow', named)))['Data'] as {
        readonly WorkFlowInfo: Row;
        readonly WorkFlowNodeInfo: Row;
      };
      assert.deepEqual(data.WorkFlowInfo, {
        WorkflowId: Number(WorkflowId),
        Name: `flow ${name}`,
        Description: 'daily',
        Namespace: 'default',
        GroupId: group['GroupId'],
        TimeType: 'cron',
        TimeExpression: '0 0 2 * * ?',
        MaxConcurrency: '3',
        Status: 'disable',
      });
      assert.deepEqual(data.WorkFlowNodeInfo, {
        Nodes: [
          { Id: one, Label: 'one', Status: 1 },
          { Id: two, Label: 'two', Status: 1 },
        ],
        Edges: [{ Source: one, Target: two }],
      });
      const listed = (await ok(call('ListWorkFlows', { ...group, Status: '0' })))['Data'] as {
        readonly Total: number;
        readonly Records: readonly Row[];
      };
      assert.equal(listed.Total, 1);
      assert.equal(listed.Records[0]?.['Creator'], 'root');
      assert.equal(listed.Records[0]?.['TimeType'], 'cron');
      await ok(call('DeleteWorkflow', named));
      await assert.rejects(ok(call('GetWorkFlow', named)), /workflow is not existed/);
    }
    assert.deepEqual(host.errors, []);
  });

  it('keeps its jobs from being scheduled on their own while it is enabled', async (t) => {
    const opened = await open(t);
    const { host, group } = opened;
    const cron = { TimeType: '1', TimeExpression: '0 0 2 * * ?' };
    const one = await newJob(host, group, cron);
    const two = await newJob(host, group, cron);
    const three = await newJob(host, group, cron);
    const id = await newWorkflow(opened, { ...cron });
    const scheduled = async (): Promise<readonly boolean[]> =>
      Promise.all(
        [one, two, three].map(
          async (jobId) => (await host.engine.templates.get(String(jobId)))?.schedule !== null,
        ),
      );
    const own = async () => (await host.engine.templates.get(`workflow-${id}`))?.schedule ?? null;
    const named = { ...group, WorkflowId: id };
    assert.match(await failed(host.call('EnableWorkflow', named)), /has no DAG/);
    await ok(setDag(opened, id, dagOf([one, two])));
    assert.deepEqual(await scheduled(), [true, true, true]);
    assert.equal(await own(), null);
    await ok(host.call('EnableWorkflow', named));
    assert.deepEqual(await scheduled(), [false, false, true]);
    assert.notEqual(await own(), null);
    await ok(setDag(opened, id, dagOf([two, three])));
    assert.deepEqual(await scheduled(), [true, false, false]);
    // A further change of the job does not bring its schedule back.
    await ok(host.call('UpdateJob', {}, { ...group, JobId: String(two), Name: 'renamed' }));
    assert.deepEqual(await scheduled(), [true, false, false]);
    await ok(host.call('DisableWorkflow', { Namespace: 'default', WorkflowId: id }));
    assert.deepEqual(await scheduled(), [true, true, true]);
    await ok(host.call('EnableWorkflow', named));
    await ok(host.call('DeleteWorkflow', named));
    assert.deepEqual(await scheduled(), [true, true, true]);
  });

  it('runs its jobs with parameters and results, and shows the run as a graph', async (t) => {
    const opened = await open(t);
    const { host, group, lines } = opened;
    const one = await newJob(host, group, { Name: 'one', ...xxl('echo 42') });
    const two = await newJob(host, group, { Name: 'two', ...xxl('echo ok') });
    const id = await newWorkflow(opened);
    await ok(setDag(opened, id, dagOf([one, two])));
    const run = await execute(opened, id, { InstanceParameters: 'day=1' });
    const { WfInstanceInfo: info, WfInstanceDag: dag } = await inStatus(opened, id, run, 4);
    assert.match(String(info['EndTime']), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.deepEqual(
      dag.Nodes.map((node) => [node['JobName'], node['Status'], node['Result'], node['Attempt']]),
      [
        ['one', 4, '42', 0],
        ['two', 4, 'ok', 0],
      ],
    );
    const [first, second] = dag.Nodes.map((node) => node['JobInstanceId']);
    assert.deepEqual(dag.Edges, [
      { Source: 0, Target: first },
      { Source: first, Target: second },
    ]);
    const artifact = lines.artifactOf(two);
    assert.ok(artifact.kind === 'worker');
    assert.equal(artifact.instanceParameters, 'day=1');
    assert.deepEqual(artifact.upstream, [{ name: 'one', data: '42' }]);
    const shown = await ok(
      host.call('GetJobInstance', {
        ...group,
        JobId: String(one),
        JobInstanceId: String(first),
      }),
    );
    const detail = (shown['Data'] as { JobInstanceDetail: Row }).JobInstanceDetail;
    assert.equal(detail['Status'], 4);
    const listed = await ok(host.call('ListWorkflowInstance', { ...group, WorkflowId: id }));
    const [newest] = (listed['Data'] as { WfInstanceInfos: readonly Row[] }).WfInstanceInfos;
    assert.deepEqual([newest?.['WfInstanceId'], newest?.['Status']], [Number(run), 4]);
    assert.deepEqual(host.errors, []);
  });

  it('fails with its job, in words, and counts as succeeded when a person says so', async (t) => {
    const opened = await open(t);
    const { host, group } = opened;
    const one = await newJob(host, group, xxl('exit 3'));
    const two = await newJob(host, group, xxl('echo never'));
    const id = await newWorkflow(opened);
    await ok(setDag(opened, id, dagOf([one, two])));
    const run = await execute(opened, id);
    const { WfInstanceDag: dag } = await inStatus(opened, id, run, 5);
    assert.deepEqual(
      dag.Nodes.map((node) => [node['Status'], node['JobInstanceId'] === undefined]),
      [
        [5, false],
        [1, true],
      ],
    );
    const named = { ...group, WorkflowId: id, WfInstanceId: run };
    await ok(host.call('SetWfInstanceSuccess', named));
    await inStatus(opened, id, run, 4);
    assert.match(await failed(host.call('SetWfInstanceSuccess', named)), /is not failed/);
  });

  it('stops its jobs when it is deleted, and allows as many runs as it says', async (t) => {
    const opened = await open(t);
    const { host, group, lines } = opened;
    const one = await newJob(host, group, xxl('hold'));
    const two = await newJob(host, group, xxl('echo never'));
    const id = await newWorkflow(opened);
    await ok(setDag(opened, id, dagOf([one, two])));
    await execute(opened, id);
    await until('the first job runs', () => lines.starts.length === 1);
    assert.match(
      await failed(host.call('ExecuteWorkflow', { ...group, WorkflowId: id })),
      /as many running instances as MaxConcurrency allows/,
    );
    await ok(host.call('DeleteWorkflow', { ...group, WorkflowId: id }));
    await until('the job is stopped', async () => {
      const run = await host.engine.runs.latest(String(one));
      return run?.state === 'canceled';
    });
    assert.equal(lines.starts.length, 1);
  });

  it('refuses in the words of the contract', async (t) => {
    const opened = await open(t);
    const { host, group } = opened;
    const one = await newJob(host, group);
    const two = await newJob(host, group);
    const other = await newGroup(host);
    const foreign = await newJob(host, other);
    const id = await newWorkflow(opened);
    const named = { ...group, WorkflowId: id };
    const strange = { ...group, WorkflowId: '999' };
    const create = (more: Texts): Promise<Answer> =>
      host.call('CreateWorkflow', {}, { ...group, Name: 'x', TimeType: '1', ...more });
    const rows: readonly (readonly [Promise<Answer>, string | RegExp])[] = [
      [create({ TimeType: '3' }), 'timetype is invalid'],
      [create({ TimeExpression: 'never' }), /TimeExpression/],
      [create({ TimeType: '100', Name: ' ' }), /name cannot be null/],
      [create({ TimeType: '100', MaxConcurrency: '0' }), /MaxConcurrency=0 invalid/],
      [setDag(opened, id, dagOf([one, two], [two, one])), /the DAG has a cycle: /],
      [setDag(opened, id, dagOf([one, one])), /at least two jobs/],
      [setDag(opened, id, '{"nodes":1}'), /must be \{"nodes"/],
      [setDag(opened, id, dagOf([one, 999])), 'jobId=999 is not existed'],
      [
        setDag(opened, id, dagOf([one, foreign])),
        `jobid: ${foreign} not match groupId: ${group['GroupId']}`,
      ],
      [setDag(opened, '999', dagOf([one, two])), 'workflowId=999 is not existed'],
      [host.call('ExecuteWorkflow', named), /has no DAG/],
      [host.call('GetWorkFlow', strange), 'workflow is not existed'],
      [host.call('ListWorkflowInstance', strange), 'workflowId=999 is not existed'],
      [host.call('GetWorkFlow', { ...other, WorkflowId: id }), 'workflow is not existed'],
      [host.call('DeleteWorkflow', strange), 'workflowId=999 is not existed'],
      [
        host.call('SetWfInstanceSuccess', { ...strange, WfInstanceId: '1' }),
        'wofkflowId is not existed',
      ],
      [
        host.call('GetWorkflowInstance', { ...named, WfInstanceId: '1' }),
        'wfInstanceId=1 is not existed',
      ],
    ];
    // A text in its failures too, for clients that read it into one.
    assert.equal((await create({ TimeType: '3' }))['Code'], '400');
    for (const [answer, words] of rows) {
      const message = await failed(answer);
      if (typeof words === 'string') assert.equal(message, words);
      else assert.match(message, words);
    }
    await ok(setDag(opened, id, dagOf([one, two])));
    assert.match(
      await failed(
        host.call('ExecuteWorkflow', { ...named, InstanceParameters: 'x'.repeat(1_001) }),
      ),
      /longer than 1000 bytes/,
    );
  });
});

describe('rules for the jobs of workflows', () => {
  it('skip disabled jobs, and give scripts the parameters of the run', async (t) => {
    const { host, group } = await open(t);
    const rules = createWorkflowRules(defaultSchedulerxSettings, () => 1_700_000_000_500);
    const jobId = await newJob(host, group, {
      Content: 'echo #{schedulerx.jobParameters}',
      Parameters: 'own',
    });
    const template = await host.engine.templates.get(String(jobId));
    assert.ok(template !== null);
    assert.equal(rules.skips(template), null);
    const input = { instanceParameters: 'of the run', upstream: [{ name: 'a', data: '1' }] };
    const { artifact } = rules.override(template, input).spec.task;
    assert.ok(artifact.kind === 'script');
    assert.equal(artifact.placeholders?.['#{schedulerx.jobParameters}'], 'of the run');
    await ok(host.call('DisableJob', { ...group, JobId: String(jobId) }));
    const disabled = await host.engine.templates.get(String(jobId));
    assert.ok(disabled !== null);
    assert.equal(rules.skips(disabled), 'the job is disabled');
  });
});
