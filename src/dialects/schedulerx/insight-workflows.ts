import { DomainError } from '../../domain/errors.ts';
import type { Run } from '../../domain/run.ts';
import type { TemplateSummary } from '../../engine/index.ts';
import type {
  InsightPage,
  WorkflowDetails,
  WorkflowFacts,
  WorkflowInsight,
} from '../kit/insight.ts';
import { groupsInPage } from './insight-groups.ts';
import { readJobDocument } from './job-document.ts';
import { workflowNamespaceOf } from './jobs.ts';
import type { SchedulerxServices } from './services.ts';
import { zoneOf } from './translate/one-time.ts';
import { workflowOverride } from './translate/workflow.ts';
import { changeWorkflow, groupOfWorkflow, type Workflow, workflowOf } from './workflows.ts';

/** Applications that one page looks through; a page that ends there may be short. */
const maxGroupsPerPage = 500;
/** Applications read in one go. */
const groupsPerRead = 50;
/** Longest parameters of a run, in bytes (schedulerx.md §5.13). */
export const maxWorkflowParameterBytes = 1_000;

/** Where a page begins: the application, counted, and the place in it; null = its newest one. */
interface Place {
  readonly group: number;
  readonly before: number | null;
}

/** Workflows of all applications, application by application, the newest of each first. */
export async function listWorkflows(
  services: SchedulerxServices,
  { search, cursor, limit }: Parameters<WorkflowInsight['list']>[0],
): Promise<InsightPage<WorkflowFacts>> {
  const rows: WorkflowFacts[] = [];
  let place = placeOfCursor(cursor);
  const end = place.group + maxGroupsPerPage;
  for (;;) {
    const groups = await groupsInPage(services, {
      search: '',
      offset: place.group,
      limit: Math.min(groupsPerRead, end - place.group),
    });
    for (const group of groups.rows) {
      const page = await services.context.engine.templates.search({
        dialect: 'schedulerx',
        namespace: workflowNamespaceOf(group),
        ...(search === '' ? {} : { text: search }),
        before: place.before,
        limit: limit - rows.length,
      });
      rows.push(...page.rows.flatMap((row) => factsOf(services, row) ?? []));
      place =
        page.next === null
          ? { group: place.group + 1, before: null }
          : { ...place, before: page.next };
      if (rows.length >= limit) break;
    }
    if (groups.rows.length === 0 || place.group >= groups.total) return { rows, next: null };
    if (rows.length >= limit || place.group >= end) {
      return { rows, next: `${place.group}.${place.before ?? 0}` };
    }
  }
}

/** One workflow with its graph; null when there is none of this id. */
export async function findWorkflow(
  services: SchedulerxServices,
  id: string,
): Promise<WorkflowDetails | null> {
  const summary = await workflowSummary(services, id);
  const facts = summary === null ? null : factsOf(services, summary);
  const workflow = summary === null ? null : workflowOf(summary);
  if (facts === null || workflow === null) return null;
  const { nodes, edges } = workflow.document.dag;
  const jobs = await summaries(services, nodes.map(String));
  return {
    ...facts,
    nodes: nodes.map(String).map((node) => {
      const job = jobs.get(node);
      const document = job === undefined ? null : readJobDocument(job.document);
      return {
        id: node,
        name: job?.name ?? '',
        type: document?.given['JobType'] ?? '',
        disabled: document?.enabled === false,
      };
    }),
    edges: edges.map(({ source, target }) => ({ from: String(source), to: String(target) })),
  };
}

/** Starts a run, as ExecuteWorkflow does (schedulerx.md §4.6). */
export async function runWorkflow(
  services: SchedulerxServices,
  id: string,
  parameters: string | null,
  by: string,
): Promise<Run> {
  const { context, instanceIds } = services;
  const workflow = await requireWorkflow(services, id);
  if (Buffer.byteLength(parameters ?? '') > maxWorkflowParameterBytes) {
    throw new DomainError(
      'invalid-argument',
      `parameters take more than ${maxWorkflowParameterBytes} bytes: shorten them`,
    );
  }
  requireJobs(workflow);
  const { run } = await context.engine.runs.submit({
    templateId: workflow.template.id,
    dialect: 'schedulerx',
    trigger: 'manual',
    runId: instanceIds.next(context.nowMs()),
    idPrefix: '',
    idSuffix: '',
    idempotencyKey: null,
    notBeforeMs: null,
    by,
    override: (current) => workflowOverride(current, by, parameters === '' ? null : parameters),
  });
  return run;
}

/** Enables or disables one, as EnableWorkflow and DisableWorkflow do (schedulerx.md §5.13). */
export async function enableWorkflow(
  services: SchedulerxServices,
  id: string,
  enabled: boolean,
  by: string,
): Promise<void> {
  const workflow = await requireWorkflow(services, id);
  if (enabled) requireJobs(workflow);
  await changeWorkflow(services, workflow, by, (document) => ({ ...document, enabled }));
}

/** @throws DomainError `template-not-found`. */
async function requireWorkflow({ context }: SchedulerxServices, id: string): Promise<Workflow> {
  const template = await context.engine.templates.get(id, 'schedulerx');
  const workflow = template === null ? null : workflowOf(template);
  if (workflow !== null) return workflow;
  throw new DomainError('template-not-found', `no workflow has the id ${id}`, { template: id });
}

/** @throws DomainError `invalid-argument`. */
function requireJobs({ document }: Workflow): void {
  if (document.dag.nodes.length > 0) return;
  throw new DomainError('invalid-argument', 'the workflow has no DAG yet: give it jobs first');
}

/** Templates with these ids by id; at most as many as a workflow has nodes. */
export async function summaries(
  { context }: SchedulerxServices,
  ids: readonly string[],
): Promise<ReadonlyMap<string, TemplateSummary>> {
  if (ids.length === 0) return new Map();
  const { rows } = await context.engine.templates.list({
    dialect: 'schedulerx',
    ids,
    offset: 0,
    limit: ids.length,
  });
  return new Map(rows.map((row) => [row.id, row] as const));
}

async function workflowSummary(
  services: SchedulerxServices,
  id: string,
): Promise<TemplateSummary | null> {
  return (await summaries(services, [id])).get(id) ?? null;
}

function factsOf(services: SchedulerxServices, summary: TemplateSummary): WorkflowFacts | null {
  const workflow = workflowOf(summary);
  if (workflow === null) return null;
  const { given, dag, enabled, createdBy, updatedBy } = workflow.document;
  const { namespace, groupId } = groupOfWorkflow(workflow);
  return {
    id: summary.id,
    name: summary.name,
    description: given['Description'] ?? '',
    namespace,
    group: groupId,
    enabled,
    cron: given['TimeType'] === '1' ? (given['TimeExpression'] ?? '') : null,
    timezone: zoneOf(given['Timezone'] ?? '', services.settings.timezone).name,
    maxConcurrent: summary.spec.maxUnfinished ?? 1,
    nodeCount: dag.nodes.length,
    createdBy,
    updatedBy,
    createdAtMs: summary.createdAtMs,
    updatedAtMs: summary.updatedAtMs,
    latestRun: summary.latestRun,
  };
}

function placeOfCursor(cursor: string | null): Place {
  const match = /^(\d{1,9})\.(\d{1,15})$/.exec(cursor ?? '0.0');
  if (match === null) {
    throw new DomainError('invalid-argument', 'cursor is none of this list: leave it out');
  }
  const before = Number(match[2]);
  return { group: Number(match[1]), before: before === 0 ? null : before };
}
