import { Type } from 'typebox';
import { cdmErrorWith } from '../../errors.ts';
import { readWireJob, type WireJob } from '../../job-content.ts';
import { createJobs, findJob, hasContent } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';
import { renderSubmission } from '../../render/submission.ts';
import { bodyResources, linkUseOf } from '../../rights.ts';
import type { Cluster, CdmServices } from '../../services.ts';
import { startSubmission } from '../../start.ts';
import { validated } from '../../translate/validation.ts';
import { jobs, onlyJob } from './fields.ts';

/** Makes a job in one of several clusters and starts it (cdm.md §3.12). */
export const createAndStartRandomClusterJob = defineOperation({
  name: 'createAndStartRandomClusterJob',
  action: 'cdm:job:create',
  alsoActions: ['cdm:job:start'],
  method: 'POST',
  path: '/clusters/job',
  summary:
    'Makes a job in one of the `clusters`, taken at random among those that accept starts and have its links, and starts it. A job that is there and says the same is only started.',
  body: Type.Object({
    jobs,
    clusters: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 100 }),
  }),
  // The path names no cluster; the job may come to any of these.
  resource: ({ body }) => {
    const [first, ...others] = body.clusters.flatMap((id) =>
      bodyResources({ cluster_id: id }, 'job_name', body.jobs),
    );
    return [first ?? '*', ...others];
  },
  async handle({ body, project, caller, header }, services) {
    const raw = onlyJob(body.jobs);
    const by = caller.user.name;
    const traceparent = header('traceparent') ?? null;
    const { cluster, job } = await validated('job', async () => {
      const wire = readWireJob(raw, 'jobs[0]', null);
      const accepting = await services.gate.accepting(project, body.clusters);
      const chosen = await choose(services, accepting, wire);
      if (chosen === null) {
        throw cdmErrorWith('Cdm.0201', { status: 400 }, body.clusters.join(', ').slice(0, 200));
      }
      const known = await findJob(services, chosen.id, wire.name);
      if (known !== null && hasContent(services, known, raw))
        return { cluster: chosen, job: known };
      const [made] = await createJobs(services, chosen, [wire], {
        by,
        use: linkUseOf(services, chosen.id, caller),
      });
      if (made === undefined) throw new Error('no job was made');
      return { cluster: chosen, job: made };
    });
    const submission = await startSubmission(services, cluster, job, {}, by, traceparent);
    const nowMs = services.context.nowMs();
    return answer({ submissions: [renderSubmission(submission, nowMs, 'start')] });
  },
});

/** Any of those that have both links; any at all when none has. */
async function choose(
  { context }: CdmServices,
  clusters: readonly Cluster[],
  { fromLink, toLink }: WireJob,
): Promise<Cluster | null> {
  const { links } = context.engine;
  const fitting: Cluster[] = [];
  for (const cluster of clusters) {
    const found = await Promise.all([fromLink, toLink].map((name) => links.get(cluster.id, name)));
    if (!found.includes(null)) fitting.push(cluster);
  }
  const from = fitting.length > 0 ? fitting : clusters;
  return from[Math.floor(Math.random() * from.length)] ?? null;
}
