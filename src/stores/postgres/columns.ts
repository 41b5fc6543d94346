/**
 * Rows as one array for each column, for `unnest`: half the work of JSON for the database, and for
 * numbers hardly any for us. Texts are told by their place in a dictionary, because a batch has few
 * different ones.
 */
export class Columns<K extends string> {
  readonly #names: readonly K[];
  readonly #values: readonly string[][];

  /** `names`: in the order in which the statement takes them. */
  constructor(names: readonly K[]) {
    this.#names = names;
    this.#values = names.map(() => []);
  }

  get size(): number {
    return this.#values[0]?.length ?? 0;
  }

  add(row: Readonly<Record<K, number | null>>): void {
    for (const [index, name] of this.#names.entries()) {
      const value = row[name];
      this.#values[index]?.push(value === null ? 'null' : String(value));
    }
  }

  /** Array texts, to be cast to `bigint[]` or `integer[]`. */
  texts(): string[] {
    return this.#values.map((values) => `{${values.join(',')}}`);
  }
}

/** The different texts of a batch. */
export class Dictionary {
  readonly #places = new Map<string, number>();

  /** Its place, from 1 on as arrays in SQL count. */
  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#places.size + 1;
    this.#places.set(text, place);
    return place;
  }

  /** To be bound as `text[]`. */
  texts(): readonly string[] {
    return [...this.#places.keys()];
  }
}
