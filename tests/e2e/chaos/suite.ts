import assert from 'node:assert/strict';
import type { Cleanup } from '../../support/temporary-folder.ts';
import { type ChaosSummary, replayCommand, runChaos } from './chaos.ts';
import { inReverse } from './in-reverse.ts';
import type { StoreName } from './plan.ts';

/** Kills of a server in the test command, over both stores. */
const defaultKills = 50;
const maxKills = 100_000;
const maxSeed = 2 ** 31;
/** Most of the servers' own words that a failure shows. */
const maxComplaints = 8_000;

const kills = setting('LONGSHORE_CHAOS_KILLS', maxKills) ?? defaultKills;
const seed = setting('LONGSHORE_CHAOS_SEED', maxSeed) ?? Math.floor(Math.random() * maxSeed);

/**
 * Half of the kills on this store; LONGSHORE_CHAOS_KILLS asks for more, LONGSHORE_CHAOS_SEED for
 * the faults of an earlier run.
 * @throws AssertionError with everything that is not as promised and the command that repeats it.
 */
export async function survives(t: Cleanup, store: StoreName): Promise<ChaosSummary> {
  const cleanup = inReverse();
  t.after(() => cleanup.run());
  const options = { store, seed, kills: Math.ceil(kills / 2) };
  const again = `repeat it with: ${replayCommand(options)}`;
  const summary = await runChaos(cleanup, options).catch((error: unknown) => {
    throw new Error(`the run broke off; ${again}`, { cause: error });
  });
  const { violations, complaints, ...numbers } = summary;
  assert.deepEqual(
    violations,
    [],
    `${violations.join('\n')}\n${again}\n${JSON.stringify(numbers)}\n${complaints.slice(-maxComplaints)}`,
  );
  assert.equal(numbers.faults['kill'], options.kills, `every kill struck; ${again}`);
  assert.ok(numbers.submitted >= options.kills, `clients got their work done; ${again}`);
  assert.ok(numbers.started >= numbers.runs, `every run started something; ${again}`);
  return summary;
}

/** Takes a number out of the environment: the servers under test would take it for theirs. */
function setting(name: string, most: number): number | null {
  const text = process.env[name];
  delete process.env[name];
  if (text === undefined || text === '') return null;
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  throw new Error(`${name}=${text} is not a whole number from 0 to ${most}`);
}
