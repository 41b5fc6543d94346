import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobParameters } from '../../../../src/dialects/sae/parameters/job-parameters.ts';
import { parameterInfos } from '../../../../src/dialects/sae/parameters/parameter.ts';
import {
  instanceSpecification,
  instanceSpecifications,
} from '../../../../src/dialects/sae/validation/instance-specification.ts';
import { assertWire, created, fatJar, settings, smallest, updated, wireError } from './support.ts';

describe('parameter table', () => {
  test('CreateJob has 56 parameters, 7 in the form; UpdateJob 47, 8', () => {
    const count = (operation: 'create' | 'update', place?: string) =>
      jobParameters.filter((row) =>
        place === undefined ? row[operation] !== null : row[operation] === place,
      ).length;
    assert.deepEqual([count('create'), count('create', 'form')], [56, 7]);
    assert.deepEqual([count('update'), count('update', 'form')], [47, 8]);
  });

  test('required ones are the contract’s', () => {
    const required = (operation: 'create' | 'update') =>
      parameterInfos(jobParameters, operation)
        .filter((info) => info.required)
        .map((info) => info.name);
    assert.deepEqual(required('create'), ['AppName', 'Workload', 'PackageType', 'Replicas']);
    assert.deepEqual(required('update'), ['AppId']);
  });

  test('every parameter says how it is treated', () => {
    const unsaid = jobParameters.filter((row) => row.effect === 'acts' && row.note === '');
    assert.deepEqual(unsaid, []);
  });
});

describe('order of checks (sae.md §4.2)', () => {
  // Each step mends the fault that the one before reported; the next one must show.
  const broken = {
    ...fatJar,
    AppName: '',
    Timeout: 'x',
    CommandArgs: '{',
    NamespaceId: 'cn-hangzhou:Team',
    PackageType: 'Zip',
    Jdk: '',
    Cpu: '1',
    RefAppId: 'x',
    SlsConfigs: '[{"logDir":"a"}]',
    Replicas: '51',
  };
  const mends: readonly (readonly [Record<string, string>, string])[] = [
    [{}, 'InvalidParameter.NotEmpty'],
    [{ AppName: 'a' }, 'InvalidParameter.Obviously'],
    [{ Timeout: '1' }, 'InvalidParameter.WithMessage'],
    [{ CommandArgs: '[]' }, 'InvalidNamespace.WithUppercase'],
    [{ NamespaceId: 'cn-hangzhou:no' }, 'InvalidNamespaceId.NotFound'],
    [{ NamespaceId: 'cn-hangzhou:team' }, 'InvalidPackageType.NotFound'],
    [{ PackageType: 'FatJar' }, 'JarApplication.MissingJdk'],
    [{ Jdk: 'Open JDK 8' }, 'InvalidInstanceSpecification.Unsupported'],
    [{ Cpu: '500' }, 'InvalidApplication.NotFound'],
  ];

  test('the first fault in the contract’s order is the one reported', () => {
    let values: Record<string, string> = broken;
    for (const [mend, code] of mends) {
      values = { ...values, ...mend };
      const reference = { exists: false, self: false };
      assert.equal(wireError(() => created(values, {}, { reference })).code, code);
    }
    assert.equal(wireError(() => created(values, {})).code, 'LogService.LogDirInvalid');
    values = { ...values, SlsConfigs: '' };
    assert.equal(wireError(() => created(values, {})).code, 'NoComputeResourceQuota.App.Exceed');
    assert.equal(created({ ...values, Replicas: '50' }, {}).replicas, 50);
  });
});

describe('instance sizes', () => {
  test('the 21 pairs are legal and nothing else is', () => {
    const cpus = [500, 1000, 2000, 4000, 8000, 12_000, 16_000, 32_000];
    let legal = 0;
    for (const memory of instanceSpecifications.keys()) {
      for (const cpu of cpus) {
        if (instanceSpecifications.get(memory)?.includes(cpu)) {
          legal += 1;
          assert.deepEqual(instanceSpecification(cpu, memory), {
            cpuMillis: cpu,
            memoryMib: memory,
          });
        } else {
          assert.equal(
            wireError(() => instanceSpecification(cpu, memory)).message,
            `The instance specification is not supported: CPU [${cpu}], memory [${memory}].`,
          );
        }
      }
    }
    assert.equal(legal, 21);
  });

  test('one value gets its smallest partner, none the defaults', () => {
    assert.deepEqual(instanceSpecification(12_000, undefined), {
      cpuMillis: 12_000,
      memoryMib: 12_288,
    });
    assert.deepEqual(instanceSpecification(undefined, 65_536), {
      cpuMillis: 8000,
      memoryMib: 65_536,
    });
    assert.deepEqual(instanceSpecification(8000, undefined), { cpuMillis: 8000, memoryMib: 8192 });
    assert.deepEqual(instanceSpecification(undefined, undefined), {
      cpuMillis: 500,
      memoryMib: 1024,
    });
    assert.throws(() => instanceSpecification(300, undefined));
    assert.throws(() => instanceSpecification(undefined, 3000));
  });
});

describe('packages', () => {
  const zip = { PackageUrl: 'http://files.example/a.zip?sig=/x.exe', Jdk: '' };

  test('every package type that the contract lists is taken', () => {
    assert.equal(created({}, fatJar).family, 'fat-jar');
    const war = {
      PackageType: 'War',
      PackageUrl: 'http://x/a.war',
      WebContainer: 'apache-tomcat-8.5.42',
    };
    assert.equal(created(war, fatJar).family, 'war');
    assert.equal(created({ ...zip, PackageType: 'PythonZip' }, fatJar).family, 'python');
    assert.equal(
      created({ ...zip, PackageType: 'PhpZip', PackageVersion: '' }, fatJar).family,
      'php',
    );
    for (const version of ['5_4', '5_5', '5_6', '7_0', '7_1', '7_2', '7_3']) {
      for (const suffix of ['', '_ALPINE']) {
        assert.equal(created({ PackageType: `IMAGE_PHP_${version}${suffix}` }).family, 'image');
      }
    }
  });

  test('HSF applications need a JDK and no Tomcat', () => {
    assert.equal(created({ EdasContainerVersion: '3.5.3' }, fatJar).family, 'fat-jar');
    assert.equal(
      wireError(() => created({ EdasContainerVersion: 'new' }, fatJar)).code,
      'InvalidComponent.NotFound',
    );
  });

  test('images ignore Java runtimes', () => {
    assert.equal(created({ Jdk: 'anything', WebContainer: 'at all' }).family, 'image');
  });

  test('file names', () => {
    for (const name of ['a b.jar', 'ä.jar', '.jar', 'a.JAR', 'a', 'a.jar/']) {
      assert.equal(
        wireError(() => created({ PackageUrl: `http://files.example/${name}` }, fatJar)).code,
        'InvalidParameter.FileName',
        name,
      );
    }
    assert.ok(created({ PackageUrl: 'oss://bucket/dir/my_App-1.0.jar' }, fatJar));
  });
});

describe('namespaces', () => {
  test('default, configured, and disregarded with AutoConfig', () => {
    assert.equal(created({}).namespace, 'cn-hangzhou');
    assert.equal(created({ NamespaceId: 'cn-hangzhou' }).namespace, 'cn-hangzhou');
    assert.equal(created({ NamespaceId: 'cn-hangzhou:team' }).namespace, 'cn-hangzhou:team');
    const auto = created({ NamespaceId: 'cn-hangzhou:Nowhere', AutoConfig: 'True' });
    assert.equal(auto.namespace, 'cn-hangzhou');
  });
});

describe('other regions', () => {
  test('a namespace of another region is refused as such, unless it is configured', () => {
    assertWire(
      () => created({ NamespaceId: 'cn-beijing:team' }),
      400,
      'InvalidServerlessRegion.Unsupported',
      'The current region is not supported: cn-beijing',
    );
    const foreign = { ...settings, namespaces: ['cn-beijing:team'] };
    const job = created({ NamespaceId: 'cn-beijing:team' }, smallest, { settings: foreign });
    assert.equal(job.namespace, 'cn-beijing:team');
    for (const [id, code] of [
      ['cn-beijing:Team', 'InvalidNamespace.WithUppercase'],
      ['cn-beijing', 'InvalidNamespaceId.NotFound'],
      [':', 'InvalidNamespaceId.NotFound'],
    ] as const) {
      assert.equal(wireError(() => created({ NamespaceId: id })).code, code, id);
    }
  });
});

describe('runtimes', () => {
  const runtimes = [{ name: 'Open JDK 21', inContainer: true }];
  const configured = { settings: { ...settings, runtimes } };
  const php = { PackageType: 'PhpZip', PackageUrl: 'http://x/a.zip', Jdk: '' };

  test('those that the operator configured are known', () => {
    assert.equal(created({ Jdk: 'Open JDK 21' }, fatJar, configured).bag['Jdk'], 'Open JDK 21');
    assert.equal(
      wireError(() => created({ Jdk: 'Open JDK 21' }, fatJar)).code,
      'InvalidComponent.NotFound',
    );
  });

  test('Php names a runtime of PhpZip, and nothing elsewhere', () => {
    const stored = created(php, fatJar).bag;
    for (const Php of ['php', 'PHP 7.4', 'php-8.2.1', 'php8']) {
      assert.equal(updated(stored, { Php }).bag['Php'], Php);
    }
    assert.equal(
      wireError(() => updated(stored, { Php: 'cri-xxxxxx' })).code,
      'InvalidComponent.NotFound',
    );
    assert.ok(updated(smallest, { Php: 'cri-xxxxxx' }));
  });

  test('an update that leaves a Java package without any component', () => {
    const war = {
      ...fatJar,
      PackageType: 'War',
      PackageUrl: 'http://x/a.war',
      WebContainer: 'apache-tomcat-8.5.42',
    };
    assert.equal(
      wireError(() => updated(war, { Jdk: '', WebContainer: '' })).code,
      'Application.MissingJdk',
    );
    assert.equal(
      wireError(() => updated(war, { Jdk: '' })).code,
      'WarApplication.MissingJdkWebcontainer',
    );
  });

  test('a version stands for one package where the operator wants it so', () => {
    const choices = { settings: { ...settings, packageVersionOnce: true } };
    const PackageUrl = 'http://files.example/other.jar';
    assertWire(
      () => updated(fatJar, { PackageUrl }, choices),
      400,
      'App.Package.Version.Exists',
      'The package version of application already exists.',
    );
    assert.ok(updated(fatJar, { PackageUrl, PackageVersion: '2' }, choices));
    assert.ok(updated(fatJar, { Replicas: '2' }, choices));
    assert.ok(updated(fatJar, { PackageUrl }));
    const unversioned = created({ ...php, PackageVersion: '' }, fatJar).bag;
    assert.ok(updated(unversioned, { PackageUrl: 'http://x/b.zip' }, choices));
  });
});

describe('changes (U26, U28)', () => {
  const stored = {
    ...smallest,
    Command: 'echo',
    CommandArgs: '["a"]',
    Envs: '[{"name":"A","value":"1"}]',
    TomcatConfig: '{"port":8080}',
    OssAkId: 'id',
    OssAkSecret: 'hidden',
    Timeout: '60',
  };

  test('absent keeps, a value replaces, empty clears', () => {
    const { bag } = updated(stored, { Command: 'sh', Envs: '', TomcatConfig: ' {} ' });
    assert.equal(bag['Command'], 'sh');
    assert.equal(bag['CommandArgs'], '["a"]');
    assert.deepEqual([bag['Envs'], bag['TomcatConfig']], [undefined, undefined]);
    assert.equal(bag['Timeout'], '60');
  });

  test('what cannot change is ignored', () => {
    const { bag } = updated(stored, {
      AppName: 'other',
      AppDescription: 'x',
      NamespaceId: 'cn-hangzhou:team',
      Workload: 'app',
      PackageType: 'FatJar',
      Cpu: '1000',
      Memory: '2048',
      AutoConfig: 'true',
      VpcId: 'v',
    });
    assert.deepEqual(bag, stored);
  });

  test('the merged definition is checked', () => {
    assert.ok(updated(fatJar, { PackageVersion: '2' }));
    assertWire(
      () => updated(fatJar, { PackageUrl: '' }),
      400,
      'InvalidParameter.NotEmpty',
      'You must specify the parameter PackageUrl.',
    );
    assertWire(
      () => updated(fatJar, { Jdk: '' }),
      400,
      'Application.MissingJdk',
      'Your application must at least contain a JDK component.',
    );
    assertWire(
      () => updated(stored, { Replicas: '' }),
      400,
      'InvalidParameter.NotEmpty',
      'You must specify the parameter Replicas.',
    );
    const sliced = { ...stored, Slice: 'true', SliceEnvs: '[1]' };
    assert.equal(
      wireError(() => updated(sliced, { Replicas: '2' })).code,
      'InvalidParameter.WithMessage',
    );
  });

  test('the mask keeps the stored secret, anything else replaces it', () => {
    assert.equal(updated(stored, { OssAkSecret: '******' }).bag['OssAkSecret'], 'hidden');
    assert.equal(updated(stored, { OssAkSecret: 'new' }).bag['OssAkSecret'], 'new');
    assert.equal(updated(stored, { OssAkSecret: '' }).bag['OssAkSecret'], undefined);
  });

  test('a link to a template that is gone does not stop other changes', () => {
    assert.equal(
      updated({ ...stored, RefAppId: 'gone' }, { Command: 'x' }).bag['RefAppId'],
      'gone',
    );
  });
});
