import type { Column, ColumnType } from '../../domain/transfer/columns.ts';

/** Bounds of a part of a column's values: `from` included, `to` only when `last`. */
export interface Range {
  readonly from: string;
  readonly to: string;
  readonly last: boolean;
}

const DAY_MS = 86_400_000;

/** Kinds of columns by which a table can be cut (cdm.md §5.3). */
export function isCuttable({ kind }: ColumnType): boolean {
  return kind === 'bool' || scaleOf({ kind } as ColumnType) !== null;
}

/**
 * Cuts what lies between two values into at most `parts` ranges of equal width; of whole numbers
 * the first ranges are one wider where it does not come out even (cdm.md §5.3).
 * @param min smallest and @param max largest value, as `ColumnType` writes values.
 * @returns null when the values are none that can be cut, e.g. `infinity` or `NaN`.
 */
export function cutRange(
  column: Column,
  min: string,
  max: string,
  parts: number,
): readonly Range[] | null {
  const scale = scaleOf(column.type, min, max);
  if (scale === null) return null;
  const low = scale.read(min);
  const high = scale.read(max);
  if (low === null || high === null || high < low) return null;
  const distance = high - low;
  const count = clamp(BigInt(Math.max(1, parts)), distance);
  const width = distance / count;
  const wider = distance % count;
  const ranges: Range[] = [];
  let from = low;
  for (let part = 0n; part < count; part += 1n) {
    const last = part === count - 1n;
    const to = last ? high : from + width + (part < wider ? 1n : 0n);
    // The outermost bounds are the values themselves: nothing is lost by reading and writing them.
    ranges.push({
      from: part === 0n ? min : scale.write(from),
      to: last ? max : scale.write(to),
      last,
    });
    from = to;
  }
  return ranges;
}

/** Pieces that an outer range is cut into, in eighths of it, from the outside. */
const END_SHARES = [1, 3, 4];

/**
 * Cuts the first and the last of several ranges into pieces that grow towards the middle: the first
 * rows are there soon, and little is left to be done behind the last ones, as reading them back.
 * @param ranges as `cutRange` gives them; those that cannot be cut further stay as they are.
 */
export function withSmallEnds(column: Column, ranges: readonly Range[]): readonly Range[] {
  const first = ranges[0];
  const last = ranges.at(-1);
  if (first === undefined || last === undefined || ranges.length < 2) return ranges;
  return [
    ...piecesOf(column, first, END_SHARES),
    ...ranges.slice(1, -1),
    ...piecesOf(column, last, END_SHARES.toReversed()),
  ];
}

function piecesOf(column: Column, whole: Range, shares: readonly number[]): readonly Range[] {
  const steps = shares.reduce((sum, share) => sum + share, 0);
  const parts = cutRange(column, whole.from, whole.to, steps);
  if (parts?.length !== steps) return [whole];
  const pieces: Range[] = [];
  let from = whole.from;
  let at = 0;
  for (const share of shares) {
    at += share;
    const to = parts[at - 1]?.to ?? whole.to;
    pieces.push({ from, to, last: whole.last && at === steps });
    from = to;
  }
  return pieces;
}

function clamp(parts: bigint, distance: bigint): bigint {
  if (distance < 1n) return 1n;
  return parts < distance ? parts : distance;
}

/** Values as whole numbers of the smallest step. */
interface Scale {
  read(text: string): bigint | null;
  write(value: bigint): string;
}

function scaleOf(type: ColumnType, min = '', max = ''): Scale | null {
  switch (type.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint64':
      return decimals(0);
    case 'decimal':
      return decimals(Math.max(digitsAfterPoint(min), digitsAfterPoint(max), type.scale ?? 0));
    case 'float32':
    case 'float64':
      return floats(Number(min), Number(max));
    case 'date':
      return dates;
    case 'time':
      return times;
    case 'timestamp':
      return timestamps('');
    case 'timestamptz':
      return timestamps('+00');
    default:
      return null;
  }
}

function digitsAfterPoint(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function decimals(digits: number): Scale {
  return {
    read(text) {
      const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
      if (match === null) return null;
      const [, sign = '', whole = '', fraction = ''] = match;
      return BigInt(`${sign}${whole}${fraction.padEnd(digits, '0')}`);
    },
    write(value) {
      if (digits === 0) return String(value);
      const sign = value < 0n ? '-' : '';
      const text = String(value < 0n ? -value : value).padStart(digits + 1, '0');
      return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
    },
  };
}

/** A number of steps fine enough for any number of parts. */
const FLOAT_STEPS = 2 ** 40;

function floats(low: number, high: number): Scale | null {
  const step = high / FLOAT_STEPS - low / FLOAT_STEPS;
  if (!Number.isFinite(step)) return null;
  return {
    read(text) {
      if (Number(text) === low) return 0n;
      return Number(text) === high ? BigInt(FLOAT_STEPS) : null;
    },
    write: (value) => String(low + step * Number(value)),
  };
}

const dates: Scale = {
  read: (text) => instant(text, /^\d{4}-\d\d-\d\d$/, 'T00:00:00Z', DAY_MS),
  write: (value) => new Date(Number(value) * DAY_MS).toISOString().slice(0, 10),
};

const times: Scale = {
  read: (text) =>
    instant(`1970-01-01 ${text}`, /^[\d-]{10} ([01]\d|2[0-3]):\d\d:\d\d(\.\d+)?$/, 'Z', 1),
  write: (value) => new Date(Number(value)).toISOString().slice(11, 23),
};

function timestamps(zone: '' | '+00'): Scale {
  return {
    read: (text) => {
      const plain = zone !== '' && text.endsWith(zone) ? text.slice(0, -zone.length) : text;
      return instant(plain, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/, 'Z', 1);
    },
    write: (value) =>
      `${new Date(Number(value)).toISOString().slice(0, 23).replace('T', ' ')}${zone}`,
  };
}

/** Years outside 1 to 9999, where texts of dates have other shapes, are not cut. */
function instant(text: string, shape: RegExp, tail: string, unitMs: number): bigint | null {
  if (!shape.test(text)) return null;
  const ms = Date.parse(`${text.replace(' ', 'T')}${tail}`);
  return Number.isNaN(ms) ? null : BigInt(Math.floor(ms / unitMs));
}
