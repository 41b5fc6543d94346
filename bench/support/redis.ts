import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until, within } from '../../tests/support/until.ts';

const PROBE_TIMEOUT_MS = 10_000;
const STOP_DEADLINE_MS = 20_000;

/** A Redis of the bench's own that answers a write only after its log is synced. */
export interface BenchRedis {
  /** Its socket: it listens on no port. */
  readonly socket: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** What to do when there is no Redis here; null when there is one. */
export function missingRedis(): string | null {
  return version() === null
    ? 'redis-server is missing: install it (Debian: apt-get install redis-server; its service need not run)'
    : null;
}

/** Starts a Redis with its data in `folder`. @throws Error when it does not come up. */
export async function startRedis(folder: string): Promise<BenchRedis> {
  const socket = join(folder, 'redis.sock');
  const settings = {
    port: '0',
    unixsocket: socket,
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    // It asks for it by itself, and would otherwise warn.
    'maxmemory-policy': 'noeviction',
    loglevel: 'warning',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    await until('Redis accepts connections', async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      return accepts(socket);
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    socket,
    version: version() ?? '',
    async stop() {
      child.kill('SIGTERM');
      await within<unknown>('the end of Redis', ended, STOP_DEADLINE_MS);
    },
  };
}

function version(): string | null {
  const probe = spawnSync('redis-server', ['--version'], {
    encoding: 'utf8',
    timeout: PROBE_TIMEOUT_MS,
  });
  return probe.status === 0 ? (/v=([\d.]+)/.exec(probe.stdout)?.[1] ?? 'unknown') : null;
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    const answer = (well: boolean): void => {
      probe.destroy();
      resolve(well);
    };
    probe.once('connect', () => answer(true));
    probe.once('error', () => answer(false));
  });
}
