import fs from 'node:fs';
import path from 'node:path';
import type { ScriptArtifact } from '../../domain/template.ts';
import { readLogChunk } from '../attempts/log.ts';
import { defaultPath } from './command.ts';
import { maxScriptBytes } from './limits.ts';
import { type StartFile, startFolderName } from './protocol.ts';

/** File of the start folder that holds a script; that it is there tells a later server what ran. */
const scriptFileName = 'script';

/** Longest result of an attempt, in bytes (schedulerx.md §5.14). */
const maxResultBytes = 1_000;
/** Last bytes of the output in which the result is looked for. */
const resultWindowBytes = 64 * 1024;

/** Why the script cannot be run on this machine, with the remedy; null when it can. */
export function scriptProblem(
  artifact: ScriptArtifact,
  env: Readonly<Record<string, string>>,
): string | null {
  const bytes = Buffer.byteLength(artifact.text);
  if (bytes > maxScriptBytes) {
    return `the script has ${bytes} bytes, at most ${maxScriptBytes} fit; keep it on the machine and call it`;
  }
  if (artifact.text.trim() === '') return 'the script is empty; give it a text';
  const [program = ''] = interpreterOf(artifact);
  if (program.startsWith('/') || isOnPath(program, env['PATH'] ?? defaultPath)) return null;
  return program === 'bash'
    ? 'this machine has no bash; install it, or begin the script with #!/bin/sh'
    : `this machine has no ${program}; install it, or use a shell script`;
}

/** What runs the script, and the file that holds it. `argv` are the template's own arguments. */
export function scriptStart(
  artifact: ScriptArtifact,
  argv: readonly string[],
  startFolder: string,
): { readonly argv: readonly string[]; readonly file: StartFile } {
  return {
    argv: [...interpreterOf(artifact), path.join(startFolder, scriptFileName), ...argv],
    // Texts that were written on Windows: a shell takes the carriage return for part of a word.
    file: { name: scriptFileName, content: artifact.text.replaceAll('\r\n', '\n') },
  };
}

/** Whether the attempt ran a script. */
export function ranScript(folder: string): boolean {
  return fs.existsSync(path.join(folder, startFolderName, scriptFileName));
}

/** What a script that has ended answered: its last line of output that is not blank. */
export function scriptResult(folder: string): string {
  const size = readLogChunk(folder, 'stdout', 0, 0)?.size ?? 0;
  const from = Math.max(0, size - resultWindowBytes);
  const bytes = readLogChunk(folder, 'stdout', from, resultWindowBytes)?.bytes ?? new Uint8Array();
  const lines = new TextDecoder().decode(bytes).split('\n');
  return cut(lines.findLast((line) => line.trim() !== '')?.trim() ?? '');
}

/** The beginning that fits, without half a character at its end. */
function cut(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxResultBytes));
  return text.slice(0, read);
}

/** A shell script may ask for bash, and for options of its shell; anything else is left to sh. */
function interpreterOf({ language, text }: ScriptArtifact): readonly string[] {
  // Unbuffered: what it prints is to be seen while it runs.
  if (language === 'python') return ['python3', '-u'];
  const line = /^#![ \t]*(?:\S*\/)?(?:env[ \t]+(?:-S[ \t]+)?)?(?:\S*\/)?(bash|sh)(?=\s|$)(.*)/.exec(
    text,
  );
  const options = (line?.[2] ?? '').split(/\s+/).filter((word) => /^[-+]/.test(word));
  return [line?.[1] === 'bash' ? 'bash' : '/bin/sh', ...options];
}

function isOnPath(program: string, searched: string): boolean {
  return searched.split(':').some((folder) => {
    if (!folder.startsWith('/')) return false;
    try {
      fs.accessSync(path.join(folder, program), fs.constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
