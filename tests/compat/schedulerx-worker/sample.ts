import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Cleanup } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';
import { prepared, type Prepared, run } from '../toolchain.ts';

const source = join(import.meta.dirname, 'go');
const names = ['go.mod', 'go.sum', 'main.go'];
const library = 'github.com/alibaba/schedulerx-worker-go';

/**
 * Names a folder with the source of the official worker library, for machines whose module proxy
 * does not have it. Absent or empty = from the proxy.
 */
const checkoutVariable = 'LONGSHORE_SCHEDULERX_WORKER_GO';
const named = process.env[checkoutVariable] ?? '';
const checkout = named === '' ? '' : resolve(named);
// A server refuses settings that it does not know, and it inherits this environment.
delete process.env[checkoutVariable];

/** Most of a worker's output kept for messages. */
const maxOutput = 64 * 1024;
const startDeadlineMs = 60_000;

/**
 * Builds the sample worker once for each version of its sources. Where the library cannot be had
 * the test is skipped, in CI too: no package of this system has it.
 * @throws Error when the named folder does not hold the library.
 */
export async function preparedWorker(): Promise<Prepared> {
  if (checkout === '') {
    const missing = await libraryProblem();
    if (missing !== null) return { missing };
  } else if (!existsSync(join(checkout, 'go.mod'))) {
    throw new Error(
      `${checkoutVariable}=${checkout} holds no go.mod; name a checkout of ${library}`,
    );
  }
  const files = names.map((name) => join(source, name));
  if (checkout !== '') {
    for (const file of globSync('**/{*.go,go.mod}', { cwd: checkout }).toSorted()) {
      files.push(join(checkout, file));
    }
  }
  return prepared('schedulerx-worker', files, async (built) => {
    for (const name of names) await copyFile(join(source, name), join(built, name));
    const go = (...args: readonly string[]): Promise<void> =>
      // Map jobs keep their tasks in SQLite, which is C.
      run('go', args, { cwd: built, env: { CGO_ENABLED: '1' } });
    if (checkout !== '') await go('mod', 'edit', `-replace=${library}=${checkout}`);
    // Everything else is pinned; of the library itself no sum is known where it cannot be had.
    await go('build', '-mod=mod', '-buildvcs=false', '-o', 'worker', '.');
  });
}

/** Why the proxy does not give the library, with the way out; null when it does. */
async function libraryProblem(): Promise<string | null> {
  const version = new RegExp(`${library} (v\\S+)`).exec(
    readFileSync(join(source, 'go.mod'), 'utf8'),
  );
  try {
    await run('go', ['mod', 'download', `${library}@${version?.[1] ?? 'latest'}`], {
      cwd: tmpdir(),
    });
    return null;
  } catch (error) {
    const reason = String(error).replaceAll(/\s+/g, ' ').trim();
    return `the official worker library cannot be had (${reason}); clone it and name the folder in ${checkoutVariable}`;
  }
}

/** A real worker in a process of its own. */
export interface Sample {
  /** What ran on it, in order: number of the instance, and what it noted. */
  notes(): readonly (readonly [instance: number, text: string])[];
  /** Its latest output, for messages. */
  output(): string;
  /** Ends in good order (SIGTERM): says goodbye first. */
  end(): Promise<void>;
  /** Dies (SIGKILL). */
  kill(): Promise<void>;
}

/** Starts a worker; resolves when it takes jobs. It ends with the test. */
export async function startSample(
  cleanup: Cleanup,
  built: string,
  options: {
    /** `host:port` of the server. */
    readonly server: string;
    readonly namespace: string;
    readonly group: string;
    readonly key: string;
    /** File of its notes. */
    readonly notes: string;
    readonly label: string;
  },
): Promise<Sample> {
  const { server, namespace, group, key, notes, label } = options;
  const child = spawn(join(built, 'worker'), [server, namespace, group, key, notes, label], {
    // The library writes its database into the folder it is started in.
    cwd: dirname(notes),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GO_SCHEDULERX_WORKER_LOG_LEVEL: 'warn' },
  });
  let output = '';
  let ready = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-maxOutput);
      ready ||= output.includes('ready\n');
    });
  }
  const closed = once(child, 'close');
  closed.catch(() => {});
  cleanup.after(() => end(child, closed, 'SIGKILL'));
  await until(
    'the worker takes jobs',
    () => {
      if (child.exitCode !== null) throw new Error(`the worker ended: ${output}`);
      return ready;
    },
    startDeadlineMs,
  );
  return {
    notes: () => readNotes(notes),
    output: () => output,
    end: () => end(child, closed, 'SIGTERM'),
    kill: () => end(child, closed, 'SIGKILL'),
  };
}

function readNotes(file: string): readonly (readonly [number, string])[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, instance, text] = /^(\d+) (.*)$/.exec(line) ?? [];
    return text === undefined ? [] : [[Number(instance), text] as const];
  });
}

async function end(
  child: ChildProcess,
  closed: Promise<unknown>,
  signal: NodeJS.Signals,
): Promise<void> {
  child.kill(signal);
  await closed.catch(() => {});
}
