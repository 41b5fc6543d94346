import { failures } from '../../errors.ts';
import { requireGroup, templateNamespaceOf } from '../../groups.ts';
import type { JobDocument } from '../../job-document.ts';
import { addJob } from '../../job-creation.ts';
import { jobsOf } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger } from '../../parameters.ts';
import { jobFields, mergedFields, readContacts, requireEndAhead } from './fields.ts';

const ownFields = [
  parameter('Name', 'string', 'need not be unique', { required: true }),
  parameter('JobType', 'string', 'shell, python, http; java, go, xxljob on workers', {
    required: true,
  }),
  parameter('ExecuteMode', 'string', 'by type, see the error for which', { required: true }),
  parameter(
    'TimeType',
    'integer',
    '-1 none, 1 cron, 3 fixed_rate, 4 second_delay, 5 one_time, 100 api',
    {
      required: true,
    },
  ),
];

/** Makes a job, live at once unless `Status` is 0 (schedulerx.md §4.3). */
export const createJob = defineOperation({
  name: 'CreateJob',
  ramAction: 'CreateSchedulerxJobCreate',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    ...ownFields,
    parameter('Status', 'integer', '0 disabled, 1 enabled; default 1'),
    ...jobFields,
  ],
  async handle({ params, caller }, services) {
    const group = await requireGroup(services, params);
    const { engine } = services.context;
    const nowMs = services.context.nowMs();
    requireEndAhead(params, nowMs);
    const document: JobDocument = {
      kind: 'job',
      group: group.number,
      given: mergedFields(params, [...ownFields, ...jobFields], {}),
      contacts: readContacts(params) ?? [],
      enabled: (optionalInteger(params, 'Status', { min: 0, max: 1 }) ?? 1) === 1,
      contentAtMs: nowMs,
      anchorMs: Math.floor(nowMs / 1000) * 1000,
      createdBy: caller.user,
    };
    const { total } = await engine.templates.list({
      dialect: 'schedulerx',
      namespace: templateNamespaceOf(group),
      offset: 0,
      limit: 1,
    });
    // Counted with one_time jobs that have run, which are none any more: only then a closer look.
    if (total >= group.maxJobs && (await jobsOf(services, group)).length >= group.maxJobs)
      throw failures.tooManyJobs(group.groupId, group.maxJobs);
    return { data: { JobId: await addJob(services, group, document, caller.user) } };
  },
});
