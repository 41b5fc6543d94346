import fs from 'node:fs';
import { folderVariable, killRoundMs } from '../protocol.ts';

/** One process as /proc shows it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTime: string;
  /** Folder of its attempt; null when its environment does not say or cannot be read. */
  readonly folder: string | null;
}

/** Whether this machine has a /proc to look into. */
export const hasProc = fs.existsSync('/proc/self/stat');

/** Identity of the running system; '-' where it has none. */
export function readBootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '-';
  }
}

/**
 * Whether a process is still the one that was started: same pid, same start time, no zombie.
 * One whose start time nobody knows is not.
 */
export function isAlive(pid: number, startTime: string | null): boolean {
  if (startTime === null) return false;
  if (hasProc) return readStat(pid)?.startTime === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Sends a signal; false when there is nothing to send it to or it is not ours. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** When the process was started, in clock ticks since boot; null when it is gone, '0' without /proc. */
export function startTimeOf(pid: number): string | null {
  return hasProc ? (readStat(pid)?.startTime ?? null) : '0';
}

/** Whether the process has mounts of its own, so that others must enter them to see what it sees. */
export function hasOwnMounts(pid: number): boolean {
  try {
    return fs.readlinkSync(`/proc/${pid}/ns/mnt`) !== fs.readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}

/** Whether the process says by its environment that it belongs to the attempt of this folder. */
export function carriesFolder(pid: number, folder: string): boolean {
  return readFolder(pid) === folder;
}

let pending: Promise<readonly ProcessInfo[]> | null = null;

/** All processes now. Looks that are asked for within one kill round share one. */
export function processTable(): Promise<readonly ProcessInfo[]> {
  pending ??= new Promise((resolve) => {
    setTimeout(() => {
      pending = null;
      resolve(scan());
    }, killRoundMs);
  });
  return pending;
}

/**
 * The processes of one attempt: members of its group or session, those that carry its folder,
 * and all their descendants. `session` is its keeper's, whose leader (the keeper) is spared.
 */
export function processesOf(
  table: readonly ProcessInfo[],
  attempt: {
    readonly folder: string;
    readonly pid: number | null;
    readonly session: number | null;
  },
): ProcessInfo[] {
  const found = new Map<number, ProcessInfo>();
  for (const process of table) {
    const inSession = process.session === attempt.session && process.pid !== attempt.session;
    const inGroup = attempt.pid !== null && process.group === attempt.pid;
    if (inSession || inGroup || process.folder === attempt.folder) found.set(process.pid, process);
  }
  let before = -1;
  while (found.size !== before) {
    before = found.size;
    for (const process of table) {
      if (found.has(process.parent)) found.set(process.pid, process);
    }
  }
  return [...found.values()];
}

function scan(): ProcessInfo[] {
  if (!hasProc) return [];
  const found: ProcessInfo[] = [];
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(Number(name));
    if (stat) found.push({ ...stat, folder: readFolder(stat.pid) });
  }
  return found;
}

function readStat(pid: number): Omit<ProcessInfo, 'folder'> | null {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The name may contain anything; fields are safe after its closing parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: fields[19] ?? '0',
  };
}

function readFolder(pid: number): string | null {
  try {
    const environ = `\0${fs.readFileSync(`/proc/${pid}/environ`, 'latin1')}`;
    const at = environ.indexOf(`\0${folderVariable}=`);
    if (at < 0) return null;
    const start = at + folderVariable.length + 2;
    const end = environ.indexOf('\0', start);
    return Buffer.from(environ.slice(start, end < 0 ? undefined : end), 'latin1').toString();
  } catch {
    return null;
  }
}
