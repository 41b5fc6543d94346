import fs from 'node:fs';
import path from 'node:path';
import {
  files,
  graceOf,
  maxCommandBytes,
  maxKillRounds,
  openRegular,
  readStop,
} from '../protocol.ts';
import type { JobUser, StopRecord } from '../protocol.ts';
import type { Attempt } from './attempt.ts';
import { runHook } from './hooks.ts';
import type { KeeperShell } from './keeper-script.ts';
import { hasProc, processesOf, processTable, sendSignal } from './processes.ts';

/**
 * Writes down that a stop was asked for, so that it is finished after any crash.
 * @returns the record that counts: an earlier one wins.
 */
export function recordStop(folder: string, record: StopRecord): StopRecord {
  try {
    const file = path.join(folder, files.stop);
    fs.writeFileSync(file, `${JSON.stringify(record)}\n`, { flag: 'wx', mode: 0o600 });
    return record;
  } catch {
    // There already, or the disk is full: the stop itself must go on.
    return readStop(folder) ?? record;
  }
}

/**
 * PreStop hook, SIGTERM to the group, the rest of the grace, then SIGKILL to every process of the
 * attempt until none is left. The grace counts from the first request and includes the hook.
 * `resumed`: an earlier supervisor began; its hook is not run again.
 * @returns what could not be done, '' usually.
 */
export async function stopAttempt(
  attempt: Attempt,
  record: StopRecord,
  how: { readonly shell: KeeperShell; readonly user: JobUser | null; readonly resumed: boolean },
): Promise<string> {
  const graceMs = graceOf(readCommand(attempt.folder));
  const sinceMs = Math.max(0, Date.now() - record.atMs);
  const deadlineMs = performance.now() + Math.max(0, graceMs - sinceMs);
  let message = '';
  await attempt.known;
  const withHook = !how.resumed && record.cause === 'asked' && attempt.ending === null;
  if (withHook && graceMs > 0 && fs.existsSync(path.join(attempt.folder, files.preStop))) {
    const hook = runHook(how.shell, how.user, attempt, files.preStop, graceMs);
    attempt.hook = hook;
    message = await Promise.race([hook.failure, attempt.over.then(() => '')]);
    attempt.hook = null;
    hook.kill();
  }
  if (attempt.ending === null && attempt.pid !== null) {
    terminate(attempt.pid);
    await Promise.race([attempt.over, after(deadlineMs - performance.now())]);
  }
  const survivors = await killProcesses(attempt);
  return [message, survivors].filter((text) => text !== '').join('; ');
}

/**
 * Kills every process of the attempt, also those that left its group or session, until a look
 * finds none.
 * @returns which ones are left after the last round, '' when none is.
 */
export async function killProcesses(attempt: Attempt): Promise<string> {
  let left: readonly number[] = [];
  for (let round = 0; round < maxKillRounds; round += 1) {
    const table = await processTable();
    const main = table.find((entry) => entry.pid === attempt.pid);
    if (attempt.session === null && main?.startTime === attempt.startTime) {
      attempt.session = main.session;
    }
    left = processesOf(table, attempt).map((entry) => entry.pid);
    if (left.length === 0 && hasProc) return '';
    for (const pid of left) sendSignal(pid, 'SIGKILL');
    if (!hasProc) {
      if (attempt.pid === null || !sendSignal(-attempt.pid, 'SIGKILL')) return '';
    }
  }
  return `processes ${left.slice(0, 10).join(', ')} could not be killed`;
}

function terminate(pid: number): void {
  // Under the fallback shell the group comes a moment after the pid.
  if (!sendSignal(-pid, 'SIGTERM')) sendSignal(pid, 'SIGTERM');
  // A stopped process would not notice otherwise.
  sendSignal(-pid, 'SIGCONT');
}

function after(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, delayMs)).unref();
  });
}

function readCommand(folder: string): string {
  const fd = openRegular(path.join(folder, files.command));
  if (fd === null) return '';
  try {
    const bytes = Buffer.alloc(Math.min(1024, maxCommandBytes));
    return bytes.toString('utf8', 0, fs.readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    fs.closeSync(fd);
  }
}
