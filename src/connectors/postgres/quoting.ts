import type { TableName } from '../../domain/transfer/columns.ts';

/** A text as a literal of SQL. Backslashes mean themselves (`standard_conforming_strings`). */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Quotes identifiers as a link wants it. */
export class Quoting {
  readonly #quote: string;
  readonly #defaultSchema: string;

  /** @param quote null = `"`; empty = none. */
  constructor(quote: string | null, defaultSchema: string) {
    this.#quote = quote ?? '"';
    this.#defaultSchema = defaultSchema;
  }

  readonly identifier = (name: string): string =>
    `${this.#quote}${this.#quote === '' ? name : name.replaceAll(this.#quote, this.#quote.repeat(2))}${this.#quote}`;

  readonly table = ({ schema, name }: TableName): string => {
    const own = schema === '' ? this.#defaultSchema : schema;
    return own === '' ? this.identifier(name) : `${this.identifier(own)}.${this.identifier(name)}`;
  };

  readonly list = (names: readonly string[]): string => names.map(this.identifier).join(', ');
}
