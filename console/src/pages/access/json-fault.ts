/** Deeper texts are not followed; policies are four deep. */
const maxDepth = 100;

const space = /[ \t\n\r]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const word = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Offset at which a text stops being JSON (RFC 8259); null when it is JSON. */
export function jsonFault(source: string): number | null {
  const scanner = new Scanner(source);
  try {
    scanner.value(0);
    scanner.end();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error.at;
    throw error;
  }
}

class Fault extends Error {
  readonly at: number;

  constructor(at: number) {
    super(`no JSON at ${at}`);
    this.at = at;
  }
}

class Scanner {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  value(depth: number): void {
    if (depth > maxDepth) throw new Fault(this.#at);
    this.#skip(space);
    const sign = this.#source[this.#at];
    if (sign === '{') this.#list('}', () => this.#member(depth));
    else if (sign === '[') this.#list(']', () => this.value(depth + 1));
    else if (!(sign === '"' ? this.#text() : this.#skip(word))) throw new Fault(this.#at);
    this.#skip(space);
  }

  end(): void {
    if (this.#at < this.#source.length) throw new Fault(this.#at);
  }

  #member(depth: number): void {
    this.#skip(space);
    if (!this.#text()) throw new Fault(this.#at);
    this.#skip(space);
    this.#sign(':');
    this.value(depth + 1);
  }

  #list(close: string, entry: () => void): void {
    this.#at += 1;
    this.#skip(space);
    if (this.#source[this.#at] === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      entry();
      if (this.#source[this.#at] === close) {
        this.#at += 1;
        return;
      }
      this.#sign(',');
    }
  }

  #sign(sign: string): void {
    if (this.#source[this.#at] !== sign) throw new Fault(this.#at);
    this.#at += 1;
  }

  /** Whether a whole string was there. */
  #text(): boolean {
    if (this.#source[this.#at] !== '"') return false;
    for (let at = this.#at + 1; at < this.#source.length; at += 1) {
      const sign = this.#source[at] ?? '';
      if (sign === '"') {
        this.#at = at + 1;
        return true;
      }
      // Control characters must be written as escapes.
      if (sign < ' ') return false;
      if (sign !== '\\') continue;
      escaped.lastIndex = at;
      const length = escaped.exec(this.#source)?.[0].length;
      if (length === undefined) return false;
      at += length - 1;
    }
    return false;
  }

  /** Whether something was there; an empty match of space is nothing. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#source)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }
}
