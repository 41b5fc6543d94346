import type { RunDetail } from '../../../domain/run.ts';
import type { NodeProgress } from '../../../domain/workflow.ts';
import { readProgress } from '../../../domain/workflow.ts';
import { newestRun, placeOf } from '../instances.ts';
import type { SchedulerxServices } from '../services.ts';
import { instanceRecord, instanceStatus, jobNameOf } from './instance.ts';

/** Status of a job that was passed over (schedulerx.md §5.6). */
const skippedStatus = 12;

/**
 * The DAG of a workflow's run with its instances. Jobs that have no instance have no
 * JobInstanceId, and edges stand only between instances; edges from 0 lead to those without one
 * before them.
 */
export async function workflowRunDag(services: SchedulerxServices, run: RunDetail) {
  const { runs } = services.context.engine;
  const { artifact } = run.spec.task;
  if (artifact.kind !== 'workflow') return { Nodes: [], Edges: [] };
  const attempts = (await runs.instances(run.id)).flatMap((each) => each.attempts);
  const progress = new Map(
    readProgress(attempts.at(-1)?.progress ?? '').map((node) => [node.id, node] as const),
  );
  const nodes = await Promise.all(
    artifact.nodes.map((id) => nodeRecord(services, id, progress.get(id) ?? null)),
  );
  const instanceOf = (id: string): number | null => {
    const runId = progress.get(id)?.runId ?? null;
    return runId === null ? null : Number(placeOf(runId).instanceId);
  };
  const roots = artifact.nodes
    .filter((id) => !artifact.edges.some(({ to }) => to === id))
    .map((id) => ({ Source: 0, target: instanceOf(id) }));
  const inner = artifact.edges.map(({ from, to }) => ({
    Source: instanceOf(from),
    target: instanceOf(to),
  }));
  return {
    Nodes: nodes,
    Edges: [...roots, ...inner].flatMap(({ Source, target }) =>
      Source === null || target === null ? [] : [{ Source, Target: target }],
    ),
  };
}

async function nodeRecord(services: SchedulerxServices, id: string, node: NodeProgress | null) {
  const { engine } = services.context;
  const run = node === null || node.runId === null ? null : await newestRun(services, node.runId);
  if (run === null) {
    const template = await engine.templates.get(id, 'schedulerx');
    return {
      JobId: Number(id),
      JobName: template?.name ?? '',
      Status: statusWithoutRun(node),
      Attempt: 0,
      Result: node?.note ?? '',
      WorkAddr: '',
    };
  }
  const instances = await engine.runs.instances(run.id);
  const record = instanceRecord(run, instances, services.settings);
  return {
    JobInstanceId: record.InstanceId,
    JobId: record.JobId,
    JobName: jobNameOf(run),
    Status: record.Status,
    // Counted from 0 (schedulerx.md §5.8).
    Attempt: Math.max(0, ...instances.map(({ attempts }) => attempts.length - 1)),
    ScheduleTime: record.ScheduleTime,
    DataTime: record.DataTime,
    StartTime: record.StartTime,
    EndTime: record.EndTime,
    Result: record.Result,
    WorkAddr: record.WorkAddr,
  };
}

function statusWithoutRun(node: NodeProgress | null): number {
  switch (node?.state) {
    case undefined:
    case 'active':
      return instanceStatus.waiting;
    case 'skipped':
      return skippedStatus;
    case 'succeeded':
      return instanceStatus.success;
    case 'failed':
      return instanceStatus.failed;
  }
}
