import type { Run, RunDetail } from '../../domain/run.ts';
import { type NodeProgress, readProgress } from '../../domain/workflow.ts';
import type { WorkflowNodeState, WorkflowRunDetails } from '../kit/insight.ts';
import { isSuperseded, newestRun, placeOf, runIdOf } from './instances.ts';
import { summaries } from './insight-workflows.ts';
import type { SchedulerxServices } from './services.ts';
import { readWorkflowDocument } from './translate/workflow.ts';

/** A run of a workflow with the newest run of each node; null when it is no such run. */
export async function findWorkflowRun(
  services: SchedulerxServices,
  runId: string,
): Promise<WorkflowRunDetails | null> {
  const { runs } = services.context.engine;
  const run = await runs.get(runId);
  if (run === null || run.dialect !== 'schedulerx') return null;
  const { artifact } = run.spec.task;
  if (artifact.kind !== 'workflow' || readWorkflowDocument(run.document) === null) return null;
  const [progress, templates, superseded] = await Promise.all([
    progressOf(services, run),
    summaries(services, artifact.nodes),
    isSuperseded(services, run),
  ]);
  const nodes = await Promise.all(
    artifact.nodes.map(async (id) => {
      const node = progress.get(id) ?? null;
      const own = await runOf(services, node, superseded);
      return {
        id,
        name: own?.templateName ?? templates.get(id)?.name ?? '',
        state: nodeState(node, own),
        run: own,
        note: noteOf(node, own),
      };
    }),
  );
  const { instanceId, retry } = placeOf(run.id);
  return {
    run,
    nodes,
    edges: artifact.edges,
    continuedBy: superseded ? runIdOf({ instanceId, retry: retry + 1 }) : null,
    resumable:
      run.state === 'failed' &&
      run.verdict === null &&
      !superseded &&
      nodes.some((node) => canRunAgain(node.run)),
  };
}

/** Whether a node's run is one that a resumption repeats. */
export function canRunAgain(run: Run | null): run is Run {
  return (
    run !== null && run.verdict === null && (run.state === 'failed' || run.state === 'canceled')
  );
}

/** How far it came, by node. */
async function progressOf(
  services: SchedulerxServices,
  run: RunDetail,
): Promise<ReadonlyMap<string, NodeProgress>> {
  const { artifact } = run.spec.task;
  const attempts = (await services.context.engine.runs.instances(run.id)).flatMap(
    (each) => each.attempts,
  );
  const told = attempts.at(-1)?.progress ?? '';
  const before = artifact.kind === 'workflow' ? (artifact.resumes ?? '') : '';
  return new Map(readProgress(told === '' ? before : told).map((node) => [node.id, node] as const));
}

/** The run that stands for a node: where another run goes on with the workflow, that of its own time. */
function runOf(
  services: SchedulerxServices,
  node: NodeProgress | null,
  superseded: boolean,
): Promise<RunDetail | null> | null {
  if (node === null || node.runId === null) return null;
  return superseded
    ? services.context.engine.runs.get(node.runId)
    : newestRun(services, placeOf(node.runId).instanceId);
}

function nodeState(node: NodeProgress | null, run: Run | null): WorkflowNodeState {
  if (run === null) return node === null || node.state === 'active' ? 'waiting' : node.state;
  if (run.verdict === 'succeeded') return 'succeeded';
  return run.state === 'stopping' ? 'running' : run.state;
}

function noteOf(node: NodeProgress | null, run: Run | null): string {
  if (run === null) return node?.note ?? '';
  return run.message;
}
