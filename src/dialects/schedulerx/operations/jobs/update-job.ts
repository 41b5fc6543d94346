import { changeJob, requireJob } from '../../jobs.ts';
import { isScript } from '../../job-creation.ts';
import type { JobDocument } from '../../job-document.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { keepScript } from '../../scripts.ts';
import { jobFields, mergedFields, readContacts, requireEndAhead } from './fields.ts';

const ownFields = [
  parameter('Name', 'string', 'need not be unique'),
  parameter('ExecuteMode', 'string', 'as CreateJob; `broadcatst` and `shard` too'),
  parameter('TimeType', 'integer', 'as CreateJob'),
  parameter('TaskDispatchMode', 'string', '`push` or `pull`; map modes'),
  parameter('Template', 'string', 'pod template of k8s jobs', { effect: 'stored' }),
];

/** Changes what is given; empty clears, absent leaves alone (schedulerx.md §4.3). */
export const updateJob = defineOperation({
  name: 'UpdateJob',
  ramAction: 'ManageSchedulerxJobModify',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    ...ownFields,
    ...jobFields,
  ],
  async handle({ params, caller }, services) {
    const { job, group } = await requireJob(services, params);
    const nowMs = services.context.nowMs();
    requireEndAhead(params, nowMs);
    const contacts = readContacts(params);
    const changed = await changeJob(services, job, group, caller.user, (document): JobDocument => {
      const given = mergedFields(params, [...ownFields, ...jobFields], document.given);
      const isNew = (name: string): boolean => given[name] !== document.given[name];
      const retimed = isNew('TimeType') || isNew('TimeExpression');
      return {
        ...document,
        given,
        contacts: contacts ?? document.contacts,
        contentAtMs: isNew('Content') ? nowMs : document.contentAtMs,
        anchorMs: retimed ? Math.floor(nowMs / 1000) * 1000 : document.anchorMs,
      };
    });
    const content = changed.document.given['Content'] ?? '';
    if (isScript(changed.document) && content !== job.document.given['Content']) {
      await keepScript(services, job.id, {
        content,
        description: '',
        createdBy: caller.user,
        createdAtMs: nowMs,
      });
    }
    return {};
  },
});
