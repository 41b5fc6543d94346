import { failures } from '../../errors.ts';
import { isScript } from '../../job-creation.ts';
import { changeJob, requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { keepScript, maxScriptVersions } from '../../scripts.ts';
import { boundedText } from '../../texts.ts';
import { maxContentBytes } from '../../translate/artifact.ts';

/** Keeps a new version of a job's script and makes it the one that runs (schedulerx.md §4.3). */
export const updateJobScript = defineOperation({
  name: 'UpdateJobScript',
  ramAction: 'ManageSchedulerxJobModify',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
    parameter('ScriptContent', 'string', `the text; the newest ${maxScriptVersions} are kept`),
    parameter('VersionDescription', 'string', 'read back', { effect: 'stored' }),
  ],
  async handle({ params, caller }, services) {
    const { job, group } = await requireJob(services, params, failures.unknownScriptJob);
    if (!isScript(job.document)) {
      throw failures.unfit('JobId', 'only shell and python jobs have a script');
    }
    const content = boundedText(
      'ScriptContent',
      params.get('ScriptContent') ?? '',
      maxContentBytes,
    );
    if (content.trim() === '') throw failures.cannotBeNull('ScriptContent');
    const description = boundedText(
      'VersionDescription',
      params.get('VersionDescription') ?? '',
      1_000,
    );
    const nowMs = services.context.nowMs();
    await changeJob(services, job, group, caller.user, (document) => ({
      ...document,
      given: { ...document.given, Content: content },
      contentAtMs: nowMs,
    }));
    await keepScript(services, job.id, {
      content,
      description,
      createdBy: caller.user,
      createdAtMs: nowMs,
    });
    return {};
  },
});
