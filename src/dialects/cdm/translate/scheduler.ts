/** When a job runs by itself, from its `schedulerConfig` inputs (cdm.md §4.6, §5.12). */
import {
  scheduleDefaults,
  scheduleLimits,
  type CalendarSteps,
  type ScheduleDefinition,
  type Timing,
} from '../../../domain/schedule/definition.ts';
import { describeProblems, parseSchedule } from '../../../domain/schedule/parse.ts';
import { parseLocal, wallText } from '../../../domain/schedule/wall-time.ts';
import { findZone, type Zone } from '../../../domain/schedule/zone.ts';
import { momentOf } from '../../../domain/transfer/dates/wall.ts';

/** Driver inputs by their full names, decoded: `schedulerConfig.cycle`. */
export type SchedulerInputs = Readonly<Record<string, string | undefined>>;

/** An input that is wrong; answered with Cdm.0014. */
export interface SchedulerProblem {
  /** `schedulerConfig.runAt` */
  readonly input: string;
  readonly message: string;
}

/** What the inputs say. */
export type SchedulerReading =
  | { readonly kind: 'schedule'; readonly definition: ScheduleDefinition }
  /** `isSchedulerJob` is not true: the job runs only when somebody starts it. */
  | { readonly kind: 'none' }
  | { readonly kind: 'problems'; readonly problems: readonly SchedulerProblem[] };

const units = ['minute', 'hour', 'day', 'week', 'month'] as const;

/** As `at` of calendar steps counts them: 0 is Sunday. */
const weekdays: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Entries of `runAt`: one for each minute of an hour. */
const maxRunAt = 60;
/** Steps of minutes are a fixed rate. */
const maxMinutes = Math.floor(scheduleLimits.maxIntervalMs / 60_000);

/**
 * Reads the inputs. Without a start date the schedule counts from `nowMs`. Runs that were missed
 * are left out, as is what comes due while the previous run is active (that is the template's
 * policy for overlaps). Local times that changing clocks leave out are made up for right behind
 * the gap, so that no day goes without its run; those that come twice fire once.
 * `zoneName`: the server's zone, known to `findZone`.
 */
export function readScheduler(
  inputs: SchedulerInputs,
  zoneName: string,
  nowMs: number,
): SchedulerReading {
  const zone = findZone(zoneName);
  if (zone === null) throw new Error(`${zoneName} is no time zone; the configuration let it pass`);
  const reader = new InputReader(inputs);
  if (!reader.flag('isSchedulerJob')) {
    return reader.problems.length === 0
      ? { kind: 'none' }
      : { kind: 'problems', problems: reader.problems };
  }
  const start = reader.date('startDate') ?? localNow(zone, nowMs);
  const stop = reader.date('stopDate');
  if (stop !== null && stop < start) reader.fail('stopDate', 'it lies before startDate');
  const timing = readTiming(reader, zone, start);
  if (timing === null || reader.problems.length > 0) {
    return { kind: 'problems', problems: reader.problems };
  }
  const definition: ScheduleDefinition = {
    ...scheduleDefaults,
    timing,
    zone: zone.name,
    dst: { skipped: 'shift', doubled: 'first' },
    misfire: { policy: 'skip' },
    endAtMs: stop === null ? null : lastMomentOf(zone, stop),
  };
  const parsed = parseSchedule(definition);
  if (parsed.kind === 'parsed') return { kind: 'schedule', definition };
  // What is left is months that never have the days.
  reader.fail('runAt', describeProblems(parsed.problems));
  return { kind: 'problems', problems: reader.problems };
}

function readTiming(reader: InputReader, zone: Zone, start: number): Timing | null {
  const unit = reader.word('cycleType', units);
  const every = reader.whole('cycle', unit === 'minute' ? maxMinutes : scheduleLimits.maxEvery);
  if (unit === null || every === null) return null;
  if (unit === 'minute') {
    const anchorMs = momentOf(zone, start, null);
    if (anchorMs < scheduleLimits.earliestMs) {
      reader.fail('startDate', 'it lies before 1970');
      return null;
    }
    return { kind: 'fixed-rate', everyMs: every * 60_000, anchorMs };
  }
  const at = readPlaces(reader, unit);
  return at === null
    ? null
    : { kind: 'calendar-steps', unit, every, fromLocal: wallText(start), at };
}

/** `runAt`, whose meaning is up to the unit; days have none. */
function readPlaces(reader: InputReader, unit: CalendarSteps['unit']): readonly number[] | null {
  switch (unit) {
    case 'hour':
      return reader.numbers('runAt', 0, 59, 'minutes');
    case 'day':
      return [];
    case 'week':
      return reader.list('runAt', (word) => {
        const weekday = weekdays.indexOf(word.toLowerCase());
        return weekday === -1 ? `"${word}" is none of ${weekdays.join(', ')}` : weekday;
      });
    case 'month':
      return reader.numbers('runAt', 1, 31, 'days of the month');
  }
}

/** The wall time that it is now, in whole seconds. */
function localNow(zone: Zone, nowMs: number): number {
  return Math.floor((nowMs + zone.segmentAt(nowMs).offsetMs) / 1_000) * 1_000;
}

/** The later one where a wall time comes twice. */
function lastMomentOf(zone: Zone, wallMs: number): number {
  const first = momentOf(zone, wallMs, null);
  // An hour or so later the clocks show it again, if they do.
  const offsetMs = zone.segmentAt(wallMs + 2 * 86_400_000).offsetMs;
  return Math.max(first, momentOf(zone, wallMs, offsetMs));
}

/** Reads inputs of `schedulerConfig` and gathers what is wrong with them. */
class InputReader {
  readonly problems: SchedulerProblem[] = [];
  readonly #inputs: SchedulerInputs;

  constructor(inputs: SchedulerInputs) {
    this.#inputs = inputs;
  }

  fail(name: string, message: string): void {
    const input = `schedulerConfig.${name}`;
    this.problems.push({ input, message: `${input}: ${message}` });
  }

  flag(name: string): boolean {
    const text = this.#text(name).toLowerCase();
    if (text === '' || text === 'false') return false;
    if (text !== 'true') this.fail(name, `"${text}" is neither true nor false`);
    return text === 'true';
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word | null {
    const text = this.#text(name).toLowerCase();
    const known = words.find((word) => word === text);
    if (known === undefined) this.fail(name, `"${text}" is none of ${words.join(', ')}`);
    return known ?? null;
  }

  /** 1 when absent. */
  whole(name: string, most: number): number | null {
    const text = this.#text(name);
    if (text === '') return 1;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= most) return value;
    this.fail(name, `"${text}" is no whole number from 1 to ${most}`);
    return null;
  }

  /** The wall time of `yyyy-MM-dd HH:mm:ss`; null when absent or wrong. */
  date(name: string): number | null {
    const text = this.#text(name);
    if (text === '') return null;
    const wallMs = /^\S+ \S+$/.test(text) ? parseLocal(text.replace(' ', 'T')) : null;
    if (wallMs === null) {
      this.fail(name, `"${text}" is no time from 1970 to 2199; write yyyy-MM-dd HH:mm:ss`);
    }
    return wallMs;
  }

  numbers(name: string, least: number, most: number, what: string): readonly number[] | null {
    return this.list(name, (word) => {
      const value = /^\d{1,2}$/.test(word) ? Number(word) : -1;
      const isRight = value >= least && value <= most;
      return isRight ? value : `"${word}" is none of the ${what} ${least} to ${most}`;
    });
  }

  /** A list with commas, each once; empty when absent. `read` gives the value or what is wrong. */
  list(name: string, read: (word: string) => number | string): readonly number[] | null {
    const text = this.#text(name);
    if (text === '') return [];
    const values: number[] = [];
    const words = text.split(',');
    if (words.length > maxRunAt) {
      this.fail(name, `${words.length} entries; at most ${maxRunAt} are allowed`);
      return null;
    }
    for (const word of words) {
      const value = read(word.trim());
      if (typeof value === 'string') {
        this.fail(name, value);
        return null;
      }
      values.push(value);
    }
    return [...new Set(values)].sort((a, b) => a - b);
  }

  #text(name: string): string {
    return (this.#inputs[`schedulerConfig.${name}`] ?? '').trim();
  }
}
