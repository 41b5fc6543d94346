/** Rows of `text` in the binary form that PostgreSQL reads in two thirds of the time. */
import type { Column } from '../../domain/transfer/columns.ts';
import { BatchMemory } from '../../lib/rows/batch-memory.ts';
import type { RowBatch } from '../../ports/connector.ts';
import {
  type ValueWriter,
  writeBoolean,
  writeBytes,
  writeDate,
  writeFloat64,
  writeInt16,
  writeInt32,
  writeInt64,
  writeJsonb,
  writeNumeric,
  writeText,
  writeTime,
  writeTimestamp,
  writeTimestamptz,
  writeUuid,
} from './binary-values.ts';
import { baseName } from './types.ts';

const TAB = 0x09;
const LF = 0x0a;
const BACKSLASH = 0x5c;
const CAPITAL_N = 0x4e;
const ZERO = 0x30;
const NINE = 0x39;
/** What a field may need besides its own bytes: its length, and a number of one digit. */
const FIELD_BYTES = 20;

/**
 * Types whose texts are understood here as the server understands them. Single-precision numbers
 * are not among them: rounded twice, they could become others.
 */
const WRITERS: Readonly<Record<string, ValueWriter>> = {
  smallint: writeInt16,
  integer: writeInt32,
  bigint: writeInt64,
  numeric: writeNumeric,
  'double precision': writeFloat64,
  boolean: writeBoolean,
  date: writeDate,
  'time without time zone': writeTime,
  'timestamp without time zone': writeTimestamp,
  'timestamp with time zone': writeTimestamptz,
  uuid: writeUuid,
  bytea: writeBytes,
  jsonb: writeJsonb,
  json: writeText,
  text: writeText,
  'character varying': writeText,
  character: writeText,
};

/** How a column is gone through: most are texts and whole numbers, which need no second look. */
const LOOK = { any: 0, text: 1, whole32: 2, whole64: 3 } as const;
const LOOKS: ReadonlyMap<ValueWriter, number> = new Map([
  [writeText, LOOK.text],
  [writeInt32, LOOK.whole32],
  [writeInt64, LOOK.whole64],
]);
/** Room for what is made of a slice (`slices.ts`), nearly always. */
const USUAL_BYTES = 192 * 1024;
/** So many digits are less than 2^31. */
const SAFE_DIGITS = 9;

/** Tuples, and what gives their memory back. */
type MadeRows = Required<Pick<RowBatch, 'rows' | 'release'>> & { readonly bytes: Buffer };

/** Makes tuples of binary COPY, without its header and trailer, of rows in the format `text`. */
export class BinaryRows {
  readonly #writers: readonly ValueWriter[];
  readonly #looks: Uint8Array;
  readonly #memory = new BatchMemory();

  private constructor(writers: readonly ValueWriter[]) {
    this.#writers = writers;
    this.#looks = Uint8Array.from(writers, (writer) => LOOKS.get(writer) ?? LOOK.any);
  }

  /** Null when there is a column whose texts only the server understands. */
  static of(columns: readonly Column[]): BinaryRows | null {
    const writers = columns.flatMap(({ nativeType }) => WRITERS[baseName(nativeType)] ?? []);
    return writers.length === columns.length && writers.length > 0 ? new BinaryRows(writers) : null;
  }

  /**
   * @param rows whole rows
   * @returns null when a value, or the number of values, is for the server to judge.
   */
  encode(rows: Uint8Array): MadeRows | null {
    const writers = this.#writers;
    const looks = this.#looks;
    const columns = writers.length;
    const { length } = rows;
    if (length === 0 || rows[length - 1] !== LF) return null;
    const slack = 2 + columns * FIELD_BYTES;
    const likely = 2 * length + slack;
    let out =
      likely <= USUAL_BYTES ? this.#memory.take(USUAL_BYTES) : Buffer.allocUnsafeSlow(likely);
    let o = 0;
    let row = 0;
    for (let at = 0; at < length; row += 1) {
      // What is left of the rows is more than the next one has.
      if (out.length - o < length - at + slack) out = grown(out, o);
      out[o] = columns >> 8;
      out[o + 1] = columns;
      o += 2;
      for (let column = 0; column < columns; column += 1) {
        const from = at;
        const look = looks[column] as number;
        let byte = rows[at] as number;
        let end = -1;
        if (look === LOOK.text) {
          end = o + 4;
          while (byte !== TAB && byte !== LF && byte !== BACKSLASH) {
            out[end] = byte;
            end += 1;
            at += 1;
            byte = rows[at] as number;
          }
          if (byte === BACKSLASH) end = -1;
        } else if (look !== LOOK.any) {
          let value = 0;
          while (byte >= ZERO && byte <= NINE) {
            value = (value * 10 + byte - ZERO) | 0;
            at += 1;
            byte = rows[at] as number;
          }
          if ((byte === TAB || byte === LF) && at > from && at - from <= SAFE_DIGITS) {
            end = o + 4;
            if (look === LOOK.whole64) {
              out[end] = out[end + 1] = out[end + 2] = out[end + 3] = 0;
              end += 4;
            }
            out[end] = value >>> 24;
            out[end + 1] = value >>> 16;
            out[end + 2] = value >>> 8;
            out[end + 3] = value;
            end += 4;
          }
        }
        if (end < 0) {
          while (byte !== TAB && byte !== LF) {
            at += 1;
            byte = rows[at] as number;
          }
          const isNull =
            at - from === 2 && rows[from] === BACKSLASH && rows[from + 1] === CAPITAL_N;
          end = isNull ? o + 3 : (writers[column] as ValueWriter)(rows, from, at, out, o + 4);
          if (end < 0) return null;
        }
        if (byte !== (column + 1 < columns ? TAB : LF)) return null;
        // One byte too few stands for NULL, whose length is -1.
        const size = end - o - 4;
        out[o] = size >> 24;
        out[o + 1] = size >> 16;
        out[o + 2] = size >> 8;
        out[o + 3] = size;
        o = size < 0 ? o + 4 : end;
        at += 1;
      }
    }
    return { bytes: out.subarray(0, o), rows: row, release: this.#memory.releaseOf(out) };
  }
}

/** The first bytes of a buffer in one twice as large. */
function grown(bytes: Buffer, used: number): Buffer {
  const larger = Buffer.allocUnsafe(2 * bytes.length);
  bytes.copy(larger, 0, 0, used);
  return larger;
}
