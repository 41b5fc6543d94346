/** One field of a cron text. */
interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const weekdays = 'SUN MON TUE WED THU FRI SAT'.split(' ');

const seconds: CronField = { name: 'second', min: 0, max: 59 };
const fiveFields: readonly CronField[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'weekday', min: 0, max: 7, names: weekdays },
];

/** Longest cron text. */
const maxCronChars = 256;

/**
 * What is wrong with a cron text of 5 fields (minute hour day month weekday) or 6 (seconds
 * first), in words; null when nothing is (sae.md §4.3.8).
 */
export function cronFault(text: string): string | null {
  if (text.length > maxCronChars) return `cron text is longer than ${maxCronChars} characters`;
  const parts = text.trim().split(/\s+/);
  const fields = parts.length === 6 ? [seconds, ...fiveFields] : fiveFields;
  if (parts.length !== fields.length) {
    return 'cron text must have 5 fields (minute hour day month weekday), or 6 with seconds first';
  }
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? '';
    if (!part.split(',').every((item) => fitsField(item, field))) {
      return `cron field ${field.name} is wrong: ${part}`;
    }
  }
  return null;
}

function fitsField(item: string, field: CronField): boolean {
  const [span = '', step, ...more] = item.split('/');
  if (more.length > 0) return false;
  if (step !== undefined && (!/^\d{1,2}$/.test(step) || Number(step) < 1)) return false;
  if (span === '*' || span === '?') return true;
  const ends = span.split('-').map((end) => numberOf(end, field));
  if (ends.length > 2) return false;
  const [from, to] = ends;
  if (from === undefined || (ends.length === 2 && to === undefined)) return false;
  // A week may end on Sunday, which is 0 by number but follows Saturday.
  return to === undefined || from <= to || (field.name === 'weekday' && to === 0);
}

function numberOf(text: string, field: CronField): number | undefined {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + (field.name === 'month' ? 1 : 0);
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : undefined;
}
