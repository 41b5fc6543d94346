import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/tools.ts';
import { TEST_DEADLINE_MS } from '../scenario.ts';
import { startSdk } from '../sdk.ts';
import { prepared, run } from '../toolchain.ts';
import { compareOnServer } from './server.ts';
import type { Language } from './walk.ts';

const folder = join(import.meta.dirname, 'go');
const files = ['go.mod', 'go.sum', 'main.go', 'requests.go'].map((name) => join(folder, name));

const go: Language = {
  name: 'Go',
  // Younger than this SDK, whose line has ended.
  unsupported: [
    'CreateSchedulerxCalendar',
    'CreateSchedulerxNotificationPolicy',
    'DeleteNamespace',
    'DeleteSchedulerxCalendar',
    'DeleteSchedulerxNotificationPolicy',
    'ListJobScriptHistory',
    'ListWorkFlows',
    'ManageSchedulerxCalendar',
    'ManageSchedulerxJobSync',
    'ManageSchedulerxNotificationPolicy',
    'ReadSchedulerxCalendar',
    'ReadSchedulerxDesignateDetail',
    'ReadSchedulerxDesignateInfo',
    'ReadSchedulerxNotificationPolicy',
    'UpdateJobScript',
    'UpdateNamespace',
  ],
  unknownMembers: [
    'GetAppGroup.Data.EnableLog',
    'GetAppGroup.Data.MonitorContactsJson',
    'GetAppGroup.Data.Namespace',
    'GetAppGroup.Data.NotificationPolicyName',
    'GetWorkFlow.Data.WorkFlowInfo.GroupId',
    'GetWorkFlow.Data.WorkFlowInfo.MaxConcurrency',
    'GetWorkFlow.Data.WorkFlowInfo.Namespace',
    'ListGroups.Data.AppGroups[].EnableLog',
    'ListGroups.Data.AppGroups[].Namespace',
    'ListJobs.Data.Jobs[].StartTime',
    'ListJobs.Data.PageNumber',
    'ListJobs.Data.PageSize',
    'ListJobs.Data.Total',
  ],
  unsetMembers: [],
  omitsEmpty: true,
};

test(
  'Alibaba’s classic typed SDK for Go (V1): every SchedulerX operation it has',
  { ...needs('go', 'bash', 'setsid'), timeout: TEST_DEADLINE_MS },
  async (t) => {
    const tools = await prepared('schedulerx-go', files, async (built) => {
      const output = join(built, 'driver');
      await run('go', ['build', '-mod=readonly', '-buildvcs=false', '-o', output, '.'], {
        cwd: folder,
      });
    });
    if ('missing' in tools) return t.skip(tools.missing);
    await compareOnServer(t, go, (host, { id, secret }) =>
      startSdk(t, [join(tools.folder, 'driver'), host, id, secret]),
    );
  },
);
