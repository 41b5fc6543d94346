import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { created, fatJar, revisionOf, settings, smallest } from './support.ts';

const revision = (values: Record<string, string>, base = smallest) =>
  revisionOf(created(values, base));

describe('what has no effect the way a job runs', () => {
  test('what does not act is named, unless it asks for nothing', () => {
    assert.deepEqual(
      revision({
        VpcId: 'vpc-1',
        Cpu: '1000',
        CommandArgs: '["unused without Command"]',
        EnableImageAccl: 'false',
        SlsConfigs: '[]',
        BestEffortType: 'x',
      }).notActedOn,
      ['VpcId', 'Cpu', 'CommandArgs', 'BestEffortType'],
    );
    for (const config of [
      '{"type":"time","config":"0 1 * * ?"}',
      '{"type":"http","config":{"type":"HTTP","method":["GET"]}}',
    ]) {
      assert.deepEqual(revision({ TriggerConfig: config }).notActedOn, []);
    }
    assert.deepEqual(revision({ EnableImageAccl: 'true' }).notActedOn, ['EnableImageAccl']);
  });

  test('Cpu and Memory act on containers, and are named on processes of this machine', () => {
    const size = { Cpu: '1000', Memory: '2048' };
    assert.deepEqual(revision(size).notActedOn, ['Cpu', 'Memory']);
    assert.deepEqual(revision({ ...size, ImageUrl: 'team/app:1' }).notActedOn, []);
    assert.deepEqual(revision(size, fatJar).notActedOn, ['Cpu', 'Memory']);
    const runtimes = [{ name: 'Open JDK 8', inContainer: true }];
    assert.deepEqual(revisionOf(created(size, fatJar), { ...settings, runtimes }).notActedOn, []);
  });

  test('parameters of other artifacts are named', () => {
    const all = {
      ImageUrl: 'team/app:1',
      PackageUrl: 'http://x/a.jar',
      PackageVersion: '1',
      Jdk: 'Open JDK 8',
      WebContainer: 'apache-tomcat-8.5.42',
      JarStartOptions: '-Xmx1g',
      JarStartArgs: 'a',
      WarStartOptions: 'b',
      TomcatConfig: '{"port":8081}',
      Python: 'PYTHON 3.9.15',
      PythonModules: 'Flask',
      PhpConfig: 'k=v',
      PhpConfigLocation: '/php.ini',
    };
    const used = (PackageType: string, PackageUrl: string) => {
      const names = new Set(revision({ ...all, PackageType, PackageUrl }).notActedOn);
      return Object.keys(all).filter((name) => !names.has(name));
    };
    assert.deepEqual(used('Image', 'http://x/a.jar'), ['ImageUrl']);
    assert.deepEqual(used('IMAGE_PHP_7_3', 'http://x/a.jar'), [
      'ImageUrl',
      'PhpConfig',
      'PhpConfigLocation',
    ]);
    assert.deepEqual(used('FatJar', 'http://x/a.jar'), [
      'PackageUrl',
      'PackageVersion',
      'Jdk',
      'JarStartOptions',
      'JarStartArgs',
    ]);
    assert.deepEqual(used('War', 'http://x/a.war'), [
      'PackageUrl',
      'PackageVersion',
      'Jdk',
      'WebContainer',
      'WarStartOptions',
      'TomcatConfig',
    ]);
    assert.deepEqual(used('PythonZip', 'http://x/a.zip'), [
      'PackageUrl',
      'PackageVersion',
      'Python',
      'PythonModules',
    ]);
    assert.deepEqual(used('PhpZip', 'http://x/a.zip'), [
      'PackageUrl',
      'PackageVersion',
      'PhpConfig',
      'PhpConfigLocation',
    ]);
  });

  test('parameters that need another one are named without it', () => {
    const named = (values: Record<string, string>) => revision(values).notActedOn;
    const MountDesc = '[{mountPath: "/tmp", nasPath: "/"}]';
    const OssMountDescs = '[{"bucketName":"b","bucketPath":"p","mountPath":"/m"}]';
    assert.deepEqual(named({ MountDesc }), ['MountDesc']);
    assert.deepEqual(named({ NasId: 'n', MountHost: 'h' }), ['NasId', 'MountHost']);
    assert.deepEqual(named({ NasId: 'n', MountDesc }), []);
    const NasConfigs = '[{"mountPath":"/n","nasId":"m"}]';
    assert.deepEqual(named({ NasId: 'n', MountDesc, NasConfigs }), ['NasId', 'MountDesc']);
    assert.deepEqual(named({ OssAkId: 'i', OssAkSecret: 's' }), ['OssAkId', 'OssAkSecret']);
    assert.deepEqual(named({ OssMountDescs, OssAkId: 'i' }), ['OssAkId']);
    assert.deepEqual(named({ OssMountDescs, OssAkId: 'i', OssAkSecret: 's' }), []);
    assert.deepEqual(named({ SliceEnvs: '[1]' }), ['SliceEnvs']);
    assert.deepEqual(named({ NamespaceId: 'x', AutoConfig: 'true' }), ['NamespaceId']);
    assert.deepEqual(named({ PackageType: 'IMAGE_PHP_7_3', PhpConfigLocation: '/x' }), [
      'PhpConfigLocation',
    ]);
  });

  test('nothing is collected where log collection is switched off', () => {
    const SlsConfigs = '[{"logType":"stdout"}]';
    const on = revision({ SlsConfigs });
    assert.deepEqual(on.spec.task.collect, [{ source: { kind: 'stdout' }, into: null }]);
    assert.deepEqual(on.notActedOn, []);
    const off = revisionOf(created({ SlsConfigs }), { ...settings, logCollection: false });
    assert.equal(off.spec.task.collect, undefined);
    assert.deepEqual(off.notActedOn, ['SlsConfigs']);
  });
});
