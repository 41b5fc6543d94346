import { Type } from 'typebox';
import { listJobs, requireJob } from '../../jobs.ts';
import { answer, defineOperation } from '../../operation.ts';
import { renderJob } from '../../render/job.ts';
import { latestSubmission, submissionOf } from '../../submissions.ts';
import { jobTypes } from '../../translate/job.ts';

/** Shows one job, or a page of all (cdm.md §3.7). */
export const showJobs = defineOperation({
  name: 'showJobs',
  action: 'cdm:job:get',
  method: 'GET',
  path: '/clusters/{cluster_id}/cdm/job/{job_name}',
  summary:
    'Shows a job, or with `all` those of a `jobType`, newest first; `filter` finds parts of names in any case.',
  query: Type.Object({
    filter: Type.Optional(Type.String({ maxLength: 256 })),
    page_no: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    page_size: Type.Optional(Type.Integer({ minimum: 10, maximum: 100 })),
    jobType: Type.Optional(Type.Enum([...jobTypes])),
  }),
  async handle({ params, query, project }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const { page_no: page = 1, page_size: size = 10, filter = '', jobType = 'NORMAL_JOB' } = query;
    const nowMs = services.context.nowMs();
    if (params.job_name !== 'all') {
      const job = await requireJob(services, cluster.id, params.job_name);
      const last = await latestSubmission(services, job);
      return answer({
        total: 1,
        jobs: [renderJob(job, last, nowMs)],
        page_no: 1,
        page_size: size,
      });
    }
    const { total, jobs } = await listJobs(services, cluster.id, {
      contains: filter,
      jobType,
      offset: (page - 1) * size,
      limit: size,
    });
    const rendered: object[] = [];
    for (const job of jobs) {
      const last = job.run === null ? null : await submissionOf(services, job.run, job);
      rendered.push(renderJob(job, last, nowMs));
    }
    return answer({ total, jobs: rendered, page_no: page, page_size: size });
  },
});
