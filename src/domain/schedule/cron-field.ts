/** One field of a cron expression, without what only day fields have (`L`, `W`, `#`). */

/** What a field may hold. */
export interface FieldSpec {
  /** Its name in messages. */
  readonly name: string;
  readonly lowest: number;
  readonly highest: number;
  /** Names in upper case, and the number each stands for in the text. */
  readonly names: ReadonlyMap<string, number>;
  /** Quartz: `/5` is `0/5`. */
  readonly mayStartWithSlash: boolean;
}

/** A text that is no cron; `message` says which field, what is wrong and what would be right. */
export class CronSyntaxError extends Error {
  override readonly name = 'CronSyntaxError';
}

/**
 * The numbers that one entry of a field's list allows: `*`, `5`, `1-5`, `22-2` (around the end),
 * `a-b/n`, `* /n` without the space, `a/n` (from a to the highest).
 * @throws CronSyntaxError
 */
export function parseEntry(entry: string, spec: FieldSpec): readonly number[] {
  const [range = '', step, ...rest] = entry.split('/');
  if (rest.length > 0) throw fieldError(spec, entry, 'more than one "/"');
  const by = step === undefined ? 1 : parseStep(step, entry, spec);
  if (range === '*' || range === '?' || (range === '' && spec.mayStartWithSlash)) {
    return every(spec.lowest, spec.highest, by);
  }
  const [from = '', to, ...more] = range.split('-');
  if (more.length > 0) throw fieldError(spec, entry, 'more than one "-"');
  const low = parseValue(from, entry, spec);
  if (to === undefined) return step === undefined ? [low] : every(low, spec.highest, by);
  const high = parseValue(to, entry, spec);
  if (low <= high) return every(low, high, by);
  if (spec.name === 'year') throw fieldError(spec, entry, 'the range ends before it begins');
  const size = spec.highest - spec.lowest + 1;
  return every(low, high + size, by).map((value) => (value > spec.highest ? value - size : value));
}

/** One number or name of a field. @throws CronSyntaxError */
export function parseValue(text: string, entry: string, spec: FieldSpec): number {
  const named = spec.names.get(text);
  if (named !== undefined) return named;
  if (!/^\d{1,4}$/.test(text)) {
    const what = text === '' ? 'a number is missing' : `"${text}" is not a number`;
    throw fieldError(spec, entry, `${what}; ${allowed(spec)}`);
  }
  const value = Number(text);
  if (value < spec.lowest || value > spec.highest) {
    throw fieldError(spec, entry, `${value} is out of range; ${allowed(spec)}`);
  }
  return value;
}

/** An error that names the field and its entry. */
export function fieldError(spec: FieldSpec, entry: string, what: string): CronSyntaxError {
  return new CronSyntaxError(`${spec.name} "${entry}": ${what}`);
}

function parseStep(text: string, entry: string, spec: FieldSpec): number {
  const size = spec.highest - spec.lowest + 1;
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (step < 1 || step > size) {
    throw fieldError(spec, entry, `the step after "/" must be a number from 1 to ${size}`);
  }
  return step;
}

function allowed(spec: FieldSpec): string {
  const [name] = spec.names.keys();
  const words = name === undefined ? '' : ` or a name such as ${name}`;
  return `allowed is ${spec.lowest} to ${spec.highest}${words}`;
}

function every(from: number, to: number, by: number): readonly number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += by) values.push(value);
  return values;
}
