import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  describedJob,
  mountedConfigMaps,
} from '../../../../src/dialects/sae/render/described-job.ts';
import type { JobSurroundings } from '../../../../src/dialects/sae/render/described-job.ts';
import {
  historyJob,
  runStates,
  statusJob,
  wireState,
} from '../../../../src/dialects/sae/render/run.ts';
import { listedJob } from '../../../../src/dialects/sae/render/summary.ts';
import type { Run } from '../../../../src/domain/run.ts';
import { noCatalogFacts } from '../../../../src/dialects/sae/validation/references.ts';
import { configMapOf, factsOf, region, smallest, templateOf } from './support.ts';

const run: Run = {
  id: 'manual-3db7a8fa-5d40-4edc-92e4-49d50eab0000',
  templateId: '7171a6ca-d1cd-4928-8642-7d5cfe690000',
  templateRevision: 1,
  dialect: 'sae',
  namespace: 'cn-hangzhou',
  trigger: 'manual',
  idempotencyKey: null,
  state: 'succeeded',
  hold: null,
  stopCause: null,
  replicas: 3,
  active: 0,
  succeeded: 3,
  failed: 1,
  message: '',
  verdict: null,
  createdAtMs: 1_700_000_001_999,
  notBeforeMs: 1_700_000_001_999,
  scheduledAtMs: null,
  startedAtMs: 1_700_000_002_000,
  endedAtMs: 1_700_000_009_500,
  deadlineAtMs: null,
};

/** What a client receives. */
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('jobs', () => {
  test('states', () => {
    assert.deepEqual(
      (['queued', 'running', 'stopping', 'succeeded', 'failed', 'canceled'] as const).map(
        wireState,
      ),
      ['0', '3', '3', '1', '2', '2'],
    );
    assert.deepEqual(runStates('3'), ['running', 'stopping']);
    assert.deepEqual(runStates('2'), ['failed', 'canceled']);
    assert.equal(runStates('4'), null);
    assert.equal(runStates('toString'), null);
  });

  test('a row of the history: seconds, state as text', () => {
    assert.deepEqual(historyJob(run), {
      JobId: run.id,
      State: '1',
      StartTime: 1_700_000_001,
      CompletionTime: 1_700_000_009,
      Active: 0,
      Succeeded: 3,
      Failed: 1,
      Message: '',
    });
    assert.equal('CompletionTime' in historyJob({ ...run, endedAtMs: null }), false);
  });

  test('status: success in words, else the reason; without a job state 0', () => {
    assert.deepEqual(statusJob(run), { ...historyJob(run), Message: 'success' });
    assert.equal(statusJob({ ...run, state: 'failed', message: 'exit 1' }).Message, 'exit 1');
    assert.deepEqual(statusJob(null), {
      State: '0',
      Active: 0,
      Succeeded: 0,
      Failed: 0,
      Message: '',
    });
  });
});

describe('DescribeJob', () => {
  const alone: JobSurroundings = {
    region,
    refedAppIds: [],
    configMapNames: new Map(),
    tags: [],
    showSecret: () => '******',
    webhooks: { PublicWebHookUrls: [], VpcWebHookUrls: [] },
  };
  const shownFor = (
    values: Record<string, string>,
    surroundings: Partial<JobSurroundings> = {},
    catalog = noCatalogFacts,
  ) => {
    const template = templateOf(values, smallest, { catalog });
    return wire(describedJob(template, template, { ...alone, ...surroundings })) as Record<
      string,
      unknown
    >;
  };

  test('unset members are absent, arrays are empty, defaults show', () => {
    assert.deepEqual(shownFor({}), {
      AppId: '7171a6ca-d1cd-4928-8642-7d5cfe690000',
      AppName: 'demo',
      NamespaceId: 'cn-hangzhou',
      RegionId: 'cn-hangzhou',
      PackageType: 'Image',
      ImageUrl: 'longshore/host',
      ProgrammingLanguage: 'other',
      Timezone: 'Asia/Shanghai',
      ConcurrencyPolicy: 'Allow',
      Cpu: 500,
      Memory: 1024,
      Replicas: 1,
      BackoffLimit: 0,
      TerminationGracePeriodSeconds: 30,
      Slice: false,
      Suspend: false,
      MountDesc: [],
      ConfigMapMountDesc: [],
      OssMountDescs: [],
      Tags: [],
      RefedAppIds: [],
      PublicWebHookUrls: [],
      VpcWebHookUrls: [],
    });
  });

  test('JSON is echoed as text, numbers are numbers, mounts have their own casing', () => {
    const shown = shownFor(
      {
        Envs: '[ {"name":"A","value":"1"} ]',
        CommandArgs: '["a"]',
        TriggerConfig: '{"type":"time","config":"0 1 */1 * ?","timezone":"GMT+8:00"}',
        Timeout: '3600',
        Slice: 'True',
        SliceEnvs: '[7]',
        MountDesc: '[{mountPath: "/tmp", nasPath: "/"}]',
        OssMountDescs: '[{"bucketName":"b","bucketPath":"p","mountPath":"/m","readOnly":true}]',
        OssAkId: 'id',
        OssAkSecret: 'hidden',
        EnableImageAccl: 'true',
      },
      { refedAppIds: ['other'] },
    );
    assert.equal(shown['Envs'], '[ {"name":"A","value":"1"} ]');
    assert.equal(
      shown['TriggerConfig'],
      '{"type":"time","config":"0 1 */1 * ?","timezone":"GMT+8:00"}',
    );
    assert.deepEqual([shown['Timeout'], shown['Slice'], shown['SliceEnvs']], [3600, true, '[7]']);
    assert.deepEqual(shown['MountDesc'], [{ MountPath: '/tmp', NasPath: '/' }]);
    assert.deepEqual(shown['OssMountDescs'], [
      { bucketName: 'b', bucketPath: 'p', mountPath: '/m', readOnly: true },
    ]);
    assert.deepEqual([shown['OssAkId'], shown['OssAkSecret']], ['id', '******']);
    assert.deepEqual(shown['RefedAppIds'], ['other']);
    for (const hidden of ['AutoConfig', 'EnableImageAccl', 'Workload', 'Php']) {
      assert.equal(hidden in shown, false, hidden);
    }
    assert.equal(JSON.stringify(shown).includes('hidden'), false);
  });

  test('what stands around the definition', () => {
    const ConfigMapMountDesc =
      '[{"configMapId":"16","key":"k","mountPath":"/a"},{"configMapId":17,"key":"sae-sys-configmap-all","mountPath":"/b"}]';
    const catalog = factsOf([configMapOf(16, { k: 'v' }), configMapOf(17, {})]);
    const template = templateOf({ ConfigMapMountDesc }, smallest, { catalog });
    assert.deepEqual([...mountedConfigMaps(template)], [16, 17]);
    const url = 'http://h/webhook/putEvents?token=t';
    const shown = shownFor(
      { ConfigMapMountDesc, OssAkSecret: 'hidden' },
      {
        // 17 was deleted: a snapshot of an old run may name it.
        configMapNames: new Map([[16, 'settings']]),
        tags: [{ key: 'team', value: 'a' }],
        showSecret: (sealed) => `opened ${sealed}`,
        webhooks: { PublicWebHookUrls: [url], VpcWebHookUrls: [] },
      },
      catalog,
    );
    assert.deepEqual(shown['ConfigMapMountDesc'], [
      { ConfigMapId: 16, ConfigMapName: 'settings', Key: 'k', MountPath: '/a' },
      { ConfigMapId: 17, Key: 'sae-sys-configmap-all', MountPath: '/b' },
    ]);
    assert.deepEqual(shown['Tags'], [{ Key: 'team', Value: 'a' }]);
    assert.equal(shown['OssAkSecret'], 'opened hidden');
    assert.deepEqual([shown['PublicWebHookUrls'], shown['VpcWebHookUrls']], [[url], []]);
  });
});

describe('ListJobs', () => {
  test('a row with its newest job', () => {
    const template = { ...templateOf({ AppDescription: 'nightly' }), latestChange: null, tags: [] };
    assert.deepEqual(wire(listedJob({ ...template, latestRun: run }, region)), {
      AppId: template.id,
      AppName: 'demo',
      AppDescription: 'nightly',
      NamespaceId: 'cn-hangzhou',
      RegionId: 'cn-hangzhou',
      ImageUrl: 'longshore/host',
      Cpu: 500,
      Mem: 1024,
      Suspend: false,
      LastChangeorderState: '1',
      LastJobState: '1',
      LastStartTime: 1_700_000_001,
      CompletionTime: 1_700_000_009,
      Active: 0,
      Succeeded: 3,
      Failed: 1,
      Message: 'success',
      Tags: [],
    });
  });

  test('a row without a job', () => {
    const row = wire(
      listedJob({ ...templateOf(), latestChange: null, latestRun: null, tags: [] }, region),
    ) as Record<string, unknown>;
    assert.equal(row['LastJobState'], '0');
    assert.equal('LastStartTime' in row, false);
    assert.deepEqual([row['Active'], row['Message']], [0, '']);
  });
});
