import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const cacheRoot = join(
  import.meta.dirname,
  '..',
  '..',
  'node_modules',
  '.cache',
  'longshore',
  'compat',
);

/** A download from a registry, or a build of what was downloaded, takes no longer. */
const PREPARE_DEADLINE_MS = 5 * 60_000;
/** Most of a failed command's output kept for messages. */
const MAX_OUTPUT = 8 * 1024;

/** What a driver needs on this machine, or why it cannot be had. */
export type Prepared = { readonly folder: string } | { readonly missing: string };

/**
 * Fetches and builds what a driver needs, once for each content of its files. It is built aside
 * and moved into place when it is complete, so that two test runs do not meet in it.
 * @param language names the folder.
 * @param files whose content decides whether the folder is still good.
 * @param build fills the empty folder, which must bear to be moved. @throws Error when it cannot.
 */
export async function prepared(
  language: string,
  files: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<Prepared> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const folder = join(cacheRoot, `${language}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return { folder };
  const aside = `${folder}.${process.pid}`;
  try {
    await mkdir(aside, { recursive: true });
    await build(aside);
    await rename(aside, folder).catch((error: unknown) => {
      // Another run was first; what it made is the same.
      if (!existsSync(folder)) throw error;
    });
    return { folder };
  } catch (error) {
    const text = `the typed SDK for ${language} cannot be had: ${String(error)}`;
    if (process.env['LONGSHORE_REQUIRE_ALL'] === '1') {
      throw new Error(`${text}; LONGSHORE_REQUIRE_ALL=1 forbids skipping`, { cause: error });
    }
    return { missing: text };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Runs a program to its end. @throws Error with its last output when it fails or takes too long. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PREPARE_DEADLINE_MS,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed (${code}): ${output}`);
}
