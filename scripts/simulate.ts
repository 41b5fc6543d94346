/**
 * Lives through simulated worlds until an invariant fails.
 *
 *   npm run simulate -- --seeds 100000           that many, from a random seed on
 *   npm run simulate -- --seeds 5000 --from 1    from a seed on
 *   npm run simulate -- --seed 1234 --trace      one, with everything that happens in it
 *   npm run simulate -- --seeds 5000 --json      one object on stdout instead of words
 *
 * Exit code 1 when an invariant failed, 2 when the command was not understood.
 */
import { parseArgs } from 'node:util';
import { simulate, type SimulationResult } from '../tests/simulation/simulation.ts';

const DEFAULT_SEEDS = 2_000;
/** Seeds are kept small enough to be read and typed. */
const MAX_SEED = 2 ** 31;
/** Failing seeds that are told before it gives up. */
const MAX_FAILURES = 5;

const { values } = readArguments();
const single = values.seed === undefined ? null : wholeNumber('--seed', values.seed);
const count = single === null ? wholeNumber('--seeds', values.seeds ?? String(DEFAULT_SEEDS)) : 1;
const from =
  single ??
  (values.from === undefined
    ? Math.floor(Math.random() * (MAX_SEED - count))
    : wholeNumber('--from', values.from));

const startedAtMs = performance.now();
const failures: SimulationResult[] = [];
let events = 0;
let done = 0;
for (let seed = from; seed < from + count && failures.length < MAX_FAILURES; seed += 1) {
  const result = await simulate(
    seed,
    values.trace === true ? { listener: (line) => void process.stderr.write(`${line}\n`) } : {},
  );
  events += result.events;
  done += 1;
  if (result.failure !== null) {
    failures.push(result);
    if (values.json !== true) process.stdout.write(`${clearBar()}${result.failure.report}\n\n`);
  }
  drawBar();
}
const seconds = (performance.now() - startedAtMs) / 1_000;
if (values.json === true) {
  const failed = failures.map(({ seed, failure }) => ({
    seed,
    invariant: failure?.invariant,
    message: failure?.message,
  }));
  process.stdout.write(`${JSON.stringify({ from, seeds: done, events, seconds, failed })}\n`);
} else {
  process.stdout.write(
    `${clearBar()}${done} seeds from ${from}, ${events} events, ${seconds.toFixed(1)} s: ${
      failures.length === 0 ? 'every invariant held' : `${failures.length} failed`
    }\n`,
  );
}
process.exitCode = failures.length === 0 ? 0 : 1;

function readArguments() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        from: { type: 'string' },
        trace: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > MAX_SEED) {
    return refuse(`${option} takes a whole number up to ${MAX_SEED}, not "${text}"`);
  }
  return Number(text);
}

function refuse(words: string): never {
  process.stderr.write(
    `simulate: ${words}\nusage: npm run simulate -- [--seeds N] [--from SEED] [--seed SEED] [--trace] [--json]\n`,
  );
  process.exit(2);
}

function drawBar(): void {
  if (!process.stderr.isTTY || values.trace === true || (done % 20 !== 0 && done !== count)) return;
  const width = 30;
  const filled = Math.round((done / count) * width);
  const perSecond = Math.round((done * 1_000) / (performance.now() - startedAtMs));
  process.stderr.write(
    `\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${count} seeds, ${perSecond}/s `,
  );
}

function clearBar(): string {
  return process.stderr.isTTY && process.stdout.isTTY ? '\r\x1b[2K' : '';
}
