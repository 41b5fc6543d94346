import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Cleanup } from './temporary-folder.ts';
import { PATIENCE_MS, within } from './until.ts';

/** Most bytes of stderr kept for failure messages. */
const MAX_STDERR = 64 * 1024;

/** A Node program of ours that a test started as a process of its own. */
export interface Program {
  readonly pid: number;
  /** Every line of stdout so far. */
  readonly lines: readonly string[];
  stderr(): string;
  /** The first line, past or future, that fits. @throws Error with stderr when it ends before that. */
  line(matches: (line: string) => boolean, deadlineMs?: number): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended and all of its output is read. */
  ended(
    deadlineMs?: number,
  ): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Starts `file` with this Node; the test's end kills it if it still runs. */
export function startProgram(
  cleanup: Cleanup,
  file: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Program {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    // The runner's own variables would make a child of ours behave as a test file.
    env: { ...withoutTestRunner(process.env), ...options.env },
  });
  const end = once(child, 'close').then(() => ({
    code: child.exitCode,
    signal: child.signalCode,
  }));
  cleanup.after(async () => {
    if (isRunning(child)) child.kill('SIGKILL');
    await end;
  });

  const lines: string[] = [];
  const listeners = new Set<() => void>();
  let stderr = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
  });

  const firstLine = (matches: (line: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find(matches);
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
      void end.then(({ code, signal }) => {
        look();
        reject(
          new Error(`${file} ended (${signal ?? `exit ${code}`}) before that line: ${stderr}`),
        );
      });
    });

  return {
    pid: child.pid ?? 0,
    lines,
    stderr: () => stderr,
    line: (matches, deadlineMs = PATIENCE_MS) =>
      within(`a line of ${file}`, firstLine(matches), deadlineMs),
    kill: (signal) => child.kill(signal),
    ended: (deadlineMs = PATIENCE_MS) => within(`the end of ${file}`, end, deadlineMs),
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function withoutTestRunner(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...rest } = env;
  return rest;
}
