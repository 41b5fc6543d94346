import type { DialectName } from '../domain/template.ts';
import type { Page } from './page.ts';

/** Which document: kinds are a dialect's own, keys are unique within a kind. */
export interface DocumentName {
  readonly dialect: DialectName;
  readonly kind: string;
  readonly key: string;
}

/** Something that a dialect keeps and the engine never looks into, e.g. a calendar. */
export interface Document extends DocumentName {
  /** What it belongs to, for lists; may be empty. */
  readonly parent: string;
  /** Number within its kind, handed out once and never reused. */
  readonly number: number;
  readonly value: Readonly<Record<string, unknown>>;
  /** 1 for the first, one more for each change. */
  readonly revision: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What a change makes of a document. */
export interface DocumentContent {
  readonly parent: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * Documents of dialects: what has a name and a content and takes no part in running anything.
 * Part of the store and of its contract suite; each method is one durable transaction.
 */
export interface DocumentStore {
  /**
   * Creates, changes or deletes: `revise` gets what is there (null = nothing) and gives what
   * shall be there (null = nothing). Pure; what it throws passes through and nothing is changed.
   * @throws DomainError `invalid-argument` for a value of more than 1 MiB of JSON, or for a
   *   kind, key or parent of more than 512 bytes.
   */
  changeDocument(
    name: DocumentName,
    nowMs: number,
    revise: (current: Document | null) => DocumentContent | null,
  ): Promise<Document | null>;
  document(name: DocumentName): Promise<Document | null>;
  documentByNumber(dialect: DialectName, kind: string, number: number): Promise<Document | null>;
  /** What documents of a kind belong to, at most `limit`, by name, each with how many there are. */
  documentParents(query: {
    readonly dialect: DialectName;
    readonly kind: string;
    readonly limit: number;
  }): Promise<readonly { readonly parent: string; readonly count: number }[]>;
  /** By number, ascending. */
  documents(query: {
    readonly dialect: DialectName;
    readonly kind: string;
    readonly parent?: string;
    readonly keyContains?: string;
    readonly offset: number;
    readonly limit: number;
  }): Promise<Page<Document>>;
  /**
   * Hands out `count` consecutive numbers of a sequence, none twice, from 1 on; gaps are possible.
   * @returns the first.
   * @throws DomainError `invalid-argument` unless 1 <= count <= 1,000,000, or for a name of more
   *   than 512 bytes.
   */
  takeNumbers(sequence: string, count: number): Promise<number>;
}
