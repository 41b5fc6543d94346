/** Every parameter of CreateJob and UpdateJob through Alibaba's client cores, and what is read back. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type SaeCall, saeClient } from '../../../examples/sae-client.ts';
import { jobParameters } from '../../../src/dialects/sae/parameters/job-parameters.ts';
import { popRoa, popRpc } from '../../support/pop-clients.ts';
import { startSaeServer, type SaeServer } from '../../support/sae.ts';

const clients: Readonly<Record<string, (server: SaeServer) => SaeCall>> = {
  'current client, V3': (server) => server.sae,
  'current client, V1': (server) => saeClient(server.url, server.key, 'v2'),
  'pop-core, ROA': (server) => popRoa(server.url, server.key),
  'pop-core, RPC': (server) => popRpc(server.url, server.key),
};

type Values = Readonly<Record<string, string>>;

async function describe(sae: SaeCall, query: Values): Promise<Record<string, unknown>> {
  const answer = await sae('DescribeJob', 'GET', '/pop/v1/sam/job/describeJob', query);
  // pop-core makes objects without a prototype, which are equal to no others.
  return JSON.parse(JSON.stringify(answer['Data'])) as Record<string, unknown>;
}

/** Sends a change with each parameter where current SDKs put it. */
async function change(sae: SaeCall, operation: 'create' | 'update', values: Values) {
  const query: Record<string, string> = {};
  const form: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const place = jobParameters.find((row) => row.name === name)?.[operation];
    assert.ok(place, `${name} is no parameter of ${operation}`);
    (place === 'form' ? form : query)[name] = value;
  }
  const name = operation === 'create' ? 'CreateJob' : 'UpdateJob';
  const path = `/pop/v1/sam/job/${operation}Job`;
  const answer = await sae(name, 'POST', path, query, form);
  return answer['Data'] as { readonly AppId: string; readonly ChangeOrderId: string };
}

async function makeCatalog(sae: SaeCall) {
  const NamespaceId = 'cn-hangzhou';
  const configMap = await sae(
    'CreateConfigMap',
    'POST',
    '/pop/v1/sam/configmap/configMap',
    { NamespaceId, Name: 'settings' },
    { Data: '{"k":"v","app.xml":"<a/>"}' },
  );
  const auth = Buffer.from('{"auths":{}}').toString('base64');
  const secret = await sae('CreateSecret', 'POST', '/pop/v1/sam/secret/secret', {
    NamespaceId,
    SecretName: 'registry',
    SecretType: 'kubernetes.io/dockerconfigjson',
    SecretData: JSON.stringify({ SecretData: JSON.stringify({ '.dockerconfigjson': auth }) }),
  });
  return {
    configMapId: (configMap['Data'] as { ConfigMapId: number }).ConfigMapId,
    secretId: (secret['Data'] as { SecretId: number }).SecretId,
  };
}

/** Everything that CreateJob knows except what only another PackageType has. */
function imageValues({ configMapId, secretId }: { configMapId: number; secretId: number }): Values {
  return {
    AppName: 'every-parameter',
    AppDescription: 'räksmörgås 夜间报表 *~+',
    NamespaceId: 'cn-hangzhou',
    AutoConfig: 'false',
    VpcId: 'vpc-1',
    VSwitchId: 'vsw-1',
    SecurityGroupId: 'sg-1',
    Workload: 'job',
    PackageType: 'IMAGE_PHP_7_3_ALPINE',
    ImageUrl: 'registry.example/team/app:0.0.1',
    ImagePullSecrets: String(secretId),
    AcrInstanceId: 'cri-1',
    AcrAssumeRoleArn: 'acs:ram::1:role/adminrole',
    EnableImageAccl: 'true',
    Cpu: '1000',
    Memory: '2048',
    Replicas: '2',
    Command: 'php',
    CommandArgs: '["-r","echo 1;"]',
    Envs: JSON.stringify([
      { name: 'A', value: '1' },
      { name: 'B', valueFrom: 'configMapRef', configMapId, key: 'k' },
      { name: 'sae-sys-configmap-all-settings', valueFrom: 'configMapRef', configMapId },
    ]),
    CustomHostAlias: '[{"hostName":"samplehost","ip":"127.0.0.1"}]',
    ProgrammingLanguage: 'php',
    PhpConfig: 'k1=v1 &é',
    PhpConfigLocation: '/usr/local/etc/php/php.ini',
    PostStart: '{"exec":{"command":["sh","-c","echo hello"]}}',
    PreStop: '{"exec":{"command":["true"]}}',
    TerminationGracePeriodSeconds: '10',
    Timezone: 'Asia/Shanghai',
    SlsConfigs: '[{"logDir":"","logType":"stdout"},{"logDir":"/tmp/a.log"}]',
    NasConfigs:
      '[{"mountPath":"/test1","readOnly":false,"nasId":"nasId1","mountDomain":"nas1.example","nasPath":"/test1"}]',
    NasId: '10d3b40000',
    MountHost: '10d3b4bc90000.com',
    MountDesc: '[{mountPath: "/mnt", nasPath: "/"}]',
    OssMountDescs:
      '[{"bucketName":"oss-bucket","bucketPath":"data/user.data","mountPath":"/usr/data/user.data","readOnly":true}]',
    OssAkId: 'key',
    OssAkSecret: 'the secret',
    ConfigMapMountDesc: JSON.stringify([
      { configMapId, key: 'k', mountPath: '/etc/app' },
      { configMapId: String(configMapId), key: 'app.xml', mountPath: '/etc/app.xml' },
    ]),
    TriggerConfig:
      '{"type":"http","config":{"type":"HTTP&HTTPS","method":["POST"],"securityConfig":"none"}}',
    ConcurrencyPolicy: 'Forbid',
    Timeout: '3600',
    BackoffLimit: '3',
    Slice: 'true',
    SliceEnvs: '[0,{"K":1}]',
    BestEffortType: 'x',
  };
}

/** Read back as sent; everything else of DescribeJob has a shape of its own. */
const echoed = [
  'AppName AppDescription NamespaceId VpcId VSwitchId SecurityGroupId PackageType ImageUrl',
  'ImagePullSecrets AcrInstanceId AcrAssumeRoleArn Command CommandArgs Envs CustomHostAlias',
  'ProgrammingLanguage PhpConfig PhpConfigLocation PostStart PreStop Timezone SlsConfigs',
  'NasConfigs NasId MountHost OssAkId TriggerConfig ConcurrencyPolicy SliceEnvs BestEffortType',
  'RefAppId',
]
  .join(' ')
  .split(' ');

suite('every parameter of a job through Alibaba’s client cores', () => {
  for (const [name, make] of Object.entries(clients)) {
    test(name, async (t) => {
      const server = await startSaeServer(t);
      const sae = make(server);
      const ids = await makeCatalog(sae);
      const { AppId: RefAppId } = await change(sae, 'create', {
        AppName: 'other',
        Workload: 'job',
        PackageType: 'Image',
        ImageUrl: 'longshore/host',
        Replicas: '1',
      });
      const sent: Values = { ...imageValues(ids), RefAppId };
      const { AppId, ChangeOrderId } = await change(sae, 'create', sent);
      const shown = await describe(sae, { AppId });
      assert.deepEqual(
        Object.fromEntries(echoed.map((field) => [field, shown[field]])),
        Object.fromEntries(echoed.map((field) => [field, sent[field]])),
      );
      const { PublicWebHookUrls: webhooks, ...rest } = shown;
      for (const field of [...echoed, 'VpcWebHookUrls']) delete rest[field];
      assert.deepEqual(rest, {
        AppId,
        RegionId: 'cn-hangzhou',
        Cpu: 1000,
        Memory: 2048,
        Replicas: 2,
        Timeout: 3600,
        BackoffLimit: 3,
        TerminationGracePeriodSeconds: 10,
        Slice: true,
        Suspend: false,
        OssAkSecret: '******',
        MountDesc: [{ MountPath: '/mnt', NasPath: '/' }],
        ConfigMapMountDesc: [
          {
            ConfigMapId: ids.configMapId,
            ConfigMapName: 'settings',
            Key: 'k',
            MountPath: '/etc/app',
          },
          {
            ConfigMapId: ids.configMapId,
            ConfigMapName: 'settings',
            Key: 'app.xml',
            MountPath: '/etc/app.xml',
          },
        ],
        OssMountDescs: [
          {
            bucketName: 'oss-bucket',
            bucketPath: 'data/user.data',
            mountPath: '/usr/data/user.data',
            readOnly: true,
          },
        ],
        Tags: [],
        RefedAppIds: [],
      });
      assert.equal((webhooks as readonly string[]).length, 2);
      assert.deepEqual((await describe(sae, { AppId: RefAppId }))['RefedAppIds'], [AppId]);

      // Everything that can be cleared is cleared, and nothing of it is left.
      const clearable = jobParameters.filter(
        (row) => row.clearable && row.update !== null && sent[row.name] !== undefined,
      );
      const cleared = Object.fromEntries(
        clearable.filter(({ name: field }) => field !== 'ImageUrl').map((row) => [row.name, '']),
      );
      await change(sae, 'update', { AppId, ...cleared, Slice: 'false' });
      const left = await describe(sae, { AppId });
      for (const field of Object.keys(cleared)) {
        const value = left[field];
        assert.ok(value === undefined || (Array.isArray(value) && value.length === 0), field);
      }
      assert.deepEqual(left['PublicWebHookUrls'], []);

      const order = await sae(
        'DescribeChangeOrder',
        'GET',
        '/pop/v1/sam/changeorder/DescribeChangeOrder',
        { ChangeOrderId },
      );
      assert.match(
        (order['Data'] as { Description: string }).Description,
        /accepted without effect: VpcId, VSwitchId, SecurityGroupId, AcrInstanceId, AcrAssumeRoleArn, EnableImageAccl, NasId, MountHost, MountDesc, BestEffortType$/,
      );
    });
  }

  test('packages: every parameter is read back, in its own type', async (t) => {
    const { sae } = await startSaeServer(t);
    const war: Values = {
      AppName: 'package',
      Workload: 'job',
      PackageType: 'War',
      PackageUrl: 'http://files.example/demo.war',
      PackageVersion: '1.0.1',
      Replicas: '1',
      Jdk: 'Open JDK 8',
      WebContainer: 'apache-tomcat-7.0.91',
      WarStartOptions: 'CATALINA_OPTS="$CATALINA_OPTS $Options" catalina.sh run',
      TomcatConfig: '{"port":8080,"contextPath":"/","useBodyEncoding":true}',
    };
    const python: Values = {
      ...war,
      PackageType: 'PythonZip',
      PackageUrl: 'http://files.example/demo.zip',
      Jdk: '',
      WebContainer: '',
      WarStartOptions: '',
      TomcatConfig: '',
      Python: 'PYTHON 3.9.15',
      PythonModules: 'Flask==2.0',
      Command: 'python3',
    };
    const jar: Values = {
      ...war,
      PackageType: 'FatJar',
      PackageUrl: 'http://files.example/demo.jar',
      WebContainer: '',
      EdasContainerVersion: '3.5.3',
      WarStartOptions: '',
      TomcatConfig: '',
      JarStartOptions: '-Xms4G -Xmx4G',
      JarStartArgs: 'custom-args',
    };
    for (const sent of [war, python, jar]) {
      const { AppId } = await change(sae, 'create', sent);
      const shown = await describe(sae, { AppId });
      for (const [name, value] of Object.entries(sent)) {
        if (name === 'Workload') assert.equal(name in shown, false);
        else if (name === 'Replicas') assert.equal(shown[name], 1);
        else assert.equal(shown[name], value === '' ? undefined : value, name);
      }
    }
  });
});
