import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createPackageRunner } from '../../../src/executors/packages/runner.ts';
import { createProcessExecutor } from '../../../src/executors/process/executor.ts';
import type { PackageArtifact } from '../../../src/domain/template.ts';
import type { AttemptStart } from '../../../src/ports/executor.ts';
import { eventually, processRuns, Session } from '../../contract/executor/harness.ts';
import type { ExecutorHarness } from '../../contract/executor/harness.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';

/** A process executor with packages, on a data folder of its own, as the server puts it together. */
export interface PackageHost {
  readonly session: Session;
  /** Folder that `file:` packages come from. */
  readonly files: string;
  readonly dataDir: string;
  /** Lets go of the executor and makes another one on the same data, as a new server would. */
  restart(): Promise<Session>;
  /** An attempt that runs a package. */
  attempt(id: string, artifact: PackageArtifact, more?: StartWords): AttemptStart;
}

/** What an attempt is given beside its package. */
export interface StartWords {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly graceMs?: number;
}

/** Opens one; jobs run as `nobody` where the tests run as root. All of it goes with the test. */
export async function packageHost(
  cleanup: Cleanup,
  config: { readonly strict?: boolean; readonly maxBytes?: number } = {},
): Promise<PackageHost> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'longshore-packages-'));
  fs.chmodSync(dataDir, 0o711);
  const files = path.join(dataDir, 'upload');
  fs.mkdirSync(files);
  const supervisors = new Set<number>();
  const log = {
    info: (fields: object) => {
      if ('pid' in fields) supervisors.add(Number(fields.pid));
    },
    warn: () => {},
  };
  const harness: ExecutorHarness = {
    artifact: { kind: 'image', image: 'longshore/host' },
    foreignArtifact: { kind: 'image', image: 'busybox' },
    traits: { addedVariables: [], firstProcess: false, hookOutput: true, many: 1 },
    runs: async (_attemptId, pid) => pid !== null && (await processRuns(pid)),
    create: () =>
      createProcessExecutor({
        dataDir,
        jobUser: process.getuid?.() === 0 ? 'nobody' : null,
        maxConcurrent: 4,
        maxLogBytes: 4 * 1024 * 1024,
        enabled: true,
        disabledReason: '',
        packages: createPackageRunner({
          dataDir,
          config: {
            maxBytes: config.maxBytes ?? 64 * 1024 * 1024,
            maxUnpackedBytes: 256 * 1024 * 1024,
            maxEntries: 10_000,
            timeoutMs: 10_000,
            cacheBytes: 1024 * 1024 * 1024,
            files: [files],
            hosts: [],
            strict: config.strict ?? false,
            runtimes: [],
          },
          log,
        }),
        supervisorIdleMs: 10_000,
        nowMs: Date.now,
        log,
      }),
    killHelper: null,
    dispose: () => Promise.resolve(),
  };
  const sessions = [await Session.open(harness)];
  cleanup.after(async () => {
    for (const session of sessions) await session.executor.close();
    for (const pid of supervisors) {
      if (await processRuns(pid)) process.kill(pid, 'SIGKILL');
      await eventually(`supervisor ${pid} is gone`, async () => !(await processRuns(pid)) || null);
    }
    await fs.promises.rm(dataDir, { recursive: true, force: true, maxRetries: 20 });
  });
  const session = sessions[0] as Session;
  return {
    session,
    files,
    dataDir,
    async restart() {
      await sessions.at(-1)?.executor.close();
      const next = await Session.open(harness);
      sessions.push(next);
      return next;
    },
    attempt(id, artifact, more = {}) {
      const plain = session.attempt(id, more.argv ?? [], {
        env: more.env ?? {},
        graceMs: more.graceMs ?? 10_000,
      });
      const task = { ...plain.spec.task, artifact };
      return { ...plain, spec: { ...plain.spec, task } };
    },
  };
}

/** Compiles one Java source and packs its classes under `prefix`; gives the bytes by entry name. */
export function compiled(
  folder: string,
  name: string,
  source: string,
  classpath: string,
): readonly { readonly name: string; readonly content: Buffer }[] {
  const out = fs.mkdtempSync(path.join(folder, 'classes-'));
  const file = path.join(out, `${name}.java`);
  fs.writeFileSync(file, source);
  execFileSync('javac', ['--release', '17', '-cp', classpath, '-d', out, file], {
    timeout: 60_000,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return fs
    .readdirSync(out)
    .filter((entry) => entry.endsWith('.class'))
    .map((entry) => ({ name: entry, content: fs.readFileSync(path.join(out, entry)) }));
}
