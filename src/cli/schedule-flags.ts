import { type Command, Option } from 'commander';
import type { MisfirePolicy, ScheduleDefinition, Timing } from '../domain/schedule/definition.ts';
import { CliError, exitCodes } from './errors.ts';

/** Flags that say when a template runs by itself. */
export interface ScheduleFlags {
  readonly cron?: string;
  readonly quartz?: boolean;
  readonly every?: string;
  readonly delay?: string;
  readonly at?: string;
  readonly zone?: string;
  readonly misfire?: MisfirePolicy['policy'];
  /** JSON text; false = `--no-schedule`; commander's true = neither. */
  readonly schedule?: string | boolean;
}

/** A schedule on its way to the server, which fills in what is left out and checks all of it. */
export type SentSchedule = Readonly<Record<string, unknown>>;

/** A timing as the server takes it: a fixed rate needs no anchor. */
type SentTiming =
  | Exclude<Timing, { readonly kind: 'fixed-rate' }>
  | { readonly kind: 'fixed-rate'; readonly everyMs: number };

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** What `--misfire all` makes up for; a whole `--schedule` says it finer. */
const misfires: Readonly<Record<MisfirePolicy['policy'], MisfirePolicy>> = {
  skip: { policy: 'skip' },
  one: { policy: 'one' },
  all: { policy: 'all', windowMs: 86_400_000, maxCatchUp: 100 },
};

/** Adds the flags of {@link ScheduleFlags} that a preview has too. */
export function withTimingFlags(command: Command): Command {
  return command
    .option('--quartz', 'the expression is Quartz: seconds first, 1 is Sunday, year optional')
    .option('--every <duration>', 'at a fixed rate, e.g. 30s, 15m, 1h')
    .option('--delay <duration>', 'this long after the end of the previous run')
    .option('--at <time>', 'once, e.g. 2030-01-31T08:00:00+01:00')
    .option('--zone <zone>', 'zone of the schedule, e.g. Europe/Berlin or GMT+8');
}

/** Adds all flags of {@link ScheduleFlags}. */
export function withScheduleFlags(command: Command): Command {
  return withTimingFlags(
    command.option('--cron <expression>', 'run by itself, e.g. "0 3 * * *" or "*/10 * * * * *"'),
  )
    .addOption(
      new Option(
        '--misfire <policy>',
        'firings missed by more than the grace: none, the latest, or all of the last 24 h (at most 100)',
      ).choices(Object.keys(misfires)),
    )
    .option('--schedule <json>', 'a whole schedule: calendars, clock changes, bounds, grace');
}

/**
 * The schedule that the flags describe; undefined when they say nothing of it. What they leave
 * out stays as `current` has it.
 * @throws CliError for flags that contradict each other or make no schedule.
 */
export function scheduleOfFlags(
  flags: ScheduleFlags,
  current: ScheduleDefinition | null = null,
): SentSchedule | null | undefined {
  const { schedule, zone, misfire } = flags;
  const timing = timingOf(flags);
  const parts = {
    ...(timing === null ? {} : { timing }),
    ...(zone === undefined ? {} : { zone }),
    ...(misfire === undefined ? {} : { misfire: misfires[misfire] }),
  };
  const says = Object.keys(parts).length > 0;
  if (schedule === false || typeof schedule === 'string') {
    if (says) throw usage('give a whole --schedule or its parts, not both');
    return schedule === false ? null : jsonSchedule(schedule);
  }
  if (!says) return undefined;
  if (timing === null && current === null) {
    throw usage('--zone and --misfire need a schedule: give --cron, --every, --delay or --at');
  }
  return { ...current, ...parts };
}

/** A duration such as `30s` in milliseconds. @throws CliError for anything else. */
export function durationMs(flag: string, text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  const unitMs = unitsMs[match?.[2] ?? ''];
  if (unitMs === undefined)
    throw usage(`${flag} ${text} is no duration; write e.g. 30s, 15m or 1h`);
  return Math.round(Number(match?.[1]) * unitMs);
}

function timingOf({ cron, quartz, every, delay, at }: ScheduleFlags): SentTiming | null {
  const timings: SentTiming[] = [];
  if (cron !== undefined) {
    const dialect = quartz === true ? 'quartz' : 'unix';
    timings.push({ kind: 'cron', expression: cron, dialect });
  } else if (quartz === true) {
    throw usage('--quartz is about a cron expression; give one');
  }
  if (every !== undefined) {
    timings.push({ kind: 'fixed-rate', everyMs: durationMs('--every', every) });
  }
  if (delay !== undefined) {
    timings.push({ kind: 'fixed-delay', delayMs: durationMs('--delay', delay) });
  }
  if (at !== undefined) timings.push({ kind: 'one-time', atMs: momentMs(at) });
  if (timings.length > 1) {
    throw usage('a schedule has one timing: a cron expression, --every, --delay or --at');
  }
  return timings[0] ?? null;
}

function momentMs(text: string): number {
  // Without an offset it would mean another time on another machine.
  const atMs = /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw usage(`--at ${text} is no time with its offset; write e.g. 2030-01-31T08:00:00+01:00`);
  }
  return atMs;
}

function jsonSchedule(text: string): SentSchedule {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usage(
      `--schedule is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as SentSchedule;
  }
  throw usage('--schedule is no JSON object with a "timing"');
}

function usage(message: string): CliError {
  return new CliError(message, 'See the flags with --help', exitCodes.usage);
}
