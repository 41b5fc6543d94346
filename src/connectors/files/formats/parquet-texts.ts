/** Values of Parquet as texts of rows. */
import { toJson, type SchemaElement } from 'hyparquet';
import { integerOf, isNested, isText, typeOf, unitOf } from './parquet-schema.ts';

/** Turns a value as the library gives it into a text. */
export type ToText = (value: unknown) => string;

/**
 * The element as the library shall read it: without the marks by which it would turn decimals and
 * times into floats and dates of milliseconds.
 */
export function exactElement(element: SchemaElement): SchemaElement {
  if (isNested(element) || element.logical_type?.type === 'FLOAT16') return element;
  if (isText(element)) {
    return { ...element, converted_type: 'UTF8', logical_type: { type: 'STRING' } };
  }
  const { converted_type: _, logical_type: __, ...plain } = element;
  return plain;
}

/** What makes texts of a column's values, by its element as the file has it. */
export function toTextOf(element: SchemaElement): ToText {
  if (isNested(element)) return (value) => JSON.stringify(toJson(value));
  const { kind } = typeOf(element);
  switch (kind) {
    case 'bool':
      return (value) => (value === true ? 't' : 'f');
    case 'decimal':
      return (value) => decimalText(wholeOf(value), element.scale ?? 0);
    case 'float32':
      return (value) => float32Text(Number(value));
    case 'float64':
      return (value) => floatText(Number(value));
    case 'date':
      return (value) => dateText(Number(value));
    case 'time':
      return (value) => timeText(microsOf(value, element));
    case 'timestamp':
      return (value) => timestampText(microsOf(value, element));
    case 'timestamptz':
      return (value) => `${timestampText(microsOf(value, element))}+00`;
    case 'bytes':
      return (value) => `\\x${bufferOf(value).toString('hex')}`;
    case 'uuid':
      return (value) => uuidText(bufferOf(value).toString('hex'));
    default:
      return integerText(element);
  }
}

function integerText(element: SchemaElement): ToText {
  const integer = integerOf(element);
  if (integer?.signed !== false) return (value) => plainText(value);
  return (value) => String(BigInt.asUintN(integer.bits, BigInt(value as number | bigint)));
}

function plainText(value: unknown): string {
  return value instanceof Uint8Array ? bufferOf(value).toString() : String(value);
}

function wholeOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  if (value.length === 0) return 0n;
  const digits = BigInt(`0x${bufferOf(value).toString('hex')}`);
  return BigInt.asIntN(value.length * 8, digits);
}

function decimalText(digits: bigint, scale: number): string {
  if (scale <= 0) return String(digits);
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Fewest digits that read back as the same float of 32 bits. */
function float32Text(value: number): string {
  if (!Number.isFinite(value) || value === 0) return floatText(value);
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return floatText(short);
  }
  return floatText(Number(value.toPrecision(9)));
}

/** Since 1970 or midnight; what is finer than a microsecond is left out. */
function microsOf(value: unknown, element: SchemaElement): bigint {
  const count = BigInt(value as number | bigint);
  // The oldest kind (INT96) comes in nanoseconds.
  switch (element.type === 'INT96' ? 'NANOS' : unitOf(element)) {
    case 'MILLIS':
      return count * 1_000n;
    case 'NANOS':
      return floorDivided(count, 1_000n);
    default:
      return count;
  }
}

const DAY_MICROS = 86_400_000_000n;
const DAY_MS = 86_400_000;

function timestampText(micros: bigint): string {
  const days = floorDivided(micros, DAY_MICROS);
  return `${dateText(Number(days))} ${timeText(micros - days * DAY_MICROS)}`;
}

function timeText(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n);
  const fraction = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return fraction === '' ? text : `${text}.${fraction}`;
}

function dateText(days: number): string {
  const date = new Date(days * DAY_MS);
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${year}-${month}-${day}`;
}

function floorDivided(value: bigint, by: bigint): bigint {
  const whole = value / by;
  return value % by < 0n ? whole - 1n : whole;
}

function uuidText(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function bufferOf(value: unknown): Buffer {
  if (!(value instanceof Uint8Array)) return Buffer.from(String(value));
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
