import type { LogCollection } from '../domain/template.ts';

/** Names one log store of this server's host. */
export interface LogStoreRef {
  readonly project: string;
  readonly logstore: string;
}

/** Where one source of an attempt goes. */
export interface CollectionTarget {
  readonly source: LogCollection['source'];
  readonly into: LogStoreRef;
  /** Whether the log store was made for the template and goes with it. */
  readonly ofTemplate: boolean;
}

/** An attempt whose output is collected, with all that its lines say about it. */
export interface Collection {
  readonly attemptId: string;
  readonly executor: string;
  readonly templateId: string;
  readonly templateName: string;
  readonly runId: string;
  /** 0-based. */
  readonly index: number;
  /** 1-based. */
  readonly number: number;
  readonly targets: readonly CollectionTarget[];
}

/** A line of a job's output, or a piece of one that was too long. */
export interface CollectedLine {
  /** `stdout`, `stderr`, or the absolute path of the file. */
  readonly source: string;
  /** Without its line end; at most `maxLineBytes` of the source. */
  readonly text: string;
  /** Whether the next line of this source goes on with the same line of the job. */
  readonly continues: boolean;
  /** Bytes before this line that were gone before anybody could collect them. */
  readonly missedBytes: number;
  /** Where the source goes on after this line, in bytes since the attempt began. */
  readonly nextOffset: number;
}

/** A line as a log store keeps it. */
export interface LogRecord extends Omit<CollectedLine, 'nextOffset'> {
  /** Its place in the log store; also a cursor. */
  readonly id: string;
  /** When it was collected, epoch milliseconds. */
  readonly atMs: number;
  readonly templateId: string;
  readonly templateName: string;
  readonly runId: string;
  readonly index: number;
  readonly number: number;
}

/** What to look for; lines fit when they fit everything that is given. */
export interface LogQuery {
  /** Text that the line contains, whatever the case. */
  readonly contains?: string;
  /** Collected at or after this time. */
  readonly fromMs?: number;
  /** Collected before this time. */
  readonly toMs?: number;
  /** Id or name. */
  readonly template?: string;
  readonly runId?: string;
  /** Oldest first instead of newest first. */
  readonly ascending: boolean;
  /** Most lines to return. */
  readonly limit: number;
  /** From an earlier answer in the same direction; absent = from the beginning or the end. */
  readonly cursor?: string;
}

/** A bounded part of an answer. */
export interface LogPage {
  readonly rows: readonly LogRecord[];
  /** Where to go on. Oldest first it can be asked again later for what came meanwhile. */
  readonly cursor: string;
  /** Whether there may be more now: the page is full, or enough was looked through for one call. */
  readonly more: boolean;
  /** Place after the newest line: a cursor, oldest first, for what comes later. */
  readonly end: string;
}

/** One log store as a list shows it. */
export interface LogStoreInfo extends LogStoreRef {
  /** The template it was made for and goes with; null = it was named by templates. */
  readonly templateId: string | null;
  readonly createdAtMs: number;
  readonly bytes: number;
  /** Collection time of the oldest kept line, roughly, and of the newest; null = it has none. */
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
}

/** Numbers for metrics, since the log stores were opened. */
export interface LogStoreStats {
  readonly logStores: number;
  readonly bytes: number;
  readonly appendedLines: number;
  readonly removedBytes: number;
}

/** Most bytes of a source in one line; longer lines are cut into pieces. */
export const maxLineBytes = 16 * 1024;

/**
 * Named stores of collected lines on this host. Each keeps lines in the order they were appended,
 * bounded by bytes and age, and remembers with each line how far its source was collected: after a
 * crash collecting goes on from there, so that no line is lost or doubled.
 */
export interface LogStore {
  /** @returns the collections that were begun and not finished, from earlier lives too. */
  open(): Promise<readonly Collection[]>;
  /**
   * Notes, before its attempt can write anything, that this will be collected. Survives a crash of
   * the server once it returns. @throws Error when it cannot be written down.
   */
  begin(collection: Collection): void;
  /** Everything is collected: makes its lines safe against a power cut, then forgets it. */
  finish(collection: Collection): Promise<void>;
  /** How far this source of the attempt is in that log store, in bytes; 0 = nothing yet. */
  progress(into: LogStoreRef, attemptId: string, source: string): Promise<number>;
  /**
   * Appends lines of one collection, all or as many as the disk takes; what is there survives a
   * crash of the server. Makes the log store when there is none.
   * @throws DomainError `catalog-quota-exceeded` when there are too many log stores, in all or of
   *   its template; Error of the file system.
   */
  append(
    target: CollectionTarget,
    collection: Collection,
    lines: readonly CollectedLine[],
    nowMs: number,
  ): Promise<void>;
  /** By project and name. */
  list(): Promise<readonly LogStoreInfo[]>;
  /**
   * Looks through a bounded part. Null when there is no such log store.
   * @throws DomainError `invalid-argument` for what is no cursor, `unavailable` when too many ask.
   */
  search(into: LogStoreRef, query: LogQuery): Promise<LogPage | null>;
  /** Removes its lines; what still runs goes on collecting into it. False = there is none. */
  remove(into: LogStoreRef): Promise<boolean>;
  /** Lets go of what is older than the bound on the age. */
  retain(nowMs: number): Promise<void>;
  stats(): LogStoreStats;
}

/**
 * Whether a file is one that the pattern names: an absolute path whose last part may hold `*`,
 * which stands for any characters of one name.
 */
export function matchesCollectedPath(pattern: string, path: string): boolean {
  const at = pattern.lastIndexOf('/') + 1;
  if (pattern.slice(0, at) !== path.slice(0, at)) return false;
  const name = path.slice(at);
  if (name === '' || name.includes('/')) return false;
  const [first = '', ...rest] = pattern.slice(at).split('*');
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
