import { Type, type Static } from 'typebox';
import type { WorkflowDetails, WorkflowFacts, WorkflowRunDetails } from '../../kit/insight.ts';
import { closed, textOrNull, timeMs } from './common.ts';
import { RunView, runView } from './run.ts';

const runOrNull = Type.Union([RunView, Type.Null()]);
const nextCursor = textOrNull;

const members = {
  id: Type.String({ description: 'Of its template.' }),
  dialect: Type.String(),
  name: Type.String(),
  description: Type.String(),
  namespace: Type.String(),
  group: Type.String(),
  enabled: Type.Boolean({ description: 'Its schedule fires, and those of its jobs do not.' }),
  cron: Type.Union([Type.String(), Type.Null()], {
    description: 'Null = it starts only when it is asked to.',
  }),
  timezone: Type.String(),
  maxConcurrent: Type.Integer(),
  nodeCount: Type.Integer(),
  createdBy: Type.String(),
  updatedBy: Type.String(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
  latestRun: runOrNull,
};

/** A workflow as lists show it. */
export const WorkflowRow = Type.Object(members, { title: 'WorkflowRow' });
export type WorkflowRow = Static<typeof WorkflowRow>;

/** An edge: `to` begins when `from` succeeded. */
export const WorkflowEdgeView = Type.Object(
  { from: Type.String(), to: Type.String() },
  { title: 'WorkflowEdge' },
);

/** A workflow with its graph. */
export const WorkflowView = Type.Object(
  {
    ...members,
    nodes: Type.Array(
      Type.Object(
        {
          id: Type.String({ description: 'Id of the template that runs there.' }),
          name: Type.String({ description: 'Empty when the template is gone.' }),
          type: Type.String({ description: 'Kind of job; empty when the template is gone.' }),
          disabled: Type.Boolean({ description: 'Whether it is passed over.' }),
        },
        { title: 'WorkflowNode' },
      ),
    ),
    edges: Type.Array(WorkflowEdgeView),
  },
  { title: 'Workflow' },
);
export type WorkflowView = Static<typeof WorkflowView>;

/** A run of a workflow with its nodes. */
export const WorkflowRunView = Type.Object(
  {
    run: RunView,
    workflowId: Type.String(),
    name: Type.String(),
    nodes: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          name: Type.String(),
          state: Type.Enum([
            'waiting',
            'queued',
            'running',
            'succeeded',
            'failed',
            'canceled',
            'skipped',
          ]),
          run: runOrNull,
          note: Type.String({ description: 'Why it has no run, or failed; may be empty.' }),
        },
        { title: 'WorkflowRunNode' },
      ),
    ),
    edges: Type.Array(WorkflowEdgeView),
    continuedBy: Type.Union([Type.String(), Type.Null()], {
      description: 'The run that goes on with this one.',
    }),
    resumable: Type.Boolean({ description: 'Whether ResumeWorkflowRun can let it go on.' }),
  },
  { title: 'WorkflowRun' },
);
export type WorkflowRunView = Static<typeof WorkflowRunView>;

export const WorkflowPage = Type.Object(
  { rows: Type.Array(WorkflowRow), nextCursor },
  { title: 'WorkflowPage' },
);
export type WorkflowPage = Static<typeof WorkflowPage>;

export const WorkflowRunPage = Type.Object(
  { rows: Type.Array(RunView), nextCursor },
  { title: 'WorkflowRunPage' },
);
export type WorkflowRunPage = Static<typeof WorkflowRunPage>;

/** What is asked for a run of a workflow. */
export const WorkflowRunInput = Type.Object(
  {
    parameters: Type.Optional(
      Type.String({ maxLength: 1_000, description: 'For each of its jobs.' }),
    ),
  },
  { ...closed, title: 'WorkflowRunInput' },
);

export function workflowRow(dialect: string, workflow: WorkflowFacts): WorkflowRow {
  const { id, name, description, namespace, group, enabled, cron, timezone } = workflow;
  const { maxConcurrent, nodeCount, createdBy, updatedBy, createdAtMs, updatedAtMs } = workflow;
  return {
    id,
    dialect,
    name,
    description,
    namespace,
    group,
    enabled,
    cron,
    timezone,
    maxConcurrent,
    nodeCount,
    createdBy,
    updatedBy,
    createdAtMs,
    updatedAtMs,
    latestRun: workflow.latestRun === null ? null : runView(workflow.latestRun),
  };
}

export function workflowView(dialect: string, workflow: WorkflowDetails): WorkflowView {
  return {
    ...workflowRow(dialect, workflow),
    nodes: workflow.nodes.map(({ id, name, type, disabled }) => ({ id, name, type, disabled })),
    edges: workflow.edges.map(({ from, to }) => ({ from, to })),
  };
}

export function workflowRunView(details: WorkflowRunDetails): WorkflowRunView {
  const { run, nodes, edges, continuedBy, resumable } = details;
  return {
    run: runView(run),
    workflowId: run.templateId,
    name: run.templateName,
    nodes: nodes.map((node) => ({
      id: node.id,
      name: node.name,
      state: node.state,
      run: node.run === null ? null : runView(node.run),
      note: node.note,
    })),
    edges: edges.map(({ from, to }) => ({ from, to })),
    continuedBy,
    resumable,
  };
}
