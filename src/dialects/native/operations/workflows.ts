import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { Insight, WorkflowInsight } from '../../kit/insight.ts';
import { offsetPaging, searchText, withoutNul } from '../offset-cursor.ts';
import { defineOperation, json, type NativeServices, nothing } from '../operation.ts';
import { runCursor, runCursorAt, runCursorPosition } from '../run-cursor.ts';
import { defaultPageSize, maxPageSize } from '../views/common.ts';
import { RunView, runView } from '../views/run.ts';
import {
  WorkflowPage,
  workflowRow,
  WorkflowRunInput,
  WorkflowRunPage,
  WorkflowView,
  workflowView,
} from '../views/workflows.ts';

const group = 'workflows';
const params = Type.Object({
  workflow: Type.String({ minLength: 1, maxLength: 256, ...withoutNul }),
});

/** The dialect that has workflows. @throws DomainError `unavailable` when none has. */
export function workflowsOf({ insights }: Pick<NativeServices, 'insights'>): {
  readonly dialect: Insight['dialect'];
  readonly workflows: WorkflowInsight;
} {
  for (const { dialect, workflows } of insights) {
    if (workflows !== undefined) return { dialect, workflows };
  }
  throw new DomainError('unavailable', 'no API of this server has workflows');
}

function unknown(workflow: string): DomainError {
  return new DomainError('template-not-found', `no workflow has the id ${workflow}`, { workflow });
}

const list = defineOperation({
  name: 'ListWorkflows',
  method: 'GET',
  path: '/workflows',
  group,
  summary: 'Workflows with their newest run. A page may be short although others follow.',
  query: Type.Object({
    cursor: Type.Optional(
      Type.String({
        pattern: '^\\d{1,9}\\.\\d{1,15}$',
        description: '`nextCursor` of the page before.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxPageSize })),
    search: searchText,
  }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: WorkflowPage,
    description: 'Workflows, application by application.',
  },
  async handle({ query }, services) {
    const { dialect, workflows } = workflowsOf(services);
    const { rows, next } = await workflows.list({
      search: query.search ?? '',
      cursor: query.cursor ?? null,
      limit: query.limit ?? defaultPageSize,
    });
    return json({ rows: rows.map((row) => workflowRow(dialect, row)), nextCursor: next });
  },
});

const show = defineOperation({
  name: 'GetWorkflow',
  method: 'GET',
  path: '/workflows/{workflow}',
  group,
  summary: 'One workflow with its graph.',
  params,
  reply: {
    status: 200,
    type: 'application/json',
    schema: WorkflowView,
    description: 'The workflow.',
  },
  async handle({ params: { workflow } }, services) {
    const { dialect, workflows } = workflowsOf(services);
    const found = await workflows.find(workflow);
    if (found === null) throw unknown(workflow);
    return json(workflowView(dialect, found));
  },
});

const runs = defineOperation({
  name: 'ListWorkflowRuns',
  method: 'GET',
  path: '/workflows/{workflow}/runs',
  group,
  summary: 'Runs of a workflow, the newest first.',
  params,
  query: Type.Object({ cursor: runCursor, limit: offsetPaging.limit }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: WorkflowRunPage,
    description: 'Its runs.',
  },
  async handle({ params: { workflow }, query }, services) {
    const { dialect, workflows } = workflowsOf(services);
    if ((await workflows.find(workflow)) === null) throw unknown(workflow);
    const page = await services.engine.runs.search({
      dialect,
      templateId: workflow,
      before: runCursorPosition(query.cursor),
      limit: query.limit ?? defaultPageSize,
    });
    return json({ rows: page.rows.map(runView), nextCursor: runCursorAt(page.next) });
  },
});

const run = defineOperation({
  name: 'RunWorkflow',
  audited: 'starts',
  method: 'POST',
  path: '/workflows/{workflow}/run',
  group,
  summary: 'Starts a run of a workflow, also of one that is disabled.',
  params,
  body: WorkflowRunInput,
  reply: { status: 201, type: 'application/json', schema: RunView, description: 'The run.' },
  async handle({ params: { workflow }, body, caller }, services) {
    const { workflows } = workflowsOf(services);
    const made = await workflows.run(workflow, body.parameters ?? null, caller.user.name);
    return json(runView(made), 201);
  },
});

function enabling(name: string, verb: 'enable' | 'disable', enabled: boolean) {
  return defineOperation({
    name,
    method: 'POST',
    path: `/workflows/{workflow}/${verb}`,
    group,
    summary: enabled
      ? 'Lets the schedule of a workflow fire; those of its jobs rest meanwhile.'
      : 'Lets the schedule of a workflow rest; those of its jobs fire again.',
    params,
    reply: { status: 204, type: null, description: 'Done.' },
    async handle({ params: { workflow }, caller }, services) {
      const { workflows } = workflowsOf(services);
      await workflows.enable(workflow, enabled, caller.user.name);
      return nothing;
    },
  });
}

export const workflowOperations = [
  list,
  show,
  runs,
  run,
  enabling('EnableWorkflow', 'enable', true),
  enabling('DisableWorkflow', 'disable', false),
] as const;
