/** Values of PostgreSQL in their binary form, as the texts that it writes itself (dates in ISO, UTC). */

/** Days from 1970-01-01 to 2000-01-01, where PostgreSQL counts from. */
const EPOCH_DAYS = 10_957;
const DAY_US = 86_400_000_000n;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const NUMERIC_BASE_DIGITS = 4;

/**
 * @param type name as PostgreSQL writes it, e.g. `character varying(20)`.
 * @returns `\x` and hexadecimal digits for types that are not known here, and for values that are
 *   no value of their type.
 */
export function valueText(value: Buffer, type: string): string {
  const read = readers[type.replace(/\(.*?\)/, '').trim()];
  if (read === undefined) return hex(value);
  try {
    return read(value);
  } catch {
    return hex(value);
  }
}

const text = (value: Buffer): string => value.toString('utf8');

const readers: Readonly<Record<string, (value: Buffer) => string>> = {
  boolean: (value) => (value[0] === 0 ? 'f' : 't'),
  smallint: (value) => String(value.readInt16BE()),
  integer: (value) => String(value.readInt32BE()),
  bigint: (value) => String(value.readBigInt64BE()),
  oid: (value) => String(value.readUInt32BE()),
  real: (value) => float32Text(value.readFloatBE()),
  'double precision': (value) => String(value.readDoubleBE()),
  numeric,
  text,
  'character varying': text,
  character: text,
  name: text,
  json: text,
  xml: text,
  // One byte in front: the version of the format.
  jsonb: (value) => value.toString('utf8', 1),
  uuid: (value) =>
    value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  date: (value) => dateText(value.readInt32BE()),
  'time without time zone': (value) => timeText(value.readBigInt64BE()),
  'timestamp without time zone': (value) => timestampText(value.readBigInt64BE(), ''),
  'timestamp with time zone': (value) => timestampText(value.readBigInt64BE(), '+00'),
  bytea: hex,
};

function hex(value: Buffer): string {
  return `\\x${value.toString('hex')}`;
}

/** Shortest digits that give the same single-precision number. */
function float32Text(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** Groups of four decimal digits, the first one worth 10000^weight. */
function numeric(value: Buffer): string {
  const groups = value.readInt16BE(0);
  const weight = value.readInt16BE(2);
  const sign = value.readUInt16BE(4);
  const scale = value.readInt16BE(6);
  if (sign === 0xc000) return 'NaN';
  if (sign === 0xd000) return 'Infinity';
  if (sign === 0xf000) return '-Infinity';
  const group = (place: number): string => {
    const digits = place >= 0 && place < groups ? value.readInt16BE(8 + place * 2) : 0;
    return String(digits).padStart(NUMERIC_BASE_DIGITS, '0');
  };
  let whole = '';
  for (let place = 0; place <= weight; place += 1) whole += group(place);
  let fraction = '';
  for (let place = weight + 1; fraction.length < scale; place += 1) fraction += group(place);
  const number = whole.replace(/^0+(?=.)/, '') || '0';
  const tail = scale > 0 ? `.${fraction.slice(0, scale)}` : '';
  return `${sign === 0x4000 ? '-' : ''}${number}${tail}`;
}

function dateText(days: number): string {
  if (days === 0x7f_ff_ff_ff) return 'infinity';
  if (days === -0x80_00_00_00) return '-infinity';
  const date = new Date((days + EPOCH_DAYS) * 86_400_000);
  const year = date.getUTCFullYear();
  const two = (part: number): string => String(part).padStart(2, '0');
  // There is no year 0: the year before 1 is 1 BC.
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  const era = year > 0 ? '' : ' BC';
  return `${shown}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}${era}`;
}

function timeText(microseconds: bigint): string {
  const seconds = microseconds / 1_000_000n;
  const two = (part: bigint): string => String(part).padStart(2, '0');
  const fraction = String(microseconds % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

function timestampText(microseconds: bigint, zone: string): string {
  if (microseconds === MAX_INT64) return 'infinity';
  if (microseconds === -MAX_INT64 - 1n) return '-infinity';
  let days = microseconds / DAY_US;
  if (days * DAY_US > microseconds) days -= 1n;
  const [date = '', era] = dateText(Number(days)).split(' ');
  const clock = `${date} ${timeText(microseconds - days * DAY_US)}${zone}`;
  return era === undefined ? clock : `${clock} ${era}`;
}
