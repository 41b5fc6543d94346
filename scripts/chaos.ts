/**
 * Real servers under `kill -9`, pauses, database crashes and clock steps, for as long as wanted.
 *
 *   npm run chaos                                        50 kills, both stores, a seed by chance
 *   npm run chaos -- --kills 500 --store postgres
 *   npm run chaos -- --store sqlite --seed 42 --kills 25  the faults of that seed again
 *   npm run chaos -- --json                              one JSON line for each store
 *
 * Exit code 1 when a promise was broken.
 */
import { parseArgs } from 'node:util';
import { type ChaosSummary, replayCommand, runChaos } from '../tests/e2e/chaos/chaos.ts';
import { inReverse } from '../tests/e2e/chaos/in-reverse.ts';
import type { StoreName } from '../tests/e2e/chaos/plan.ts';

const defaultKills = 50;
const maxKills = 100_000;

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    seed: { type: 'string' },
    kills: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

try {
  const stores = storesOf(values.store);
  const seed = numberOf('seed', values.seed, Math.floor(Math.random() * 2 ** 31), 2 ** 31);
  const kills = numberOf('kills', values.kills, defaultKills, maxKills);
  for (const store of stores) {
    const share = values.store === undefined ? Math.ceil(kills / stores.length) : kills;
    await one(store, seed, share);
  }
} catch (error) {
  console.error(
    `chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  process.exitCode = 1;
}

async function one(store: StoreName, seed: number, kills: number): Promise<void> {
  const cleanup = inReverse();
  const progress = (text: string): void => {
    if (!values.json) console.log(`chaos: ${store} ${text}`);
  };
  const options = { store, seed, kills, progress };
  progress(replayCommand(options));
  try {
    show(await runChaos(cleanup, options));
  } catch (error) {
    console.error(`chaos: repeat it with: ${replayCommand(options)}`);
    throw error;
  } finally {
    await cleanup.run();
  }
}

function show(summary: ChaosSummary): void {
  const { complaints, ...rest } = summary;
  if (summary.violations.length > 0) {
    process.exitCode = 1;
    console.error(complaints);
  }
  console.log(values.json ? JSON.stringify(rest) : rest);
}

function storesOf(text: string | undefined): readonly StoreName[] {
  if (text === undefined) return ['sqlite', 'postgres'];
  if (text === 'sqlite' || text === 'postgres') return [text];
  throw new Error(`--store ${text} is not known; write sqlite or postgres`);
}

function numberOf(name: string, text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  throw new Error(`--${name} ${text} is not a whole number from 0 to ${most}`);
}
