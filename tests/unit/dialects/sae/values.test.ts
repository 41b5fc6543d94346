import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergeEnvsText, parseEnvs } from '../../../../src/dialects/sae/values/envs.ts';
import {
  parseMountDesc,
  parseNasMounts,
  parseOssMounts,
} from '../../../../src/dialects/sae/values/mounts.ts';
import { normalPath } from '../../../../src/dialects/sae/values/paths.ts';
import {
  parseHook,
  parseHostAliases,
  parseTomcatConfig,
} from '../../../../src/dialects/sae/values/simple.ts';
import { parseSliceEnvs, shardVariables } from '../../../../src/dialects/sae/values/slice.ts';
import {
  checkSlsConfigs,
  logCollections,
  parseSlsConfigs,
} from '../../../../src/dialects/sae/values/sls-configs.ts';
import { parseTriggerConfig } from '../../../../src/dialects/sae/values/trigger-config.ts';
import { wireError } from './support.ts';

const refused = (work: () => unknown, what: string) =>
  assert.equal(wireError(work).code, 'InvalidParameter.WithMessage', what);

describe('Envs', () => {
  test('literals: value wins over valueFrom, missing value is empty', () => {
    const envs = parseEnvs(
      JSON.stringify([
        { name: 'A', value: '1' },
        { name: 'B', value: 'x', valueFrom: 'configMapRef', configMapId: 1 },
        { name: 'C' },
        { name: 'A', value: 2 },
        { name: '__proto__', value: 'kept' },
        { name: 'D', value: null, extra: true },
      ]),
    );
    assert.deepEqual(
      envs.map((item) => (item.kind === 'literal' ? [item.name, item.value] : item)),
      [
        ['A', '1'],
        ['B', 'x'],
        ['C', ''],
        ['A', '2'],
        ['__proto__', 'kept'],
        ['D', ''],
      ],
    );
  });

  test('references to ConfigMaps', () => {
    assert.deepEqual(
      parseEnvs(
        '[{"name":"A","valueFrom":"configMapRef","configMapId":"1","key":"k"},{"name":"sae-sys-configmap-all-m","valueFrom":"configMapRef","configMapId":1}]',
      ),
      [
        { kind: 'config-map', name: 'A', configMapId: '1', key: 'k' },
        { kind: 'config-map', name: 'sae-sys-configmap-all-m', configMapId: '1', key: null },
      ],
    );
  });

  test('wrong shapes', () => {
    for (const text of [
      '{}',
      '["A=1"]',
      '[{"value":"1"}]',
      '[{"name":"","value":"1"}]',
      '[{"name":"A=B","value":"1"}]',
      '[{"name":"A","value":"\\u0000"}]',
      '[{"name":"A","valueFrom":"secretRef","configMapId":1}]',
      '[{"name":"A","valueFrom":"configMapRef"}]',
      '[{"name":"A","valueFrom":"configMapRef","configMapId":1}]',
      '[{"name":"A","valueFrom":"configMapRef","configMapId":-1,"key":"k"}]',
    ]) {
      refused(() => parseEnvs(text), text);
    }
  });

  test('merging by name', () => {
    assert.equal(
      mergeEnvsText(
        '[{"name":"A","value":"1"},{"name":"B","value":"2"}]',
        '[{"name":"A","value":"9"}]',
      ),
      '[{"name":"B","value":"2"},{"name":"A","value":"9"}]',
    );
    assert.equal(mergeEnvsText(undefined, '[{"name":"A"}]'), '[{"name":"A"}]');
  });
});

describe('shards', () => {
  test('text, number, object and nested values', () => {
    const elements = parseSliceEnvs(
      '["a",7,{"FROM":"x","N":3,"O":{"p":1},"SAE_SLICE_INDEX":"9"},null]',
    );
    assert.deepEqual(shardVariables(elements, 4), [
      { SAE_SLICE_INDEX: '0', SAE_SLICE_TOTAL: '4', SAE_SLICE_ENV: 'a' },
      { SAE_SLICE_INDEX: '1', SAE_SLICE_TOTAL: '4', SAE_SLICE_ENV: '7' },
      {
        FROM: 'x',
        N: '3',
        O: '{"p":1}',
        SAE_SLICE_INDEX: '2',
        SAE_SLICE_TOTAL: '4',
        SAE_SLICE_ENV: '{"FROM":"x","N":3,"O":{"p":1},"SAE_SLICE_INDEX":"9"}',
      },
      { SAE_SLICE_INDEX: '3', SAE_SLICE_TOTAL: '4', SAE_SLICE_ENV: 'null' },
    ]);
  });

  test('without elements shard i gets i', () => {
    assert.deepEqual(
      shardVariables(null, 2).map((shard) => shard['SAE_SLICE_ENV']),
      ['0', '1'],
    );
  });

  test('wrong shapes', () => {
    for (const text of ['{}', '1', '[{"a=b":1}]', '[{"":1}]', '["\\u0000"]']) {
      refused(() => parseSliceEnvs(text), text);
    }
    refused(() => shardVariables([1], 2), 'length');
  });
});

describe('TriggerConfig', () => {
  test('timers', () => {
    assert.deepEqual(
      parseTriggerConfig('{"type":"time","config":"0 1 */1 * ?","timezone":"GMT+8:00"}'),
      { kind: 'time', cron: '0 1 */1 * ?', timezone: 'GMT+8:00' },
    );
    for (const timezone of ['GMT-05:30', 'UTC', 'Asia/Shanghai']) {
      assert.ok(
        parseTriggerConfig(JSON.stringify({ type: 'time', config: '* * * * *', timezone })),
      );
    }
  });

  test('webhooks', () => {
    assert.deepEqual(
      parseTriggerConfig(
        '{"type":"http","config":{"type":"HTTPS","method":["GET"],"ip":["10.0.0.0/8","::1"],"referer":["example.com"],"securityConfig":"ip"}}',
      ),
      {
        kind: 'http',
        schemes: 'HTTPS',
        methods: ['GET'],
        security: 'ip',
        ips: ['10.0.0.0/8', '::1'],
        referers: ['example.com'],
      },
    );
  });

  test('wrong ones say why', () => {
    const reason = (value: unknown) =>
      wireError(() => parseTriggerConfig(JSON.stringify(value))).message;
    const http = (config: object) => ({
      type: 'http',
      config: { type: 'HTTP', method: ['GET'], ...config },
    });
    assert.match(reason({ type: 'cron' }), /\{TriggerConfig\}: \/type /);
    assert.match(reason({ type: 'time' }), /config/);
    assert.match(reason({ type: 'time', config: '* * * *' }), /has 4 fields; five .* or six /);
    assert.match(
      reason({ type: 'time', config: '61 * * * *' }),
      /minute "61": 61 is out of range; allowed is 0 to 59/,
    );
    assert.match(reason({ type: 'time', config: '* * * * *', timezone: 'GMT+25' }), /timezone/);
    assert.match(reason(http({ type: 'FTP' })), /\/config\/type/);
    assert.match(reason(http({ method: ['FETCH'] })), /\/config\/method/);
    assert.match(reason(http({ method: [] })), /\/config\/method/);
    assert.match(
      reason(http({ ip: ['10.0.0.0/33'] })),
      /not an IP address or CIDR range: 10.0.0.0\/33/,
    );
    assert.match(reason(http({ referer: ['http://x'] })), /not a domain: http:\/\/x/);
  });

  test('cron texts', () => {
    const timer = (config: string) => JSON.stringify({ type: 'time', config });
    for (const text of [
      '*/1 * * * ?',
      '0 1 */1 * ?',
      '*/1 * * * * ?',
      '0 0 1 1 0',
      '0 0 * * 7',
      '0,30 8-18/2 1-15 JAN-jun MON-FRI',
      '0 0 12 ? * SAT-SUN',
      '  5/15 * * * *  ',
    ]) {
      // What is stored and echoed is the text as it was sent.
      assert.deepEqual(parseTriggerConfig(timer(text)), {
        kind: 'time',
        cron: text,
        timezone: null,
      });
    }
    for (const text of [
      '',
      '* * * * * * *',
      '60 * * * *',
      '* 24 * * *',
      '* * 0 * *',
      '* * * 13 *',
      '* * * * 8',
      '*/0 * * * *',
      '1-2-3 * * * *',
      '1//2 * * * *',
      ', * * * *',
      'a * * * *',
      '* * * * MONDAY',
      '-1 * * * *',
      '@daily',
      '* '.repeat(200),
      `${'0,'.repeat(300)}0 * * * *`,
    ]) {
      refused(() => parseTriggerConfig(timer(text)), text);
    }
    const never = wireError(() => parseTriggerConfig(timer('0 0 30 2 *'))).message;
    assert.match(never, /\{TriggerConfig\}: cron text: no further firing ever/);
  });
});

describe('other structured values', () => {
  test('hooks', () => {
    assert.deepEqual(parseHook('PreStop', '{"exec":{"command":["sh","-c","x"]}}'), [
      'sh',
      '-c',
      'x',
    ]);
    for (const text of ['{}', '{"exec":{"command":[]}}', '{"exec":{"command":[""]}}', '"sh"']) {
      refused(() => parseHook('PreStop', text), text);
    }
  });

  test('MountDesc takes unquoted keys and single quotes (C14)', () => {
    const mounts = [{ mountPath: '/tmp', nasPath: '/' }];
    assert.deepEqual(parseMountDesc('[{mountPath: "/tmp", nasPath: "/"}]'), mounts);
    assert.deepEqual(parseMountDesc("[{'mountPath': '/tmp', nasPath: '/',}]"), mounts);
    refused(() => parseMountDesc('[{mountPath: "tmp", nasPath: "/"}]'), 'relative');
    refused(() => parseMountDesc(`[{mountPath: "/${'x'.repeat(70_000)}", nasPath: "/"}]`), 'long');
  });

  test('object store mounts need a bucket path', () => {
    refused(() => parseOssMounts('[{"bucketName":"b","mountPath":"/m"}]'), 'bucketPath');
    refused(() => parseOssMounts('[{"bucketName":"b","bucketPath":"","mountPath":"/m"}]'), 'empty');
  });

  test('NasConfigs supersedes the other form, and names its file system', () => {
    const described = { nasId: 'n', mountHost: 'h', mountDesc: '[{mountPath:"/a",nasPath:"/"}]' };
    const one = { mountPath: '/a', readOnly: false, nasId: 'n', mountDomain: 'h', nasPath: '/' };
    assert.deepEqual(parseNasMounts({ ...described, nasConfigs: undefined }), [one]);
    assert.deepEqual(parseNasMounts({ ...described, nasConfigs: '[]' }), [one]);
    assert.deepEqual(
      parseNasMounts({ ...described, nasConfigs: '[{"mountPath":"/b","nasId":"m"}]' }),
      [{ mountPath: '/b', readOnly: false, nasId: 'm', mountDomain: '', nasPath: '' }],
    );
    const none = { nasId: undefined, mountHost: undefined, mountDesc: undefined };
    refused(() => parseNasMounts({ ...none, nasConfigs: '[{"mountPath":"/b"}]' }), 'nameless');
    refused(() => parseNasMounts({ ...none, mountDesc: '[{', nasConfigs: '[]' }), 'superseded');
  });

  test('paths', () => {
    for (const [path, normal] of [
      ['/a/./b//c/', '/a/b/c'],
      ['/../../x', '/x'],
      ['/', '/'],
      ['a', '/a'],
    ] as const) {
      assert.equal(normalPath(path), normal);
    }
  });

  test('TomcatConfig: defaults, and both spellings (C12)', () => {
    const byDefault = {
      port: 8080,
      contextPath: '/',
      maxThreads: 400,
      uriEncoding: 'ISO-8859-1',
      useBodyEncodingForUri: true,
    };
    assert.deepEqual(parseTomcatConfig(undefined), byDefault);
    assert.deepEqual(parseTomcatConfig('{"port":9090,"uriEncoding":"GBK"}'), {
      ...byDefault,
      port: 9090,
      uriEncoding: 'GBK',
    });
    const spelled = parseTomcatConfig('{"useBodyEncoding":false}');
    assert.equal(spelled.useBodyEncodingForUri, false);
    for (const contextPath of ['/', '', '/app', '/my-app/v1.2/', '/.well~known']) {
      assert.equal(parseTomcatConfig(JSON.stringify({ contextPath })).contextPath, contextPath);
    }
    for (const text of [
      '{"port":80}',
      '{"maxThreads":0}',
      '{"uriEncoding":"UTF-16"}',
      '[]',
      '{"port":"8080"}',
      '{"contextPath":"app"}',
      '{"contextPath":"/a b"}',
      '{"contextPath":"/../x"}',
      '{"contextPath":"/a\\"<x"}',
    ]) {
      refused(() => parseTomcatConfig(text), text);
    }
  });

  test('CustomHostAlias', () => {
    const aliases = [
      { hostName: 'samplehost', ip: '127.0.0.1' },
      { hostName: 'a.b-c', ip: '::1' },
    ];
    assert.deepEqual(parseHostAliases(JSON.stringify(aliases)), aliases);
    refused(() => parseHostAliases('[{"hostName":"a"}]'), 'no ip');
    const many = Array.from({ length: 501 }, () => aliases[0]);
    refused(() => parseHostAliases(JSON.stringify(many)), 'too many');
  });

  test('SlsConfigs of the documentation', () => {
    checkSlsConfigs(parseSlsConfigs('[{"logDir":"","logType":"stdout"},{"logDir":"/tmp/a.log"}]'));
    checkSlsConfigs(
      parseSlsConfigs(
        '[{"projectName":"test-sls","logType":"stdout","logDir":"","logstoreName":"sae","logtailName":""},{"projectName":"test","logDir":"/tmp/a.log","logstoreName":"sae","logtailName":""}]',
      ),
    );
    refused(() => parseSlsConfigs('[{"logType":"stdout"},{"logType":"stdout"}]'), 'stdout twice');
    refused(() => parseSlsConfigs('[{"logType":"stderr"}]'), 'type');
    const many = Array.from({ length: 101 }, (_, index) => ({ logDir: `/${index}` }));
    refused(() => parseSlsConfigs(JSON.stringify(many)), 'too many');
  });

  test('what SlsConfigs collects: each thing once for each log store', () => {
    const text =
      '[{"logType":"stdout","logDir":""},{"logDir":"/log//a*.log"},{"logDir":"/log/a*.log","logtailName":"x"},{"logDir":"/b","projectName":"p","logstoreName":"s"}]';
    assert.deepEqual(logCollections(parseSlsConfigs(text)), [
      { source: { kind: 'stdout' }, into: null },
      { source: { kind: 'file', path: '/log/a*.log' }, into: null },
      { source: { kind: 'file', path: '/b' }, into: { project: 'p', logstore: 's' } },
    ]);
  });
});
