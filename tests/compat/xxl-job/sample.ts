import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';
import { prepared, type Prepared, run } from '../toolchain.ts';

const source = import.meta.dirname;
const files = ['pom.xml', 'src/main/java/sample/Sample.java'].map((name) => join(source, name));

/** Most of an executor's output kept for messages. */
const maxOutput = 16 * 1024;
/** A virtual machine on a busy computer takes its time. */
const startDeadlineMs = 60_000;

/** Compiles the sample on one version of the library, once. */
export function preparedSample(version: string): Promise<Prepared> {
  return prepared(`xxl-job-${version}`, files, async (built) => {
    await run('mvn', [
      '--batch-mode',
      '--quiet',
      `--file=${join(source, 'pom.xml')}`,
      `-Dxxl.version=${version}`,
      `-Dout=${built}`,
      `-DoutputDirectory=${join(built, 'lib')}`,
      'compile',
      'dependency:copy-dependencies',
    ]);
  });
}

/** A real executor in a process of its own. */
export interface Sample {
  readonly url: string;
  readonly address: string;
  /** The handlers that ran, a line each. */
  runs(): readonly string[];
  /** Ends in good order: takes itself off first. */
  end(): Promise<void>;
  /** Dies. */
  kill(): Promise<void>;
}

/** Starts an executor; resolves when it serves. It ends with the test. */
export async function startSample(
  cleanup: Cleanup,
  built: string,
  options: {
    readonly admin: string;
    readonly appName: string;
    readonly token: string;
    readonly port: number;
    readonly folder: string;
  },
): Promise<Sample> {
  const { admin, appName, token, port, folder } = options;
  const classes = `${join(built, 'classes')}:${join(built, 'lib', '*')}`;
  const child = spawn(
    'java',
    // Small and quick to start: it does next to nothing.
    [
      '-Xmx96m',
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-cp',
      classes,
      'sample.Sample',
    ].concat([admin, appName, token, String(port), folder]),
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-maxOutput);
    });
  }
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  closed.catch(() => {});
  cleanup.after(() => end(child, closed, 'SIGKILL'));
  await until(
    'the executor serves',
    () => {
      if (child.exitCode !== null) throw new Error(`the executor ended: ${output}`);
      return output.includes('ready\n');
    },
    startDeadlineMs,
  );
  return {
    url: `http://127.0.0.1:${port}/`,
    address: `xxljob@127.0.0.1:${port}`,
    runs: () => {
      try {
        return readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n');
      } catch {
        return [];
      }
    },
    end: () => end(child, closed, null),
    kill: () => end(child, closed, 'SIGKILL'),
  };
}

async function end(
  child: ChildProcess,
  closed: Promise<unknown>,
  signal: 'SIGKILL' | null,
): Promise<void> {
  child.stdin?.end();
  if (signal !== null) child.kill(signal);
  await closed.catch(() => {});
}
