import fs from 'node:fs';

/**
 * When a process of this machine started, in clock ticks since boot, with the boot's id: together
 * with its number that names it for good. Null = there is none, or it has ended.
 */
export function processTicks(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may contain anything; fields are safe after its closing parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${fields[19] ?? ''}@${bootId()}`;
  } catch {
    return null;
  }
}

let knownBootId: string | null = null;

function bootId(): string {
  try {
    knownBootId ??= fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    knownBootId = '-';
  }
  return knownBootId;
}
