import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/tools.ts';
import { startSdk } from '../sdk.ts';
import { prepared, run } from '../toolchain.ts';
import type { Language } from './caller.ts';
import { compare, TEST_DEADLINE_MS } from './walk.ts';

const folder = join(import.meta.dirname, 'python');
const requirements = join(folder, 'requirements.txt');

const python: Language = {
  name: 'Python',
  unsupported: [],
  unknownMembers: [
    // The origin’s misspelling, which older SDKs read.
    'CreateAndStartRandomClusterJob.submissions[].last-udpate-user',
    'ShowJobStatus.submissions[].last-udpate-user',
    'ShowSubmissions.submissions[].last-udpate-user',
    'StartJob.submissions[].last-udpate-user',
    // Only the Terraform provider reads these.
    'ShowClusterDetail.scheduleBootTime',
    'ShowClusterDetail.scheduleOffTime',
  ],
  unsetMembers: [
    // Of clusters that are being made or could not be, which here they never are.
    'ListClusters.clusters[].actionProgress.CREATING',
    'ListClusters.clusters[].actionProgress.GROWING',
    'ListClusters.clusters[].actionProgress.REPAIRING',
    'ListClusters.clusters[].actionProgress.RESTORING',
    'ListClusters.clusters[].actionProgress.SNAPSHOTTING',
    'ListClusters.clusters[].failedReasons',
    'ShowClusterDetail.actionProgress.CREATING',
    'ShowClusterDetail.actionProgress.GROWING',
    'ShowClusterDetail.actionProgress.REPAIRING',
    'ShowClusterDetail.actionProgress.RESTORING',
    'ShowClusterDetail.actionProgress.SNAPSHOTTING',
    'ShowClusterDetail.failedReasons',
    // Its meaning was never published.
    'ShowJobs.jobs[].type',
  ],
};

test(
  'Huawei Cloud’s typed SDK for Python: every CDM operation',
  { ...needs('python3', 'bash', 'setsid'), timeout: TEST_DEADLINE_MS },
  async (t) => {
    const tools = await prepared('cdm-python', [requirements], async (venv) => {
      await run('python3', ['-m', 'venv', venv]);
      const install = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
      await run(join(venv, 'bin', 'python'), install);
    });
    if ('missing' in tools) return t.skip(tools.missing);
    const program = [join(tools.folder, 'bin', 'python'), join(folder, 'driver.py')] as const;
    await compare(t, python, (args) => startSdk(t, [...program, ...args]));
  },
);
