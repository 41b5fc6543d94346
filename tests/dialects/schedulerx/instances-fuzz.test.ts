import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { calendarOperations } from '../../../src/dialects/schedulerx/operations/calendars/list.ts';
import { instanceOperations } from '../../../src/dialects/schedulerx/operations/instances/list.ts';
import { policyOperations } from '../../../src/dialects/schedulerx/operations/policies/list.ts';
import { routeOperations } from '../../../src/dialects/schedulerx/operations/routes/list.ts';
import { workerOperations } from '../../../src/dialects/schedulerx/operations/workers/list.ts';
import { workflowOperations } from '../../../src/dialects/schedulerx/operations/workflows/list.ts';
import {
  newGroup,
  newJob,
  type SchedulerxHost,
  startSchedulerxHost,
} from '../../support/schedulerx-host.ts';
import { until } from '../../support/until.ts';
import { createLineExecutor } from './line-executor.ts';

const operations = [
  ...instanceOperations,
  ...workerOperations,
  ...workflowOperations,
  ...calendarOperations,
  ...policyOperations,
  ...routeOperations,
];

/** What people and programs send by mistake, and what readers stumble over. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.json({ maxDepth: 3 }),
  fc.integer().map(String),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    'NaN',
    '9007199254740993',
    'true',
    '\0',
    '😀',
    '[]',
    '{}',
  ),
  fc.constantFrom(
    '[{"month":1,"days":[1]}]',
    '{"nodes":[{"id":1},{"id":1}],"edges":[]}',
    '{"nodes":[{"id":"__proto__"}],"edges":[null]}',
    '[{"percentage":"","target":"[1]","targetType":"label"}]',
    '{"sendChannel":"sms","timeRanges":{"all":[null]}}',
  ),
);

it('answers whatever it is asked, and never as a crash', async (t) => {
  const host = await startSchedulerxHost(t, {
    executors: [createLineExecutor().executor],
    running: true,
    settings: { sameSecond: 'next-free' },
  });
  const group = await newGroup(host);
  const real = { ...group, ...(await everything(host, group)) };
  const request = fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      odd: fc.record(Object.fromEntries(operation.parameters.map(({ name }) => [name, oddText])), {
        requiredKeys: [],
      }),
      // Mostly what names things is right, so that what follows is reached.
      named: fc.subarray(Object.keys(real), { minLength: Object.keys(real).length - 1 }),
    }),
  );
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, odd, named }) => {
      // What was made must stay for the others.
      if (/^Delete(?:Workflow|Scheduler)/.test(operation.name)) return;
      const known = Object.fromEntries(
        Object.entries(real).filter(([name]) => named.includes(name)),
      );
      const sent = { ...(odd as Record<string, string>), ...known };
      let answer: Record<string, unknown>;
      try {
        answer =
          operation.method === 'GET'
            ? await host.call(operation.name, sent)
            : await host.call(operation.name, {}, sent);
      } catch (error) {
        const { data, message } = error as { data?: { statusCode?: number }; message: string };
        assert.equal(data?.statusCode, 400, `${operation.name}: ${message}`);
        return;
      }
      const code = Number(answer['Code']);
      if (code === 200) reached.add(operation.name);
      assert.ok([200, 400, 403].includes(code), `${operation.name}: ${JSON.stringify(answer)}`);
      assert.equal(answer['Success'], code === 200);
    }),
    { numRuns: 600 },
  );
  assert.deepEqual(host.errors, []);
  // It did not stop at the first check.
  assert.ok(reached.size >= 12, [...reached].join(', '));
  // Whatever was asked of it meanwhile: nothing is stuck.
  await until('every run is over', async () => {
    const states = ['queued', 'running', 'stopping'] as const;
    const { total } = await host.engine.runs.list({ states, offset: 0, limit: 1 });
    return total === 0;
  });
});

/** One of each thing that parameters name. */
async function everything(
  { call, engine }: SchedulerxHost,
  group: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const dataOf = async (answer: ReturnType<typeof call>) => {
    const body = await answer;
    assert.equal(body['Success'], true, JSON.stringify(body));
    return (body['Data'] ?? {}) as Readonly<Record<string, unknown>>;
  };
  const JobId = String(await newJob({ call }, group, { Content: 'echo a\nexit 1' }));
  const next = await newJob({ call }, group, { JobType: 'xxljob', Content: '{"jobHandler":"x"}' });
  const made = await dataOf(call('ExecuteJob', { ...group, JobId }));
  const JobInstanceId = String(made['JobInstanceId']);
  await until('it is over', async () => (await engine.runs.get(JobInstanceId))?.endedAtMs);
  const flow = await dataOf(call('CreateWorkflow', {}, { ...group, Name: 'w', TimeType: '100' }));
  const WorkflowId = String(flow['WorkflowId']);
  const DagJson = `{"nodes":[{"id":${JobId}},{"id":${next}}],"edges":[{"source":${JobId},"target":${next}}]}`;
  await dataOf(call('UpdateWorkflowDag', {}, { ...group, WorkflowId, DagJson }));
  const run = await dataOf(call('ExecuteWorkflow', { ...group, WorkflowId }));
  return {
    JobId,
    JobInstanceId,
    InstanceId: JobInstanceId,
    WorkflowId,
    WfInstanceId: String(run['WfInstanceId']),
    DagJson,
    CalendarName: 'c',
    Year: '2030',
    PolicyName: 'p',
  };
}
