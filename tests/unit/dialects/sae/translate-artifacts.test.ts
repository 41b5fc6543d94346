import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { created, factsOf, fatJar, revisionOf, secretOf, smallest, updated } from './support.ts';

const revision = (values: Record<string, string>, base = smallest) =>
  revisionOf(created(values, base));

describe('artifacts', () => {
  const artifact = (values: Record<string, string>, base = fatJar) =>
    revision(values, base).spec.task.artifact;

  test('FatJar', () => {
    assert.deepEqual(artifact({ JarStartOptions: '-Xms4G -Xmx4G', JarStartArgs: 'a b' }), {
      kind: 'package',
      format: 'jar',
      url: 'http://files.example/demo-1.jar',
      version: '1.0.1',
      jdk: 'Open JDK 8',
      options: '-Xms4G -Xmx4G',
      args: 'a b',
    });
  });

  test('War, with Tomcat’s defaults; one with EdasContainerVersion names no Tomcat', () => {
    const war = {
      PackageType: 'War',
      PackageUrl: 'http://x/a.war',
      TomcatConfig: '{"maxThreads":7}',
      WarStartOptions: 'catalina.sh run',
    };
    const expected = {
      kind: 'package',
      format: 'war',
      url: 'http://x/a.war',
      version: '1.0.1',
      jdk: 'Open JDK 8',
      webContainer: 'apache-tomcat-7.0.91',
      startOptions: 'catalina.sh run',
      tomcat: {
        port: 8080,
        contextPath: '/',
        maxThreads: 7,
        uriEncoding: 'ISO-8859-1',
        useBodyEncodingForUri: true,
      },
    };
    assert.deepEqual(artifact({ ...war, WebContainer: 'apache-tomcat-7.0.91' }), expected);
    const hsf = revision({ ...war, EdasContainerVersion: '3.5.3' }, fatJar);
    assert.deepEqual(hsf.spec.task.artifact, {
      ...expected,
      webContainer: 'apache-tomcat-8.5.42',
    });
    assert.deepEqual(hsf.notActedOn, ['EdasContainerVersion']);
  });

  test('PythonZip and PhpZip, with their default runtimes', () => {
    const zip = { PackageUrl: 'http://x/a.zip', Jdk: '' };
    const source = { kind: 'package', url: 'http://x/a.zip', version: '1.0.1' };
    assert.deepEqual(artifact({ ...zip, PackageType: 'PythonZip' }), {
      ...source,
      format: 'python',
      python: 'PYTHON 3.9.15',
      modules: null,
    });
    assert.deepEqual(
      artifact({ ...zip, PackageType: 'PhpZip', PhpConfig: 'a=b', PhpConfigLocation: '/p.ini' }),
      {
        ...source,
        format: 'php',
        runtime: 'php',
        php: { config: 'a=b', location: '/p.ini' },
      },
    );
    const stored = created({ ...zip, PackageType: 'PhpZip' }, fatJar).bag;
    const named = revisionOf(updated(stored, { Php: 'PHP 7.4' })).spec.task.artifact;
    assert.equal(named.kind === 'package' && named.format === 'php' && named.runtime, 'PHP 7.4');
  });

  test('images: a Secret to pull with, and php.ini for those of PHP', () => {
    const catalog = factsOf([], secretOf(9));
    const image = (values: Record<string, string>) =>
      revisionOf(created({ ImagePullSecrets: '9', ...values }, smallest, { catalog }));
    const pulled = image({ ImageUrl: 'team/app:1', PhpConfig: 'a=b' });
    assert.deepEqual(pulled.spec.task.artifact, {
      kind: 'image',
      image: 'team/app:1',
      pullSecretId: 9,
    });
    assert.deepEqual(pulled.references, [{ kind: 'secret', id: 9 }]);
    assert.deepEqual(pulled.notActedOn, ['PhpConfig']);
    const php = image({ PackageType: 'IMAGE_PHP_7_3', ImageUrl: 'php:7', PhpConfig: 'a=b' });
    assert.deepEqual(php.spec.task.artifact, {
      kind: 'image',
      image: 'php:7',
      pullSecretId: 9,
      php: { config: 'a=b', location: null },
    });
    // Nothing is pulled for a process of this machine, but the Secret stays in use.
    const host = image({});
    assert.deepEqual(host.spec.task.artifact, { kind: 'image', image: 'longshore/host' });
    assert.deepEqual(host.notActedOn, ['ImagePullSecrets']);
    assert.deepEqual(host.references, [{ kind: 'secret', id: 9 }]);
  });
});
