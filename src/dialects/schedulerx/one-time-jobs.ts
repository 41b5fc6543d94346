/** one_time jobs are deleted after they ran (schedulerx.md §5.1); here they are shown no more. */
import type { Run } from '../../domain/run.ts';
import { isFinal } from '../../domain/states.ts';
import type { Template } from '../../domain/template.ts';
import type { JobDocument } from './job-document.ts';
import type { SchedulerxServices } from './services.ts';
import { oneTimeMs } from './translate/one-time.ts';

/** By whom a job is deleted that nobody deleted. */
const deletedBy = 'one_time';

/**
 * Whether a one_time job has run. Deleting it would delete its instances, which are to stay
 * (§6 #30): so it counts as deleted, and is when retention has taken the last of them.
 * @param latest its newest run, where it is known already.
 */
export async function isOver(
  { context, settings }: SchedulerxServices,
  { document, template }: { readonly document: JobDocument; readonly template: Template },
  latest?: Run | null,
): Promise<boolean> {
  const { given } = document;
  if (given['TimeType'] !== '5') return false;
  const atMs = oneTimeMs(given['TimeExpression'] ?? '', given['Timezone'] ?? settings.timezone);
  if (atMs === null || atMs > context.nowMs()) return false;
  const { templates, runs } = context.engine;
  const run = latest === undefined ? await runs.latest(template.id) : latest;
  if (run !== null) return run.createdAtMs >= atMs && isFinal('run', run.state);
  const { rows } = await templates.firings(template.id, 0, 1);
  const [firing] = rows;
  if (firing?.outcome !== 'fired' || firing.nominalMs !== atMs) return false;
  await templates.delete(template.id, 'schedulerx', deletedBy);
  return true;
}
