import { readdirSync, readFileSync } from 'node:fs';

/** Carried by every process of an attempt; holds the attempt's folder. */
const folderVariable = 'LONGSHORE_ATTEMPT_FOLDER';

/** A process that belongs to an attempt. */
export interface JobProcess {
  readonly pid: number;
  readonly folder: string;
}

/** Every process of this machine that an attempt under one of the data folders left running. */
export function jobProcesses(dataDirs: readonly string[]): readonly JobProcess[] {
  const found: JobProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const folder = attemptFolder(name);
    if (folder !== null && dataDirs.some((dir) => folder.startsWith(`${dir}/`))) {
      found.push({ pid: Number(name), folder });
    }
  }
  return found;
}

/** Ends what a broken run left behind: processes that servers of ours started under these folders. */
export function endJobProcesses(dataDirs: readonly string[]): void {
  for (const { pid } of jobProcesses(dataDirs)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

function attemptFolder(pid: string): string | null {
  try {
    const environ = `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
    return new RegExp(`\0${folderVariable}=([^\0]*)`).exec(environ)?.[1] ?? null;
  } catch {
    // Ended, or of a user whose processes we may not look into.
    return null;
  }
}
