import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { suite, test } from 'node:test';
import type { PackageArtifact } from '../../src/domain/template.ts';
import { packageServer } from '../unit/executors/packages/package-server.ts';
import { zip, type ZipEntry } from '../unit/executors/packages/zip-writer.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { compiled, packageHost, type PackageHost } from './packages/host.ts';

const patienceMs = 60_000;

type Jar = Extract<PackageArtifact, { format: 'jar' }>;
type War = Extract<PackageArtifact, { format: 'war' }>;

/** Puts a package where `file:` packages come from; gives its address. */
function upload(host: PackageHost, name: string, entries: readonly ZipEntry[]): string {
  fs.writeFileSync(path.join(host.files, name), zip(entries));
  return `file://${host.files}/${name}`;
}

function jar(url: string, more: Partial<Jar> = {}): Jar {
  return {
    kind: 'package',
    format: 'jar',
    url,
    version: '1',
    jdk: 'Open JDK 8',
    options: '',
    args: '',
    ...more,
  };
}

function python(url: string, modules: string | null = null): PackageArtifact {
  return { kind: 'package', format: 'python', url, version: '1', python: 'PYTHON 3.9.15', modules };
}

const javaSource = `
public class Main {
  public static void main(String[] args) throws Exception {
    System.out.println("name=" + System.getProperty("name") + " opts=" + System.getProperty("opts"));
    System.out.println("args=" + String.join("|", args) + " env=" + System.getenv("GREETING"));
    if (args.length > 0 && args[0].equals("wait")) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("bye")));
      System.out.println("waiting");
      Thread.sleep(60000);
    }
    System.exit(3);
  }
}`;

suite('packages on this machine', { concurrency: 2 }, () => {
  test(
    'a jar runs with its options, arguments and variables',
    needs('java', 'javac'),
    async (t) => {
      const host = await packageHost(t);
      const classes = compiled(host.dataDir, 'Main', javaSource, '.');
      const manifest = { name: 'META-INF/MANIFEST.MF', content: 'Main-Class: Main\n' };
      const url = upload(host, 'demo.jar', [manifest, ...classes]);
      const { session } = host;
      const artifact = jar(url, {
        options: '-Dname="two words" -Xmx64m',
        args: `'a b' "$GREETING"\n c*`,
      });
      assert.equal(session.executor.refuses(host.attempt('j.0.1', artifact).spec), null);
      const env = { GREETING: 'hello "you"', CATALINA_OPTS: '-Dopts=yes -Dmore=1' };
      session.executor.start([host.attempt('j.0.1', artifact, { env })]);
      const ended = await session.report('j.0.1', 'ended');
      const printed = await session.output('j.0.1');
      assert.equal(printed, 'name=two words opts=yes\nargs=a b|hello "you"|c* env=hello "you"\n');
      assert.equal(await session.output('j.0.1', 'stderr'), '');
      assert.equal(ended.exitCode, 3);
      const started = await session.report('j.0.1', 'started');
      assert.match(started.note ?? '', /^Open JDK 8 was asked for, OpenJDK \d.* of \/\S+ runs it$/);

      // A stop reaches the program itself, and its hooks run.
      session.executor.start([host.attempt('j.0.2', jar(url, { args: 'wait' }))]);
      await session.outputWith('j.0.2', 'waiting');
      // The next life of the server knows the note, and that the package is in use.
      const next = await host.restart();
      await next.executor.adopt([{ attemptId: 'j.0.2', fence: 8, started: false }]);
      assert.match((await next.report('j.0.2', 'started')).note ?? '', /was asked for/);
      next.executor.stop('j.0.2');
      const stopped = await next.report('j.0.2', 'ended');
      assert.deepEqual([stopped.stopped, stopped.exitCode, stopped.signal], [true, 143, null]);
      assert.match(await next.output('j.0.2'), /waiting\nbye\n$/);
      assert.deepEqual(fs.readdirSync(path.join(host.dataDir, 'packages', 'uses')), []);
    },
  );

  test('strict refuses another version before anything is fetched', needs('java'), async (t) => {
    const host = await packageHost(t, { strict: true });
    const artifact = jar('file:///nowhere/x.jar', { jdk: 'openjdk-7u201-jdk-alpine3.9' });
    const { session } = host;
    session.executor.start([host.attempt('s.0.1', artifact)]);
    const { message } = await session.report('s.0.1', 'refused');
    assert.match(message, /does not have openjdk-7u201-jdk-alpine3\.9 exactly, only OpenJDK/);
    // Once it is known, a run is refused before it is claimed.
    assert.equal(session.executor.refuses(host.attempt('s.0.2', artifact).spec), message);
  });

  test('a Python package runs in a copy of its own, with its modules', needs('pip'), async (t) => {
    const host = await packageHost(t);
    const wheel = zip([
      { name: 'greeter.py', content: 'def greet(): return "hello from the wheel"\n' },
      {
        name: 'greeter-1.2.dist-info/METADATA',
        content: 'Metadata-Version: 2.1\nName: greeter\nVersion: 1.2\n',
      },
      {
        name: 'greeter-1.2.dist-info/WHEEL',
        content: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      },
      { name: 'greeter-1.2.dist-info/RECORD', content: '' },
    ]);
    const code = `import greeter, os
print(greeter.greet(), os.environ.get("GREETING"))
open("beside.txt", "w").write("written")
print(sorted(os.listdir(".")))
`;
    const wheels = { name: 'wheels/greeter-1.2-py3-none-any.whl', content: wheel };
    const lines = '--no-index\n--find-links ./wheels\ngreeter==1.2\n';
    const entries = [{ name: 'main.py', content: code }, wheels];
    const withList = upload(host, 'list.zip', [
      ...entries,
      { name: 'requirements.txt', content: lines },
    ]);
    const { session } = host;
    const argv = ['python', 'main.py'];
    session.executor.start([
      host.attempt('p.0.1', python(withList), { argv, env: { GREETING: 'hi' } }),
    ]);
    await session.report('p.0.1', 'ended');
    assert.match(await session.output('p.0.1', 'stderr'), /Successfully installed greeter-1\.2/);
    const listing = "['beside.txt', 'main.py', 'requirements.txt', 'wheels']";
    assert.equal(await session.output('p.0.1'), `hello from the wheel hi\n${listing}\n`);

    const withoutList = upload(host, 'plain.zip', entries);
    session.executor.start([
      host.attempt('p.0.2', python(withoutList, lines), { argv: ['python3', 'main.py'] }),
      host.attempt('p.0.3', python(withoutList, '--no-index\nno-such-module'), { argv }),
      host.attempt('p.0.4', python(withoutList), { argv: [] }),
    ]);
    assert.equal((await session.report('p.0.2', 'ended')).exitCode, 0);
    assert.notEqual((await session.report('p.0.3', 'ended')).exitCode, 0);
    const words = await session.output('p.0.3', 'stderr');
    assert.match(words, /no-such-module[^]*the modules of the package could not be installed/);
    const { message } = await session.report('p.0.4', 'refused');
    assert.match(message, /the package has no command of its own; give Command/);
    // The package itself stays as it was, and closed to jobs.
    const tree = fs.globSync(path.join(host.dataDir, 'packages/content/*/tree/main.py'))[0] ?? '';
    assert.equal(fs.statSync(tree).mode & 0o777, 0o444);
  });

  test('a PHP package runs with its php.ini', needs('php'), async (t) => {
    const host = await packageHost(t);
    const code =
      '<?php echo ini_get("memory_limit"), " ", ini_get("user_agent"), " ", $argv[1], "\\n";';
    const artifact: PackageArtifact = {
      kind: 'package',
      format: 'php',
      url: upload(host, 'app.zip', [{ name: 'src/index.php', content: code }]),
      version: '',
      runtime: 'php',
      php: { config: 'memory_limit=77M\nuser_agent="a b"', location: '/usr/local/etc/php/php.ini' },
    };
    const { session } = host;
    session.executor.start([
      host.attempt('h.0.1', artifact, { argv: ['php', 'src/index.php', 'x y'] }),
    ]);
    assert.equal((await session.report('h.0.1', 'ended')).exitCode, 0);
    assert.equal(await session.output('h.0.1'), '77M a b x y\n');
    assert.equal((await session.report('h.0.1', 'started')).note, undefined);
  });

  test(
    'a war is served by Tomcat under its context path and stops cleanly',
    { ...needs('java', 'javac', 'tomcat10'), timeout: 3 * patienceMs },
    async (t) => {
      const host = await packageHost(t);
      const source = `
import jakarta.servlet.http.*;
public class Hello extends HttpServlet {
  protected void doGet(HttpServletRequest in, HttpServletResponse out) throws java.io.IOException {
    out.getWriter().println("hello " + in.getParameter("name") + " " + System.getProperty("flag"));
  }
}`;
      const classes = compiled(
        host.dataDir,
        'Hello',
        source,
        '/usr/share/tomcat10/lib/servlet-api.jar',
      );
      const webXml = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"><servlet>
<servlet-name>h</servlet-name><servlet-class>Hello</servlet-class></servlet><servlet-mapping>
<servlet-name>h</servlet-name><url-pattern>/hello</url-pattern></servlet-mapping></web-app>`;
      const url = upload(host, 'shop.war', [
        { name: 'index.html', content: 'static page' },
        { name: 'page.jsp', content: '<%= 6 * 7 %>' },
        { name: 'WEB-INF/web.xml', content: webXml },
        ...classes.map(({ name, content }) => ({ name: `WEB-INF/classes/${name}`, content })),
      ]);
      const { session } = host;
      const war = (port: number, startOptions: string, contextPath: string): War => ({
        kind: 'package',
        format: 'war',
        url,
        version: '1',
        jdk: 'Open JDK 8',
        webContainer: 'apache-tomcat-8.5.42',
        startOptions,
        tomcat: {
          port,
          contextPath,
          maxThreads: 10,
          uriEncoding: 'GBK',
          useBodyEncodingForUri: false,
        },
      });
      const serve = async (id: string, startOptions: string, contextPath: string) => {
        const port = await freePort();
        const artifact = war(port, startOptions, contextPath);
        session.executor.start([
          host.attempt(id, artifact, { env: { JAVA_OPTS: '-Xmx128m' }, graceMs: 30_000 }),
        ]);
        await session.report(id, 'started');
        const base = `http://127.0.0.1:${port}${contextPath === '/' ? '' : contextPath}`;
        const text = async (at: string): Promise<string> => (await fetch(`${base}${at}`)).text();
        await until(
          `Tomcat of ${id} answers`,
          async () => (await text('/index.html')) === 'static page',
          patienceMs,
        );
        return { port, text };
      };
      const first = await serve('w.0.1', '-Dflag="set here"', '/a/b');
      // The query is GBK, as TomcatConfig says.
      assert.equal(await first.text('/hello?name=%B8%DB'), 'hello 港 set here\n');
      assert.equal(await first.text('/page.jsp'), '42');
      const { note = '' } = await session.report('w.0.1', 'started');
      assert.match(
        note,
        /Open JDK 8 was asked for.*; apache-tomcat-8\.5\.42 was asked for, Apache Tomcat 10.*jakarta/,
      );
      session.executor.stop('w.0.1');
      const ended = await session.report('w.0.1', 'ended');
      assert.deepEqual([ended.stopped, ended.exitCode], [true, 143]);
      assert.match(await session.output('w.0.1', 'stderr'), /Stopping service \[Catalina\]/);

      // A command of the template, in the words of the manual.
      const words = 'CATALINA_OPTS="$CATALINA_OPTS -Dflag=command" catalina.sh run';
      const second = await serve('w.0.2', words, '/');
      assert.equal(await second.text('/hello?name=x'), 'hello x command\n');
      // The port is taken: the second one of this machine fails by itself, in its own words.
      session.executor.start([host.attempt('w.0.3', war(second.port, '', '/'))]);
      assert.equal((await session.report('w.0.3', 'ended')).exitCode, 1);
      assert.match(
        await session.output('w.0.3', 'stderr'),
        /BindException: Address already in use/,
      );
      assert.equal(await second.text('/hello?name=y'), 'hello y command\n');

      // The manual's own default, with options in the place of its placeholder.
      session.executor.stop('w.0.2');
      assert.equal((await session.report('w.0.2', 'ended')).exitCode, 143);
      assert.match(await session.output('w.0.2', 'stderr'), /Stopping service \[Catalina\]/);
      const byHand =
        'java $JAVA_OPTS $CATALINA_OPTS -Options -Dflag=hand org.apache.catalina.startup.Bootstrap "$@" start';
      const third = await serve('w.0.4', byHand, '/');
      assert.equal(await third.text('/hello?name=z'), 'hello z hand\n');
      session.executor.stop('w.0.4');
      assert.equal((await session.report('w.0.4', 'ended')).exitCode, 143);
      assert.match(await session.output('w.0.4', 'stderr'), /Stopping service \[Catalina\]/);
    },
  );

  test(
    'a stop while the package is on its way; a server that dies meanwhile',
    needs('java'),
    async (t) => {
      const host = await packageHost(t);
      const server = await packageServer(t, (_request, response) => {
        response.writeHead(200).write('never ends');
      });
      const { session } = host;
      const artifact = jar(`${server.url}/slow.jar`);
      session.executor.start([host.attempt('f.0.1', artifact), host.attempt('f.0.2', artifact)]);
      await until('the package is asked for', () => server.requests.length > 0);
      session.executor.stop('f.0.1');
      const { message } = await session.report('f.0.1', 'refused');
      assert.equal(message, 'stopped before it started');
      const next = await host.restart();
      await next.executor.adopt([{ attemptId: 'f.0.2', fence: 8, started: false }]);
      assert.match((await next.report('f.0.2', 'refused')).message, /stopped before the start/);
      assert.equal(session.about('f.0.2').length, 0);
      assert.deepEqual(attemptFolders(host), []);
    },
  );

  test('what is wrong with a package is the message of the refusal', needs('java'), async (t) => {
    const host = await packageHost(t, { maxBytes: 1000 });
    const { session } = host;
    const server = await packageServer(t, (_request, response) => response.writeHead(404).end());
    const bomb = upload(host, 'big.jar', [{ name: 'a', content: randomText(4000) }]);
    session.executor.start([
      host.attempt('r.0.1', jar(`${server.url}/gone.jar`)),
      host.attempt('r.0.2', jar(bomb)),
    ]);
    assert.match((await session.report('r.0.1', 'refused')).message, /gone\.jar does not exist/);
    assert.match((await session.report('r.0.2', 'refused')).message, /larger than 1000 bytes/);
    assert.deepEqual(fs.readdirSync(path.join(host.dataDir, 'packages', 'content')), []);
    assert.deepEqual(attemptFolders(host), []);
  });
});

/** What is kept of attempts. */
function attemptFolders(host: PackageHost): readonly string[] {
  const names = fs.readdirSync(path.join(host.dataDir, 'attempts'));
  return names.filter((name) => !name.startsWith('.'));
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Text that does not compress to nothing. */
function randomText(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (seed % 90));
  }).join('');
}
