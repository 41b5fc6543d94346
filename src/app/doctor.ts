import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { DoctorFact } from '../dialects/native/operation.ts';
import type { FrozenConfig } from './config/schema.ts';
import { executionFacts } from './doctor-execution.ts';
import { jobUser, processRefusal } from './process-policy.ts';

const run = promisify(execFile);

/** Longest a helper program may take. */
const helperTimeoutMs = 5000;

/** A sync slower than this holds every accepted run up noticeably. */
const slowSyncMs = 50;
const syncSamples = 5;

/** Less free space than this soon stops the server from accepting anything. */
const littleSpaceBytes = 1024 ** 3;

/** Oldest Node.js that runs the sources as they are. */
export const minimumNode = { major: 22, minor: 18 } as const;

/** Earlier clocks are wrong: this program did not exist. */
const earliestPlausibleMs = Date.UTC(2025, 0, 1);

const ok = (name: string, detail: string): DoctorFact => ({ name, status: 'ok', detail, fix: '' });
const warning = (name: string, detail: string, fix: string): DoctorFact => ({
  name,
  status: 'warning',
  detail,
  fix,
});
const failed = (name: string, detail: string, fix: string): DoctorFact => ({
  name,
  status: 'failed',
  detail,
  fix,
});
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function nodeVersion(): DoctorFact {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits =
    major > minimumNode.major || (major === minimumNode.major && minor >= minimumNode.minor);
  return fits
    ? ok('node', process.version)
    : failed(
        'node',
        `${process.version} is too old`,
        `Use Node.js ${minimumNode.major}.${minimumNode.minor} or newer.`,
      );
}

async function findProgram(name: string): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      continue; // Not in this folder.
    }
  }
  return null;
}

async function program(
  name: string,
  purpose: string,
  needed: boolean,
  fix: string,
): Promise<DoctorFact> {
  const path = await findProgram(name);
  if (path !== null) {
    return ok(name, path);
  }
  const make = needed ? failed : warning;
  return make(name, `not found; ${purpose}`, fix);
}

/** The folder itself, or the nearest one above it that exists. */
async function existingPart(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      await stat(folder);
      return folder;
    } catch {
      if (folder === dirname(folder)) {
        return folder;
      }
    }
  }
}

async function dataDirFacts(dataDir: string): Promise<readonly DoctorFact[]> {
  const present = await existingPart(dataDir);
  if (present !== dataDir) {
    // Looking must not make the folder: only the place it would be made in is checked.
    try {
      if (!(await stat(present)).isDirectory()) {
        throw new Error(`${present} is not a folder`);
      }
      await access(present, constants.W_OK);
      return [ok('data folder', `${dataDir} will be made on first start`)];
    } catch (error) {
      return [
        failed(
          'data folder',
          `cannot make ${dataDir}: ${words(error)}`,
          'Choose another with --data, or make it and give it to this user.',
        ),
      ];
    }
  }
  const probe = join(dataDir, `.doctor-${process.pid}`);
  try {
    await mkdir(dataDir, { recursive: true });
    const file = await open(probe, 'wx', 0o600);
    const startedMs = performance.now();
    for (let sample = 0; sample < syncSamples; sample += 1) {
      await file.write('longshore\n');
      await file.datasync();
    }
    const syncMs = (performance.now() - startedMs) / syncSamples;
    await file.close();
    const detail = `${syncMs.toFixed(2)} ms per sync`;
    return [
      ok('data folder', `${dataDir} is writable`),
      syncMs > slowSyncMs
        ? warning(
            'disk sync',
            detail,
            'Accepting a run waits for it: put the data folder on a faster disk.',
          )
        : ok('disk sync', detail),
    ];
  } catch (error) {
    return [
      failed(
        'data folder',
        `cannot write ${dataDir}: ${words(error)}`,
        'Choose another with --data, or give it to this user.',
      ),
    ];
  } finally {
    await rm(probe, { force: true });
  }
}

async function diskSpaceFact(dataDir: string): Promise<DoctorFact> {
  const name = 'disk space';
  try {
    const { bsize, blocks, bavail } = await statfs(await existingPart(dataDir));
    const free = bsize * bavail;
    const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
    const detail = `${gib(free)} GiB free of ${gib(bsize * blocks)} GiB where the data folder is`;
    return free >= littleSpaceBytes
      ? ok(name, detail)
      : warning(name, detail, 'Free some, or lower retention.output.maxBytes.');
  } catch (error) {
    return warning(name, `cannot be told: ${words(error)}`, 'Look at it with df.');
  }
}

async function jobUserFact(config: FrozenConfig): Promise<DoctorFact> {
  const name = 'job user';
  const refusal = processRefusal(config);
  if (refusal !== null) {
    return warning('process executor', refusal, 'See process.enabled in the configuration page.');
  }
  let user: string | null;
  try {
    user = jobUser(config);
  } catch (error) {
    return failed(name, words(error), 'Remove process.user or run the server as root.');
  }
  if (user === null) {
    return ok(name, 'jobs run as the server’s own user');
  }
  try {
    await run('id', ['-u', user], { timeout: helperTimeoutMs });
  } catch {
    return failed(
      name,
      `there is no user ${user}`,
      `Make it (useradd --system ${user}) or set process.user.`,
    );
  }
  const place = await existingPart(config.dataDir);
  try {
    await run('setpriv', [`--reuid=${user}`, '--clear-groups', '--', 'test', '-x', place], {
      timeout: helperTimeoutMs,
    });
    return ok(name, `jobs run as ${user}, who can reach ${place}`);
  } catch {
    return failed(
      name,
      `${user} cannot enter ${place}`,
      `Let others pass on the way to it (chmod o+x), or choose another folder with --data.`,
    );
  }
}

function portFact(config: FrozenConfig): Promise<DoctorFact> {
  const { host, port } = config.listen;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => {
      resolve(
        warning(
          'port',
          `${host}:${port}: ${words(error)}`,
          'A server may be running already; else choose another with --port.',
        ),
      );
    });
    probe.listen(port, host, () => {
      probe.close(() => resolve(ok('port', `${host}:${port} is free`)));
    });
  });
}

function clockFact(nowMs: number): DoctorFact {
  const time = new Date(nowMs).toISOString();
  return nowMs >= earliestPlausibleMs
    ? ok('clock', `${time}; signatures are refused when it is 15 minutes off`)
    : failed(
        'clock',
        `${time} cannot be right`,
        'Set the clock, e.g. by NTP: signatures and schedules need it.',
      );
}

/** Facts about this machine that hold whether or not a server runs. */
export async function machineFacts(
  config: FrozenConfig,
  options: { readonly port: boolean },
): Promise<readonly DoctorFact[]> {
  const facts = await Promise.all([
    nodeVersion(),
    program('bash', 'the process executor cannot start jobs', true, 'Install bash.'),
    program('setsid', 'jobs cannot outlive the server', true, 'Install util-linux.'),
    program(
      'setpriv',
      'jobs cannot run as another user',
      process.getuid?.() === 0,
      'Install util-linux.',
    ),
    program('fallocate', 'output of long jobs cannot be released', false, 'Install util-linux.'),
    jobUserFact(config),
    clockFact(Date.now()),
  ]);
  const data = await dataDirFacts(config.dataDir);
  const space = await diskSpaceFact(config.dataDir);
  const execution = await executionFacts(config);
  return [
    ...facts,
    ...execution,
    ...data,
    space,
    ...(options.port ? [await portFact(config)] : []),
  ];
}
