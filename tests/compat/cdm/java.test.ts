import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/tools.ts';
import { startSdk } from '../sdk.ts';
import { prepared, run } from '../toolchain.ts';
import type { Language } from './caller.ts';
import { compare, TEST_DEADLINE_MS } from './walk.ts';

const folder = join(import.meta.dirname, 'java');
const [pom, source] = [join(folder, 'pom.xml'), join(folder, 'Driver.java')];

const java: Language = {
  name: 'Java',
  unsupported: [],
  unknownMembers: [
    // This SDK is so old that it reads the misspelling of the field’s origin.
    'CreateAndStartRandomClusterJob.submissions[].last-update-user',
    'ShowJobStatus.submissions[].last-update-user',
    'ShowSubmissions.submissions[].last-update-user',
    'StartJob.submissions[].last-update-user',
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
  'Huawei Cloud’s typed SDK for Java: every CDM operation',
  { ...needs('java', 'javac', 'mvn', 'bash', 'setsid'), timeout: TEST_DEADLINE_MS },
  async (t) => {
    const tools = await prepared('cdm-java', [pom, source], async (built) => {
      const lib = join(built, 'lib');
      const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`];
      await run('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal]);
      const classes = join(built, 'classes');
      await run('javac', ['-encoding', 'UTF-8', '-cp', join(lib, '*'), '-d', classes, source]);
    });
    if ('missing' in tools) return t.skip(tools.missing);
    const classPath = [join(tools.folder, 'classes'), join(tools.folder, 'lib', '*')].join(':');
    await compare(t, java, (args) => startSdk(t, ['java', '-cp', classPath, 'Driver', ...args]));
  },
);
