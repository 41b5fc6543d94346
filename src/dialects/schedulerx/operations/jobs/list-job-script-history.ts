import { failures } from '../../errors.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation } from '../../operation.ts';
import { scriptsOf } from '../../scripts.ts';
import { localTimeText, zoneOf } from '../../translate/one-time.ts';

/** Versions of a job's script, newest first (schedulerx.md §4.3). */
export const listJobScriptHistory = defineOperation({
  name: 'ListJobScriptHistory',
  ramAction: 'ReadSchedulerxJobQuery',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    common.jobId,
  ],
  async handle({ params }, services) {
    const { job } = await requireJob(services, params, failures.unknownScriptJob);
    const zone = zoneOf(job.document.given['Timezone'] ?? '', services.settings.timezone);
    const versions = await scriptsOf(services, job.id);
    return {
      data: {
        JobScriptHistoryInfos: versions.map((version) => ({
          CreateTime: localTimeText(version.createdAtMs, zone),
          Creator: version.createdBy,
          ScriptContent: version.content,
          // The contract's own spelling.
          VersionesDescription: version.description,
        })),
      },
    };
  },
});
