/** Checks what came from outside against the shape and the bounds of a schedule. */
import { parseWindow } from './calendar.ts';
import { scheduleLimits } from './definition.ts';
import { daysInMonth, parseLocal } from './wall-time.ts';

/** What is wrong with a definition: where, and what would be right. */
export interface ScheduleProblem {
  /** The part it is about: `timing.expression`, `calendars[2].dates[0]`. */
  readonly path: string;
  /**
   * - `syntax`: not the text or number that belongs there.
   * - `unknown-zone`: no such time zone.
   * - `never-fires`: right by its form, but nothing will ever come of it.
   * - `limit`: too many, too long, too small.
   */
  readonly code: 'syntax' | 'unknown-zone' | 'never-fires' | 'limit';
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** What `at` of calendar steps may hold, by their unit. */
const stepPlaces: Readonly<
  Record<string, { readonly least: number; readonly most: number } | null>
> = {
  hour: { least: 0, most: 59 },
  day: null,
  week: { least: 0, most: 6 },
  month: { least: 1, most: 31 },
};

const limits = scheduleLimits;
const parts = ['timing', 'zone', 'dst', 'misfire', 'graceMs', 'calendars', 'startAtMs', 'endAtMs'];

/** Gathers problems, so that a user sees all of them at once. */
export class Checker {
  readonly problems: ScheduleProblem[] = [];

  /** Checks the shape of a whole definition; the meaning of its texts is for `parse.ts`. */
  definition(input: Fields): void {
    this.#known(input, '', parts);
    this.#timing(input['timing']);
    const { zone, dst, misfire, graceMs, calendars } = input;
    if (zone !== undefined) this.#text(zone, 'zone', limits.maxZoneChars);
    if (dst !== undefined) this.#dst(dst);
    if (misfire !== undefined) this.#misfire(misfire);
    if (graceMs !== undefined) this.#number(graceMs, 'graceMs', 0, limits.maxGraceMs);
    if (calendars !== undefined) this.#calendars(calendars);
    for (const bound of ['startAtMs', 'endAtMs']) {
      const value = input[bound];
      if (value !== undefined && value !== null) this.#time(value, bound);
    }
    const { startAtMs, endAtMs } = input;
    if (typeof startAtMs === 'number' && typeof endAtMs === 'number' && endAtMs < startAtMs) {
      this.add('endAtMs', 'never-fires', 'the schedule ends before it starts');
    }
  }

  add(path: string, code: ScheduleProblem['code'], message: string): void {
    this.problems.push({ path, code, message });
  }

  #timing(timing: unknown): void {
    if (!isFields(timing)) {
      this.add('timing', 'syntax', 'an object with a "kind" is needed');
      return;
    }
    switch (timing['kind']) {
      case 'cron':
        this.#known(timing, 'timing', ['kind', 'expression', 'dialect']);
        this.#text(timing['expression'], 'timing.expression', limits.maxExpressionChars);
        if (timing['dialect'] !== undefined) {
          this.#word(timing['dialect'], 'timing.dialect', ['unix', 'quartz']);
        }
        return;
      case 'fixed-rate':
        this.#known(timing, 'timing', ['kind', 'everyMs', 'anchorMs']);
        this.#interval(timing['everyMs'], 'timing.everyMs');
        this.#time(timing['anchorMs'], 'timing.anchorMs');
        return;
      case 'calendar-steps':
        this.#calendarSteps(timing);
        return;
      case 'fixed-delay':
        this.#known(timing, 'timing', ['kind', 'delayMs']);
        this.#interval(timing['delayMs'], 'timing.delayMs');
        return;
      case 'one-time':
        this.#known(timing, 'timing', ['kind', 'atMs']);
        this.#time(timing['atMs'], 'timing.atMs');
        return;
      case 'none':
        this.#known(timing, 'timing', ['kind']);
        return;
      default:
        this.#word(timing['kind'], 'timing.kind', [
          'cron',
          'fixed-rate',
          'fixed-delay',
          'calendar-steps',
          'one-time',
          'none',
        ]);
    }
  }

  #calendarSteps(timing: Fields): void {
    this.#known(timing, 'timing', ['kind', 'unit', 'every', 'fromLocal', 'at']);
    this.#word(timing['unit'], 'timing.unit', Object.keys(stepPlaces));
    this.#number(timing['every'], 'timing.every', 1, limits.maxEvery);
    const from = timing['fromLocal'];
    if (typeof from !== 'string' || parseLocal(from) === null) {
      const message = `${shown(from)} is no local time from 1970 to 2199; write YYYY-MM-DDTHH:MM:SS`;
      this.add('timing.fromLocal', 'syntax', message);
    }
    const places = stepPlaces[String(timing['unit'])] ?? null;
    const at = this.#array(timing['at'], 'timing.at', limits.maxCalendarEntries);
    if (places === null && at.length > 0) {
      this.add('timing.at', 'syntax', 'days have no places within them; leave the list empty');
      return;
    }
    const { least, most } = places ?? { least: 0, most: 0 };
    at.forEach((place, index) => this.#number(place, `timing.at[${index}]`, least, most));
  }

  #dst(dst: unknown): void {
    if (!isFields(dst)) {
      this.add('dst', 'syntax', 'an object with "skipped" and "doubled" is needed');
      return;
    }
    this.#known(dst, 'dst', ['skipped', 'doubled']);
    this.#word(dst['skipped'], 'dst.skipped', ['skip', 'shift']);
    this.#word(dst['doubled'], 'dst.doubled', ['first', 'both']);
  }

  #misfire(misfire: unknown): void {
    if (!isFields(misfire)) {
      this.add('misfire', 'syntax', 'an object with a "policy" is needed');
      return;
    }
    const policy = misfire['policy'];
    this.#word(policy, 'misfire.policy', ['skip', 'one', 'all']);
    if (policy !== 'all') {
      this.#known(misfire, 'misfire', ['policy']);
      return;
    }
    this.#known(misfire, 'misfire', ['policy', 'windowMs', 'maxCatchUp']);
    this.#number(misfire['windowMs'], 'misfire.windowMs', 1, limits.maxCatchUpWindowMs);
    this.#number(misfire['maxCatchUp'], 'misfire.maxCatchUp', 1, limits.maxCatchUp);
  }

  #calendars(calendars: unknown): void {
    const rules = this.#array(calendars, 'calendars', limits.maxCalendars);
    rules.forEach((rule, index) => {
      const path = `calendars[${index}]`;
      if (isFields(rule)) this.#calendar(rule, path);
      else this.add(path, 'syntax', 'an object with a "kind" and a "name" is needed');
    });
  }

  #calendar(rule: Fields, path: string): void {
    const conditions = ['daysOfWeek', 'dates', 'timesOfDay', 'intervals'];
    this.#known(rule, path, ['kind', 'name', ...conditions]);
    this.#word(rule['kind'], `${path}.kind`, ['exclude', 'include']);
    this.#text(rule['name'], `${path}.name`, limits.maxNameChars);
    const given = conditions.filter((condition) => rule[condition] !== undefined);
    if (given.length === 0) {
      this.add(path, 'syntax', `it names no times; give ${conditions.join(', ')}`);
    }
    for (const condition of given) {
      const where = `${path}.${condition}`;
      const entries = this.#array(rule[condition], where, limits.maxCalendarEntries);
      if (entries.length === 0) this.add(where, 'syntax', 'the list is empty; leave it out');
      entries.forEach((entry, index) => this.#entry(condition, entry, `${where}[${index}]`));
    }
    const days = rule['daysOfWeek'];
    const excludesAll = rule['kind'] === 'exclude' && given.length === 1 && Array.isArray(days);
    if (excludesAll && [0, 1, 2, 3, 4, 5, 6].every((day) => days.includes(day))) {
      this.add(path, 'never-fires', 'no further firing ever: it excludes every day of the week');
    }
  }

  #entry(condition: string, entry: unknown, path: string): void {
    if (condition === 'daysOfWeek') {
      this.#number(entry, path, 0, 6);
    } else if (condition === 'dates') {
      if (typeof entry === 'string' && isDate(entry)) return;
      this.add(
        path,
        'syntax',
        `${shown(entry)} is no date; write YYYY-MM-DD, or MM-DD for each year`,
      );
    } else if (condition === 'timesOfDay') {
      if (typeof entry === 'string' && parseWindow(entry) !== null) return;
      this.add(
        path,
        'syntax',
        `${shown(entry)} is no time of day; write HH:MM-HH:MM, e.g. 22:00-06:00`,
      );
    } else if (isFields(entry)) {
      this.#known(entry, path, ['fromMs', 'toMs']);
      const { fromMs, toMs } = entry;
      const right = this.#time(fromMs, `${path}.fromMs`) && this.#time(toMs, `${path}.toMs`);
      if (right && Number(toMs) <= Number(fromMs)) {
        this.add(path, 'syntax', 'the interval ends before it begins');
      }
    } else {
      this.add(path, 'syntax', 'an object with "fromMs" and "toMs" is needed');
    }
  }

  #array(value: unknown, path: string, most: number): readonly unknown[] {
    if (!Array.isArray(value)) {
      this.add(path, 'syntax', 'a list is needed');
      return [];
    }
    if (value.length > most) {
      this.add(path, 'limit', `${value.length} entries; at most ${most} are allowed`);
      return [];
    }
    return value as readonly unknown[];
  }

  #interval(value: unknown, path: string): void {
    this.#number(value, path, limits.minIntervalMs, limits.maxIntervalMs);
  }

  #time(value: unknown, path: string): boolean {
    return this.#number(value, path, limits.earliestMs, limits.horizonMs - 1);
  }

  #number(value: unknown, path: string, least: number, most: number): boolean {
    if (!Number.isInteger(value)) {
      this.add(path, 'syntax', `${shown(value)} is no whole number`);
      return false;
    }
    if (Number(value) < least || Number(value) > most) {
      this.add(path, 'limit', `${Number(value)} is not within ${least} to ${most}`);
      return false;
    }
    return true;
  }

  #text(value: unknown, path: string, maxChars: number): void {
    if (typeof value !== 'string' || value.trim() === '') {
      this.add(path, 'syntax', 'a text is needed');
    } else if (value.length > maxChars) {
      this.add(path, 'limit', `${value.length} characters; at most ${maxChars} are allowed`);
    }
  }

  #word(value: unknown, path: string, words: readonly string[]): void {
    if (typeof value === 'string' && words.includes(value)) return;
    this.add(path, 'syntax', `${shown(value)} is not one of ${words.join(', ')}`);
  }

  #known(fields: Fields, path: string, names: readonly string[]): void {
    for (const name of Object.keys(fields)) {
      if (names.includes(name)) continue;
      this.add(path, 'syntax', `${shown(name)} is unknown here; known are ${names.join(', ')}`);
    }
  }
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDate(text: string): boolean {
  const match = /^(?:(\d{4})-)?(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  // A yearly 02-29 is a date, in the years that have it.
  const year = Number(match[1] ?? 2000);
  const month = Number(match[2]);
  const day = Number(match[3]);
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
