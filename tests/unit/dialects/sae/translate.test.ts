import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyOverrides, sentOverrides } from '../../../../src/dialects/sae/translate/override.ts';
import { parseTime, submitRequest } from '../../../../src/dialects/sae/translate/submit.ts';
import { previewSchedule } from '../../../../src/domain/schedule/preview.ts';
import {
  assertWire,
  callOf,
  configMapOf,
  created,
  factsOf,
  fatJar,
  revisionOf,
  settings,
  smallest,
  templateOf,
  updated,
} from './support.ts';

const revision = (values: Record<string, string>, base = smallest) =>
  revisionOf(created(values, base));

describe('a template as the engine sees it', () => {
  test('the smallest one gets every default', () => {
    assert.deepEqual(revision({}), {
      spec: {
        task: {
          artifact: { kind: 'image', image: 'longshore/host' },
          argv: [],
          env: {},
          identityEnv: {
            SAE_APP_ID: 'template.id',
            SAE_APP_NAME: 'template.name',
            SAE_NAMESPACE_ID: 'template.namespace',
            SAE_JOB_ID: 'run.id',
            SAE_REPLICAS: 'run.replicas',
            JOB_COMPLETION_INDEX: 'instance.index',
          },
          postStart: null,
          preStop: null,
        },
        replicas: 1,
        shards: null,
        concurrency: 'allow',
        retry: { limit: 0, backoffMs: 10_000, backoffMaxMs: 360_000 },
        timeoutMs: null,
        graceMs: 30_000,
        timezone: 'Asia/Shanghai',
        resources: { cpuMillis: 500, memoryMib: 1024 },
      },
      document: smallest,
      notActedOn: [],
      refersTo: null,
      schedule: null,
    });
  });

  test('everything that acts arrives', () => {
    const { spec, notActedOn, refersTo } = revision({
      Command: 'echo',
      CommandArgs: '["a b",">"]',
      Envs: '[{"name":"A","value":"1"}]',
      Replicas: '2',
      Slice: 'TRUE',
      SliceEnvs: '["x",{"K":1}]',
      PostStart: '{"exec":{"command":["p"]}}',
      PreStop: '{"exec":{"command":["q","r"]}}',
      TerminationGracePeriodSeconds: '10',
      Timezone: 'Europe/Berlin',
      ConcurrencyPolicy: 'Replace',
      Timeout: '3600',
      BackoffLimit: '3',
      RefAppId: 'other',
      AppDescription: 'nightly',
      ProgrammingLanguage: 'shell',
    });
    assert.deepEqual(spec.task.argv, ['echo', 'a b', '>']);
    assert.deepEqual(spec.task.env, { A: '1' });
    assert.deepEqual([spec.task.postStart, spec.task.preStop], [['p'], ['q', 'r']]);
    assert.equal(spec.replicas, 2);
    assert.deepEqual(
      spec.shards?.map((shard) => [shard['SAE_SLICE_ENV'], shard['K']]),
      [
        ['x', undefined],
        ['{"K":1}', '1'],
      ],
    );
    assert.deepEqual([spec.concurrency, spec.retry.limit], ['replace', 3]);
    assert.deepEqual([spec.timeoutMs, spec.graceMs], [3_600_000, 10_000]);
    assert.equal(spec.timezone, 'Europe/Berlin');
    assert.equal(refersTo, 'other');
    assert.deepEqual(notActedOn, []);
  });

  test('packages keep their own start command', () => {
    const { spec, notActedOn } = revision({ Command: 'echo', CommandArgs: '["a"]' }, fatJar);
    assert.deepEqual(spec.task.argv, []);
    assert.deepEqual(notActedOn, ['Command', 'CommandArgs']);
  });

  test('unsharded jobs keep SliceEnvs unused', () => {
    assert.equal(revision({ Slice: 'false', SliceEnvs: '[1,2,3]' }).spec.shards, null);
  });
});

describe('a timer as a schedule', () => {
  const schedule = (trigger: object, more: Record<string, string> = {}) =>
    revision({ TriggerConfig: JSON.stringify(trigger), ...more }).schedule;

  test('nothing is made up for; skipped local times do not fire, doubled ones once (U17)', () => {
    const trigger = { type: 'time', config: '30 2 * * ?', timezone: 'Europe/Berlin' };
    assert.deepEqual(schedule(trigger), {
      timing: { kind: 'cron', expression: '30 2 * * ?', dialect: 'unix' },
      zone: 'Europe/Berlin',
      dst: { skipped: 'skip', doubled: 'first' },
      misfire: { policy: 'skip' },
      graceMs: 60_000,
      calendars: [],
      startAtMs: null,
      endAtMs: null,
    });
  });

  test('its zone, else the template’s, else Asia/Shanghai (U18)', () => {
    const trigger = { type: 'time', config: '0 1 * * *' };
    const zone = (timezone: string | null, more: Record<string, string>) =>
      schedule({ ...trigger, timezone }, more)?.zone;
    assert.equal(zone('GMT+8:00', { Timezone: 'Europe/Berlin' }), 'GMT+8:00');
    assert.equal(zone(null, { Timezone: 'Europe/Berlin' }), 'Europe/Berlin');
    assert.equal(zone('', {}), 'Asia/Shanghai');
  });

  test('five and six fields, unix weekdays, either day field matches', () => {
    const next = (config: string, from: string): string | undefined => {
      const definition = schedule({ type: 'time', config, timezone: 'UTC' });
      const preview = previewSchedule(definition, Date.parse(from), 1);
      assert.equal(preview.kind, 'preview');
      return preview.kind === 'preview' ? preview.nextFire?.localText : undefined;
    };
    // 2026-03-08 is a Sunday.
    assert.equal(next('0 1 * * 0', '2026-03-02T00:00:00Z'), '2026-03-08T01:00:00');
    assert.equal(next('0 1 * * 7', '2026-03-02T00:00:00Z'), '2026-03-08T01:00:00');
    assert.equal(next('0 1 * * 1', '2026-03-03T00:00:00Z'), '2026-03-09T01:00:00');
    assert.equal(next('*/1 * * * * ?', '2026-03-02T00:00:00Z'), '2026-03-02T00:00:01');
    assert.equal(next('0 0 13 * FRI', '2026-03-02T00:00:00Z'), '2026-03-06T00:00:00');
    assert.equal(next('0 0 13 * FRI', '2026-04-11T00:00:00Z'), '2026-04-13T00:00:00');
  });

  test('a webhook is no schedule, and removing the trigger removes it', () => {
    assert.equal(schedule({ type: 'http', config: { type: 'HTTP', method: ['GET'] } }), null);
    const stored = { ...smallest, TriggerConfig: '{"type":"time","config":"0 1 * * ?"}' };
    assert.equal(revisionOf(updated(stored, { TriggerConfig: '' })).schedule, null);
    assert.notEqual(revisionOf(updated(stored, { Replicas: '2' })).schedule, null);
  });
});

describe('overrides of ExecJob', () => {
  const template = templateOf({
    Command: 'echo',
    CommandArgs: '["a"]',
    Envs: '[{"name":"A","value":"1"},{"name":"B","value":"2"}]',
    Slice: 'true',
    SliceEnvs: '[10,20]',
    Replicas: '2',
  });
  const { configMaps } = factsOf([
    configMapOf(1, { k: 'v' }),
    configMapOf(2, { k: 'v' }, 'cn-hangzhou:team'),
  ]);
  const over = (sent: Record<string, string>, base = template) =>
    applyOverrides(base, sent, settings, configMaps);

  test('variables merge by name, everything else replaces', () => {
    const { spec, document } = over({ Command: 'sh', Envs: '[{"name":"A","value":"9"}]' });
    assert.deepEqual(spec.task.argv, ['sh', 'a']);
    assert.deepEqual(spec.task.env, { A: '9', B: '2' });
    assert.equal(document['Envs'], '[{"name":"B","value":"2"},{"name":"A","value":"9"}]');
    assert.equal(document['AppName'], 'demo');
    assert.deepEqual(over({ CommandArgs: '[]' }).spec.task.argv, ['echo']);
  });

  test('Replicas keeps the rule of one element per shard', () => {
    assertWire(
      () => over({ Replicas: '3' }),
      400,
      'InvalidParameter.WithMessage',
      /^The parameter is invalid \{SliceEnvs\}: has 2 elements but Replicas is 3/,
    );
    const numbered = templateOf({ Slice: 'true', Replicas: '2' });
    assert.deepEqual(
      over({ Replicas: '3' }, numbered).spec.shards?.map((shard) => shard['SAE_SLICE_ENV']),
      ['0', '1', '2'],
    );
  });

  test('too many replicas are left to the quota, without laying the shards out', () => {
    const huge = over({ Replicas: '2000000000' }, templateOf({ Slice: 'true', Replicas: '2' }));
    assert.deepEqual([huge.spec.replicas, huge.spec.shards], [2_000_000_000, null]);
  });

  test('wrong ones', () => {
    assertWire(
      () => over({ Replicas: 'many' }),
      400,
      'InvalidParameter.Obviously',
      'The specified parameter is invalid {Replicas}.',
    );
    assertWire(
      () => over({ CommandArgs: '"a"' }),
      400,
      'InvalidParameter.WithMessage',
      /CommandArgs/,
    );
    assertWire(
      () => over({ Envs: '[{"name":"A","valueFrom":"configMapRef","configMapId":3,"key":"k"}]' }),
      400,
      'NotFound.ConfigMap',
      'The ConfigMap object (ID: 3) does not exist.',
    );
  });

  test('what does not act for this run is named', () => {
    assert.deepEqual(over({ JarStartArgs: 'x' }).notActedOn, ['JarStartArgs']);
    assert.deepEqual(over({ JarStartArgs: 'x' }, templateOf({}, fatJar)).notActedOn, []);
  });

  test('start options of packages', () => {
    const jar = templateOf({ JarStartOptions: '-Xmx1g', JarStartArgs: 'a' }, fatJar);
    const { artifact } = over({ JarStartArgs: 'b' }, jar).spec.task;
    assert.ok(artifact.kind === 'package' && artifact.format === 'jar');
    assert.deepEqual([artifact.options, artifact.args], ['-Xmx1g', 'b']);
    const war = templateOf(
      { PackageType: 'War', PackageUrl: 'http://x/a.war', WebContainer: 'apache-tomcat-8.5.42' },
      fatJar,
    );
    const started = over({ WarStartOptions: 'sh x' }, war).spec.task.artifact;
    assert.ok(started.kind === 'package' && started.format === 'war');
    assert.equal(started.startOptions, 'sh x');
  });

  test('variables from ConfigMaps merge by name too, whatever they were', () => {
    const ref = (configMapId: number, key = 'k') =>
      `[{"name":"A","valueFrom":"configMapRef","configMapId":${configMapId},"key":"${key}"}]`;
    const toMap = over({ Envs: ref(1) }).spec.task;
    assert.deepEqual(toMap.env, { B: '2' });
    assert.deepEqual(toMap.envFrom, [{ name: 'A', configMapId: 1, key: 'k' }]);
    const catalog = factsOf([configMapOf(1, { k: 'v' })]);
    const fromMap = templateOf({ Envs: ref(1) }, smallest, { catalog });
    const toLiteral = over({ Envs: '[{"name":"A","value":"9"}]' }, fromMap).spec.task;
    assert.deepEqual([toLiteral.env, toLiteral.envFrom], [{ A: '9' }, undefined]);
    // What the template refers to is looked for when an attempt starts, not here.
    assert.ok(applyOverrides(fromMap, { Replicas: '2' }, settings, new Map()));
    for (const [id, key, code] of [
      [2, 'k', 'NotFound.ConfigMap'],
      [1, 'x', 'NotFound.ConfigMapKey'],
    ] as const) {
      assertWire(() => over({ Envs: ref(id, key) }), 400, code, /does not exist/);
    }
  });
});

describe('ExecJob as a wish to start', () => {
  const submit = (values: Record<string, string>) => {
    const call = callOf(values);
    const sent = sentOverrides(call.params);
    return submitRequest({ call, appId: 'app', sent, configMaps: new Map() }, settings);
  };

  test('AppId alone needs no template', () => {
    assert.deepEqual(submit({ AppId: 'app' }), {
      templateId: 'app',
      dialect: 'sae',
      trigger: 'manual',
      idPrefix: 'manual-',
      idSuffix: '',
      idempotencyKey: null,
      notBeforeMs: null,
      by: 'ann',
      traceparent: null,
      override: null,
    });
  });

  test('empty values override nothing (U8)', () => {
    const request = submit({ Command: '', Envs: '', Replicas: '', EventId: '', Time: '' });
    assert.deepEqual([request.override, request.idempotencyKey], [null, null]);
  });

  test('EventId and Time', () => {
    const request = submit({ EventId: 'custom', Time: '2023-09-14T14:25:02Z' });
    assert.equal(request.idempotencyKey, 'custom');
    assert.equal(request.notBeforeMs, Date.UTC(2023, 8, 14, 14, 25, 2));
    assert.equal(request.override, null);
  });

  test('faults wait until the template and the EventId have been looked up', () => {
    const late = submit({ Time: 'soon', EventId: 'custom' });
    assert.equal(late.idempotencyKey, 'custom');
    assertWire(
      () => late.override?.(templateOf()),
      400,
      'InvalidParameter.Obviously',
      'The specified parameter is invalid {Time}.',
    );
    const long = submit({ EventId: 'x'.repeat(129) });
    assert.equal(long.idempotencyKey, null);
    assertWire(
      () => long.override?.(templateOf()),
      400,
      'InvalidParameter.Obviously',
      'The specified parameter is invalid {EventId}.',
    );
  });

  test('times that are none', () => {
    for (const text of [
      '2023-02-30T00:00:00Z',
      '2023-09-14',
      '2023-09-14T14:25:02+08:00',
      '2023-13-01T00:00:00Z',
      '2023-01-01T24:00:00Z',
    ]) {
      assert.equal(parseTime(text), null, text);
    }
  });
});
