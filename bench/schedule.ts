import { join } from 'node:path';
import { missingPostgres, testPostgres } from '../tests/support/postgres.ts';
import type { BenchOptions } from './main.ts';
import { type BenchChild, startChild } from './support/child.ts';
import { productNodeArgs, type StorePlace } from './support/engine.ts';
import { measurement, median, type Measurement, quantile } from './support/measurement.ts';
import type {
  ScheduleArgument,
  ScheduleCalls,
  ScheduleResult,
  ScheduleRound,
} from './support/schedule-process.ts';
import { benchFolder } from './support/server.ts';

const program = join(import.meta.dirname, 'support', 'schedule-process.ts');
/** Schedules that fire each second, at the same instant: the worst way to spread 300 firings. */
const HOT = 300;
const FEW_STORED = 1_000;
/** What the issue asks of the delay of a firing, and of the CPU at many stored against few. */
const DELAY_LIMIT_MS = { p50: 100, p95: 100, p99: 1_000 };
const CPU_LIMIT = 1.3;
const FILL_DEADLINE_MS = 20 * 60_000;
/** The few stored are there for their CPU a second, which longer rounds do not make truer. */
const FEW_SECONDS_MOST = 120;
/** What a round may take beyond its seconds: storing its schedules and checking the ledger. */
const ROUND_EXTRA_MS = 5 * 60_000;

/** One store with so many schedules, and the rounds measured on it. */
interface Subject {
  readonly stored: number;
  readonly child: BenchChild<ScheduleCalls>;
  readonly results: ScheduleResult[];
}

/**
 * `schedule`: 300 firings each second with 100,000 schedules stored, in alternate rounds with the
 * same firings and 1,000 stored: how late they are decided and started, and what it costs. Every
 * firing is looked up in the ledger afterwards. `--minutes N` makes the rounds that long (those with
 * 1,000 stored two minutes at most).
 * @throws Error when a firing was lost or made more than one run.
 */
export async function* schedule(options: BenchOptions): AsyncIterable<Measurement> {
  const folder = await benchFolder();
  if (options.measures('sqlite')) {
    yield* measure('sqlite', options, (stored) =>
      Promise.resolve({ kind: 'sqlite', at: join(folder, `${stored}.db`) }),
    );
  }
  if (!options.measures('postgres')) return;
  const missing = missingPostgres();
  if (missing !== null) {
    options.note(`schedule: SKIPPED on PostgreSQL: ${missing}`);
    return;
  }
  const server = await testPostgres();
  try {
    yield* measure('postgres', options, async (stored) => ({
      kind: 'postgres',
      at: await server.database(`schedules-${stored}`),
    }));
  } finally {
    await server.stop();
  }
}

async function* measure(
  store: StorePlace['kind'],
  options: BenchOptions,
  placeOf: (stored: number) => Promise<StorePlace>,
): AsyncIterable<Measurement> {
  const manyStored = options.short ? 5_000 : 100_000;
  const seconds = Math.round(options.number('minutes', options.short ? 3 / 60 : 0.5) * 60);
  const rounds = options.number('rounds', options.short || seconds > 60 ? 1 : 3);
  const subjects: Subject[] = [];
  try {
    for (const stored of [FEW_STORED, manyStored]) {
      const argument: ScheduleArgument = { place: await placeOf(stored), stored: stored - HOT };
      const child = startChild<ScheduleCalls>(program, argument, productNodeArgs);
      subjects.push({ stored, child, results: [] });
      const beginMs = performance.now();
      await child.call('fill', undefined, FILL_DEADLINE_MS);
      const tookS = Math.round((performance.now() - beginMs) / 1000);
      options.note(`schedule: ${store}: ${stored} schedules stored in ${tookS} s`);
      // The first firings meet cold code and an empty cache.
      await child.call('round', { hot: HOT, seconds: 1 }, ROUND_EXTRA_MS);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const { stored, child, results } of subjects) {
        const wish: ScheduleRound = {
          hot: HOT,
          seconds: stored === FEW_STORED ? Math.min(seconds, FEW_SECONDS_MOST) : seconds,
        };
        const result = await child.call('round', wish, seconds * 1000 + ROUND_EXTRA_MS);
        results.push(result);
        options.note(`schedule: ${store} ${round + 1}/${rounds} with ${stored}: ${told(result)}`);
      }
    }
  } finally {
    for (const { child } of subjects) await child.stop();
  }
  const [few, many] = subjects;
  if (few === undefined || many === undefined) return;
  yield* figures(store, few, many);
  const wrong = subjects.flatMap(({ results }) => results).filter((r) => r.lost + r.doubled > 0);
  if (wrong.length > 0) {
    const texts = wrong.map(
      ({ due, lost, doubled }) => `${lost} lost, ${doubled} doubled of ${due}`,
    );
    throw new Error(`schedule: ${store}: firings went wrong: ${texts.join('; ')}`);
  }
}

function* figures(store: string, few: Subject, many: Subject): Iterable<Measurement> {
  const asked = 'the limit asked for';
  const name = (text: string): string => `${store}_${text}`;
  for (const [metric, list] of [
    ['decided', many.results.flatMap(({ decidedMs }) => decidedMs)],
    ['started', many.results.flatMap(({ startedMs }) => startedMs)],
  ] as const) {
    for (const [rank, fraction] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      const value = quantile(list, fraction);
      const limit = DELAY_LIMIT_MS[rank];
      yield measurement('schedule', name(`${metric}_delay_ms_${rank}`), value, 'ms', asked, limit);
    }
  }
  const due = sum(many.results, (r) => r.due);
  const kept = due - sum(many.results, (r) => r.lost + r.doubled);
  yield measurement('schedule', name('firings_kept'), kept, 'firings', 'those due', due);
  const cpu = (subject: Subject): number => median(subject.results.map((r) => r.cpu));
  const fewText = `the same with ${few.stored} stored, wanted within ${CPU_LIMIT} x`;
  yield measurement('schedule', name('cpu'), cpu(many), 'CPU s/s', fewText, cpu(few));
  const database = (subject: Subject): number => median(subject.results.map((r) => r.databaseCpu));
  if (database(few) > 0) {
    const text = `the same with ${few.stored} stored`;
    const value = database(many);
    yield measurement('schedule', name('database_cpu'), value, 'CPU s/s', text, database(few));
  }
}

function told({ due, lost, doubled, startedMs, cpu }: ScheduleResult): string {
  const p = (fraction: number): string => `${Math.round(quantile(startedMs, fraction))} ms`;
  return `${due} due, ${lost} lost, ${doubled} doubled, started p50 ${p(0.5)} p99 ${p(0.99)}, CPU ${cpu.toFixed(3)}`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
