import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { domainErrors, saeError, saeErrors } from '../../../../src/dialects/sae/errors.ts';
import { domainErrorCodes } from '../../../../src/domain/errors.ts';
import {
  assertWire,
  configMapOf,
  created,
  factsOf,
  fatJar,
  settings,
  smallest,
  updated,
} from './support.ts';

const sls = (...entries: object[]) => JSON.stringify(entries);
const stored = smallest;

/** [code, exact text, what provokes it]; sae.md §6.1, class S. */
const provoked: readonly (readonly [string, string, () => unknown])[] = [
  [
    'InvalidParameter.NotEmpty',
    'You must specify the parameter AppName.',
    () => created({ AppName: '' }),
  ],
  [
    'InvalidParameter.NotEmpty',
    'You must specify the parameter ImageUrl.',
    () => created({ ImageUrl: '' }),
  ],
  [
    'InvalidParameter.NotEmpty',
    'You must specify the parameter PackageUrl.',
    () => created({ PackageUrl: '' }, fatJar),
  ],
  [
    'InvalidParameter.NotEmpty',
    'You must specify the parameter PackageVersion.',
    () => created({ PackageVersion: '' }, fatJar),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {AppName}.',
    () => created({ AppName: '1x' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Workload}.',
    () => created({ Workload: 'app' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Replicas}.',
    () => created({ Replicas: '0' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Timeout}.',
    () => created({ Timeout: '' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Slice}.',
    () => created({ Slice: 'yes' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Timezone}.',
    () => created({ Timezone: 'Mars/Base' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Timezone}.',
    () => created({ Timezone: '+08:00' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {ConcurrencyPolicy}.',
    () => created({ ConcurrencyPolicy: 'allow' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {TerminationGracePeriodSeconds}.',
    () => created({ TerminationGracePeriodSeconds: '301' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {AppDescription}.',
    () => created({ AppDescription: 'x'.repeat(1025) }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Command}.',
    () => created({ Command: 'a\0b' }),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {PackageVersion}.',
    () => created({ PackageVersion: 'x'.repeat(65) }, fatJar),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {RefAppId}.',
    () => updated(stored, { RefAppId: 'x' }, { reference: { exists: true, self: true } }),
  ],
  [
    'InvalidParameter.WithMessage',
    'The parameter is invalid {CommandArgs}: not JSON text; expected ["a","b"]',
    () => created({ CommandArgs: 'a b' }),
  ],
  [
    'InvalidParameter.WithMessage',
    'The parameter is invalid {CommandArgs}: /1 must be string; expected ["a","b"]',
    () => created({ CommandArgs: '["a",1]' }),
  ],
  [
    'InvalidParameter.WithMessage',
    'The parameter is invalid {ImagePullSecrets}: the Secret (ID: 10) does not exist',
    () => created({ ImagePullSecrets: '10' }),
  ],
  [
    'InvalidParameter.WithMessage',
    'The parameter is invalid {SliceEnvs}: has 3 elements but Replicas is 2; give one element per replica',
    () => created({ Slice: 'true', SliceEnvs: '[0,1,2]', Replicas: '2' }),
  ],
  [
    'InvalidNamespace.WithUppercase',
    'This namespace does not support creating SAE apps because it contains uppercase letters.',
    () => created({ NamespaceId: 'cn-hangzhou:Team' }),
  ],
  [
    'InvalidPackageType.NotFound',
    'The package type must be War, FatJar, or Image.',
    () => created({ PackageType: 'Zip' }),
  ],
  [
    'InvalidComponent.NotFound',
    'The current component (such as JDK, Tomcat, or EDASWebContainer) does not exist.',
    () => created({ Jdk: 'Open JDK 99' }, fatJar),
  ],
  [
    'InvalidHostnameIp.Invalid',
    'The hostname and/or IP is invalid: Hostname [a_b], IP [1.2.3].',
    () => created({ CustomHostAlias: '[{"hostName":"a_b","ip":"1.2.3"}]' }),
  ],
  [
    'InvalidInstanceSpecification.Unsupported',
    'The instance specification is not supported: CPU [500], memory [4096].',
    () => created({ Cpu: '500', Memory: '4096' }),
  ],
  [
    'InvalidInstanceSpecification.Unsupported',
    'The instance specification is not supported: CPU [0], memory [1024].',
    () => created({ Cpu: '0' }),
  ],
  [
    'InvalidParameter.FileName',
    saeErrors['InvalidParameter.FileName'].message,
    () => created({ PackageUrl: 'http://files.example/demo.war' }, fatJar),
  ],
  [
    'JarApplication.MissingJdk',
    'A FatJar application must contain JDK.',
    () => created({ Jdk: '' }, fatJar),
  ],
  [
    'WarApplication.MissingJdkWebcontainer',
    'A War application must contain JDK and Tomcat.',
    () => created({ PackageType: 'War', PackageUrl: 'http://x/a.war' }, fatJar),
  ],
  [
    'PandoraApplication.MissingJdk',
    'The Pandora application is missing a JDK component.',
    () => created({ Jdk: '', EdasContainerVersion: '3.5.3' }, fatJar),
  ],
  [
    'PandoraApplication.OnlyJdk',
    'A Pandora application only requires JDK component.',
    () => created({ EdasContainerVersion: '3.5.3', WebContainer: 'apache-tomcat-8.5.42' }, fatJar),
  ],
  [
    'PhpApplication.MissingPhpRuntime',
    'A PHP application must contain PHP Runtime.',
    () =>
      created({ PackageType: 'PhpZip', PackageUrl: 'http://x/a.zip' }, fatJar, {
        settings: { ...settings, phpRuntime: null },
      }),
  ],
  [
    'Package.Version.Too.Long',
    'The maximum length of package version is exceeded.',
    () => updated(fatJar, { PackageVersion: 'x'.repeat(65) }),
  ],
  [
    'NotFound.ConfigMap',
    'The ConfigMap object (ID: 16) does not exist.',
    () => created({ Envs: '[{"name":"A","valueFrom":"configMapRef","configMapId":16,"key":"k"}]' }),
  ],
  [
    'NotFound.ConfigMap',
    'The ConfigMap object (ID: 7) does not exist.',
    () => created({ ConfigMapMountDesc: '[{"configMapId":"7","key":"k","mountPath":"/tmp"}]' }),
  ],
  [
    'NotFound.ConfigMapKey',
    'The key k of ConfigMap object (ID: 3) does not exist.',
    () =>
      created(
        { ConfigMapMountDesc: '[{"configMapId":3,"key":"k","mountPath":"/tmp"}]' },
        smallest,
        { catalog: factsOf([configMapOf(3, { other: '' })]) },
      ),
  ],
  [
    'MountConflict.ConfigMap',
    'Conflict detected for ConfigMap path /data/.',
    () =>
      created(
        {
          ConfigMapMountDesc: '[{"configMapId":3,"key":"k","mountPath":"/data/"}]',
          NasConfigs: '[{"mountPath":"/data","nasId":"n"}]',
        },
        smallest,
        { catalog: factsOf([configMapOf(3, { k: '' })]) },
      ),
  ],
  [
    'Application.MissingJdk',
    'Your application must at least contain a JDK component.',
    () => updated(fatJar, { Jdk: '' }),
  ],
  [
    'InvalidApplication.NotFound',
    'The current application does not exist.',
    () => created({ RefAppId: 'x' }, smallest, { reference: { exists: false, self: false } }),
  ],
  [
    'LogService.LogDirInvalid',
    'The log collection path is invalid.',
    () => created({ SlsConfigs: sls({ logDir: 'a.log' }) }),
  ],
  ...['/', '/log/', '/log*/a.log', '/log/..'].map(
    (logDir) =>
      [
        'LogService.LogDirInvalid',
        'The log collection path is invalid.',
        () => created({ SlsConfigs: sls({ logDir }) }),
      ] as const,
  ),
  [
    'Sls.Config.Mixed.Multi.Project',
    'The specified Config contains multiple projects.',
    () =>
      created({
        SlsConfigs: sls(
          { logType: 'stdout' },
          { logDir: '/a', projectName: 'p', logstoreName: 's' },
        ),
      }),
  ],
  [
    'Sls.Config.User.Defined.Missing.Logstore.Info',
    'The specified Config is invalid. Both Project and Logstore must be specified.',
    () => created({ SlsConfigs: sls({ logType: 'stdout', projectName: 'p' }) }),
  ],
  [
    'Sls.Config.User.Defined.Missing.Project.Info',
    'The specified Config is invalid. Both Project and Logstore must be specified.',
    () => created({ SlsConfigs: sls({ logType: 'stdout', logstoreName: 's' }) }),
  ],
  [
    'Sls.Project.Name.Invalid',
    'The specified project name is invalid. The project name must not contain the prefix "sae-".',
    () =>
      created({ SlsConfigs: sls({ logType: 'stdout', projectName: 'sae-p', logstoreName: 's' }) }),
  ],
  [
    'Sls.Logstore.Name.Invalid',
    'The specified name of Logstore is invalid. The Logstore name must not contain the prefix "sae-".',
    () =>
      created({ SlsConfigs: sls({ logType: 'stdout', projectName: 'p', logstoreName: 'sae-s' }) }),
  ],
  [
    'VolumnPath.Conflict',
    'Conflict between log collection directory and persistent storage directory.',
    () =>
      created({
        SlsConfigs: sls({ logDir: '/data/app/a.log' }),
        MountDesc: '[{mountPath: "/data/", nasPath: "/"}]',
      }),
  ],
  [
    'NoComputeResourceQuota.App.Exceed',
    'You can create 50 instances for each application. Please submit a ticket to raise the quota.',
    () => created({ Replicas: '51' }),
  ],
  [
    'NoComputeResourceQuota.User.Exceed',
    'Your account is limited to create 500 instances. Please submit a ticket to raise the quota.',
    () =>
      created({ Replicas: '501' }, smallest, {
        settings: { ...settings, replicasPerTemplate: 1000 },
      }),
  ],
];

describe('errors of the contract', () => {
  for (const [index, [code, message, provoke]] of provoked.entries()) {
    test(`${code} #${index}`, () => assertWire(provoke, 400, code, message));
  }

  test('an unknown namespace is a 404', () => {
    assertWire(
      () => created({ NamespaceId: 'cn-hangzhou:nowhere' }),
      404,
      'InvalidNamespaceId.NotFound',
      'The specified NamespaceId does not exist.',
    );
  });

  test('the table has the 56 codes, each with a status', () => {
    assert.equal(Object.keys(saeErrors).length, 56);
    const notFound = Object.entries(saeErrors).filter(([, row]) => row.status === 404);
    assert.deepEqual(notFound.map(([code]) => code).sort(), [
      'Associate.Eip.Not.Enough',
      'InvalidAcrInstanceId.NotFound',
      'InvalidNamespaceId.NotFound',
      'InvalidVpcId.NotFound',
    ]);
  });

  test('codes that no parameter reaches yet still have their text', () => {
    assert.equal(
      saeError('Application.ChangerOrderRunning').message,
      'An application change process is in progress. Please try again later.',
    );
  });

  test("a caller's own text is cut, and is never taken for a template", () => {
    const error = saeError('InvalidParameter.WithMessage', '%s', 'x'.repeat(5000));
    assert.equal(error.message, `The parameter is invalid {%s}: ${'x'.repeat(400)}`);
  });
});

describe('refusals of the engine on the wire', () => {
  const wire = (code: (typeof domainErrorCodes)[number]) => {
    const error = domainErrors[code]({ limit: 50 }, 'why');
    return [error.status, error.code, error.message];
  };

  test('each has an answer', () => {
    for (const code of domainErrorCodes) assert.ok(wire(code)[0]);
  });

  test('the ones a client meets', () => {
    assert.deepEqual(wire('template-not-found'), [
      400,
      'InvalidApplication.NotFound',
      'The current application does not exist.',
    ]);
    assert.deepEqual(wire('template-suspended'), [400, 'JobSuspend', 'The job is suspended.']);
    assert.deepEqual(wire('template-deleting'), [
      400,
      'Application.InvalidStatus',
      'The application status is abnormal. Please try again later.',
    ]);
    assert.deepEqual(wire('concurrency-forbidden'), [
      400,
      'JobForbidPolicy',
      'You cannot execute new jobs because ongoing jobs exist.',
    ]);
    assert.deepEqual(wire('run-not-found'), [
      400,
      'InvalidParameter.WithMessage',
      'The parameter is invalid {JobId}: the job does not exist',
    ]);
    assert.deepEqual(wire('replicas-quota-exceeded'), [
      400,
      'NoComputeResourceQuota.App.Exceed',
      'You can create 50 instances for each application. Please submit a ticket to raise the quota.',
    ]);
    assert.deepEqual(wire('queue-full')[0], 429);
    assert.deepEqual(wire('unavailable')[0], 503);
  });
});
