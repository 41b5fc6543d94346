import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/tools.ts';
import { TEST_DEADLINE_MS } from '../scenario.ts';
import { startSdk } from '../sdk.ts';
import { prepared, run } from '../toolchain.ts';
import { compareOnServer } from './server.ts';
import type { Language } from './walk.ts';

const folder = join(import.meta.dirname, 'python');
const requirements = join(folder, 'requirements.txt');

const python: Language = {
  name: 'Python',
  unsupported: [],
  // Only older SDKs read these.
  unknownMembers: [
    'CreateRouteStrategy.Data.AppGroupId',
    'GetAppGroup.Data.AlarmJson',
    'GetAppGroup.Data.AppGroupId',
    'GetAppGroup.Data.MaxConcurrency',
    'GetAppGroup.Data.MetricsThresholdJson',
    'GetAppGroup.Data.ReadyInstanceNum',
    'GetAppGroup.Data.RunningInstanceNum',
    'GetAppGroup.Data.Xattrs',
    'ListGroups.Data.AppGroups[].Xattrs',
  ],
  unsetMembers: [
    // Of jobs without an end.
    'GetJobInfo.body.data.job_config_info.end_time',
    'ListJobs.body.data.jobs[].end_time',
    // What was not given, or has not happened yet.
    'GetJobInfo.body.data.job_config_info.job_monitor_info.contact_info[].ding',
    'GetJobInfo.body.data.job_config_info.job_monitor_info.contact_info[].user_mail',
    'GetJobInfo.body.data.job_config_info.job_monitor_info.contact_info[].user_phone',
    'GetJobInstance.body.data.job_instance_detail.end_time',
    'GetWorkflowInstance.body.data.wf_instance_info.end_time',
    'ListJobs.body.data.jobs[].job_monitor_info.contact_info[].ding',
    'ListJobs.body.data.jobs[].job_monitor_info.contact_info[].user_mail',
    'ListJobs.body.data.jobs[].job_monitor_info.contact_info[].user_phone',
    // Of a label that no worker has.
    'ReadSchedulerxDesignateDetail.body.data.designate_detail_vos[].metrics',
    'ReadSchedulerxDesignateDetail.body.data.designate_detail_vos[].starter',
    'ReadSchedulerxDesignateDetail.body.data.designate_detail_vos[].version',
    'ReadSchedulerxDesignateInfo.body.data.designate_detail_vos[].metrics',
    'ReadSchedulerxDesignateInfo.body.data.designate_detail_vos[].starter',
    'ReadSchedulerxDesignateInfo.body.data.designate_detail_vos[].version',
  ],
};

/** Signatures the SDK can make, as its configuration calls them. */
const signatures: Readonly<Record<string, readonly string[]>> = { V3: [], V1: ['v2'] };

for (const [signature, algorithm] of Object.entries(signatures)) {
  test(
    `Alibaba’s typed SDK for Python, ${signature}: every SchedulerX operation`,
    { ...needs('python3', 'bash', 'setsid'), timeout: TEST_DEADLINE_MS },
    async (t) => {
      const tools = await prepared('schedulerx-python', [requirements], async (venv) => {
        await run('python3', ['-m', 'venv', venv]);
        const install = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
        await run(join(venv, 'bin', 'python'), install);
      });
      if ('missing' in tools) return t.skip(tools.missing);
      const program = [join(tools.folder, 'bin', 'python'), join(folder, 'driver.py')] as const;
      await compareOnServer(t, python, (host, { id, secret }) =>
        startSdk(t, [...program, host, id, secret, ...algorithm]),
      );
    },
  );
}
