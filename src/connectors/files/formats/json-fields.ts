/** Deepest nesting that is followed; deeper values are refused. */
const MAX_DEPTH = 500;

/** Which values of an object are wanted, by dotted path. */
export interface PathTree {
  /** Place of the column whose path ends here; null = none. */
  column: number | null;
  readonly children: Map<string, PathTree>;
}

/** A tree of paths; the place of each is its column. */
export function pathTree(paths: readonly string[]): PathTree {
  const root: PathTree = { column: null, children: new Map() };
  for (const [column, path] of paths.entries()) {
    let node = root;
    for (const key of path.split('.')) {
      let child = node.children.get(key);
      if (child === undefined) {
        child = { column: null, children: new Map() };
        node.children.set(key, child);
      }
      node = child;
    }
    node.column = column;
  }
  return root;
}

/**
 * Takes JSON apart without building values: numbers keep every digit, and what is not wanted is
 * passed over. All methods throw a `SyntaxError` for what is not JSON.
 */
export class JsonText {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Values at the paths of the tree: texts as they are, objects and arrays as JSON, null for null
   * and for what is not there. @throws SyntaxError also when it is no object.
   */
  fields(tree: PathTree, count: number): (string | null)[] {
    const fields: (string | null)[] = Array.from({ length: count }, () => null);
    this.#space();
    if (this.#text[this.#at] !== '{') throw new SyntaxError('it is not an object');
    this.#object(tree, fields, 0);
    this.#finished();
    return fields;
  }

  /** Paths of all values that are no objects, in their order. */
  paths(): readonly string[] {
    const found: string[] = [];
    this.#space();
    if (this.#text[this.#at] !== '{') throw new SyntaxError('it is not an object');
    this.#leaves('', found, 0);
    this.#finished();
    return found;
  }

  /** Rows at a dotted path: the elements of an array there, or the one value. Empty when nothing is there. */
  rowsAt(keys: readonly string[]): readonly string[] {
    let value: string | null = this.#text;
    for (const key of keys) {
      value = value === null ? null : new JsonText(value).#member(key);
    }
    if (value === null || value === 'null') return [];
    return value.trimStart().startsWith('[') ? new JsonText(value).#elements() : [value];
  }

  #member(wanted: string): string | null {
    let found: string | null = null;
    this.#space();
    if (this.#text[this.#at] !== '{') return null;
    this.#members((key) => {
      const value = this.#raw(0);
      if (key === wanted) found = value;
    });
    return found;
  }

  #elements(): readonly string[] {
    const elements: string[] = [];
    this.#space();
    this.#list(() => elements.push(this.#raw(0)));
    return elements;
  }

  #object(tree: PathTree, fields: (string | null)[], depth: number): void {
    if (depth > MAX_DEPTH) throw new SyntaxError(`it is nested deeper than ${MAX_DEPTH}`);
    this.#members((key) => {
      const node = tree.children.get(key);
      if (node === undefined) {
        this.#skip(depth + 1);
        return;
      }
      const start = this.#at;
      if (node.children.size > 0 && this.#text[start] === '{') {
        this.#object(node, fields, depth + 1);
        if (node.column !== null) fields[node.column] = this.#text.slice(start, this.#at);
      } else if (node.column === null) this.#skip(depth + 1);
      else fields[node.column] = this.#value(depth + 1);
    });
  }

  #leaves(prefix: string, found: string[], depth: number): void {
    if (depth > MAX_DEPTH) throw new SyntaxError(`it is nested deeper than ${MAX_DEPTH}`);
    this.#members((key) => {
      if (this.#text[this.#at] === '{') this.#leaves(`${prefix}${key}.`, found, depth + 1);
      else {
        found.push(prefix + key);
        this.#skip(depth + 1);
      }
    });
  }

  #members(member: (key: string) => void): void {
    this.#expect('{');
    this.#space();
    if (this.#take('}')) return;
    do {
      this.#space();
      const key = this.#string();
      this.#space();
      this.#expect(':');
      this.#space();
      member(key);
      this.#space();
    } while (this.#take(','));
    this.#expect('}');
  }

  #list(element: () => void): void {
    this.#expect('[');
    this.#space();
    if (this.#take(']')) return;
    do {
      this.#space();
      element();
      this.#space();
    } while (this.#take(','));
    this.#expect(']');
  }

  #value(depth: number): string | null {
    if (this.#text[this.#at] === '"') return this.#string();
    const raw = this.#raw(depth);
    return raw === 'null' ? null : raw;
  }

  #raw(depth: number): string {
    const start = this.#at;
    this.#skip(depth);
    return this.#text.slice(start, this.#at);
  }

  #skip(depth: number): void {
    if (depth > MAX_DEPTH) throw new SyntaxError(`it is nested deeper than ${MAX_DEPTH}`);
    switch (this.#text[this.#at]) {
      case '{':
        this.#members(() => this.#skip(depth + 1));
        return;
      case '[':
        this.#list(() => this.#skip(depth + 1));
        return;
      case '"':
        this.#string();
        return;
      default: {
        scalar.lastIndex = this.#at;
        const [found] = scalar.exec(this.#text) ?? [];
        if (found === undefined) throw this.#unexpected();
        this.#at += found.length;
      }
    }
  }

  #string(): string {
    this.#expect('"');
    const start = this.#at;
    let end = this.#text.indexOf('"', start);
    const backslash = this.#text.indexOf('\\', start);
    if (end >= 0 && (backslash < 0 || backslash > end)) {
      this.#at = end + 1;
      const plain = this.#text.slice(start, end);
      if (control.test(plain)) throw new SyntaxError('a control character stands in a text');
      return plain;
    }
    while (end >= 0 && isEscaped(this.#text, end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw new SyntaxError('a text is not closed');
    this.#at = end + 1;
    return JSON.parse(this.#text.slice(start - 1, end + 1)) as string;
  }

  #space(): void {
    while (this.#at < this.#text.length && this.#text.charCodeAt(this.#at) <= 0x20) this.#at += 1;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) throw this.#unexpected();
  }

  #finished(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
  }

  #unexpected(): SyntaxError {
    const char = this.#text[this.#at];
    return new SyntaxError(
      char === undefined
        ? 'it breaks off'
        : `unexpected ${JSON.stringify(char)} at character ${this.#at + 1}`,
    );
  }
}

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Anything below a space. */
const control = /[^\u0020-\uffff]/;

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  for (let at = quote - 1; text[at] === '\\'; at -= 1) backslashes += 1;
  return backslashes % 2 === 1;
}
