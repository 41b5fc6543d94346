import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/tools.ts';
import { compare, type Language, TEST_DEADLINE_MS } from './scenario.ts';
import { startSdk } from './sdk.ts';
import { prepared, run } from './toolchain.ts';

const folder = join(import.meta.dirname, 'go');
const files = ['go.mod', 'go.sum', 'main.go', 'requests.go'].map((name) => join(folder, name));

const go: Language = {
  name: 'Go',
  // Of other times than this SDK.
  unsupported: ['UpdateNamespaceSlsConfigs', 'GetJobHistory'],
  secretData: (text) => text,
  // Younger than this SDK, which knows what the service had when its line ended.
  unknownMembers: [
    'DescribeApplicationGroups.Data[].PackageVersionId',
    'DescribeApplicationInstances.Data.Instances[].MainContainerStatus',
    'DescribeApplicationInstances.Data.Instances[].SidecarContainersStatus',
    'DescribeApplicationInstances.Data.Instances[].Tags',
    'DescribeApplicationInstances.Data.Instances[].Timestamp',
    'DescribeApplicationInstances.Data.Instances[].TrafficStatus',
    'DescribeApplicationInstances.Data.Instances[].UnhealthyMessage',
    'DescribeChangeOrder.Data.ApplicationEnableGreyTagRoute',
    'DescribeChangeOrder.Data.ApplicationUpdateStrategy',
    'ListAppEvents.Data.AppEventEntity[].CauseAnalysis',
    'ListJobs.Data.Applications[].ImageUrl',
  ],
};

test(
  'Alibaba’s classic typed SDK for Go (V1): every operation',
  { ...needs('go'), timeout: TEST_DEADLINE_MS },
  async (t) => {
    const tools = await prepared('go', files, async (built) => {
      await run(
        'go',
        ['build', '-mod=readonly', '-buildvcs=false', '-o', join(built, 'driver'), '.'],
        {
          cwd: folder,
        },
      );
    });
    if ('missing' in tools) return t.skip(tools.missing);
    await compare(t, go, (server, key) =>
      startSdk(t, [join(tools.folder, 'driver'), new URL(server.url).host, key.id, key.secret]),
    );
  },
);
