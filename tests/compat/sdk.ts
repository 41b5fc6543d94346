import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Cleanup } from '../support/temporary-folder.ts';
import { within } from '../support/until.ts';

/** What an SDK shows of one call. */
export type SdkAnswer =
  | {
      /** The response body as it was on the wire. */
      readonly raw: Record<string, unknown>;
      /** What the SDK's types hold of it. */
      readonly typed: Record<string, unknown>;
      /** Members whose value is not of the declared type. */
      readonly mistyped: readonly string[];
      /** Members that the SDK declares and the body lacks; absent where the language cannot tell. */
      readonly unset?: readonly string[];
    }
  | {
      readonly error: {
        readonly code: string | null;
        readonly requestId: string | null;
        readonly status: number | null;
        readonly message: string;
      };
    }
  /** The SDK has no such operation. */
  | { readonly unsupported: true };

/** A program that calls operations through the typed SDK of its language. */
export interface Sdk {
  call(action: string, params: Readonly<Record<string, unknown>>): Promise<SdkAnswer>;
}

const CALL_DEADLINE_MS = 60_000;
/** Most of the driver's stderr kept for messages. */
const MAX_STDERR = 16 * 1024;

/** Starts a driver; it speaks one line of JSON for each call and ends with the test. */
export function startSdk(
  cleanup: Cleanup,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Sdk {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
  });
  // A driver that ended is told by the missing answer; the pipe's own error says less.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close');
  // Without a listener a failed start would end the whole test run.
  ended.catch(() => {});
  cleanup.after(async () => {
    child.stdin.end();
    child.kill('SIGKILL');
    await ended.catch(() => {});
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async call(action, params) {
      child.stdin.write(`${JSON.stringify({ action, params })}\n`);
      const line = await within(`the SDK answers ${action}`, lines.next(), CALL_DEADLINE_MS);
      if (line.done === true) throw new Error(`the driver ended at ${action}: ${stderr}`);
      return JSON.parse(line.value) as SdkAnswer;
    },
  };
}
