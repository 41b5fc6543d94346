import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import http from 'node:http';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineApi, hostLabelOf } from '../../src/executors/container/api.ts';
import type { Ulimit } from '../../src/executors/container/container-config.ts';
import { EngineClient } from '../../src/executors/container/client.ts';
import { until, within } from './until.ts';

/** Image with a shell and the usual tools that every test engine has; it comes from no registry. */
export const testImage = 'busybox:test';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 60_000;
const PODMAN_PATIENCE_MS = 2_000;
const MAX_LOG_CHARS = 16 * 1024;
/** What the machines of tests allow; the usual limits of engines are above it. */
const OPEN_FILES = { soft: 1024, hard: 20_000 };

/** A container engine of the tests' own, with everything it keeps in a temporary folder. */
export interface TestEngine {
  readonly kind: 'docker' | 'podman';
  readonly socket: string;
  readonly api: EngineApi;
  /** Network that containers can join here: none needs rights or programs that may be missing. */
  readonly network: string;
  /** Limits that containers must be given here, because the engine's own are above the machine's. */
  readonly ulimits: readonly Ulimit[];
  /** Removes all containers of a data folder. */
  clean(hostId: string): Promise<void>;
  /** Ends the engine in good order, with what runs in it if the engine does so; keeps its folder. */
  halt(): Promise<void>;
  start(): Promise<void>;
  /** Ends the engine and removes its folder. */
  stop(): Promise<void>;
}

/** Starts `dockerd` on a private socket and folder, with the test image. */
export async function testDocker(): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-docker-'));
  const socket = join(folder, 'docker.sock');
  const args = [
    ['--data-root', join(folder, 'data')],
    ['--exec-root', join(folder, 'exec')],
    ['--pidfile', join(folder, 'docker.pid')],
    ['--config-file', join(folder, 'daemon.json')],
    ['-H', `unix://${socket}`],
    ['--default-ulimit', `nofile=${OPEN_FILES.soft}:${OPEN_FILES.hard}`],
    // Networks of containers would need the firewall of this machine.
    ['--bridge=none', '--iptables=false', '--ip6tables=false'],
    ['--log-level', 'warn'],
  ].flat();
  await writeFile(join(folder, 'daemon.json'), '{}');
  return prepared(new Engine('docker', folder, socket, ['dockerd', ...args], {}));
}

/** Starts Podman's service on a private socket and folder, with the test image. */
export async function testPodman(): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-podman-'));
  const socket = join(folder, 'podman.sock');
  const config = join(folder, 'containers.conf');
  await writeFile(
    config,
    `[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
tmp_dir = "${join(folder, 'tmp')}"
`,
  );
  const command = [
    ['podman', '--root', join(folder, 'root'), '--runroot', join(folder, 'run')],
    ['--tmpdir', join(folder, 'tmp'), '--runtime', 'runc', '--cgroup-manager', 'cgroupfs'],
    ['system', 'service', '--time', '0', `unix://${socket}`],
  ].flat();
  return prepared(new Engine('podman', folder, socket, command, { CONTAINERS_CONF: config }));
}

async function prepared(engine: Engine): Promise<TestEngine> {
  try {
    await engine.start();
    await importImage(engine.socket, await busyboxArchive(engine.folder));
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

class Engine implements TestEngine {
  readonly kind: TestEngine['kind'];
  readonly folder: string;
  readonly socket: string;
  readonly network = 'none';
  readonly ulimits: readonly Ulimit[];
  readonly api: EngineApi;
  readonly #client: EngineClient;
  readonly #command: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;
  #exit: Promise<void> = Promise.resolve();

  constructor(
    kind: TestEngine['kind'],
    folder: string,
    socket: string,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.kind = kind;
    // Docker has a setting of its own for them.
    this.ulimits =
      kind === 'docker'
        ? []
        : [
            { name: 'nofile', ...OPEN_FILES },
            { name: 'nproc', soft: 1_000, hard: 1_000 },
          ];
    this.folder = folder;
    this.socket = socket;
    this.#command = command;
    this.#env = env;
    this.#client = new EngineClient(socket);
    this.api = new EngineApi(this.#client);
  }

  get #logFile(): string {
    return join(this.folder, 'engine.log');
  }

  async start(): Promise<void> {
    const [program = '', ...args] = this.#command;
    // A file and no pipe: what the engine leaves running would hold the pipe open.
    const log = await open(this.#logFile, 'a');
    const child = spawn(program, args, {
      // Podman's monitor notes in its working folder that a container ran out of memory.
      cwd: this.folder,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...this.#env },
    });
    this.#process = child;
    await log.close();
    this.#exit = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    try {
      await until(
        `${this.kind} answers`,
        async () => {
          if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
          return (await this.#client.hello(AbortSignal.timeout(5_000))).engine;
        },
        START_DEADLINE_MS,
      );
    } catch (error) {
      const words = (await readFile(this.#logFile, 'utf8')).slice(-MAX_LOG_CHARS);
      throw new Error(`no ${this.kind} for the tests; its words:\n${words}`, { cause: error });
    }
  }

  async clean(hostId: string): Promise<void> {
    const signal = AbortSignal.timeout(STOP_DEADLINE_MS);
    for (const { id } of await this.api.list(hostLabelOf(hostId), signal)) {
      await this.api.remove(id, true);
    }
  }

  async halt(): Promise<void> {
    this.#client.close();
    const child = this.#process;
    child?.kill('SIGTERM');
    // Podman waits for everything it has under way, and keeps nothing in its memory.
    const late = setTimeout(() => child?.kill('SIGKILL'), PODMAN_PATIENCE_MS);
    if (this.kind !== 'podman') clearTimeout(late);
    await within(`${this.kind} ends`, this.#exit, STOP_DEADLINE_MS);
    clearTimeout(late);
  }

  async stop(): Promise<void> {
    try {
      await this.halt();
    } finally {
      await endLeftovers(this.folder);
      await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
    }
  }
}

/** Ends what looks after containers of this engine and outlives it, and what is still mounted. */
async function endLeftovers(folder: string): Promise<void> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (!line.split('\0').some((word) => word === folder || word.startsWith(`${folder}/`)))
      continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').toReversed();
  for (const place of mounts.map((line) => line.split(' ')[1] ?? '')) {
    if (!place.startsWith(`${folder}/`)) continue;
    await promisify(execFile)('umount', ['-l', place]).catch(() => undefined);
  }
}

/** A root file system of one static busybox and its names, as a tar archive. */
async function busyboxArchive(folder: string): Promise<string> {
  const run = promisify(execFile);
  const root = join(folder, 'busybox');
  for (const name of ['bin', 'etc', 'tmp']) await mkdir(join(root, name), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  const { stdout: place } = await run('sh', ['-c', 'command -v busybox']);
  await copyFile(place.trim(), join(root, 'bin', 'busybox'));
  const { stdout: names } = await run('busybox', ['--list']);
  for (const name of names.trim().split('\n')) {
    if (name !== 'busybox') await symlink('busybox', join(root, 'bin', name));
  }
  const users = 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n';
  await writeFile(join(root, 'etc', 'passwd'), users);
  const archive = join(folder, 'busybox.tar');
  await run('tar', ['-C', root, '-cf', archive, '.']);
  return archive;
}

async function importImage(socketPath: string, archive: string): Promise<void> {
  const imported = new Promise<void>((resolve, reject) => {
    const request = http.request(
      {
        socketPath,
        method: 'POST',
        path: `/v1.41/images/create?fromSrc=-&repo=${testImage}`,
        headers: { 'content-type': 'application/x-tar' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (part: Buffer) => (text += part.toString()));
        answer.on('end', () => {
          if (answer.statusCode === 200 && !text.includes('"error"')) resolve();
          else reject(new Error(`the test image was not taken: ${text}`));
        });
      },
    );
    request.on('error', reject);
    createReadStream(archive).pipe(request);
  });
  await within('the test image is imported', imported, START_DEADLINE_MS);
}

/** A registry of the tests' own on loopback, which asks for a name and a password. */
export interface TestRegistry {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  stop(): Promise<void>;
}

/** Starts the program `docker-registry`. */
export async function testRegistry(): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-registry-'));
  const user = 'tester';
  const password = 'correct horse';
  // bcrypt of the password above.
  const hash = '$2a$05$JVEF8DnsTG/E7rE35QzEueFQpr0v7chzh3lo/xucb1StjfKef6EoC';
  await writeFile(join(folder, 'htpasswd'), `${user}:${hash}\n`);
  await writeFile(
    join(folder, 'config.yml'),
    `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: ${join(folder, 'data')}}}
http: {addr: '127.0.0.1:0'}
auth: {htpasswd: {realm: test, path: ${join(folder, 'htpasswd')}}}
`,
  );
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      words = `${words}${text.toString()}`.slice(-MAX_LOG_CHARS);
    });
  }
  const exit = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await within('the registry ends', exit);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await until('the registry listens', async () => {
      if (child.exitCode !== null) throw new Error(words);
      return listeningPort(child.pid ?? 0);
    });
    return { host: `127.0.0.1:${port}`, user, password, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The loopback port that a process listens on; null while there is none. */
async function listeningPort(pid: number): Promise<number | null> {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    `ls -l /proc/${pid}/fd 2>/dev/null | sed -n 's/.*socket:\\[\\([0-9]*\\)\\].*/\\1/p'`,
  ]);
  const sockets = new Set(stdout.trim().split('\n'));
  for (const line of (await readFile(`/proc/${pid}/net/tcp`, 'utf8')).split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const isListening = fields[3] === '0A';
    if (isListening && sockets.has(fields[9] ?? '')) {
      return Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
    }
  }
  return null;
}
