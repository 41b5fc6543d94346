import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { enterArgv, wrapArgv } from '../../../../src/executors/mounts/namespace-argv.ts';
import {
  namespaceMode,
  namespaceProblem,
  prepareNamespace,
} from '../../../../src/executors/mounts/namespace.ts';
import type { NamespaceWish } from '../../../../src/executors/mounts/namespace.ts';
import { hostMounts } from '../../../support/host-mounts.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { within } from '../../../support/until.ts';

/** Whom jobs run as here: somebody without rights, when that can be chosen. */
const user = namespaceMode() === 'root' ? { uid: 65_534, gid: 65_534 } : null;
const problem = await namespaceProblem(user);
const skip = problem === null ? {} : { skip: problem };

if (problem !== null && process.env['LONGSHORE_REQUIRE_ALL'] === '1') throw new Error(problem);

const nothing: NamespaceWish = { binds: [], files: [], hostAliases: [], keep: [] };

interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A folder that the job's user can reach, for sources and for scratch. */
async function room(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  fs.chmodSync(folder, 0o755);
  return folder;
}

async function start(
  t: TestContext,
  wish: Partial<NamespaceWish>,
  argv: readonly string[],
  scratch?: string,
): Promise<ChildProcess> {
  const namespace = await prepareNamespace(
    { ...nothing, ...wish },
    scratch ?? (await temporaryFolder(t)),
  );
  const [program, ...args] = wrapArgv(namespace, user, argv);
  const child = spawn(program, args, {
    detached: true,
    env: { MARKER: 'm 1', PATH: process.env['PATH'] },
  });
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return child;
}

async function run(t: TestContext, wish: Partial<NamespaceWish>, sh: string): Promise<Result> {
  return finish(await start(t, wish, ['/bin/sh', '-c', sh]));
}

async function finish(child: ChildProcess): Promise<Result> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => void (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => void (stderr += String(chunk)));
  const [code, signal] = (await within('the program ends', once(child, 'close'))) as [
    number | null,
    NodeJS.Signals | null,
  ];
  return { stdout, stderr, code, signal };
}

describe('a private mount namespace', skip, () => {
  let mountsBefore: readonly string[] = [];
  before(() => {
    mountsBefore = hostMounts();
  });
  after(() => {
    assert.deepEqual(hostMounts(), mountsBefore, 'mounts were left behind on the host');
  });

  test('shows files where the host has neither file nor folder, read-only, and siblings stay', async (t) => {
    const content = 'a: 1\nb: "é"\n';
    const { stdout, stderr, code } = await run(
      t,
      {
        files: [
          { path: '/etc/app/conf.d/x.yml', content },
          { path: '/etc/app/y', content: 'y' },
        ],
      },
      'cat /etc/app/conf.d/x.yml /etc/app/y; echo; ls -A /etc | grep -c . ; head -1 /etc/passwd; ' +
        'echo z >>/etc/app/y || echo refused; rm /etc/app/y || echo kept',
    );
    const entries = fs.readdirSync('/etc').length + 1;
    const passwd = fs.readFileSync('/etc/passwd', 'utf8').split('\n')[0];
    assert.equal(stdout, `${content}y\n${entries}\n${passwd}\nrefused\nkept\n`, stderr);
    assert.equal(code, 0);
    assert.ok(!fs.existsSync('/etc/app'), 'the host got the folder');
  });

  test('lays a file over one that the host has', async (t) => {
    const own = fs.readFileSync('/etc/passwd', 'utf8');
    const { stdout } = await run(
      t,
      { files: [{ path: '/etc/passwd', content: 'other\n' }] },
      'cat /etc/passwd',
    );
    assert.equal(stdout, 'other\n');
    assert.equal(fs.readFileSync('/etc/passwd', 'utf8'), own);
  });

  test('mounts at new folders of the root and of /usr, in any order, together', async (t) => {
    const folder = await room(t);
    fs.writeFileSync(path.join(folder, 'data'), 'd');
    const bind = (mountPath: string) => ({ hostPath: folder, mountPath, readOnly: true });
    const { stdout, stderr } = await run(
      t,
      {
        binds: [bind('/zzz-longshore/deep'), bind('/usr/data'), bind('/usr/lib/aaa')],
        files: [
          { path: '/aaa-longshore', content: 'a' },
          { path: '/etc/longshore/x', content: 'x' },
          { path: '/usr/data-file', content: 'f' },
        ],
      },
      'cat /zzz-longshore/deep/data /usr/data/data /usr/lib/aaa/data /aaa-longshore ' +
        '/etc/longshore/x /usr/data-file; ls -d /proc/self/cwd /dev/null /usr/lib/os-release',
    );
    assert.equal(stdout, 'dddaxf/dev/null\n/proc/self/cwd\n/usr/lib/os-release\n', stderr);
    for (const left of ['/zzz-longshore', '/aaa-longshore', '/usr/data-file', '/usr/lib/aaa']) {
      assert.ok(!fs.existsSync(left), `${left} was left on the host`);
    }
  });

  test('gives write access to a writable folder only', async (t) => {
    const folder = await room(t);
    fs.mkdirSync(path.join(folder, 'rw'), { mode: 0o777 });
    fs.mkdirSync(path.join(folder, 'ro'), { mode: 0o777 });
    for (const name of ['rw', 'ro']) fs.chmodSync(path.join(folder, name), 0o777);
    const { stdout } = await run(
      t,
      {
        binds: [
          { hostPath: path.join(folder, 'rw'), mountPath: '/mnt/rw', readOnly: false },
          { hostPath: path.join(folder, 'ro'), mountPath: '/mnt/a b#\\c', readOnly: true },
        ],
      },
      "echo 1 >/mnt/rw/out; echo 2 >'/mnt/a b#\\c/out' || echo refused",
    );
    assert.equal(stdout, 'refused\n');
    assert.equal(fs.readFileSync(path.join(folder, 'rw', 'out'), 'utf8'), '1\n');
    assert.deepEqual(fs.readdirSync(path.join(folder, 'ro')), []);
  });

  test('puts host aliases before the lines of the host', async (t) => {
    const { stdout } = await run(
      t,
      { hostAliases: [{ hostName: 'db.example', ip: '192.0.2.7' }] },
      'cat /etc/hosts; getent hosts db.example',
    );
    const own = fs.readFileSync('/etc/hosts', 'utf8');
    assert.ok(stdout.startsWith(`192.0.2.7\tdb.example\n${own}`));
    assert.match(stdout, /192\.0\.2\.7 +db\.example\n$/);
  });

  test('gives a private folder where everybody writes, and keeps what must stay', async (t) => {
    const kept = await room(t);
    fs.writeFileSync(path.join(kept, 'seen'), 'yes');
    const { stdout, stderr } = await run(
      t,
      { files: [{ path: '/tmp/test/conf', content: 'c' }], keep: [kept] },
      `cat /tmp/test/conf ${kept}/seen; echo; echo hi >/tmp/mine && ls -A /tmp`,
    );
    assert.equal(stdout, `cyes\n${path.basename(kept)}\nmine\ntest\n`, stderr);
    assert.ok(!fs.existsSync('/tmp/mine'));
  });

  test('follows the links of the host', async (t) => {
    // /var/run is a link to /run on every current system.
    assert.equal(fs.realpathSync('/var/run'), '/run');
    const { stdout, stderr } = await run(
      t,
      { files: [{ path: '/var/run/longshore-x/y', content: 'linked' }] },
      'cat /run/longshore-x/y',
    );
    assert.equal(stdout, 'linked', stderr);
  });

  test('drops to the user without rights, and keeps environment, group and files open', async (t) => {
    const child = await start(t, { files: [{ path: '/etc/app/x', content: '' }] }, [
      '/bin/sh',
      '-c',
      'id -u; id -G; echo $MARKER; grep -E "^(NoNewPrivs|CapEff|CapPrm|CapAmb)" /proc/self/status; ' +
        'read -r pid _ _ _ group session _ </proc/self/stat; [ $group = $pid ] || [ $group = $$ ] && echo group; ' +
        'read line; echo "got $line"; env | sort | cut -d= -f1 | tr "\\n" " "',
    ]);
    child.stdin?.end('a line\n');
    const { stdout } = await finish(child);
    const lines = stdout.split('\n');
    const own = process.getuid?.() ?? 0;
    assert.equal(lines[0], `${user?.uid ?? own}`);
    if (user !== null) {
      assert.equal(lines[1], `${user.gid}`);
      assert.match(stdout, /NoNewPrivs:\s+1\n/);
    }
    assert.equal(lines[2], 'm 1');
    assert.match(stdout, /CapPrm:\s+0{16}\nCapEff:\s+0{16}\n/);
    assert.match(stdout, /\ngroup\n/);
    assert.match(stdout, /\ngot a line\n/);
    assert.match(stdout, /MARKER (?:OLDPWD )?PATH PWD /);
  });

  test('passes exit codes and signals on, and the pid is that of the program', async (t) => {
    assert.equal((await run(t, {}, 'exit 137')).code, 137);
    const child = await start(t, {}, ['/bin/sh', '-c', 'echo $$; exec sleep 600']);
    const [line] = (await within(
      'it runs',
      once(child.stdout ?? assert.fail('no output'), 'data'),
    )) as [Buffer];
    assert.equal(Number(String(line)), child.pid);
    const environ = fs.readFileSync(`/proc/${child.pid}/environ`, 'utf8');
    assert.match(environ, /(^|\0)MARKER=m 1\0/, 'the marker cannot be read from outside');
    const ended = finish(child);
    process.kill(-(child.pid ?? assert.fail('no pid')), 'SIGTERM');
    assert.equal((await ended).signal, 'SIGTERM');
  });

  test('another program enters the same mounts without rights', async (t) => {
    const child = await start(t, { files: [{ path: '/etc/app/x', content: 'inside' }] }, [
      '/bin/sh',
      '-c',
      'echo up; exec sleep 600',
    ]);
    await within('it runs', once(child.stdout ?? assert.fail('no output'), 'data'));
    const pid = child.pid ?? assert.fail('no pid');
    const [program, ...args] = enterArgv(pid, namespaceMode(), user, [
      '/bin/sh',
      '-c',
      'cat /etc/app/x; echo; id -u; grep CapEff /proc/self/status',
    ]);
    const { stdout, stderr } = await finish(spawn(program, args));
    const uid = user?.uid ?? process.getuid?.() ?? 0;
    assert.match(stdout, new RegExp(`^inside\n${uid}\nCapEff:\\s+0{16}\n$`), stderr);
    child.kill('SIGKILL');
    await finish(child);
  });

  test('programs that the job lays over those of the host never run with rights', async (t) => {
    const folder = await room(t);
    const out = path.join(folder, 'out');
    fs.mkdirSync(out);
    fs.chmodSync(out, 0o777);
    const trap = `#!/bin/sh\nid -u >>${out}/who\nexec /bin/true\n`;
    const files = ['mount', 'unshare', 'stat', 'xargs', 'cat', 'setpriv', 'nsenter'].map(
      (name) => ({ path: fs.realpathSync(`/usr/bin/${name}`), content: trap }),
    );
    const result = await run(t, { files }, '/usr/bin/mount; /usr/bin/true');
    assert.equal(result.code, 0, result.stderr + result.stdout);
    // The files are not executable, so nothing ran at all.
    assert.ok(!fs.existsSync(path.join(out, 'who')));

    const bin = path.join(folder, 'bin');
    fs.mkdirSync(bin);
    for (const name of ['sh', 'id', 'true']) {
      fs.copyFileSync(fs.realpathSync(`/usr/bin/${name}`), path.join(bin, name));
    }
    for (const { path: at } of files) {
      fs.writeFileSync(path.join(bin, path.basename(at)), trap, { mode: 0o755 });
    }
    const laid = await run(
      t,
      { binds: [{ hostPath: bin, mountPath: '/usr/bin', readOnly: true }] },
      '/usr/bin/mount',
    );
    assert.equal(laid.code, 0, laid.stderr + laid.stdout);
    const who = fs.readFileSync(path.join(out, 'who'), 'utf8').trim().split('\n');
    const uid = `${user?.uid ?? process.getuid?.() ?? 0}`;
    // In a user namespace setpriv is the job's own too: it runs as the job's user.
    assert.ok(who.length >= 1 && who.every((id) => id === uid), `ran as ${who.join(', ')}`);
  });

  test('tells when something was replaced between plan and mount', async (t) => {
    const folder = await room(t);
    const scratch = await temporaryFolder(t);
    const source = path.join(folder, 'source');
    fs.mkdirSync(source);
    const wish = { binds: [{ hostPath: source, mountPath: '/mnt/x', readOnly: false }] };
    const namespace = await prepareNamespace({ ...nothing, ...wish }, scratch);
    fs.rmdirSync(source);
    fs.symlinkSync('/etc', source);
    const [program, ...args] = wrapArgv(namespace, user, ['/bin/echo', 'ran']);
    const { stdout, code } = await finish(spawn(program, args));
    assert.match(stdout, /^refused something that is mounted was replaced/);
    assert.equal(code, 1);
  });

  test('tells when a mount is not possible any more', async (t) => {
    const folder = await room(t);
    const scratch = await temporaryFolder(t);
    const source = path.join(folder, 'source');
    fs.mkdirSync(source);
    const wish = { binds: [{ hostPath: source, mountPath: '/mnt/x', readOnly: false }] };
    const namespace = await prepareNamespace({ ...nothing, ...wish }, scratch);
    fs.rmdirSync(source);
    const [program, ...args] = wrapArgv(namespace, user, ['/bin/echo', 'ran']);
    const { stdout, code } = await finish(spawn(program, args));
    assert.match(stdout, /^refused its mounts could not be made: .*source/);
    assert.equal(code, 1);
  });
});

describe('the plan of a namespace', () => {
  const plan = async (t: TestContext, wish: Partial<NamespaceWish>): Promise<unknown> =>
    prepareNamespace({ ...nothing, ...wish }, await temporaryFolder(t));

  test('refuses what programs need as it is', async (t) => {
    for (const at of ['/', '/proc/x', '/sys', '/dev/shm', '/etc/../proc', 'relative']) {
      await assert.rejects(
        plan(t, { files: [{ path: at, content: '' }] }),
        /nothing can be mounted at "/,
      );
    }
  });

  test('refuses a file over a folder, two on one path, and one that hides another', async (t) => {
    const folder = await room(t);
    await assert.rejects(
      plan(t, { files: [{ path: '/etc', content: '' }] }),
      /the mount at \/etc: \/etc is a folder, but a file is to be mounted there/,
    );
    await assert.rejects(
      plan(t, {
        binds: [
          { hostPath: folder, mountPath: '/run', readOnly: true },
          { hostPath: folder, mountPath: '/var/run', readOnly: true },
        ],
      }),
      /would hide the one at \/run/,
    );
  });

  test('refuses to make a mount point where others could interfere', async (t) => {
    const folder = await room(t);
    fs.chmodSync(folder, 0o777);
    await assert.rejects(
      plan(t, { files: [{ path: path.join(folder, 'new'), content: '' }] }),
      /nothing lies at .*, and others can write to .*; create the mount point/,
    );
    await assert.rejects(
      plan(t, {
        binds: [{ hostPath: folder, mountPath: '/mnt', readOnly: false }],
        files: [{ path: '/mnt/conf/new', content: '' }],
      }),
      /the mount at \/mnt\/conf\/new: nothing lies at/,
    );
  });

  test('refuses a mount that hides what the job needs', async (t) => {
    const folder = await room(t);
    const kept = await room(t);
    fs.chmodSync(folder, 0o777);
    await assert.rejects(
      plan(t, {
        binds: [{ hostPath: folder, mountPath: '/tmp', readOnly: false }],
        keep: [kept],
      }),
      new RegExp(`a mount hides ${kept}, which the job needs`),
    );
  });
});
