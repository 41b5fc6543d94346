import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { saeErrors } from '../../../src/dialects/sae/errors.ts';
import {
  createTemplate,
  exec,
  refusal,
  type SaeServer,
  startSaeServer,
  status as jobStatus,
} from '../../support/sae.ts';
import { dataFolder } from '../../support/server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

/** A refused request: CreateJob or UpdateJob parameters over a good template, or any call. */
type Provocation = (server: SaeServer) => Promise<unknown>;

const image = {
  AppName: 'test',
  Workload: 'job',
  PackageType: 'Image',
  ImageUrl: 'longshore/host',
  Replicas: '1',
  Command: 'true',
};
const jar = {
  AppName: 'test',
  Workload: 'job',
  PackageType: 'FatJar',
  PackageUrl: 'http://files.example/demo.jar',
  PackageVersion: '1',
  Jdk: 'Open JDK 8',
  Replicas: '1',
};
const php = { ...jar, PackageType: 'PhpZip', PackageUrl: 'http://files.example/a.zip', Jdk: '' };

/** CreateJob with these parameters over a good template. */
const create =
  (values: Readonly<Record<string, string>>, base: Readonly<Record<string, string>> = image) =>
  ({ sae }: SaeServer) =>
    sae('CreateJob', 'POST', '/pop/v1/sam/job/createJob', { ...base, ...values });

/** UpdateJob with these parameters on a template that was made so. */
const update =
  (values: Readonly<Record<string, string>>, base: Readonly<Record<string, string>> = image) =>
  async (server: SaeServer) => {
    const { Data } = await create({}, base)(server);
    const { AppId } = Data as { AppId: string };
    return server.sae('UpdateJob', 'POST', '/pop/v1/sam/job/updateJob', { AppId, ...values });
  };

/** ExecJob after something was done with the template. */
const execAfter =
  (
    more: Readonly<Record<string, string>>,
    prepare: (server: SaeServer, appId: string) => Promise<unknown>,
  ) =>
  async (server: SaeServer) => {
    const appId = await createTemplate(server.sae, ['sleep', '600'], more);
    await prepare(server, appId);
    return exec(server.sae, appId);
  };

async function configMapWith(server: SaeServer, data: object): Promise<number> {
  const made = await server.sae(
    'CreateConfigMap',
    'POST',
    '/pop/v1/sam/configmap/configMap',
    { NamespaceId: 'cn-hangzhou', Name: `m${Date.now()}${Math.random()}`.replace('.', '') },
    { Data: JSON.stringify(data) },
  );
  return (made['Data'] as { ConfigMapId: number }).ConfigMapId;
}

const variable = (configMapId: number, key: string) =>
  JSON.stringify([{ name: 'A', valueFrom: 'configMapRef', configMapId, key }]);
const logs = (...entries: readonly object[]) => ({ SlsConfigs: JSON.stringify(entries) });

/** Code, exact text (a part of it where ids are in it), and what provokes it. */
const rows: readonly (readonly [string, string | RegExp, Provocation, number?])[] = [
  ['InvalidParameter.NotEmpty', 'You must specify the parameter AppName.', create({ AppName: '' })],
  [
    'InvalidParameter.NotEmpty',
    'You must specify the parameter PackageUrl.',
    update({ PackageUrl: '' }, jar),
  ],
  [
    'InvalidParameter.NotEmpty',
    'You must specify the parameter AppId.',
    ({ sae }) => sae('ExecJob', 'GET', '/pop/v1/sam/job/execJob', {}),
  ],
  [
    'InvalidParameter.Obviously',
    'The specified parameter is invalid {Timeout}.',
    update({ Timeout: '0' }),
  ],
  [
    'InvalidParameter.WithMessage',
    'The parameter is invalid {CommandArgs}: not JSON text; expected ["a","b"]',
    create({ CommandArgs: 'a b' }),
  ],
  [
    'InvalidParameter.WithMessage',
    'The parameter is invalid {ImagePullSecrets}: the Secret (ID: 10) does not exist',
    create({ ImagePullSecrets: '10' }),
  ],
  [
    'InvalidNamespace.WithUppercase',
    'This namespace does not support creating SAE apps because it contains uppercase letters.',
    create({ NamespaceId: 'cn-hangzhou:Team' }),
  ],
  [
    'InvalidNamespaceId.NotFound',
    'The specified NamespaceId does not exist.',
    create({ NamespaceId: 'cn-hangzhou:nowhere' }),
    404,
  ],
  [
    'InvalidServerlessRegion.Unsupported',
    'The current region is not supported: cn-beijing',
    create({ NamespaceId: 'cn-beijing:team' }),
  ],
  [
    'InvalidPackageType.NotFound',
    'The package type must be War, FatJar, or Image.',
    create({ PackageType: 'Zip' }),
  ],
  [
    'InvalidParameter.FileName',
    saeErrors['InvalidParameter.FileName'].message,
    update({ PackageUrl: 'http://files.example/demo.war' }, jar),
  ],
  [
    'Package.Version.Too.Long',
    'The maximum length of package version is exceeded.',
    update({ PackageVersion: 'x'.repeat(65) }, jar),
  ],
  [
    'App.Package.Version.Exists',
    'The package version of application already exists.',
    update({ PackageUrl: 'http://files.example/other.jar' }, jar),
  ],
  ['JarApplication.MissingJdk', 'A FatJar application must contain JDK.', create({ Jdk: '' }, jar)],
  [
    'WarApplication.MissingJdkWebcontainer',
    'A War application must contain JDK and Tomcat.',
    create({ PackageType: 'War', PackageUrl: 'http://files.example/a.war' }, jar),
  ],
  [
    'PandoraApplication.MissingJdk',
    'The Pandora application is missing a JDK component.',
    create({ Jdk: '', EdasContainerVersion: '3.5.3' }, jar),
  ],
  [
    'PandoraApplication.OnlyJdk',
    'A Pandora application only requires JDK component.',
    create({ EdasContainerVersion: '3.5.3', WebContainer: 'apache-tomcat-8.5.42' }, jar),
  ],
  [
    'PhpApplication.MissingPhpRuntime',
    'A PHP application must contain PHP Runtime.',
    create({}, php),
  ],
  [
    'Application.MissingJdk',
    'Your application must at least contain a JDK component.',
    update({ Jdk: '' }, jar),
  ],
  [
    'InvalidComponent.NotFound',
    'The current component (such as JDK, Tomcat, or EDASWebContainer) does not exist.',
    create({ Jdk: 'Open JDK 99' }, jar),
  ],
  [
    'InvalidInstanceSpecification.Unsupported',
    'The instance specification is not supported: CPU [500], memory [4096].',
    create({ Cpu: '500', Memory: '4096' }),
  ],
  [
    'InvalidHostnameIp.Invalid',
    'The hostname and/or IP is invalid: Hostname [db], IP [1.2.3].',
    update({ CustomHostAlias: '[{"hostName":"db","ip":"1.2.3"}]' }),
  ],
  [
    'NotFound.ConfigMap',
    'The ConfigMap object (ID: 999) does not exist.',
    update({ Envs: variable(999, 'k') }),
  ],
  [
    'NotFound.ConfigMapKey',
    /The key nope of ConfigMap object \(ID: \d+\) does not exist\./,
    async (server) =>
      update({ Envs: variable(await configMapWith(server, { k: 'v' }), 'nope') })(server),
  ],
  [
    'MountConflict.ConfigMap',
    'Conflict detected for ConfigMap path /data.',
    async (server) => {
      const configMapId = await configMapWith(server, { k: 'v' });
      return create({
        ConfigMapMountDesc: JSON.stringify([{ configMapId, key: 'k', mountPath: '/data' }]),
        NasConfigs: '[{"mountPath":"/data/","nasId":"n"}]',
      })(server);
    },
  ],
  [
    'InvalidApplication.NotFound',
    'The current application does not exist.',
    create({ RefAppId: 'nothing' }),
  ],
  [
    'LogService.LogDirInvalid',
    'The log collection path is invalid.',
    create(logs({ logDir: 'a.log' })),
  ],
  [
    'Sls.Config.Mixed.Multi.Project',
    'The specified Config contains multiple projects.',
    create(logs({ logType: 'stdout' }, { logDir: '/a', projectName: 'p', logstoreName: 's' })),
  ],
  [
    'Sls.Config.User.Defined.Missing.Logstore.Info',
    'The specified Config is invalid. Both Project and Logstore must be specified.',
    create(logs({ logType: 'stdout', projectName: 'p' })),
  ],
  [
    'Sls.Config.User.Defined.Missing.Project.Info',
    'The specified Config is invalid. Both Project and Logstore must be specified.',
    create(logs({ logType: 'stdout', logstoreName: 's' })),
  ],
  [
    'Sls.Project.Name.Invalid',
    'The specified project name is invalid. The project name must not contain the prefix "sae-".',
    create(logs({ logType: 'stdout', projectName: 'sae-p', logstoreName: 's' })),
  ],
  [
    'Sls.Logstore.Name.Invalid',
    'The specified name of Logstore is invalid. The Logstore name must not contain the prefix "sae-".',
    create(logs({ logType: 'stdout', projectName: 'p', logstoreName: 'sae-s' })),
  ],
  [
    'VolumnPath.Conflict',
    'Conflict between log collection directory and persistent storage directory.',
    create({
      ...logs({ logDir: '/data/app/a.log' }),
      MountDesc: '[{mountPath: "/data/", nasPath: "/"}]',
      NasId: 'n',
    }),
  ],
  [
    'NoComputeResourceQuota.App.Exceed',
    'You can create 50 instances for each application. Please submit a ticket to raise the quota.',
    update({ Replicas: '51' }),
  ],
  [
    'NoComputeResourceQuota.User.Exceed',
    'Your account is limited to create 40 instances. Please submit a ticket to raise the quota.',
    create({ Replicas: '41' }),
  ],
  [
    'JobSuspend',
    'The job is suspended.',
    execAfter({}, ({ sae }, AppId) =>
      sae('SuspendJob', 'GET', '/pop/v1/sam/job/suspendJob', { AppId, Suspend: 'true' }),
    ),
  ],
  [
    'JobForbidPolicy',
    'You cannot execute new jobs because ongoing jobs exist.',
    execAfter({ ConcurrencyPolicy: 'Forbid' }, ({ sae }, appId) =>
      exec(sae, appId, { Time: '2999-01-01T00:00:00Z' }),
    ),
  ],
  [
    'Application.ChangerOrderRunning',
    'An application change process is in progress. Please try again later.',
    async (server) => {
      const { Data } = await create({})(server);
      const { ChangeOrderId } = Data as { ChangeOrderId: string };
      const path = '/pop/v1/sam/changeorder/AbortChangeOrder';
      // The type of calls knows only the methods of the job group.
      return server.sae('AbortChangeOrder', 'PUT' as 'POST', path, { ChangeOrderId });
    },
  ],
  [
    'Application.InvalidStatus',
    'The application status is abnormal. Please try again later.',
    async (server) => {
      const { sae } = server;
      // Its end takes a while, and until then the template is not erased.
      const AppId = await createTemplate(sae, ['sh', '-c', 'trap "" TERM; sleep 600'], {
        TerminationGracePeriodSeconds: '5',
      });
      const jobId = await exec(sae, AppId);
      await until('the job runs', async () => (await jobStatus(sae, AppId, jobId)).State === '3');
      await sae('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId });
      return sae('UpdateJob', 'POST', '/pop/v1/sam/job/updateJob', { AppId, Command: 'false' });
    },
  ],
];

suite('error codes of the job operations (sae.md §6.1)', () => {
  let server: SaeServer;
  const cleanups: (() => void | Promise<void>)[] = [];
  before(async () => {
    const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
    const file = join(await temporaryFolder(cleanup), 'longshore.json');
    await writeFile(
      file,
      JSON.stringify({
        sae: { phpRuntime: null, packageVersionOnce: true },
        limits: { replicasPerAccount: 40 },
      }),
    );
    server = await startSaeServer(cleanup, { env: { LONGSHORE_CONFIG: file } });
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  for (const [index, [code, message, provoke, status = 400]] of rows.entries()) {
    test(`${code} #${index}`, async () => {
      const told = await refusal(provoke(server));
      assert.deepEqual([told.code, told.status], [code, status], told.message);
      if (typeof message === 'string') assert.ok(told.message.includes(message), told.message);
      else assert.match(told.message, message);
    });
  }

  test('every code that this server raises is provoked above; those of the cloud never are', () => {
    const classes = Object.entries(saeErrors).map(([code, row]) => [code, row.class] as const);
    const provoked = new Set(rows.map(([code]) => code));
    const raised = classes.filter(([, kind]) => kind === 'raised').map(([code]) => code);
    assert.deepEqual(
      raised.filter((code) => !provoked.has(code)),
      [],
    );
    const cloud = classes.filter(([, kind]) => kind === 'cloud-only').map(([code]) => code);
    assert.ok(cloud.length > 0);
    assert.deepEqual(
      cloud.filter((code) => provoked.has(code)),
      [],
    );
  });

  test('changes are refused during maintenance, runs are not', async (t) => {
    const dataDir = await dataFolder(t);
    const open = await startSaeServer(t, { dataDir });
    const appId = await createTemplate(open.sae, ['true']);
    await open.stop();
    const closed = await startSaeServer(t, {
      dataDir,
      key: open.key,
      env: { LONGSHORE_SAE_MAINTENANCE: 'true' },
    });
    const refused = [
      create({})(closed),
      closed.sae('UpdateJob', 'POST', '/pop/v1/sam/job/updateJob', { AppId: appId }),
    ];
    for (const call of refused) {
      const told = await refusal(call);
      assert.deepEqual([told.code, told.status], ['System.Upgrading', 400]);
      assert.match(told.message, /The system is being upgraded\. Please try again later\./);
    }
    assert.match(await exec(closed.sae, appId), /^manual-/);
  });

  test('none of them was a trouble of the server', () => {
    assert.equal(server.program.stderr(), '');
  });
});
