/**
 * Makes the checkout ready to run: `npm ci` when node_modules is missing or does not belong to
 * package-lock.json, then a check that the pinned Node is there, then the same for the console and
 * its assets. A console that cannot be made is told and, outside of CI, left out. Started by the `pre…` scripts of
 * package.json, so it runs on any Node >= 20, needs no dependency, and is done within
 * milliseconds when there is nothing to do.
 *
 *   node scripts/setup.mjs [--quiet]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isConsoleReady, setUpConsole } from './setup-console.mjs';

const OLDEST_NODE_MAJOR = 20;
const PINNED_NODE_MAJOR = 24;
/** Bytes of npm's output that are kept for an error message. */
const MAX_NPM_OUTPUT = 16 * 1024 * 1024;
const INSTALL_TIMEOUT_MS = 15 * 60_000;
const VERSION_TIMEOUT_MS = 30_000;
const LOCK_WAIT_MS = 20 * 60_000;
const LOCK_POLL_MS = 200;

const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), '..'));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.longshore-setup');
const pinnedNode = join(modules, '.bin', 'node');
const quiet = process.argv.includes('--quiet');

/** A cause the user can act on; printed without a stack. */
class SetupError extends Error {}

try {
  main();
  consoleToo();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}

function main() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE_MAJOR) {
    throw new SetupError(
      `this is Node ${process.versions.node}; install Node ${OLDEST_NODE_MAJOR} or newer to ` +
        `set up (Longshore itself then runs on the pinned Node ${PINNED_NODE_MAJOR}).`,
    );
  }
  const wanted = lockHash();
  if (isStamped(wanted)) return;

  const release = takeLock();
  try {
    // Another run may have done the work while this one waited for the lock.
    if (isStamped(wanted)) return;
    if (!matchesLockFile()) install();
    checkPinnedNode();
    writeFileSync(stampFile, wanted);
    say('ready.');
  } finally {
    release();
  }
}

/** Packages and assets of the console. Servers run without them, so only CI insists. */
function consoleToo() {
  if (isConsoleReady(root)) return;
  const release = takeLock();
  try {
    // Another run may have done the work while this one waited for the lock.
    if (isConsoleReady(root)) return;
    setUpConsole({ root, node: pinnedNode, npm: installIn, say });
    say('the console is ready.');
  } catch (error) {
    const told = `the console could not be made: ${error.message}`;
    if (process.env.CI === 'true') throw new SetupError(told);
    console.error(`setup: ${told}; its tests fail, everything else works.`);
  } finally {
    release();
  }
}

/** As `install`, for a folder with a lock file of its own. */
function installIn(folder) {
  let result = npmIn(folder, 'ci');
  if (result.status !== 0 && /npm error code EUSAGE/.test(result.stderr)) {
    result = npmIn(folder, 'install', '--no-save');
  }
  if (result.status === 0) return;
  process.stderr.write(result.stderr);
  throw new Error(`npm failed in ${folder} (${result.signal ?? `exit ${result.status}`})`);
}

/** Identifies what should be installed: the lock file on this platform. */
function lockHash() {
  const hash = createHash('sha256');
  hash.update(`${process.platform}-${process.arch}\n`);
  hash.update(readLockFile());
  return `${hash.digest('hex')}\n`;
}

function readLockFile() {
  try {
    return readFileSync(join(root, 'package-lock.json'));
  } catch (error) {
    throw new SetupError(
      `cannot read package-lock.json in the checkout (${error.code}); restore it with git.`,
    );
  }
}

function isStamped(wanted) {
  try {
    return readFileSync(stampFile, 'utf8') === wanted && existsSync(pinnedNode);
  } catch {
    return false;
  }
}

/**
 * Whether an install made by hand already holds what the lock file names. npm keeps the list of
 * what it installed in node_modules/.package-lock.json. Adopting it spares a reinstall.
 */
function matchesLockFile() {
  if (!existsSync(pinnedNode)) return false;
  let installed;
  try {
    installed = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  const locked = JSON.parse(readLockFile().toString('utf8')).packages;
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    // Optional packages are those of other platforms.
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function install() {
  say('installing dependencies with npm ci ...');
  let result = npm('ci');
  if (result.status !== 0 && /npm error code EUSAGE/.test(result.stderr)) {
    // A lock file made against a registry without the binaries of every platform lacks their
    // entries, and npm ci takes that for a difference from package.json. npm install does not.
    // What it installed is held against the lock file, so nothing else can slip in.
    say('npm ci calls package-lock.json incomplete; installing what it names ...');
    result = npm('install', '--no-save');
    if (result.status === 0 && !matchesLockFile()) {
      throw new SetupError(
        'package.json asks for other versions than package-lock.json names; ' +
          'run "npm install" and commit the lock file.',
      );
    }
  }
  if (result.status !== 0) {
    process.stderr.write(result.stderr);
    throw new SetupError(
      `npm failed (${result.signal ?? `exit ${result.status}`}); its own words are above. ` +
        'Check the network and the registry (npm config get registry), then retry.',
    );
  }
}

function npm(...args) {
  return npmIn(root, ...args);
}

/** Runs npm in a folder. stdout stays free for the command that follows the setup. */
function npmIn(folder, ...args) {
  const result = spawnSync('npm', [...args, '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: MAX_NPM_OUTPUT,
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, PATH: pathWithoutModules() },
  });
  if (result.error?.code === 'ENOENT') {
    throw new SetupError('npm is not on the PATH; install Node with npm (nodejs.org) and retry.');
  }
  if (result.error?.code === 'ETIMEDOUT') {
    throw new SetupError(
      `npm ${args[0]} did not finish within ${INSTALL_TIMEOUT_MS / 60_000} minutes; ` +
        'check the network or the registry setting (npm config get registry) and retry.',
    );
  }
  if (result.error) throw result.error;
  return result;
}

/** npm must not run on the very Node binary that it is about to replace. */
function pathWithoutModules() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => entry !== modules && !entry.startsWith(modules + sep))
    .join(delimiter);
}

function checkPinnedNode() {
  const result = spawnSync(pinnedNode, ['--version'], {
    encoding: 'utf8',
    timeout: VERSION_TIMEOUT_MS,
  });
  const version = result.stdout?.trim() ?? '';
  if (version.startsWith(`v${PINNED_NODE_MAJOR}.`)) return;
  throw new SetupError(
    `node_modules/.bin/node answers ${version === '' ? 'nothing' : version}, wanted ` +
      `v${PINNED_NODE_MAJOR}. The package "node" needs its install script: check that npm is not ` +
      'set to ignore-scripts (npm config get ignore-scripts), remove node_modules and retry.',
  );
}

/** Waits for other runs on this checkout. The lock lives outside: npm ci removes node_modules. */
function takeLock() {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `longshore-setup-${process.getuid?.() ?? 'user'}-${name}.lock`);
  const giveUpAtMs = Date.now() + LOCK_WAIT_MS;
  let told = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new SetupError(`cannot write the lock ${file} (${error.code}).`);
      }
    }
    if (dropStaleLock(file)) continue;
    if (Date.now() > giveUpAtMs) {
      throw new SetupError(
        `another setup holds ${file} for over ${LOCK_WAIT_MS / 60_000} minutes; ` +
          'end it, or remove the file if no setup runs.',
      );
    }
    if (!told) say('another setup is at work on this checkout; waiting for it ...');
    told = true;
    sleep(LOCK_POLL_MS);
  }
}

/** Removes a lock whose owner is gone. True when the lock can be tried again at once. */
function dropStaleLock(file) {
  let owner;
  let ageMs;
  try {
    owner = readFileSync(file, 'utf8');
    ageMs = Date.now() - statSync(file).mtimeMs;
  } catch {
    return true;
  }
  // Empty for a moment between creation and the write of the pid.
  if (owner === '' && ageMs < LOCK_POLL_MS * 10) return false;
  if (owner !== '' && isAlive(Number(owner))) return false;
  const aside = `${file}.${process.pid}`;
  try {
    // Renaming decides which of several waiters removes it.
    renameSync(file, aside);
    // If a new owner came in between reading and renaming, its lock goes back.
    if (readFileSync(aside, 'utf8') === owner) rmSync(aside, { force: true });
    else renameSync(aside, file);
  } catch {
    // Another waiter was faster.
  }
  return true;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function say(text) {
  if (!quiet) console.error(`setup: ${text}`);
}
