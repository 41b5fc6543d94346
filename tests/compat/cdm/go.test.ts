import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/tools.ts';
import { startSdk } from '../sdk.ts';
import { prepared, run } from '../toolchain.ts';
import type { Language } from './caller.ts';
import { compare, TEST_DEADLINE_MS } from './walk.ts';

const folder = join(import.meta.dirname, 'go');
const files = ['go.mod', 'go.sum', 'main.go', 'provider.go'].map((name) => join(folder, name));

const go: Language = {
  name: 'Go',
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
    // Younger than this SDK.
    'ShowClusterDetail.eps_id',
    'ShowClusterDetail.tags',
  ],
  unsetMembers: null,
};

test(
  'Huawei Cloud’s typed SDK for Go: every CDM operation, also as the Terraform provider reads it',
  { ...needs('go', 'bash', 'setsid'), timeout: TEST_DEADLINE_MS },
  async (t) => {
    const tools = await prepared('cdm-go', files, async (built) => {
      const output = join(built, 'driver');
      await run('go', ['build', '-mod=readonly', '-buildvcs=false', '-o', output, '.'], {
        cwd: folder,
      });
    });
    if ('missing' in tools) return t.skip(tools.missing);
    await compare(t, go, (args) => startSdk(t, [join(tools.folder, 'driver'), ...args]));
  },
);
