import type { Instance, Run, RunDetail } from '../../../../domain/run.ts';
import type { Template } from '../../../../domain/template.ts';
import { saeError, unknownJob } from '../../errors.ts';
import { derivedId } from '../../render/derived-id.ts';
import { instanceAt } from '../../render/instance.ts';
import { parseInstanceId } from '../../render/instance-id.ts';
import type { SaeServices } from '../../services.ts';
import { knownRun } from '../../requests.ts';

/** Newest jobs whose instances are listed; older ones are found by their JobId or InstanceId. */
export const maxListedJobs = 1_000;

/** One instance with the run it belongs to. */
export interface FoundInstance {
  readonly run: RunDetail;
  readonly instance: Instance;
}

/**
 * The instance of an id, of this template when one is named.
 * @throws WireError `InvalidParameter.Obviously` for any other id (sae.md §5.5).
 */
export async function knownInstance(
  services: SaeServices,
  id: string,
  templateId?: string,
): Promise<FoundInstance> {
  const { runs } = services.context.engine;
  const name = parseInstanceId(id);
  const run = name === null ? null : await runs.get(name.jobId);
  if (
    name === null ||
    run === null ||
    run.dialect !== 'sae' ||
    run.templateName !== name.appName ||
    name.index >= run.replicas ||
    (templateId !== undefined && run.templateId !== templateId)
  ) {
    throw saeError('InvalidParameter.Obviously', 'InstanceId');
  }
  return { run, instance: instanceAt(run, await runs.instances(run.id), name.index) };
}

/**
 * Jobs of the template whose instances are listed, newest first: all of the newest
 * `maxListedJobs`, or what PipelineId narrows them to (a JobId, or the pipeline of a change order:
 * the jobs that run what this change made).
 * @throws WireError for a PipelineId that is neither.
 */
export async function listedJobs(
  services: SaeServices,
  template: Template,
  pipelineId: string | undefined,
): Promise<readonly Run[]> {
  const { runs, catalog } = services.context.engine;
  const changeId = pipelineId === undefined ? null : derivedId(pipelineId);
  if (pipelineId !== undefined && changeId === null) {
    return [await knownRun(services, template.id, pipelineId)];
  }
  const change = changeId === null ? null : await catalog.templateChange(changeId);
  if (changeId !== null && change?.templateId !== template.id) throw unknownJob();
  const { rows } = await runs.list({
    dialect: 'sae',
    templateId: template.id,
    offset: 0,
    limit: maxListedJobs,
  });
  return change === null ? rows : rows.filter((run) => run.templateRevision === change.revision);
}

/** Reads the instances at `offset` of all instances of these runs, in the order of the runs. */
export async function instancesOf(
  services: SaeServices,
  runs: readonly Run[],
  offset: number,
  limit: number,
): Promise<readonly FoundInstance[]> {
  const { engine } = services.context;
  const found: FoundInstance[] = [];
  let before = 0;
  for (const { id, replicas } of runs) {
    if (found.length >= limit) break;
    const first = Math.max(0, offset - before);
    const end = Math.min(replicas, first + limit - found.length);
    before += replicas;
    if (first >= replicas || first >= end) continue;
    const run = await engine.runs.get(id);
    // Deleted since it was listed.
    if (run === null) continue;
    const stored = await engine.runs.instances(id);
    for (let index = first; index < end; index += 1) {
      found.push({ run, instance: instanceAt(run, stored, index) });
    }
  }
  return found;
}
