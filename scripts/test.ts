/**
 * Runs the tests with Node's own runner.
 *
 *   npm test                                       all of them
 *   npm test -- tests/unit tests/e2e/demo.test.ts  some folders or files
 *   npm test -- --test-name-pattern=replace        options of `node --test`
 *
 * Tests that need a program which this machine lacks are skipped and named up front; in CI
 * (CI=true) such a skip is a failure.
 */
import { spawn } from 'node:child_process';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { missingPostgres } from '../tests/support/postgres.ts';
import { missingTools } from '../tests/support/tools.ts';

const TEST_CONCURRENCY = 2;
/** For each test. */
const TEST_TIMEOUT_MS = 10 * 60_000;
/** For one file; node has no bound of its own for a process of tests that never ends. */
const FILE_TIMEOUT_MS = 15 * 60_000;
const LOOK_EVERY_MS = 15_000;
/** Clock ticks of `/proc` in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`test: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const options = args.filter((arg) => arg.startsWith('-'));
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const files = testFiles(paths);
  const requireAll = process.env['CI'] === 'true' || process.env['LONGSHORE_REQUIRE_ALL'] === '1';
  for (const tool of missingTools()) {
    const outcome = requireAll ? 'its tests will FAIL (CI)' : 'its tests are SKIPPED';
    console.log(`test: ${tool.name} is missing, ${outcome}: ${tool.neededFor}`);
  }
  const noPostgres = missingPostgres();
  if (noPostgres !== null) console.log(`test: ${noPostgres}; its tests are SKIPPED`);
  return runNode(
    [
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${TEST_CONCURRENCY}`,
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      ...options,
      ...files,
    ],
    requireAll ? { ...process.env, LONGSHORE_REQUIRE_ALL: '1' } : process.env,
  );
}

/** Test files under the given folders, files or globs; all of `tests/` when none is given. */
function testFiles(paths: readonly string[]): readonly string[] {
  const found = (paths.length === 0 ? ['tests'] : paths).flatMap((path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    const pattern = stat?.isDirectory() === true ? `${path}/**/*.test.ts` : path;
    const files = globSync(pattern, { cwd: root });
    if (files.length === 0) {
      throw new Error(
        `no test file at "${path}"; give a folder, file or glob under tests/ ` +
          '(and write options with their value as one word: --test-name-pattern=text)',
      );
    }
    return files;
  });
  return [...new Set(found)].toSorted();
}

/** Exit code of node; a signal to this process is handed on, so that nothing is left running. */
function runNode(nodeArgs: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, nodeArgs, { cwd: root, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  setInterval(() => endWhatHangs(child.pid), LOOK_EVERY_MS).unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * Ends processes of test files that have run for too long, so that the others still get their turn
 * and the report names the file. What blocks its event loop cannot do that itself. Linux only.
 */
function endWhatHangs(runner: number | undefined): void {
  for (const { pid, ageMs } of childrenOf(runner)) {
    if (ageMs < FILE_TIMEOUT_MS) continue;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
      process.kill(pid, 'SIGKILL');
      const minutes = FILE_TIMEOUT_MS / 60_000;
      console.error(`test: not over after ${minutes} min, killed: ${words.at(-1)}`);
    } catch {
      // It ended meanwhile.
    }
  }
}

function childrenOf(
  parent: number | undefined,
): readonly { readonly pid: number; readonly ageMs: number }[] {
  if (process.platform !== 'linux') return [];
  const uptimeSeconds = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // After the name, which may hold anything: state, parent, …, and 20th the start in ticks.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[1]) !== parent) return [];
      const ageMs = (uptimeSeconds - Number(fields[19]) / TICKS_PER_SECOND) * 1_000;
      return [{ pid: Number(name), ageMs }];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}
