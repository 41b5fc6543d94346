import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import type { StorePlace } from './engine.ts';

/** Clock ticks of `/proc` in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU milliseconds that the processes of a PostgreSQL on this machine have used so far; 0 for
 * SQLite, which works in the server's own process, and where there is no `/proc`.
 */
export async function databaseCpuMs({ kind, at }: StorePlace): Promise<number> {
  if (kind === 'sqlite' || process.platform !== 'linux') return 0;
  const client = new pg.Client({ connectionString: at });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const own = await statOf(rows[0]?.pid ?? 0);
    if (own === null) return 0;
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    let ticks = 0;
    for (const pid of pids) {
      const stat = await statOf(pid);
      // What ended meanwhile is in the postmaster's account of its children.
      if (stat?.parent === own.parent) ticks += stat.ticks;
      if (pid === own.parent && stat !== null) ticks += stat.ticks + stat.childTicks;
    }
    return (ticks / TICKS_PER_SECOND) * 1000;
  } finally {
    await client.end();
  }
}

interface Stat {
  readonly parent: number;
  readonly ticks: number;
  readonly childTicks: number;
}

/** Null when the process is gone. */
async function statOf(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The name, in parentheses, may hold anything; the state follows it.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (index: number): number => fields[index] ?? 0;
  return { parent: at(1), ticks: at(11) + at(12), childTicks: at(13) + at(14) };
}
