import { BoundedCache } from './bounded-cache.ts';
import {
  CronSyntaxError,
  fieldError,
  parseEntry,
  parseValue,
  type FieldSpec,
} from './cron-field.ts';
import { dayBits, type CronPattern, type DayRule } from './cron-pattern.ts';
import { searchNext } from './cron-search.ts';
import { scheduleLimits, type CronDialect } from './definition.ts';

/** A pattern is a few short lists: 1,000 of them are about 1 MB. */
const CACHED_PATTERNS = 1_000;
const FIRST_QUARTZ_YEAR = 1970;
const LAST_QUARTZ_YEAR = 2099;
const ALL_DAYS = dayBits(1, 31);
const ALL_WEEKDAYS = dayBits(0, 6);

const patterns = new BoundedCache<CronPattern>(CACHED_PATTERNS);

const nicknames = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const none: ReadonlyMap<string, number> = new Map();
const months = numbered(
  ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  1,
);

/**
 * Reads a cron expression: five fields, six with leading seconds, or in Quartz seven with a year.
 * Both dialects take names, lists, ranges (also around the end), steps, `?`, `L`, `W`, `LW`,
 * `L-3`, `6#3` and `6L`; they differ in the numbers of weekdays and in which fields there are.
 * Results are remembered for the expressions used last.
 * @throws CronSyntaxError with the field, what is wrong and what is allowed.
 */
export function parseCron(expression: string, dialect: CronDialect = 'unix'): CronPattern {
  const { maxExpressionChars } = scheduleLimits;
  if (expression.length > maxExpressionChars) {
    throw new CronSyntaxError(
      `the expression has ${expression.length} characters; at most ${maxExpressionChars} are allowed`,
    );
  }
  return patterns.get(`${dialect} ${expression}`, () => parse(expression, dialect));
}

function parse(expression: string, dialect: CronDialect): CronPattern {
  const fields = splitFields(expression, dialect);
  const [second, minute, hour, dayOfMonth, month, dayOfWeek, year] = fields;
  const quartz = dialect === 'quartz';
  const spec = (name: string, lowest: number, highest: number, names = none): FieldSpec => {
    return { name, lowest, highest, names, mayStartWithSlash: quartz };
  };
  const monthDays = parseMonthDays(dayOfMonth, spec('day of month', 1, 31));
  const weekSpec = quartz
    ? spec('day of week', 1, 7, numbered(weekdays, 1))
    : spec('day of week', 0, 7, numbered(weekdays, 0));
  const weekDays = parseWeekDays(dayOfWeek, weekSpec, quartz);
  if (quartz) checkQuartzDays(dayOfMonth, dayOfWeek, monthDays.restricts && weekDays.restricts);
  const yearSpec = spec('year', FIRST_QUARTZ_YEAR, LAST_QUARTZ_YEAR);
  const pattern: CronPattern = {
    seconds: parseList(second, spec('second', 0, 59), quartz),
    minutes: parseList(minute, spec('minute', 0, 59), quartz),
    hours: parseList(hour, spec('hour', 0, 23), quartz),
    daysOfMonth: monthDays.days,
    daysOfWeek: weekDays.days,
    monthRules: monthDays.rules,
    weekRules: weekDays.rules,
    restrictsDayOfMonth: monthDays.restricts,
    restrictsDayOfWeek: weekDays.restricts,
    months: parseList(month, spec('month', 1, 12, months), quartz),
    years: year === undefined || year === '*' ? null : parseList(year, yearSpec, quartz),
  };
  if (searchNext(pattern, scheduleLimits.earliestMs - 1) === null) {
    throw new CronSyntaxError(
      `no further firing ever: no month it allows has such a day (day of month "${dayOfMonth}", ` +
        `month "${month}", day of week "${dayOfWeek}"${year === undefined ? '' : `, year "${year}"`})`,
    );
  }
  return pattern;
}

type Fields = [string, string, string, string, string, string, string | undefined];

function splitFields(expression: string, dialect: CronDialect): Fields {
  const text = expression.trim().toUpperCase();
  if (text.startsWith('@')) return splitNickname(text.toLowerCase(), dialect);
  const parts = text === '' ? [] : text.split(/\s+/);
  const [a = '', b = '', c = '', d = '', e = '', f, g] = parts;
  if (dialect === 'unix' && parts.length === 5) return ['0', a, b, c, d, e, undefined];
  if (f !== undefined && parts.length === 6) return [a, b, c, d, e, f, undefined];
  if (f !== undefined && dialect === 'quartz' && parts.length === 7) return [a, b, c, d, e, f, g];
  const wanted =
    dialect === 'unix'
      ? 'five (minute hour day month weekday) or six (second first) are needed'
      : 'six (second minute hour day month weekday) or seven (year last) are needed';
  throw new CronSyntaxError(`the expression has ${parts.length} fields; ${wanted}`);
}

function splitNickname(text: string, dialect: CronDialect): Fields {
  const expression = nicknames.get(text);
  if (expression === undefined || dialect === 'quartz') {
    const known = dialect === 'quartz' ? 'Quartz has none' : [...nicknames.keys()].join(', ');
    throw new CronSyntaxError(`"${text}" is not a known nickname (${known})`);
  }
  return splitFields(expression, dialect);
}

function parseList(text: string, spec: FieldSpec, quartz: boolean): readonly number[] {
  if (quartz && text.includes('?')) {
    throw fieldError(spec, text, '"?" is only for the two day fields; write "*"');
  }
  const values = text.split(',').flatMap((entry) => parseEntry(entry, spec));
  return [...new Set(values)].sort((a, b) => a - b);
}

/** What a day field allows. */
interface DayField {
  readonly days: number;
  readonly rules: readonly DayRule[];
  readonly restricts: boolean;
}

function parseMonthDays(text: string, spec: FieldSpec): DayField {
  let days = 0;
  const rules: DayRule[] = [];
  for (const entry of text.split(',')) {
    const last = /^L(?:-(\d{1,2}))?(W?)$/.exec(entry);
    if (last !== null) {
      const before = Number(last[1] ?? 0);
      if (before > 30) throw fieldError(spec, entry, 'at most 30 days before the last');
      const kind = last[2] === 'W' ? 'nearest-weekday-before-last' : 'before-last';
      rules.push({ kind, days: before });
    } else if (/^\d{1,2}W$/.test(entry)) {
      rules.push({
        kind: 'nearest-weekday',
        day: parseValue(entry.slice(0, -1), entry, spec),
      });
    } else if (/[LW]/.test(entry)) {
      throw fieldError(spec, entry, 'L and W stand alone, as in L, L-3, LW or 15W');
    } else {
      for (const day of parseEntry(entry, spec)) days |= 1 << day;
    }
  }
  return { days, rules, restricts: days !== ALL_DAYS };
}

function parseWeekDays(text: string, spec: FieldSpec, quartz: boolean): DayField {
  let days = 0;
  const rules: DayRule[] = [];
  /** From the numbers of the dialect to 0 for Sunday. */
  const weekday = (value: number): number => (quartz ? value - 1 : value % 7);
  for (const entry of text.split(',')) {
    const [name = '', nth] = entry.split('#');
    if (nth !== undefined) {
      if (!/^[1-5]$/.test(nth)) throw fieldError(spec, entry, 'after "#" comes 1 to 5');
      const value = parseValue(name, entry, spec);
      rules.push({ kind: 'nth-weekday', weekday: weekday(value), nth: Number(nth) });
    } else if (entry === 'L') {
      days |= 1 << 6;
    } else if (entry.endsWith('L')) {
      const value = parseValue(entry.slice(0, -1), entry, spec);
      rules.push({ kind: 'last-weekday', weekday: weekday(value) });
    } else {
      for (const day of weekRange(entry, spec)) days |= 1 << weekday(day);
    }
  }
  return { days, rules, restricts: days !== ALL_WEEKDAYS };
}

/** Seven is another name of Sunday, so that ranges around the end and steps must not count it. */
function weekRange(entry: string, spec: FieldSpec): readonly number[] {
  if (spec.lowest === 1) return parseEntry(entry, spec);
  // SAT-SUN is 6-7, SUN-TUE is 0-2.
  const text = entry.replace(/-SUN(?=\/|$)/, '-7');
  const [range = ''] = text.split('/');
  const reachesSeven = /^7$|-7$/.test(range);
  if (range === '7' && text.includes('/')) return parseEntry(text.replace('7', '0'), spec);
  return parseEntry(text, reachesSeven ? spec : { ...spec, highest: wrapHighest(range, spec) });
}

function wrapHighest(range: string, spec: FieldSpec): number {
  // 7-2 names seven as its start; everything else counts to Saturday.
  return range.startsWith('7-') ? spec.highest : 6;
}

function checkQuartzDays(dayOfMonth: string, dayOfWeek: string, bothRestrict: boolean): void {
  if (dayOfMonth === '?' && dayOfWeek === '?') {
    throw new CronSyntaxError(
      '"?" stands in both day fields; one of them must name days or be "*"',
    );
  }
  if (bothRestrict) {
    throw new CronSyntaxError(
      `day of month "${dayOfMonth}" and day of week "${dayOfWeek}" both name days; put "?" in one`,
    );
  }
}

function numbered(words: readonly string[], from: number): ReadonlyMap<string, number> {
  return new Map(words.map((word, index) => [word, index + from]));
}
