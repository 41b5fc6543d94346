import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import { accept } from './accept.ts';
import { consoleBench } from './console.ts';
import { container } from './container.ts';
import { dispatch } from './dispatch.ts';
import { footprint } from './footprint.ts';
import { queue } from './queue.ts';
import { schedule } from './schedule.ts';
import type { Measurement } from './support/measurement.ts';
import { removeFolders } from './support/server.ts';
import { transfer } from './transfer.ts';
import { workers } from './workers.ts';

/**
 * `npm run bench -- NAME... [--json] [--short]`. With `--json`: one object a line on stdout and
 * nothing else; what goes on is told on stderr.
 */
const benches: Record<string, (options: BenchOptions) => AsyncIterable<Measurement>> = {
  dispatch,
  accept,
  footprint,
  queue,
  schedule,
  container,
  workers,
  transfer,
  console: consoleBench,
};

/** Numbers that a bench can be given, with what they do. */
const numbers = {
  minutes: 'schedule, workers: length of a measured round, default half a minute',
  rounds: 'queue, schedule, workers, transfer: rounds of which the median counts',
  jobs: 'queue: jobs of a round, default 10000',
  concurrency: 'queue: jobs under way at once, for everybody, default 24',
} as const;

const stores = ['sqlite', 'postgres'] as const;
type Store = (typeof stores)[number];

export interface BenchOptions {
  /** A fraction of the work, for CI. */
  readonly short: boolean;
  /** Tells a person what is being done. */
  note(text: string): void;
  /** Whether this store is measured: both are unless `--store` names one. */
  measures(store: Store): boolean;
  /** The number given by `--NAME`, or else the bench's own. */
  number(name: keyof typeof numbers, otherwise: number): number;
}

function usage(problem: string): never {
  if (problem !== '') process.stderr.write(`${problem}\n`);
  const flags = Object.entries(numbers).map(([name, text]) => `  --${name} N  ${text}\n`);
  process.stderr.write(
    `usage: npm run bench -- NAME... [--json] [--short]\nbenches: ${Object.keys(benches).join(', ')}\n${flags.join('')}  --store ${stores.join('|')}  schedule: only this one\n`,
  );
  process.exit(2);
}

function readArguments(): { names: readonly string[]; json: boolean; options: BenchOptions } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        json: flag,
        short: flag,
        minutes: text,
        rounds: text,
        jobs: text,
        concurrency: text,
        store: text,
      },
    });
    const store = stores.find((each) => each === values.store);
    if (values.store !== undefined && store === undefined) {
      usage(`--store is "${values.store}"; it takes ${stores.join(' or ')}`);
    }
    const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
    if (unknown.length > 0) usage(`unknown bench: ${unknown.join(', ')}`);
    for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) {
      const given = values[name];
      if (given !== undefined && !(Number(given) > 0))
        usage(`--${name} is "${given}"; it takes a number above 0`);
    }
    return {
      names: positionals,
      json: values.json,
      options: {
        short: values.short,
        measures: (each) => store === undefined || each === store,
        note: (line) => void process.stderr.write(`${line}\n`),
        number: (name, otherwise) => Number(values[name] ?? otherwise),
      },
    };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const { names, json, options } = readArguments();
if (names.length === 0) usage('');
try {
  for (const name of names) {
    await settleDisk();
    for await (const m of benches[name]?.(options) ?? []) {
      if (json) process.stdout.write(`${JSON.stringify(m)}\n`);
      else {
        process.stdout.write(
          `${m.bench} ${m.metric}: ${m.value} ${m.unit}, ${m.ratio} x ${m.against} (${m.limit} ${m.unit})\n`,
        );
      }
    }
  }
} finally {
  await removeFolders();
}

/** What the bench before has left for the disk to write is not the next one's to wait for. */
async function settleDisk(): Promise<void> {
  await promisify(execFile)('sync').catch(() => undefined);
}
