/** SAE jobs from packages, through the API to the result; and packages that cannot be run. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { exec, finished, startSaeServer, stdout, type SaeServer } from '../support/sae.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { zip } from '../unit/executors/packages/zip-writer.ts';

suite('SAE jobs from packages', { concurrency: 1 }, () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  const files = new Map<string, Buffer>();
  let server: SaeServer;
  let address = '';
  let folder = '';

  before(async () => {
    folder = await temporaryFolder(cleanup);
    const source = createServer((request, response) => {
      const body = files.get(request.url ?? '');
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => void source.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => void source.close(() => resolve())));
    address = `http://127.0.0.1:${(source.address() as AddressInfo).port}`;
    server = await startSaeServer(cleanup, {
      env: { LONGSHORE_PACKAGES_MAX_UNPACKED_BYTES: String(8 * 1024 * 1024) },
    });
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const create = async (more: Readonly<Record<string, string>>): Promise<string> => {
    const created = await server.sae('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
      AppName: 'packaged',
      Workload: 'job',
      Replicas: '1',
      PackageVersion: '1',
      ...more,
    });
    return (created['Data'] as { AppId: string }).AppId;
  };
  const run = async (more: Readonly<Record<string, string>>) => {
    const appId = await create(more);
    const jobId = await exec(server.sae, appId);
    return { jobId, ended: await finished(server.sae, appId, jobId) };
  };
  const python = (path: string, content: Buffer | null): Readonly<Record<string, string>> => {
    if (content !== null) files.set(path.replace(/#.*$/, ''), content);
    return {
      PackageType: 'PythonZip',
      PackageUrl: `${address}${path}`,
      Command: 'python3',
      CommandArgs: '["main.py"]',
    };
  };

  test('a FatJar, with its options and arguments', needs('java', 'javac'), async () => {
    const classes = mkdtempSync(join(folder, 'classes-'));
    const source = join(classes, 'Main.java');
    writeFileSync(
      source,
      'public class Main { public static void main(String[] a) { System.out.println(System.getProperty("word") + " " + String.join(",", a)); } }',
    );
    execFileSync('javac', ['--release', '17', '-d', classes, source]);
    const entries = readdirSync(classes)
      .filter((name) => name.endsWith('.class'))
      .map((name) => ({ name, content: readFileSync(join(classes, name)) }));
    const manifest = { name: 'META-INF/MANIFEST.MF', content: 'Main-Class: Main\n' };
    files.set('/demo.jar', zip([manifest, ...entries]));
    const { jobId, ended } = await run({
      PackageType: 'FatJar',
      PackageUrl: `${address}/demo.jar`,
      Jdk: 'Open JDK 8',
      JarStartOptions: '-Dword=hello',
      JarStartArgs: 'a b',
    });
    assert.equal(ended.State, '1', ended.Message);
    assert.equal(await stdout(server, jobId), 'hello a,b\n');
    // Another JDK than the one asked for ran it: the run says which.
    const { events } = (await server.cli('runs', 'show', jobId)) as {
      events: readonly { reason: string }[];
    };
    assert.ok(events.some(({ reason }) => /Open JDK 8 .*OpenJDK/.test(reason)));
  });

  test('a PythonZip', needs('python3'), async () => {
    const { jobId, ended } = await run(
      python('/good.zip', zip([{ name: 'main.py', content: 'print("from the zip")\n' }])),
    );
    assert.equal(ended.State, '1', ended.Message);
    assert.equal(await stdout(server, jobId), 'from the zip\n');
  });

  test('packages that cannot be run fail with the cause', needs('python3'), async () => {
    const main = { name: 'main.py', content: 'print(1)\n' };
    const zeros = Buffer.alloc(32 * 1024 * 1024);
    const cases: readonly [Readonly<Record<string, string>>, RegExp][] = [
      [python('/missing.zip', null), /404/],
      [
        { ...python('/unreachable.zip', null), PackageUrl: 'http://127.0.0.1:9/unreachable.zip' },
        /127\.0\.0\.1:9/,
      ],
      [python(`/digest.zip#sha256=${'0'.repeat(64)}`, zip([main])), /sha256|digest/i],
      [python('/bomb.zip', zip([main, { name: 'zeros', content: zeros }])), /bytes/],
      [python('/escape.zip', zip([main, { name: '../../escape', content: 'x' }])), /escape/],
      [python('/text.zip', Buffer.from('this is no archive')), /zip/i],
    ];
    for (const [parameters, cause] of cases) {
      const { ended } = await run(parameters);
      assert.equal(ended.State, '2', parameters['PackageUrl']);
      assert.match(ended.Message, cause);
    }
  });

  test('a runtime that nobody has is named', async () => {
    const { ended } = await run({
      PackageType: 'War',
      PackageUrl: `${address}/app.war`,
      Jdk: 'Open JDK 7',
      WebContainer: 'apache-tomcat-7.0.91',
    });
    // With a Tomcat of this machine the package itself is missing, without one the runtime is.
    assert.equal(ended.State, '2');
    assert.match(ended.Message, /apache-tomcat-7\.0\.91|404/);
  });
});
