import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type SaeCall, saeClient } from '../../examples/sae-client.ts';
import type { Key } from './signed-requests.ts';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'bin', 'longshore');
/** What `bin/longshore` starts Node with. */
const binFlags = ['--max-semi-space-size=8'];
const binEnvironment = { MALLOC_ARENA_MAX: '1' };
const READY_DEADLINE_MS = 120_000;

/** A Longshore server of its own process, as `longshore up` starts it. */
export interface BenchServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly key: Key;
  readonly sae: SaeCall;
  /** Resident memory of the server process, MiB. */
  residentMib(): Promise<number>;
  /** One number of `/metrics`. */
  metric(name: string): Promise<number>;
  /** Newest runs of a template. */
  runs(
    templateId: string,
    offset: number,
    limit: number,
  ): Promise<readonly { readonly state: string; readonly endedAtMs: number | null }[]>;
  stop(): Promise<void>;
}

const folders: string[] = [];

/** A fresh folder that an unprivileged job user can reach; kept until `removeFolders`. */
export async function benchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-bench-'));
  await chmod(folder, 0o755);
  folders.push(folder);
  return folder;
}

/**
 * Deletes the folders of all benches. Only at the very end: ext4 does not hand out recently
 * deleted inodes for some 30 s and searches ever longer for others, so a bench that follows a
 * mass deletion measures the file system (seen: half of all CPU in `recently_deleted`).
 */
export async function removeFolders(): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Starts a server, waits until it is ready and makes a root key. `nodeArgs` go before the program. */
export async function startServer(options: {
  readonly dataDir: string;
  readonly nodeArgs?: readonly string[];
  readonly config?: Readonly<Record<string, string>>;
}): Promise<BenchServer> {
  const { dataDir } = options;
  const child = spawn(
    process.execPath,
    [
      ...binFlags,
      ...(options.nodeArgs ?? []),
      main,
      'up',
      '--data',
      dataDir,
      '--port',
      '0',
      '--log-level',
      'error',
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...binEnvironment, ...options.config },
    },
  );
  const url = await firstUrl(child);
  const created = await promisify(execFile)(process.execPath, [
    main,
    'keys',
    'create',
    '--user',
    'bench',
    '--root',
    '--json',
    '--data',
    dataDir,
  ]);
  const { id, secret } = JSON.parse(created.stdout) as Key;
  const { hostname, port } = new URL(url);
  return {
    url,
    host: hostname,
    port: Number(port),
    dataDir,
    key: { id, secret },
    sae: saeClient(url, { id, secret }),
    async residentMib() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = text
        .split('\n')
        .find((l) => l.startsWith(`${name} `) || l.startsWith(`${name}{`));
      if (line === undefined) throw new Error(`/metrics has no ${name}`);
      return Number(line.split(' ').at(-1));
    },
    async runs(templateId, offset, limit) {
      const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
      const answer = await fetch(
        `${url}/api/v1/runs?template=${templateId}&offset=${offset}&limit=${limit}`,
        { headers: { authorization } },
      );
      return ((await answer.json()) as { rows: { state: string; endedAtMs: number | null }[] })
        .rows;
    },
    async stop() {
      const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A helper program of the bench as its own small process; resolves with its first line of JSON. */
export async function helper(
  file: string,
  args: readonly string[] = [],
): Promise<{ readonly line: unknown; stop(): void }> {
  const child = fork(join(import.meta.dirname, file), [...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const line = await firstLine(child);
  return { line: JSON.parse(line), stop: () => void child.kill() };
}

/** A template of one instance that runs `argv` on the host. Gives its id. */
export async function hostTemplate(
  sae: SaeCall,
  name: string,
  argv: readonly string[],
): Promise<string> {
  const created = await sae('CreateJob', 'POST', '/pop/v1/sam/job/createJob', {
    AppName: name,
    Workload: 'job',
    PackageType: 'Image',
    ImageUrl: 'longshore/host',
    Replicas: '1',
    Command: argv[0] ?? '',
    CommandArgs: JSON.stringify(argv.slice(1)),
  });
  return (created['Data'] as { AppId: string }).AppId;
}

async function firstUrl(child: ChildProcess): Promise<string> {
  return firstMatch(child, /http:\/\/127\.0\.0\.1:\d+/);
}

async function firstLine(child: ChildProcess): Promise<string> {
  return firstMatch(child, /^\{.*\}$/m);
}

function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error('the process said nothing in time')),
      READY_DEADLINE_MS,
    );
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = pattern.exec(text);
      if (found === null) return;
      clearTimeout(deadline);
      text = '';
      resolve(found[0]);
    });
    child.once('exit', (code) =>
      reject(new Error(`the process ended with code ${code} before it was ready`)),
    );
  });
}
