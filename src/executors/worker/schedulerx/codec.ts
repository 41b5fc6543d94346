import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { WireError } from './frames.ts';

/** Kinds of fields, and what they are here. 64-bit numbers beyond 2^53 are refused. */
interface Kinds {
  readonly int32: number;
  readonly int64: number;
  readonly int64s: readonly number[];
  readonly fixed64: bigint;
  readonly bool: boolean;
  readonly string: string;
  readonly strings: readonly string[];
  readonly bytes: Uint8Array;
  readonly bytesList: readonly Uint8Array[];
}

type Kind = keyof Kinds;

/** A message: its fields by name, each with its number and kind. Nested ones are bytes. */
export type Shape = Readonly<Record<string, readonly [field: number, kind: Kind]>>;

/** What of a message is there. Lists are always there when they were read. */
export type Fields<S extends Shape> = { readonly [Name in keyof S]?: Kinds[S[Name][1]] };

const wireTypes: Readonly<Record<Kind, WireType>> = {
  int32: WireType.Varint,
  int64: WireType.Varint,
  int64s: WireType.Varint,
  fixed64: WireType.Bit64,
  bool: WireType.Varint,
  string: WireType.LengthDelimited,
  strings: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  bytesList: WireType.LengthDelimited,
};

/** Writes the fields that are there, in the order of the shape. */
export function encode<S extends Shape>(shape: S, fields: Fields<S>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [name, [field, kind]] of Object.entries(shape)) {
    const value = (fields as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      write(writer.tag(field, wireTypes[kind]), kind, item);
    }
  }
  return writer.finish();
}

/**
 * Reads the fields of the shape; others, and those of another wire type, are skipped. The last
 * one counts, as protobuf has it.
 * @throws WireError when the bytes are no message, or a number does not fit.
 */
export function decode<S extends Shape>(shape: S, bytes: Uint8Array): Fields<S> {
  const byNumber = new Map(Object.entries(shape).map(([name, row]) => [row[0], [name, row[1]]]));
  const fields: Record<string, unknown> = {};
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      const [name, kind] = (byNumber.get(field) ?? []) as [string?, Kind?];
      if (name === undefined || kind === undefined) reader.skip(wireType, field);
      else if (kind === 'int64s') addNumbers(reader, wireType, field, list(fields, name));
      else if (wireType !== wireTypes[kind]) reader.skip(wireType, field);
      else if (kind === 'strings') list(fields, name).push(reader.string());
      else if (kind === 'bytesList') list(fields, name).push(reader.bytes());
      else fields[name] = read(reader, kind);
    }
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(`no protobuf message: ${(error as Error).message}`, { cause: error });
  }
  return fields as Fields<S>;
}

/** The field. @throws WireError naming it when it is missing. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new WireError(`the required field ${name} is missing`);
  return value;
}

function list(fields: Record<string, unknown>, name: string): unknown[] {
  return (fields[name] ??= []) as unknown[];
}

/** Repeated numbers, one by one or packed. */
function addNumbers(
  reader: BinaryReader,
  wireType: WireType,
  field: number,
  into: unknown[],
): void {
  if (wireType === WireType.Varint) {
    into.push(safe(reader.int64()));
  } else if (wireType === WireType.LengthDelimited) {
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) into.push(safe(packed.int64()));
  } else {
    reader.skip(wireType, field);
  }
}

function read(reader: BinaryReader, kind: Kind): unknown {
  switch (kind) {
    case 'int32':
      return reader.int32();
    case 'int64':
      return safe(reader.int64());
    case 'fixed64':
      return BigInt(reader.fixed64());
    case 'bool':
      return reader.bool();
    case 'string':
      return reader.string();
    default:
      return reader.bytes();
  }
}

function write(writer: BinaryWriter, kind: Kind, value: unknown): void {
  switch (kind) {
    case 'int32':
      return void writer.int32(value as number);
    case 'int64':
    case 'int64s':
      return void writer.int64(value as number);
    case 'fixed64':
      return void writer.fixed64(value as bigint);
    case 'bool':
      return void writer.bool(value as boolean);
    case 'string':
    case 'strings':
      return void writer.string(value as string);
    default:
      return void writer.bytes(value as Uint8Array);
  }
}

function safe(value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new WireError(`the number ${value} is beyond 2^53`);
  return number;
}
