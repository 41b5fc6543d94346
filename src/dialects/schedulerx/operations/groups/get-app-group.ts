import type { RunState } from '../../../../domain/states.ts';
import { failures } from '../../errors.ts';
import { appKeyOf, requireGroup, templateNamespaceOf } from '../../groups.ts';
import { jobsOf } from '../../jobs.ts';
import { common, defineOperation } from '../../operation.ts';

/** One application with its key and counts (schedulerx.md §4.2). */
export const getAppGroup = defineOperation({
  name: 'GetAppGroup',
  ramAction: 'ReadSchedulerxAppGroupQuery',
  method: 'POST',
  parameters: [common.regionId, common.namespace, common.groupId],
  async handle({ params }, services) {
    const group = await requireGroup(services, params, failures.unknownApp);
    const { runs } = services.context.engine;
    const count = async (states: readonly RunState[]) =>
      (
        await runs.list({
          dialect: 'schedulerx',
          namespace: templateNamespaceOf(group),
          states,
          offset: 0,
          limit: 1,
        })
      ).total;
    const [jobs, running, ready] = await Promise.all([
      jobsOf(services, group),
      count(['running', 'stopping']),
      count(['queued']),
    ]);
    return {
      data: {
        AppGroupId: group.number,
        AppKey: appKeyOf(services, group),
        AppName: group.appName,
        // A text here, a number in ListGroups.
        AppVersion: String(group.appVersion),
        CurJobs: jobs.length,
        Description: group.description,
        EnableLog: group.enableLog,
        GroupId: group.groupId,
        MaxJobs: group.maxJobs,
        MonitorConfigJson: group.monitorConfigJson,
        MonitorContactsJson: group.monitorContactsJson,
        Namespace: group.namespace,
        NotificationPolicyName: group.notificationPolicyName,
        AlarmJson: '',
        MetricsThresholdJson: '',
        MaxConcurrency: group.maxConcurrency,
        RunningInstanceNum: running,
        ReadyInstanceNum: ready,
        Xattrs: '',
      },
    };
  },
});
