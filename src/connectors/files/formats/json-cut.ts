const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;

/** Where rows lie: values one after the other, or elements of one array. */
export type JsonShape = 'object' | 'array';

/** First byte that is no white space tells the shape; null when there is none yet. */
export function shapeOf(bytes: Buffer): JsonShape | null {
  for (const byte of bytes) {
    if (byte > 0x20) return byte === OPEN_ARRAY ? 'array' : 'object';
  }
  return null;
}

/** Finds the ends of values in a stream of JSON without building them. Looks at every byte once. */
export class JsonCutter {
  /** Depth at which rows lie. */
  readonly #rowDepth: number;
  #depth: number;
  #inString = false;
  #escape = false;
  /** First byte of the row that is open, in the buffer at hand; -1 = none. */
  #start = -1;
  /** Whether that row is a number or a word, which end with what follows. */
  #bare = false;

  /** `inside` = reading goes on behind a row. */
  constructor(shape: JsonShape, inside: boolean) {
    this.#rowDepth = shape === 'array' ? 1 : 0;
    this.#depth = inside ? this.#rowDepth : 0;
  }

  /** Whether all that was begun has ended. */
  get closed(): boolean {
    return this.#start < 0 && this.#depth === 0 && !this.#inString;
  }

  /** First byte in the buffer at hand that is still needed when it is replaced; -1 = none. */
  get openAt(): number {
    return this.#start;
  }

  /** Tells that the bytes before `openAt` (or all) are dropped from the buffer. */
  shift(bytes: number): void {
    if (this.#start >= 0) this.#start -= bytes;
  }

  /**
   * Looks at bytes `from` up to the end of the buffer.
   * @returns pairs of first byte and byte behind each whole row.
   * @throws Error in words when brackets do not fit.
   */
  cut(bytes: Buffer, from: number, last: boolean): readonly number[] {
    const rows: number[] = [];
    const rowDepth = this.#rowDepth;
    const end = (at: number): void => {
      rows.push(this.#start, at);
      this.#start = -1;
      this.#bare = false;
    };
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.#inString) {
        if (this.#escape) this.#escape = false;
        else if (byte === BACKSLASH) this.#escape = true;
        else if (byte === QUOTE) {
          this.#inString = false;
          if (this.#depth === rowDepth && this.#start >= 0) end(at + 1);
        }
        continue;
      }
      const atRows = this.#depth === rowDepth;
      if (byte <= 0x20 || byte === COMMA) {
        if (this.#bare && atRows) end(at);
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#inString = true;
          if (atRows && this.#start < 0) this.#start = at;
          break;
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          if (atRows) {
            if (this.#bare) end(at);
            if (this.#start < 0) this.#start = at;
          }
          this.#depth += 1;
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          if (atRows && this.#bare) end(at);
          this.#depth -= 1;
          if (this.#depth < 0) throw new Error('a bracket is closed that was not opened');
          if (this.#depth === rowDepth && this.#start >= 0) end(at + 1);
          break;
        default:
          if (atRows && this.#start < 0) {
            this.#start = at;
            this.#bare = true;
          }
      }
    }
    if (last && this.#bare && this.#depth === rowDepth) end(bytes.length);
    return rows;
  }
}
