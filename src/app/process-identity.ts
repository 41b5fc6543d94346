import { readFileSync } from 'node:fs';

/**
 * What tells a process apart from a later one with the same number: when it was started (clock
 * ticks since the boot) and in which boot. Null where the system does not tell (not Linux).
 */
function startMark(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; fields are counted after its end.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return ticks === undefined ? null : `${ticks}-${boot}`;
  } catch {
    return null;
  }
}

/** A process, named so that a reused number is not mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start mark; `unknown` where the system does not tell. */
  readonly mark: string;
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, mark: startMark(process.pid) ?? 'unknown' };
}

/** Whether exactly this process runs. When the system tells no start, a live number counts. */
export function isAlive({ pid, mark }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) {
      return false;
    }
  }
  const now = startMark(pid);
  return now === null || mark === 'unknown' || now === mark;
}
