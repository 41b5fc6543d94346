/**
 * Workflows are templates of the engine whose runs start the runs of their jobs (schedulerx.md
 * §4.6, §5.13). Ids: `workflowTemplateId`; namespaces: `workflowNamespaceOf`.
 */
import type { RunDetail } from '../../domain/run.ts';
import type { Template } from '../../domain/template.ts';
import type { Params } from '../aliyun/operation.ts';
import { businessError, failures } from './errors.ts';
import { type AppGroup, groupOfTemplateNamespace, optionalGroup, requireGroup } from './groups.ts';
import { newestRun } from './instances.ts';
import { changeJobDetails } from './job-details.ts';
import { findJob, workflowNamespaceOf, workflowTemplateId } from './jobs.ts';
import { required, requiredInteger } from './parameters.ts';
import { retranslateJobs } from './retranslate.ts';
import type { SchedulerxServices } from './services.ts';
import {
  readWorkflowDocument,
  type WorkflowDocument,
  workflowRevision,
} from './translate/workflow.ts';

/** Sequence that WorkflowIds are taken from. */
export const workflowSequence = 'schedulerx-workflow';
/** Workflows of one application. */
export const maxWorkflows = 1_000;

export interface Workflow {
  readonly id: number;
  readonly document: WorkflowDocument;
  readonly template: Template;
}

/** Null when the template is something else. */
export function workflowOf(template: Template): Workflow | null {
  const document = readWorkflowDocument(template.document);
  return document === null ? null : { id: document.workflowId, document, template };
}

/**
 * The workflow that `WorkflowId` names, of the application that `Namespace` and `GroupId` name;
 * without GroupId of any application of the namespace (§6 #10).
 * @throws WireError `Missing{Name}`, unknown application, or what `unknown` says.
 */
export async function requireWorkflow(
  services: SchedulerxServices,
  params: Params,
  unknown: (workflowId: number) => Error = failures.unknownWorkflowId,
): Promise<Workflow> {
  const workflowId = requiredInteger(params, 'WorkflowId');
  const group = await optionalGroup(services, params);
  const template = await services.context.engine.templates.get(
    workflowTemplateId(workflowId),
    'schedulerx',
  );
  const workflow = template === null ? null : workflowOf(template);
  if (workflow === null) throw unknown(workflowId);
  const home = groupOfWorkflow(workflow);
  const fits =
    group === null
      ? home.namespace === required(params, 'Namespace')
      : home.namespace === group.namespace && home.groupId === group.groupId;
  if (!fits) throw unknown(workflowId);
  return workflow;
}

/** The application that a workflow is of. */
export function groupOfWorkflow({ template }: Workflow): {
  readonly namespace: string;
  readonly groupId: string;
} {
  return groupOfTemplateNamespace(template.namespace.slice('workflow:'.length));
}

/** All workflows of an application, by id. */
export async function workflowsOf(
  { context }: SchedulerxServices,
  group: Pick<AppGroup, 'namespace' | 'groupId'>,
): Promise<readonly Workflow[]> {
  const found: Workflow[] = [];
  for (let offset = 0; ;) {
    const { rows, total } = await context.engine.templates.list({
      dialect: 'schedulerx',
      namespace: workflowNamespaceOf(group),
      orderBy: 'created',
      ascending: true,
      offset,
      limit: 200,
    });
    found.push(...rows.flatMap((row) => workflowOf(row) ?? []));
    offset += rows.length;
    if (rows.length === 0 || offset >= total) return found.toSorted((a, b) => a.id - b.id);
  }
}

/**
 * Changes a workflow, and what that means to its jobs: those of an enabled workflow are not
 * scheduled on their own.
 * @param revise pure.
 */
export async function changeWorkflow(
  services: SchedulerxServices,
  workflow: Workflow,
  by: string,
  revise: (document: WorkflowDocument) => WorkflowDocument,
): Promise<Workflow> {
  let before: WorkflowDocument = workflow.document;
  const { template } = await services.context.engine.templates.update(
    workflow.template.id,
    'schedulerx',
    (current) => {
      const document = readWorkflowDocument(current.document);
      if (document === null) throw failures.unknownWorkflowId(workflow.id);
      before = document;
      return workflowRevision({ ...revise(document), updatedBy: by }, services.settings);
    },
    by,
  );
  const changed = workflowOf(template) ?? workflow;
  await claimJobs(services, workflow, boundJobs(before), boundJobs(changed.document), by);
  return changed;
}

/** The workflow is gone: its jobs are scheduled on their own again. */
export function releaseJobs(
  services: SchedulerxServices,
  workflow: Workflow,
  by: string,
): Promise<void> {
  return claimJobs(services, workflow, boundJobs(workflow.document), [], by);
}

/** Jobs that the workflow keeps from being scheduled. */
function boundJobs({ enabled, dag }: WorkflowDocument): readonly number[] {
  return enabled ? dag.nodes : [];
}

async function claimJobs(
  services: SchedulerxServices,
  workflow: Workflow,
  before: readonly number[],
  after: readonly number[],
  by: string,
): Promise<void> {
  const { namespace, groupId } = groupOfWorkflow(workflow);
  // Also what was bound already: a server that died in the middle is made up for by repeating.
  for (const jobId of new Set([...before, ...after])) {
    const job = await findJob(services, jobId);
    if (job === null) continue;
    const isBound = after.includes(jobId);
    let changed = false;
    await changeJobDetails(services, jobId, (details) => {
      const others = details.workflows.filter((each) => each !== workflow.id);
      changed = isBound !== details.workflows.includes(workflow.id);
      return { ...details, workflows: isBound ? [...others, workflow.id] : others };
    });
    const mustRest = isBound && job.template.schedule !== null;
    if (!changed && !mustRest) continue;
    const group = { namespace, groupId, number: job.document.group };
    await retranslateJobs(services, group, [job], by);
  }
}

/** A run of a workflow that a request names: where it went on, the newest. @throws WireError as `requireWorkflow`. */
export async function requireWorkflowRun(
  services: SchedulerxServices,
  params: Params,
  unknown?: (workflowId: number) => Error,
): Promise<{ readonly workflow: Workflow; readonly run: RunDetail }> {
  const runId = requiredInteger(params, 'WfInstanceId');
  await requireGroup(services, params);
  const workflow = await requireWorkflow(services, params, unknown);
  const run = await newestRun(services, String(runId));
  if (run === null || run.templateId !== workflow.template.id) {
    throw businessError(`wfInstanceId=${runId} is not existed`);
  }
  return { workflow, run };
}
