import type { LinkOptions } from '../../../src/domain/transfer/link.ts';
import type { Connector } from '../../../src/ports/connector.ts';

/** What the suite for databases needs to know of one. */
export interface DatabaseAdapter {
  readonly name: string;
  /** A database without tables. */
  open(): Promise<DatabaseUnderTest>;
}

export interface DatabaseUnderTest {
  readonly connector: Connector;
  readonly link: LinkOptions;
  /** Runs statements outside of the connector; rows as texts. */
  run(sql: string): Promise<readonly (readonly (string | null)[])[]>;
  /** Links that do not work, with the code that says why. */
  readonly badLinks: readonly { readonly link: LinkOptions; readonly code: string }[];
  /**
   * Columns of all kinds with values as `ColumnType` writes them: what is read is what was
   * written. Literals are of the database's own SQL.
   */
  readonly columns: readonly {
    readonly type: string;
    readonly kind: string;
    /** As `text` rows hold it, null = NULL, by the literal that makes it. */
    readonly values: readonly { readonly literal: string; readonly text: string | null }[];
  }[];
  /** A number that no column `integer` takes; absent = one of more than 32 bits. */
  readonly overflow?: string;
  /** Connections that the connector has open; null = nobody can tell. */
  connections(): Promise<number | null>;
  /** A query of about `rows` rows that takes its time, e.g. for being broken off. */
  readonly longQuery: string;
  close(): Promise<void>;
}
