import { Type } from 'typebox';
import { requireJob } from '../../jobs.ts';
import { answer, defineOperation, resourceName } from '../../operation.ts';
import { renderSubmission } from '../../render/submission.ts';
import { listSubmissions } from '../../submissions.ts';

/** Shows the history of a job, or of all jobs (cdm.md §3.11). */
export const showSubmissions = defineOperation({
  name: 'showSubmissions',
  action: 'cdm:job:get',
  method: 'GET',
  path: '/clusters/{cluster_id}/cdm/submissions',
  summary:
    'Shows submissions of the last 30 days, newest first; without `jname` those of all jobs.',
  query: Type.Object({
    jname: Type.Optional(Type.String({ maxLength: 1_000 })),
    page_no: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  }),
  resource: ({ params, query: { jname = '' } }) =>
    resourceName(jname === '' ? params : { ...params, job_name: jname }),
  async handle({ params, query, project }, services) {
    const cluster = await services.gate.require(project, params.cluster_id);
    const { jname = '', page_no: page = 1, page_size: size = 10 } = query;
    const job = jname === '' ? null : await requireJob(services, cluster.id, jname);
    const { total, submissions } = await listSubmissions(services, cluster.id, job, {
      offset: (page - 1) * size,
      limit: size,
    });
    const nowMs = services.context.nowMs();
    return answer({
      submissions: submissions.map((submission) => renderSubmission(submission, nowMs)),
      total,
      page_no: page,
      page_size: size,
    });
  },
});
