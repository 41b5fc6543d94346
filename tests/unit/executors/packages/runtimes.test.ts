import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { detectedRuntimes } from '../../../../src/executors/packages/runtimes/detect.ts';
import { describeRuntimes } from '../../../../src/executors/packages/runtimes/describe.ts';
import type {
  DetectedRuntime,
  RuntimeFamily,
} from '../../../../src/executors/packages/runtimes/runtime.ts';
import { Runtimes } from '../../../../src/executors/packages/runtimes/runtimes.ts';
import {
  askedParts,
  isExactly,
  nearest,
  versionParts,
} from '../../../../src/executors/packages/runtimes/versions.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

function runtime(family: RuntimeFamily, version: string, product = 'OpenJDK'): DetectedRuntime {
  return { family, product, version, home: `/opt/${version}`, program: `/opt/${version}/bin/x` };
}

/** A folder with `bin/<name>`, a program that answers with these words. */
async function fakeProgram(t: TestContext, name: string, words: string): Promise<string> {
  const home = await temporaryFolder(t);
  await mkdir(path.join(home, 'bin'));
  const file = path.join(home, 'bin', name);
  await writeFile(file, `#!/bin/sh\ncat >&2 <<'E'\n${words}\nE\n`);
  await chmod(file, 0o755);
  await chmod(home, 0o755);
  return home;
}

test('the names of the manual ask for these versions', () => {
  const asked: readonly (readonly [string, RuntimeFamily, readonly number[]])[] = [
    ['Open JDK 8', 'java', [8]],
    ['Open JDK 7', 'java', [7]],
    ['Dragonwell 11', 'java', [11]],
    ['openjdk-8u191-jdk-alpine3.9', 'java', [8, 0, 191]],
    ['openjdk-7u201-jdk-alpine3.9', 'java', [7, 0, 201]],
    ['apache-tomcat-7.0.91', 'tomcat', [7, 0, 91]],
    ['PYTHON 3.9.15', 'python', [3, 9, 15]],
    ['php', 'php', []],
  ];
  for (const [name, family, parts] of asked)
    assert.deepEqual(askedParts(name, family), parts, name);
  assert.deepEqual(versionParts('1.8.0_191', 'java'), [8, 0, 191]);
  assert.deepEqual(versionParts('17.0.15', 'java'), [17, 0, 15]);
});

test('exactly means number by number, and the maker where the name tells one', () => {
  assert.ok(isExactly('Open JDK 8', runtime('java', '1.8.0_412')));
  assert.ok(isExactly('openjdk-8u191-jdk-alpine3.9', runtime('java', '1.8.0_191')));
  assert.ok(!isExactly('openjdk-8u191-jdk-alpine3.9', runtime('java', '1.8.0_412')));
  assert.ok(!isExactly('Dragonwell 8', runtime('java', '1.8.0_412')));
  assert.ok(isExactly('Dragonwell 8', runtime('java', '1.8.0_412', 'Dragonwell')));
  assert.ok(!isExactly('PYTHON 3.9.15', runtime('python', '3.9.2')));
  assert.ok(isExactly('php', runtime('php', '8.2.35')));
});

test('the nearest: the same line first, then the lowest above, then the highest below', () => {
  const pick = (name: string, family: RuntimeFamily, ...versions: readonly string[]) =>
    nearest(
      name,
      versions.map((version) => runtime(family, version)),
    )?.version;
  assert.equal(pick('Open JDK 8', 'java', '25.0.3', '17.0.15', '21.0.1'), '17.0.15');
  assert.equal(pick('Open JDK 8', 'java', '17.0.15', '1.8.0_412'), '1.8.0_412');
  assert.equal(pick('Dragonwell 11', 'java', '1.8.0_412'), '1.8.0_412');
  assert.equal(pick('PYTHON 3.9.15', 'python', '3.11.2', '3.9.2', '3.12.0'), '3.9.2');
  assert.equal(pick('apache-tomcat-7.0.91', 'tomcat', '10.1.60', '9.0.1', '8.5.42'), '8.5.42');
  assert.equal(pick('php', 'php'), undefined);
});

test('a substitute is told, and refused when strict', async () => {
  const found = [runtime('java', '17.0.15'), runtime('tomcat', '10.1.60', 'Apache Tomcat')];
  const detect = (): Promise<readonly DetectedRuntime[]> => Promise.resolve(found);
  const lax = new Runtimes({ configured: [], strict: false, detect });
  assert.match(String(lax.choose('java', 'Open JDK 8')), /this machine has no JDK for Open JDK 8/);
  await lax.look();
  assert.deepEqual(lax.choose('java', 'Open JDK 8'), {
    runtime: found[0],
    note: 'Open JDK 8 was asked for, OpenJDK 17.0.15 of /opt/17.0.15 runs it',
  });
  assert.match(
    JSON.stringify(lax.choose('tomcat', 'apache-tomcat-8.5.42')),
    /jakarta\.servlet only/,
  );
  assert.match(
    String(lax.choose('python', 'PYTHON 3.9.15')),
    /no Python for PYTHON 3\.9\.15; install one, or set its folder in packages\.runtimes/,
  );
  const strict = new Runtimes({ configured: [], strict: true, detect });
  await strict.look();
  assert.match(
    String(strict.choose('java', 'Open JDK 8')),
    /does not have Open JDK 8 exactly, only OpenJDK 17\.0\.15 of \/opt\/17\.0\.15; install it/,
  );
});

test('a configured folder comes first, image names are found, whatever their case', async (t) => {
  const home = await fakeProgram(t, 'java', 'openjdk version "1.8.0_412"\nOpenJDK Runtime');
  const empty = await temporaryFolder(t);
  const runtimes = new Runtimes({
    configured: [
      { name: 'Open JDK 8', folder: home },
      { name: 'Open JDK 7', folder: home },
      { name: 'Dragonwell 8', folder: empty },
      { name: 'open jdk 8', image: 'temurin:8' },
    ],
    strict: true,
    detect: () => Promise.resolve([runtime('java', '1.8.0_999')]),
  });
  await runtimes.look();
  const eight = runtimes.choose('java', 'Open JDK 8');
  assert.ok(typeof eight !== 'string');
  assert.deepEqual([eight.runtime.home, eight.note], [home, '']);
  const seven = runtimes.choose('java', 'Open JDK 7');
  assert.match(JSON.stringify(seven), /Open JDK 7 was asked for, OpenJDK 1\.8\.0_412/);
  assert.match(
    String(runtimes.choose('java', 'Dragonwell 8')),
    /configured for Dragonwell 8 in packages\.runtimes, holds no JDK that answers/,
  );
  assert.equal(runtimes.image('OPEN JDK 8'), 'temurin:8');
  assert.equal(runtimes.image('Open JDK 7'), null);
});

test('this machine is looked at: PATH and JAVA_HOME, versions by running, once each', async (t) => {
  const java = await fakeProgram(
    t,
    'java',
    'openjdk version "11.0.99"\nOpenJDK Runtime Environment (Alibaba Dragonwell 11.0.99)',
  );
  const silent = await fakeProgram(t, 'java', 'no version');
  const python = await fakeProgram(t, 'python3.77', 'Python 3.77.1');
  const php = await fakeProgram(t, 'php7.77', 'PHP 7.77.2 (cli)');
  const found = await detectedRuntimes({
    PATH: [python, php, silent, java].map((home) => path.join(home, 'bin')).join(':'),
    JAVA_HOME: java,
  });
  const ours = found.filter(({ home }) => [java, `${python}/bin`, `${php}/bin`].includes(home));
  assert.deepEqual(
    ours.map(({ family, product, version }) => [family, product, version]),
    [
      ['java', 'Dragonwell', '11.0.99'],
      ['python', 'Python', '3.77.1'],
      ['php', 'PHP', '7.77.2'],
    ],
  );
  assert.ok(!found.some(({ home }) => home === silent));
  const words = describeRuntimes([{ name: 'php', image: 'php:8' }], ours);
  assert.deepEqual(words.slice(0, 2), [
    'php: image php:8 (configured)',
    `JDK: Dragonwell 11.0.99 of ${java} (found)`,
  ]);
});

test(
  'a runtime that jobs of another user cannot reach is none',
  { skip: process.getuid?.() === 0 ? false : 'needs root' },
  async (t) => {
    const home = await fakeProgram(t, 'python3.77', 'Python 3.77.1');
    await chmod(home, 0o700);
    const found = await detectedRuntimes({ PATH: path.join(home, 'bin') });
    assert.ok(!found.some(({ version }) => version === '3.77.1'));
  },
);
