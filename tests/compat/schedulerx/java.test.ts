import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/tools.ts';
import { TEST_DEADLINE_MS } from '../scenario.ts';
import { startSdk } from '../sdk.ts';
import { prepared, run } from '../toolchain.ts';
import { compareOnServer } from './server.ts';
import type { Language } from './walk.ts';

const folder = join(import.meta.dirname, 'java');
const [pom, source] = [join(folder, 'pom.xml'), join(folder, 'Driver.java')];

const java: Language = {
  name: 'Java',
  // Younger than this SDK.
  unsupported: [
    'CreateSchedulerxCalendar',
    'CreateSchedulerxNotificationPolicy',
    'DeleteSchedulerxCalendar',
    'DeleteSchedulerxNotificationPolicy',
    'ListWorkFlows',
    'ManageSchedulerxCalendar',
    'ManageSchedulerxNotificationPolicy',
    'ReadSchedulerxCalendar',
    'ReadSchedulerxNotificationPolicy',
  ],
  unknownMembers: [
    'CreateRouteStrategy.Data.AppGroupId',
    'GetAppGroup.Data.AlarmJson',
    'GetAppGroup.Data.AppGroupId',
    'GetAppGroup.Data.EnableLog',
    'GetAppGroup.Data.MaxConcurrency',
    'GetAppGroup.Data.MetricsThresholdJson',
    'GetAppGroup.Data.ReadyInstanceNum',
    'GetAppGroup.Data.RunningInstanceNum',
    'GetAppGroup.Data.Xattrs',
    'ListGroups.Data.AppGroups[].EnableLog',
    'ListGroups.Data.AppGroups[].Xattrs',
    'ListJobs.Data.Jobs[].StartTime',
    'ListJobs.Data.PageNumber',
    'ListJobs.Data.PageSize',
    'ListJobs.Data.Total',
  ],
  unsetMembers: [],
  // Its form leaves them out; under V1 it signs them nevertheless, and no server can agree.
  omitsEmpty: true,
  validates: true,
};

for (const signature of ['V3', 'V1']) {
  test(
    `Alibaba’s typed SDK for Java, ${signature}: every SchedulerX operation it has`,
    { ...needs('java', 'javac', 'mvn', 'bash', 'setsid'), timeout: TEST_DEADLINE_MS },
    async (t) => {
      const tools = await prepared('schedulerx-java', [pom, source], async (built) => {
        const lib = join(built, 'lib');
        const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`];
        await run('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal]);
        const classes = join(built, 'classes');
        await run('javac', ['-encoding', 'UTF-8', '-cp', join(lib, '*'), '-d', classes, source]);
      });
      if ('missing' in tools) return t.skip(tools.missing);
      const classPath = [join(tools.folder, 'classes'), join(tools.folder, 'lib', '*')].join(':');
      await compareOnServer(t, java, (host, { id, secret }) =>
        startSdk(t, ['java', '-cp', classPath, 'Driver', host, id, secret, signature]),
      );
    },
  );
}
