import type { AttemptStart } from '../../ports/executor.ts';
import { files } from '../attempts/folder.ts';
import { folderVariable, graceLine, idVariable, launcherVariable } from './protocol.ts';
import { maxCommandBytes, maxGraceMs } from './limits.ts';

/** Where programs are looked for when the job does not say. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Variables a shell refuses, computes itself, or acts upon when assigned. They are handed over by
 * `env` instead of `export`: one more exec, only for jobs that set them. The same way goes for
 * names that are no shell identifiers (`spring.profile`).
 */
const specialVariable =
  /^(?:_|BASH.*|COMP_.*|LC_.*|LANG|HIST.*|EUID|UID|PPID|SHELLOPTS|SHLVL|RANDOM|SRANDOM|SECONDS|LINENO|EPOCH.*|DIRSTACK|GROUPS|FUNCNAME|PIPESTATUS|IFS|OPT.*|POSIXLY_CORRECT|PWD|OLDPWD|TMOUT|GLOBIGNORE|IGNOREEOF|EXECIGNORE|PS4|LONGSHORE_SETSID)$/;

/** The files a start writes, as text the keeper sources and a person can read. */
export interface CommandFiles {
  readonly command: string;
  readonly postStart: string | null;
  readonly preStop: string | null;
}

/**
 * Renders what a keeper sources. The environment is exactly the attempt's own, with defaults for
 * HOME (the working directory `<folder>/work`), USER, LOGNAME, SHELL and PATH, plus the attempt's
 * id and folder.
 */
export function renderCommandFiles(
  start: AttemptStart,
  identity: { readonly folder: string; readonly user: string },
): CommandFiles {
  const env = {
    HOME: `${identity.folder}/${files.work}`,
    USER: identity.user,
    LOGNAME: identity.user,
    SHELL: '/bin/sh',
    PATH: defaultPath,
    ...start.env,
    [idVariable]: start.attemptId,
    [folderVariable]: identity.folder,
  };
  const { argv, postStart, preStop } = start.spec.task;
  const graceMs = Math.min(Math.max(Math.round(start.spec.graceMs), 0), maxGraceMs);
  const render = (words: readonly string[]): string =>
    `# Longshore attempt ${start.attemptId}: what runs, with its environment. Secrets possible.\n` +
    `${graceLine(graceMs)}\n${renderShell(words, env)}`;
  return {
    command: render(argv),
    postStart: postStart && postStart.length > 0 ? render(postStart) : null,
    preStop: preStop && preStop.length > 0 ? render(preStop) : null,
  };
}

/** Why these words and variables cannot be run, with the remedy; null when they can. */
export function commandProblem(
  argvs: readonly (readonly string[] | null)[],
  env: Readonly<Record<string, string>>,
): string | null {
  let bytes = 0;
  for (const word of argvs.flatMap((argv) => argv ?? [])) {
    if (word.includes('\0')) return 'an argument contains a zero byte; remove it';
    bytes += Buffer.byteLength(word);
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0\n]/.test(name)) {
      return `variable name ${JSON.stringify(name)} is not possible; use letters, digits and _`;
    }
    if (value.includes('\0')) return `variable ${name} contains a zero byte; remove it`;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes <= maxCommandBytes) return null;
  return `arguments and variables take ${bytes} bytes, at most ${maxCommandBytes} fit; pass large data in a file`;
}

function renderShell(argv: readonly string[], env: Readonly<Record<string, string>>): string {
  const lines: string[] = [];
  const special: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !specialVariable.test(name)) {
      lines.push(`export ${name}=${quote(value)}`);
    } else {
      special.push(quote(`${name}=${value}`));
    }
  }
  const words = argv.map(quote).join(' ');
  const program = argv[0] ?? '';
  let command = words;
  if (special.length > 0) {
    // A program name with `=` would look like one more variable to env.
    const shim = program.includes('=') ? `/bin/sh -c 'exec "$@"' sh ` : '';
    command = `/usr/bin/env ${special.join(' ')} ${shim}${words}`;
  } else if (program.startsWith('-')) {
    command = `-- ${words}`;
  }
  lines.push(`exec $${launcherVariable} ${command}`);
  return `${lines.join('\n')}\n`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
