/** One line of an output, or a piece of a very long one. */
export interface LogLine {
  /** Byte at which it begins; its key. */
  readonly offset: number;
  readonly text: string;
  /** Whether its end was only cut off here: a long line, or one still being written. */
  readonly open: boolean;
}

/** A stretch of an output that is in memory. Values never change: each change makes a new one. */
export interface LogWindow {
  /** Another number when the window was moved elsewhere rather than grown. */
  readonly place: number;
  readonly lines: readonly LogLine[];
  /** Offset of the first byte in it. */
  readonly start: number;
  /** Offset after the last byte in it. */
  readonly end: number;
  /** Bytes of the last line while its end is not there. */
  readonly tail: Uint8Array;
}

/** Most lines kept beside those just read; what is farther away is read again when it is looked at. */
export const maxLines = 4_000;
/** Longest piece of a line, in bytes. */
const maxLineBytes = 16 * 1024;

const newline = 0x0a;
const decoder = new TextDecoder();
let places = 0;

/** Nothing, at a place. */
export function emptyWindow(at: number): LogWindow {
  places += 1;
  return { place: places, lines: [], start: at, end: at, tail: new Uint8Array() };
}

/**
 * The window with what follows it; the lines at its other end go when there are too many. Bytes
 * from elsewhere begin a new window.
 */
export function appended(window: LogWindow, offset: number, bytes: Uint8Array): LogWindow {
  if (bytes.length === 0) return window;
  if (offset !== window.end) return appended(emptyWindow(offset), offset, bytes);
  const at = window.end - window.tail.length;
  const all = joined(window.tail, bytes);
  const { lines, rest } = split(all, at);
  const kept = window.tail.length > 0 ? window.lines.slice(0, -1) : window.lines;
  const grown = [...kept, ...lines];
  const most = lines.length + maxLines;
  const shown = grown.length > most ? grown.slice(grown.length - most) : grown;
  return {
    place: window.place,
    lines: shown,
    start: shown.length === grown.length ? window.start : (shown[0]?.offset ?? at),
    end: offset + bytes.length,
    tail: rest,
  };
}

/**
 * The window with what comes before it. `bytes` end where it starts; what is before their first
 * line break is left out, unless the output begins there.
 */
export function prepended(
  window: LogWindow,
  offset: number,
  bytes: Uint8Array,
  isBeginning: boolean,
): LogWindow {
  const first = bytes.indexOf(newline);
  // A line that fills all of it is shown from where it was cut.
  const skip = isBeginning || first === -1 || first === bytes.length - 1 ? 0 : first + 1;
  const { lines } = split(bytes.subarray(skip), offset + skip);
  const grown = [...lines, ...window.lines];
  const most = lines.length + maxLines;
  const shown = grown.slice(0, most);
  const isCut = shown.length < grown.length;
  return {
    place: window.place,
    lines: shown,
    start: offset + skip,
    end: isCut ? (grown[most]?.offset ?? window.end) : window.end,
    tail: isCut ? new Uint8Array() : window.tail,
  };
}

/** A window of bytes from the middle: begins with their first whole line. */
export function windowFrom(offset: number, bytes: Uint8Array, isBeginning: boolean): LogWindow {
  const first = bytes.indexOf(newline);
  const skip = isBeginning || first === -1 || first === bytes.length - 1 ? 0 : first + 1;
  return appended(emptyWindow(offset + skip), offset + skip, bytes.subarray(skip));
}

/** Place of the line that holds a byte; the nearest before it, or -1. */
export function lineIndexAt(window: LogWindow, offset: number): number {
  let low = 0;
  let high = window.lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((window.lines[middle]?.offset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Lines of bytes; `rest` is the last one when its end is missing (it is among the lines, too). */
function split(
  bytes: Uint8Array,
  at: number,
): { readonly lines: readonly LogLine[]; readonly rest: Uint8Array } {
  const lines: LogLine[] = [];
  let begin = 0;
  while (begin < bytes.length) {
    const found = bytes.indexOf(newline, begin);
    const isOpen = found === -1 || found - begin > maxLineBytes;
    const end = isOpen ? Math.min(bytes.length, begin + maxLineBytes) : found;
    const isLast = isOpen && end === bytes.length;
    if (isLast && end - begin < maxLineBytes) {
      lines.push({ offset: at + begin, text: textOf(bytes.subarray(begin)), open: true });
      return { lines, rest: bytes.slice(begin) };
    }
    // Not in the middle of a character.
    const cut = isOpen ? characterStart(bytes, end) : end;
    lines.push({ offset: at + begin, text: textOf(bytes.subarray(begin, cut)), open: isOpen });
    begin = isOpen ? cut : end + 1;
  }
  return { lines, rest: new Uint8Array() };
}

/** The last place up to this one where a character of UTF-8 begins. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let place = at; place > at - 4; place -= 1) {
    if (((bytes[place] ?? 0) & 0xc0) !== 0x80) return place;
  }
  return at;
}

/** What a terminal would leave on the line: a carriage return writes over what was there. */
function textOf(bytes: Uint8Array): string {
  const text = decoder.decode(bytes).replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
