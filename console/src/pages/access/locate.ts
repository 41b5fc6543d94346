/** A part of a text. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** Line and column, both from 1 on. */
export function lineAndColumn(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/**
 * Where in a JSON text the value is that a path names, e.g. `Statement[0].Effect`; of a path that
 * goes further than the text, where it leaves it. Null when the text is no JSON.
 */
export function locate(text: string, path: string): Place | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const reader = new Reader(text);
  return reader.find(path);
}

/** Walks along a text that is JSON. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * The rest of a path may name a member whose own name has dots, so each member is tried against
   * all of the rest.
   */
  find(path: string): Place {
    this.#space();
    const from = this.#at;
    const sign = this.#text[this.#at];
    if (path !== '' && sign === '{') return this.#member(path) ?? this.#whole(from);
    if (path.startsWith('[') && sign === '[') return this.#entry(path) ?? this.#whole(from);
    return this.#whole(from);
  }

  #whole(from: number): Place {
    this.#at = from;
    this.#value();
    return { from, to: this.#at };
  }

  #member(path: string): Place | null {
    const rest = path.startsWith('.') ? path.slice(1) : path;
    this.#at += 1;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] === '}') return null;
      const nameFrom = this.#at;
      this.#string();
      const name = JSON.parse(this.#text.slice(nameFrom, this.#at)) as string;
      this.#space();
      this.#at += 1;
      const after = rest.startsWith(name) ? rest.slice(name.length) : null;
      if (after !== null && (after === '' || /^[.[]/.test(after))) {
        if (after === '') {
          this.#space();
          return { from: nameFrom, to: this.#endOfValue() };
        }
        return this.find(after);
      }
      this.#value();
      this.#space();
      if (this.#text[this.#at] === ',') this.#at += 1;
    }
  }

  #entry(path: string): Place | null {
    const match = /^\[(\d+)\](.*)$/s.exec(path);
    if (match === null) return null;
    this.#at += 1;
    for (let index = 0; ; index += 1) {
      this.#space();
      if (this.#text[this.#at] === ']') return null;
      if (index === Number(match[1])) return this.find(match[2] ?? '');
      this.#value();
      this.#space();
      if (this.#text[this.#at] === ',') this.#at += 1;
    }
  }

  #endOfValue(): number {
    this.#value();
    return this.#at;
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #string(): void {
    this.#at += 1;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at += 1;
  }

  #value(): void {
    this.#space();
    const first = this.#text[this.#at];
    if (first === '"') {
      this.#string();
      return;
    }
    if (first !== '{' && first !== '[') {
      while (/[^\s,\]}]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
      return;
    }
    let depth = 0;
    do {
      const sign = this.#text[this.#at];
      if (sign === '"') {
        this.#string();
        continue;
      }
      if (sign === '{' || sign === '[') depth += 1;
      if (sign === '}' || sign === ']') depth -= 1;
      this.#at += 1;
    } while (depth > 0 && this.#at < this.#text.length);
  }
}
