import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { SameRequest } from '../../../src/dialects/kit/operations.ts';
import type { PrintedKey } from '../../support/server.ts';
import { type Cleanup, temporaryFolder } from '../../support/temporary-folder.ts';
import { prepared, run as build } from '../toolchain.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const execute = promisify(execFile);

/** An interpreter starts, imports a whole SDK and calls once. */
const CALL_DEADLINE_MS = 60_000;

/** What no shell and no language may take for anything but text. */
export const odd = [
  `it's "odd" '''one''' """two""" \\ \\n \\' \\" \\u0041 \\`,
  `\${HOME} $HOME $(touch made) \`touch made\` \${x:-y} !! * ~ %41 %s %% {x} #{y} <b>&amp;</b> a=b&c;d|e`,
  `\t--flag 中文 é 😀 \u2028 \u00a0 // /* */ # end`,
].join('\n');

/** A value that programs could take for a flag. */
export const dashed = `--odd='${odd}'`;

/** What an interpreter is started with; null for what runs in a shell. */
export type Kind = 'typescript' | 'python' | 'cli' | 'curl';

/** Runs requests as the console shows them, each in a process of its own. */
export interface ShownRequests {
  /** @throws Error with what it printed when it fails. Gives its stdout. */
  run(request: SameRequest): Promise<string>;
  /** Arguments that the line of a command line gives its program. */
  argv(request: SameRequest): Promise<readonly string[]>;
}

/**
 * @param python interpreter that has the SDKs.
 * @param command the program of the vendor's command line; a stand-in tells its arguments.
 */
export async function shownRequests(
  cleanup: Cleanup,
  key: PrintedKey,
  python: string,
  command: string,
): Promise<ShownRequests> {
  const folder = await temporaryFolder(cleanup);
  const programs = join(folder, 'bin');
  const empty = join(folder, 'empty');
  await mkdir(programs);
  await mkdir(empty);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const told = join(folder, 'argv.json');
  const standIn = `#!${process.execPath}\nrequire('node:fs').writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.argv.slice(2)));\n`;
  await writeFile(join(programs, command), standIn, { mode: 0o755 });
  const env = {
    ...process.env,
    PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`,
    ALIBABA_CLOUD_ACCESS_KEY_ID: key.id,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: key.secret,
    HUAWEICLOUD_SDK_AK: key.id,
    HUAWEICLOUD_SDK_SK: key.secret,
    LONGSHORE_ACCESS_KEY_ID: key.id,
    LONGSHORE_ACCESS_KEY_SECRET: key.secret,
  };
  const start = async (program: string, args: readonly string[]): Promise<string> => {
    const options = { env, cwd: empty, timeout: CALL_DEADLINE_MS };
    const { stdout } = await execute(program, args, options);
    // A shell that expanded something in a value would have run it.
    assert.deepEqual(await readdir(empty), [], 'a value was run');
    return stdout;
  };
  return {
    async run({ kind, text }) {
      if (kind === 'typescript') {
        const file = join(folder, 'call.mts');
        await writeFile(file, text);
        return await start(process.execPath, [file]);
      }
      if (kind === 'python') {
        const file = join(folder, 'call.py');
        await writeFile(file, text);
        return await start(python, [file]);
      }
      // What is refused by HTTP is no failure to curl unless it is told so.
      return await start('sh', ['-c', kind === 'curl' ? text.replace('curl', 'curl -sSf') : text]);
    },
    async argv({ text }) {
      await start('sh', ['-c', text]);
      return JSON.parse(await readFile(told, 'utf8')) as readonly string[];
    },
  };
}

/**
 * An interpreter with the SDK of a driver of `tests/compat`, whose preparation it shares.
 * @param name of the preparation, as in the driver's own test.
 */
export async function pythonWith(
  name: string,
  folder: string,
): Promise<{ readonly python: string } | { readonly missing: string }> {
  const requirements = join(import.meta.dirname, '..', folder, 'requirements.txt');
  const tools = await prepared(name, [requirements], async (venv) => {
    await build('python3', ['-m', 'venv', venv]);
    const install = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
    await build(join(venv, 'bin', 'python'), install);
  });
  return 'missing' in tools ? tools : { python: join(tools.folder, 'bin', 'python') };
}

/** Flags of `aliyun`: a value stands in the next word, or after `=`. */
export function aliyunFlags(argv: readonly string[]): Readonly<Record<string, string>> {
  const flags: Record<string, string> = {};
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    assert.ok(word.startsWith('--'), `${word} is no flag`);
    const [name = '', ...rest] = word.slice(2).split('=');
    const next = argv[index + 1];
    if (rest.length > 0) {
      flags[name] = rest.join('=');
    } else if (next === undefined || next.startsWith('-')) {
      flags[name] = '';
    } else {
      flags[name] = next;
      index += 1;
    }
  }
  return flags;
}
