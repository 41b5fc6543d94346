import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type Program, startProgram } from './program.ts';
import { type Cleanup, temporaryFolder } from './temporary-folder.ts';
import { PATIENCE_MS } from './until.ts';

const main = join(import.meta.dirname, '..', '..', 'bin', 'longshore');

/** An access key as `longshore keys create --json` prints it. */
export interface PrintedKey {
  readonly id: string;
  readonly secret: string;
}

/** A Longshore server in a process of its own, as `longshore up` starts it. */
export interface RunningServer {
  readonly program: Program;
  /** Base address, e.g. `http://127.0.0.1:49152`. */
  readonly url: string;
  readonly dataDir: string;
  /** Asks it to end (SIGTERM) and waits for that; returns the exit code. */
  stop(): Promise<number | null>;
  /** `kill -9`, and waits until it is gone. What it was running goes on. */
  crash(): Promise<void>;
}

/** A folder for a server's data that jobs of another system user can reach. */
export async function dataFolder(cleanup: Cleanup): Promise<string> {
  const folder = await temporaryFolder(cleanup);
  await chmod(folder, 0o755);
  return folder;
}

/**
 * Starts `longshore up` on a free port of the loopback address and waits until it says where it
 * listens. `args` are further flags. The test's end kills it if it still runs.
 */
export async function startServer(
  cleanup: Cleanup,
  dataDir: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const flags = ['--data', dataDir, '--port', '0', '--log-level', 'warn', ...args];
  const program = startProgram(cleanup, main, ['up', ...flags], { env });
  const address = /http:\/\/127\.0\.0\.1:\d+/;
  const line = await program.line((text) => address.test(text));
  return {
    program,
    url: address.exec(line)?.[0] ?? '',
    dataDir,
    async stop() {
      program.kill('SIGTERM');
      return (await program.ended()).code;
    },
    async crash() {
      program.kill('SIGKILL');
      await program.ended();
    },
  };
}

/**
 * Runs one `longshore` command to its end and returns what it printed on stdout.
 * @throws Error with its stderr when it fails or takes longer than `deadlineMs`.
 */
export async function longshore(
  cleanup: Cleanup,
  dataDir: string,
  args: readonly string[],
  deadlineMs = PATIENCE_MS,
): Promise<string> {
  // What follows `--` belongs to the job, not to the command.
  const end = args.indexOf('--') === -1 ? args.length : args.indexOf('--');
  const flagged = [...args.slice(0, end), '--data', dataDir, ...args.slice(end)];
  const program = startProgram(cleanup, main, flagged);
  const { code, signal } = await program.ended(deadlineMs);
  if (code !== 0) {
    throw new Error(
      `longshore ${args.join(' ')} failed (${signal ?? `exit ${code}`}): ${program.stderr()}`,
    );
  }
  return program.lines.join('\n');
}

/** Makes a key on the running server; `args` choose its user and policies. */
export async function createKey(
  cleanup: Cleanup,
  dataDir: string,
  args: readonly string[] = ['--user', 'tester', '--root'],
): Promise<PrintedKey> {
  const printed = await longshore(cleanup, dataDir, ['keys', 'create', ...args, '--json']);
  const { id, secret } = JSON.parse(printed) as PrintedKey;
  return { id, secret };
}
