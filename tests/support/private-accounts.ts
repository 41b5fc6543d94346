import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { until, within } from './until.ts';

const MAX_LOG = 16 * 1024;
const STOP_DEADLINE_MS = 20_000;

/** The one account of a server under test. */
export const account = { user: 'longshore', password: "p'ass \\word" } as const;

/** Where a server sees its root. */
export const jail = '/mnt';

/** A server that runs apart, with accounts of its own. */
export interface PrivateServer {
  readonly port: number;
  /** What clients see as the root. */
  readonly root: string;
  readonly log: () => string;
  /** Ends it and every session at once, as by a loss of power. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** How a server is started. */
export interface PrivateServerPlan {
  readonly program: string;
  /** Of the account; the root folder is its own. */
  readonly uid: number;
  /** Makes the files it needs in a folder. @returns what is executed. */
  prepare(folder: string, port: number): Promise<readonly string[]>;
  /** Files that this server alone sees elsewhere: from, to. */
  mounts(folder: string): readonly (readonly [string, string])[];
}

/**
 * Why such a server cannot run here; null when it can.
 * @throws Error instead, where nothing may be skipped (CI=true, LONGSHORE_REQUIRE_ALL=1).
 */
export function missingServer(program: string, debianPackage: string): string | null {
  const probe = `test "$(id -u)" = 0 && command -v ${program} openssl && unshare -m -p --fork true`;
  if (spawnSync('sh', ['-c', probe], { env: withSbin() }).status === 0) return null;
  const text = `${program} (${debianPackage}) cannot be run here by root in a namespace of its own, its connector goes untested`;
  const required = ['true', '1'].includes(process.env['CI'] ?? '');
  if (required || process.env['LONGSHORE_REQUIRE_ALL'] === '1') throw new Error(text);
  return text;
}

/**
 * Starts a server on a free port of the loopback interface. It sees an account that the machine
 * does not have, in mounts of its own, and ends with all its sessions.
 */
export async function privateServer(plan: PrivateServerPlan): Promise<PrivateServer> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-server-'));
  const root = join(folder, 'root');
  await mkdir(root);
  const port = await freePort();
  await writeAccount(folder, plan.uid);
  await chown(root, plan.uid, plan.uid);
  const command = await plan.prepare(folder, port);
  const mounts = [
    [join(folder, 'passwd'), '/etc/passwd'],
    [join(folder, 'shadow'), '/etc/shadow'],
    // A jail is wanted below folders that are root's own, which those for temporary files are not.
    [root, jail],
    ...plan.mounts(folder),
  ].map(([from, to]) => `mount --bind ${from} ${to}`);
  // The shell stays: vsftpd does not bear being the one that orphaned sessions fall to.
  const last = ['mount -t tmpfs tmpfs /run', 'mkdir /run/sshd', '"$@" & wait $!'];
  const script = [...mounts, ...last];
  const server = spawn(
    'unshare',
    [
      '-m',
      '-p',
      '--fork',
      '--kill-child',
      'sh',
      '-ec',
      script.join('\n'),
      plan.program,
      ...command,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: withSbin() },
  );
  const log = keepEnd(server);
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await within(`${plan.program} ends`, ended, STOP_DEADLINE_MS);
  };
  await until(`${plan.program} listens`, () => {
    if (server.exitCode !== null) throw new Error(`${plan.program} ended: ${log()}`);
    return greets(port);
  });
  return {
    port,
    root,
    log,
    kill,
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function writeAccount(folder: string, uid: number): Promise<void> {
  const { user, password } = account;
  const { stdout } = spawnSync('openssl', ['passwd', '-6', '-stdin'], { input: `${password}\n` });
  const passwd = await readFile('/etc/passwd', 'utf8');
  const shadow = await readFile('/etc/shadow', 'utf8');
  await writeFile(join(folder, 'passwd'), `${passwd}${user}:x:${uid}:${uid}::${jail}:/bin/sh\n`);
  await writeFile(
    join(folder, 'shadow'),
    `${shadow}${user}:${stdout.toString().trim()}:19000:0:99999:7:::\n`,
    {
      mode: 0o600,
    },
  );
}

/** Programs of servers lie where not every PATH looks. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

/** Both kinds of servers speak first. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000);
    const tell = (seen: boolean) => (): void => {
      socket.destroy();
      resolve(seen);
    };
    socket.once('data', tell(true));
    socket.once('error', tell(false));
    socket.once('timeout', tell(false));
    socket.once('close', tell(false));
  });
}

function keepEnd(server: ChildProcess): () => string {
  let text = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (piece: Buffer) => {
      text = (text + piece.toString()).slice(-MAX_LOG);
    });
  }
  return () => text;
}
