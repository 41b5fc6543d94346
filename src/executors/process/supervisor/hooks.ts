import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { enterArgv, files, openRegular } from '../protocol.ts';
import type { JobUser } from '../protocol.ts';
import process from 'node:process';
import type { KeeperShell } from './keeper-script.ts';
import { hasOwnMounts, sendSignal } from './processes.ts';

/** A running hook. */
export interface Hook {
  /** Why it failed, '' when it succeeded. Always resolves. */
  readonly failure: Promise<string>;
  /** Kills it with its whole group. */
  kill(): void;
}

/**
 * Runs a hook file of the attempt with the job's environment, user, mounts and working directory,
 * in a group of its own. Its output is appended to the attempt's.
 */
export function runHook(
  shell: KeeperShell,
  user: JobUser | null,
  attempt: { readonly folder: string; readonly pid: number | null },
  file: typeof files.postStart | typeof files.preStop,
  timeoutMs: number,
): Hook {
  const { folder, pid } = attempt;
  const { O_WRONLY, O_APPEND } = fs.constants;
  const out = openRegular(path.join(folder, files.stdout), O_WRONLY | O_APPEND);
  const err = openRegular(path.join(folder, files.stderr), O_WRONLY | O_APPEND);
  const name = file === files.postStart ? 'PostStart' : 'PreStop';
  const work = path.join(folder, files.work);
  // Who enters the mounts of another process arrives in `/`.
  const script = `umask 022\ncd -- "$2" || exit 126\n${shell.hookScript}`;
  const argv = [...shell.argv, script, 'hook', path.join(folder, file), work] as const;
  const inside = pid !== null && hasOwnMounts(pid);
  const mode = process.getuid?.() === 0 ? 'root' : 'user';
  const [program, ...args] = inside ? enterArgv(pid, mode, user, argv) : argv;
  const child = spawn(program, args, {
    cwd: work,
    env: {},
    detached: true,
    stdio: ['ignore', out ?? 'ignore', err ?? 'ignore'],
    ...(user === null || inside ? {} : { uid: user.uid, gid: user.gid }),
  });
  for (const fd of [out, err]) if (fd !== null) fs.closeSync(fd);
  const kill = (): void => {
    if (child.pid !== undefined) sendSignal(-child.pid, 'SIGKILL');
  };
  const failure = new Promise<string>((resolve) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, timeoutMs);
    child.on('error', (error) => resolve(`${name} hook could not be run: ${error.message}`));
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve('');
      else if (late) resolve(`${name} hook took longer than ${timeoutMs} ms and was killed`);
      else resolve(`${name} hook failed: ${code === null ? signal : `exit ${code}`}`);
    });
  });
  return { failure, kill };
}
