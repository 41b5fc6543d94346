import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import type { PackageArtifact, TomcatSettings } from '../../../../src/domain/template.ts';
import type { RuntimeKind } from '../../../../src/executors/packages/contract.ts';
import type { DetectedRuntime } from '../../../../src/executors/packages/runtimes/runtime.ts';
import { Runtimes } from '../../../../src/executors/packages/runtimes/runtimes.ts';
import { planStart, type StartPlan } from '../../../../src/executors/packages/start/plan.ts';
import { contextFolder, serverXml } from '../../../../src/executors/packages/start/tomcat-files.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const tomcat: TomcatSettings = {
  port: 9090,
  contextPath: '/',
  maxThreads: 7,
  uriEncoding: 'GB2312',
  useBodyEncodingForUri: true,
};
const source = { kind: 'package', url: 'http://h/a', version: '1' } as const;
const jdk = 'Open JDK 8';
const packages = {
  jar: { ...source, format: 'jar', jdk, options: '-Xmx1g', args: 'a' },
  war: {
    ...source,
    format: 'war',
    jdk,
    webContainer: 'apache-tomcat-8.5.42',
    startOptions: '',
    tomcat,
  },
  python: { ...source, format: 'python', python: 'PYTHON 3.9.15', modules: 'Flask==2.0' },
  php: {
    ...source,
    format: 'php',
    runtime: 'php',
    php: { config: 'k1=v1', location: '/etc/my/php.ini' },
  },
} as const satisfies Record<string, PackageArtifact>;

const found: readonly DetectedRuntime[] = (
  [
    ['java', '1.8.0_412'],
    ['tomcat', '8.5.42'],
    ['python', '3.9.15'],
    ['php', '8.2.1'],
  ] as const
).map(([family, version]) => ({
  family,
  product: family,
  version,
  home: `/opt/${family}`,
  program: `/opt/${family}/bin/x`,
}));

async function runtimes(images = true): Promise<Runtimes> {
  const names = ['Open JDK 8', 'apache-tomcat-8.5.42', 'PYTHON 3.9.15', 'php'];
  const all = new Runtimes({
    configured: images ? names.map((name) => ({ name, image: `image of ${name}` })) : [],
    strict: true,
    detect: () => Promise.resolve(found),
  });
  await all.look();
  return all;
}

async function plan(artifact: PackageArtifact, via: RuntimeKind): Promise<StartPlan> {
  const made = planStart(artifact, via, await runtimes(via === 'image'));
  assert.ok(typeof made !== 'string', String(made));
  return made;
}

test('a jar starts with the words of the contract', async () => {
  const { files, env, needsCommand } = await plan(packages.jar, 'folder');
  const last = files['start.sh']?.trimEnd().split('\n').at(-1);
  assert.equal(last, 'exec "$JAVA_HOME/bin/java" -Xmx1g -jar $CATALINA_OPTS "$package_path" a');
  assert.deepEqual([env, needsCommand], [{ JAVA_HOME: '/opt/java' }, false]);
});

test('the image is that of the runtime; of the web container for a war', async () => {
  const images = await Promise.all(
    Object.values(packages).map(async (artifact) => (await plan(artifact, 'image')).image),
  );
  assert.deepEqual(images, [
    'image of Open JDK 8',
    'image of apache-tomcat-8.5.42',
    'image of PYTHON 3.9.15',
    'image of php',
  ]);
  const none = planStart({ ...packages.jar, jdk: 'Dragonwell 8' }, 'image', await runtimes());
  const elsewhere = planStart(packages.jar, 'folder', await runtimes());
  assert.match(String(elsewhere), /has Open JDK 8 in the image image of Open JDK 8, which needs/);
  assert.match(
    String(none),
    /no image is configured for Dragonwell 8; add \{"name": "Dragonwell 8", "image": …\}/,
  );
});

const wars = [
  '',
  '-Dx="a b"',
  'A="$B" catalina.sh run',
  `java org.apache.catalina.startup.Bootstrap start`,
];

test('every script is one for a POSIX shell', async (t) => {
  const folder = await temporaryFolder(t);
  const all: readonly PackageArtifact[] = [
    ...Object.values(packages),
    ...wars.map((startOptions) => ({ ...packages.war, startOptions })),
    { ...packages.war, startOptions: `echo 'it'"'"'s' "($HOME)"; catalina.sh run` },
    { ...packages.python, modules: null },
    { ...packages.php, php: { config: null, location: null } },
  ];
  for (const artifact of all) {
    for (const via of ['folder', 'image'] as const) {
      const text = (await plan(artifact, via)).files['start.sh'] ?? '';
      const file = path.join(folder, 'start.sh');
      await writeFile(file, text);
      execFileSync('sh', ['-n', file], { stdio: 'pipe' });
      assert.ok(!text.includes('undefined'));
    }
  }
});

test('in an image the Java on its PATH is found', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'jdk/bin'), { recursive: true });
  await writeFile(path.join(folder, 'jdk/bin/java'), '#!/bin/sh\necho "$JAVA_HOME" "$@"\n', {
    mode: 0o755,
  });
  await writeFile(
    path.join(folder, 'start.sh'),
    (await plan(packages.jar, 'image')).files['start.sh'] ?? '',
  );
  const run = (PATH: string): string =>
    execFileSync('/bin/sh', [path.join(folder, 'start.sh')], {
      env: { PATH, package_path: '/longshore/package/package.jar' },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  assert.equal(
    run(`${folder}/jdk/bin:/usr/bin:/bin`),
    `${folder}/jdk -Xmx1g -jar /longshore/package/package.jar a\n`,
  );
  assert.throws(() => run(`${folder}/none`), /the image of this runtime has no java on its PATH/);
});

test('TomcatConfig becomes server.xml, and the context path a folder', () => {
  const xml = serverXml({ ...tomcat, uriEncoding: 'a"<&' });
  assert.match(xml, /port="9090"[^>]*maxThreads="7"\s+URIEncoding="a&quot;&lt;&amp;"/);
  assert.match(xml, /useBodyEncodingForURI="true"/);
  assert.deepEqual(['/', '', '/shop', '/a/b/', 'shop', '/..', '/a b', '/a#b'].map(contextFolder), [
    'ROOT',
    'ROOT',
    'shop',
    'a#b',
    null,
    null,
    null,
    null,
  ]);
});

test('impossible settings are refused in words', async () => {
  const all = await runtimes();
  const war = { ...packages.war, tomcat: { ...tomcat, contextPath: '/../x' } };
  assert.match(
    String(planStart(war, 'folder', all)),
    /context path "\/\.\.\/x" of TomcatConfig is not possible/,
  );
  const php = { ...packages.php, php: { config: 'x', location: 'php.ini' } };
  assert.match(
    String(planStart(php, 'folder', all)),
    /place "php\.ini" for php\.ini is not possible/,
  );
});

test('in an image packages are copied, modules installed, php.ini laid', async (t) => {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  await mkdir(path.join(folder, 'package/sub'), { recursive: true });
  await writeFile(path.join(folder, 'package/sub/data'), 'of the package', { mode: 0o444 });
  await writeFile(path.join(folder, 'package/requirements.txt'), 'some-module\n');
  await mkdir(path.join(folder, 'bin'));
  // Stands for the runtimes of an image: says how it was called.
  const fake = '#!/bin/sh\necho "${0##*/} $*" >&2\n';
  for (const name of ['python3', 'php']) {
    await writeFile(path.join(folder, 'bin', name), fake, { mode: 0o755 });
  }
  await mkdir(path.join(folder, 'writable'), { mode: 0o777 });
  await chmod(path.join(folder, 'writable'), 0o777);
  const location = path.join(folder, 'writable/php/php.ini');
  const php = { ...packages.php, php: { config: 'k1=v1', location } };
  const words = 'echo "$PHPRC"; echo "-new" >>sub/data; cat sub/data; pwd; echo "$PYTHONPATH"';
  for (const artifact of [{ ...packages.python, modules: null }, php]) {
    for (const [name, content] of Object.entries((await plan(artifact, 'image')).files)) {
      await writeFile(path.join(folder, name), content, { mode: 0o444 });
    }
    // Not as root, who could make /home/admin here.
    const other = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout, stderr, status } = spawnSync(
      '/bin/sh',
      [path.join(folder, 'start.sh'), '/bin/sh', '-c', words],
      {
        env: {
          PATH: `${folder}/bin:/usr/bin:/bin`,
          TMPDIR: path.join(folder, 'writable'),
          package_path: path.join(folder, 'package'),
        },
        encoding: 'utf8',
        ...other,
      },
    );
    assert.equal(status, 0, stderr);
    const [phprc, data, pwd, modules] = stdout.split('\n');
    const base = path.join(folder, 'writable/tmp.');
    assert.equal(data, 'of the package-new');
    assert.ok(pwd?.startsWith(base) && pwd.endsWith('/app'), stdout);
    if (artifact.format === 'php') {
      assert.equal(phprc, path.dirname(location));
      assert.equal(await readFile(location, 'utf8'), 'k1=v1\n');
    } else {
      assert.ok(modules?.startsWith(base) && modules.endsWith('/modules'), stdout);
      assert.match(stderr, /python3 -m pip install --target \S+\/modules -r requirements\.txt/);
    }
    await rm(path.join(folder, 'start.sh'));
  }
  assert.equal(await readFile(path.join(folder, 'package/sub/data'), 'utf8'), 'of the package');
});
