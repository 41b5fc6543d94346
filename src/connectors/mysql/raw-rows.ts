/** Rows of MySQL's text protocol, from wire bytes to `text` rows without an object for any of them. */
import type { Buffer as NodeBuffer } from 'node:buffer';
import type { BatchMemory } from '../../lib/rows/batch-memory.ts';
import type { RowBatch } from '../../ports/connector.ts';

/** What is done with the bytes of a column. */
export type ColumnMode =
  /** Nothing: digits and the like. */
  | 'plain'
  /** Backslash, TAB, LF and CR are escaped. */
  | 'escape'
  /** Zero dates are NULL; zeros at the end of a fraction go. */
  | 'date';

/** What became of a piece of the stream. */
export type Ending =
  | { readonly kind: 'rows-end' }
  | { readonly kind: 'error'; readonly code: number; readonly message: string };

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const backslash = 92;
/** Longest payload of one packet; longer ones go on in the next. */
const fullPacket = 0xffffff;
/** Values longer than this are copied as a whole when nothing in them needs escaping. */
const longValueBytes = 48;

const modeCodes: Readonly<Record<ColumnMode, number>> = { plain: 0, escape: 1, date: 2 };

/** Reads the answer to one COM_QUERY, whatever pieces it arrives in. */
export class RawRows {
  /** Rows and bytes written into the batch at hand. */
  rows = 0;
  length = 0;
  readonly #modes: Uint8Array;
  readonly #batchBytes: number;
  readonly #memory: BatchMemory;
  #out: NodeBuffer;
  /** What arrived of a packet that is not complete. */
  #rest: NodeBuffer[] = [];
  #restBytes = 0;
  /** Bytes that must be there before it is worth looking again. */
  #neededBytes = 0;
  /** Payloads of a row that needs several packets. */
  #parts: NodeBuffer[] = [];
  #state: 'header' | 'columns' | 'rows' | 'ended' = 'header';
  #columnsLeft = 0;

  constructor(modes: readonly ColumnMode[], batchBytes: number, memory: BatchMemory) {
    this.#modes = Uint8Array.from(modes, (mode) => modeCodes[mode]);
    this.#batchBytes = batchBytes;
    this.#memory = memory;
    this.#out = memory.take(batchBytes + 65_536);
  }

  /** Whether enough rows are there to hand over. */
  get full(): boolean {
    return this.length >= this.#batchBytes;
  }

  /** Takes the rows that are there and begins a new batch. */
  take(): Pick<RowBatch, 'rows' | 'release'> & { readonly bytes: NodeBuffer } {
    const out = this.#out;
    const release = this.#memory.releaseOf(out);
    const taken = { bytes: out.subarray(0, this.length), rows: this.rows, release };
    this.#out = this.#memory.take(this.#batchBytes + 65_536);
    this.length = 0;
    this.rows = 0;
    return taken;
  }

  /**
   * Takes bytes from the socket.
   * @returns how the answer ended; null = it goes on.
   * @throws Error for what is no answer to a query.
   */
  push(piece: NodeBuffer): Ending | null {
    const chunk = this.#joined(piece);
    if (chunk === null) return null;
    let at = 0;
    const end = chunk.length;
    while (end - at >= 4) {
      const size = (chunk[at] ?? 0) | ((chunk[at + 1] ?? 0) << 8) | ((chunk[at + 2] ?? 0) << 16);
      const from = at + 4;
      const to = from + size;
      if (to > end) {
        this.#neededBytes = to - at;
        break;
      }
      at = to;
      if (size === fullPacket || this.#parts.length > 0) {
        this.#parts.push(Buffer.from(chunk.subarray(from, to)));
        if (size === fullPacket) continue;
        const whole = Buffer.concat(this.#parts);
        this.#parts = [];
        const ending = this.#packet(whole, 0, whole.length);
        if (ending !== null) return ending;
        continue;
      }
      const ending = this.#packet(chunk, from, to);
      if (ending !== null) return ending;
    }
    if (at < end) {
      this.#rest = [Buffer.from(chunk.subarray(at))];
      this.#restBytes = end - at;
    }
    return null;
  }

  /** What is there now; null = less than a packet. A long packet is put together once. */
  #joined(piece: NodeBuffer): NodeBuffer | null {
    if (this.#restBytes === 0) return piece;
    this.#rest.push(piece);
    this.#restBytes += piece.length;
    if (this.#restBytes < this.#neededBytes) return null;
    const whole = Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    this.#neededBytes = 0;
    return whole;
  }

  #packet(bytes: NodeBuffer, from: number, to: number): Ending | null {
    const first = bytes[from] ?? 0;
    if (this.#state === 'rows') {
      // 0xFE begins the end only in a short packet; else it is the length of a huge value.
      if (first === 0xfe && to - from < 9) {
        this.#state = 'ended';
        return { kind: 'rows-end' };
      }
      if (first === 0xff) return errorOf(bytes, from, to);
      this.#row(bytes, from, to);
      return null;
    }
    if (first === 0xff) return errorOf(bytes, from, to);
    if (this.#state === 'header') {
      this.#columnsLeft = first < 0xfb ? first : bytes.readUInt16LE(from + 1);
      if (this.#columnsLeft !== this.#modes.length) {
        throw new Error(
          `the server answered with ${this.#columnsLeft} columns instead of ${this.#modes.length}`,
        );
      }
      this.#state = 'columns';
      return null;
    }
    // Descriptions of columns, then an end packet.
    if (this.#columnsLeft > 0) this.#columnsLeft--;
    else this.#state = 'rows';
    return null;
  }

  #row(bytes: NodeBuffer, from: number, to: number): void {
    // Every byte may become two; each column brings a separator and perhaps `\N`.
    const most = this.length + (to - from) * 2 + this.#modes.length * 3 + 1;
    if (most > this.#out.length) this.#grow(most);
    const out = this.#out;
    const modes = this.#modes;
    const { length: columns } = modes;
    let at = from;
    let o = this.length;
    for (let column = 0; column < columns; column++) {
      let size = bytes[at++] ?? 0;
      if (size >= 0xfb) {
        if (size === 0xfb) {
          out[o++] = backslash;
          out[o++] = 78; // N
          out[o++] = tab;
          continue;
        }
        if (size === 0xfc) {
          size = bytes.readUInt16LE(at);
          at += 2;
        } else if (size === 0xfd) {
          size = bytes.readUIntLE(at, 3);
          at += 3;
        } else {
          size = Number(bytes.readBigUInt64LE(at));
          at += 8;
        }
      }
      const end = at + size;
      const mode = modes[column];
      if (mode === 0) {
        while (at < end) out[o++] = bytes[at++] ?? 0;
      } else if (mode === 1) {
        o =
          size > longValueBytes
            ? copyLong(bytes, at, end, out, o)
            : escapeInto(bytes, at, end, out, o);
        at = end;
      } else {
        o = dateInto(bytes, at, end, out, o);
        at = end;
      }
      out[o++] = tab;
    }
    out[o - 1] = lineFeed;
    this.length = o;
    this.rows++;
  }

  #grow(most: number): void {
    const wider = Buffer.allocUnsafe(Math.max(most, this.#out.length * 2));
    this.#out.copy(wider, 0, 0, this.length);
    this.#out = wider;
  }
}

function escapeInto(
  bytes: NodeBuffer,
  from: number,
  end: number,
  out: NodeBuffer,
  start: number,
): number {
  let o = start;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === backslash) {
      out[o++] = backslash;
      out[o++] = backslash;
    } else if (byte > carriageReturn) {
      out[o++] = byte;
    } else if (byte === tab) {
      out[o++] = backslash;
      out[o++] = 116; // t
    } else if (byte === lineFeed) {
      out[o++] = backslash;
      out[o++] = 110; // n
    } else if (byte === carriageReturn) {
      out[o++] = backslash;
      out[o++] = 114; // r
    } else {
      out[o++] = byte;
    }
  }
  return o;
}

/** A long value: searched by the runtime's own fast search, copied as a whole where it can be. */
function copyLong(
  bytes: NodeBuffer,
  from: number,
  end: number,
  out: NodeBuffer,
  start: number,
): number {
  const value = bytes.subarray(from, end);
  if (
    value.indexOf(backslash) === -1 &&
    value.indexOf(tab) === -1 &&
    value.indexOf(lineFeed) === -1 &&
    value.indexOf(carriageReturn) === -1
  ) {
    value.copy(out, start);
    return start + value.length;
  }
  return escapeInto(bytes, from, end, out, start);
}

function dateInto(
  bytes: NodeBuffer,
  from: number,
  end: number,
  out: NodeBuffer,
  start: number,
): number {
  // `0000-00-00`: no date at all (cdm.md §5.7).
  if (
    bytes[from] === 48 &&
    bytes[from + 1] === 48 &&
    bytes[from + 2] === 48 &&
    bytes[from + 3] === 48 &&
    bytes[from + 5] === 48 &&
    bytes[from + 6] === 48 &&
    bytes[from + 8] === 48 &&
    bytes[from + 9] === 48
  ) {
    out[start] = backslash;
    out[start + 1] = 78;
    return start + 2;
  }
  let to = end;
  // A fraction makes it longer than `yyyy-MM-dd HH:mm:ss`, or than `HH:mm:ss` of a time.
  if (bytes[end - 1] === 48 || bytes[end - 1] === 46) {
    const dot = bytes.subarray(from, end).indexOf(46);
    if (dot !== -1) {
      while (bytes[to - 1] === 48) to--;
      if (bytes[to - 1] === 46) to--;
    }
  }
  let o = start;
  for (let at = from; at < to; at++) out[o++] = bytes[at] ?? 0;
  return o;
}

function errorOf(bytes: NodeBuffer, from: number, to: number): Ending {
  const code = bytes.readUInt16LE(from + 1);
  const text = bytes.toString('utf8', from + 3, to);
  // After `#` comes the SQL state, five characters.
  return { kind: 'error', code, message: text.startsWith('#') ? text.slice(6) : text };
}
