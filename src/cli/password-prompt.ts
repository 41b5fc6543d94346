import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { CliError, exitCodes } from './errors.ts';

/** Longest line that is read from a pipe, in characters. */
const lineLimit = 4_096;

/**
 * A new password: asked for twice and not shown at a terminal, else the first line of the input.
 * It is no argument of a command, where other users of the machine and the shell's history see it.
 * @throws CliError when the two differ, or there is none.
 */
export async function readNewPassword(
  userName: string,
  input: NodeJS.ReadStream | ReadStream,
  output: NodeJS.WritableStream,
): Promise<string> {
  if (!input.isTTY) return nonEmpty(await firstLine(input));
  const password = nonEmpty(await ask(`New password of ${userName}: `, input, output));
  if ((await ask('Again: ', input, output)) === password) return password;
  throw new CliError('the two passwords differ', 'Type the same one twice.', exitCodes.usage);
}

function nonEmpty(password: string): string {
  if (password !== '') return password;
  throw new CliError(
    'there is no password to read',
    'Type it at the prompt, or give it as the first line of stdin.',
    exitCodes.usage,
  );
}

async function firstLine(input: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.includes('\n') || text.length > lineLimit) break;
  }
  return (text.split('\n')[0] ?? '').replace(/\r$/, '');
}

function ask(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<string> {
  output.write(question);
  // Readline echoes what is typed to its output: this one swallows it.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    let answered = false;
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      output.write('\n');
      if (!answered) reject(new CliError('no password was given', '', exitCodes.usage));
    });
    lines.question('', (answer) => {
      answered = true;
      lines.close();
      resolve(answer);
    });
  });
}
