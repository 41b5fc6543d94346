/** What is known of a data job while it runs and after it: for people, dialects and proofs. */
import type { TransferErrorCode } from './errors.ts';

/** Stages of a data job, in their order. */
export type TransferPhase = 'planning' | 'loading' | 'finishing' | 'proving' | 'done' | 'failed';

/** Counters; null = does not apply. */
export interface TransferCounters {
  readonly rowsRead: number | null;
  readonly rowsWritten: number | null;
  /** Of `rowsWritten`, those that changed rows that were there. */
  readonly rowsUpdated: number;
  /** Rows that clearing by a predicate removed. */
  readonly rowsDeleted: number;
  /** Dirty rows. */
  readonly rowsRejected: number | null;
  readonly bytesRead: number | null;
  readonly bytesWritten: number | null;
  readonly filesTotal: number | null;
  readonly filesRead: number | null;
  readonly filesWritten: number | null;
  readonly filesSkipped: number | null;
  /** Sum of the sizes of matched files. */
  readonly bytesTotal: number | null;
}

export interface TransferReport {
  readonly phase: TransferPhase;
  /** 0 to 100. */
  readonly percent: number;
  readonly counters: TransferCounters;
  /** Rows or bytes that are expected; null = not known. */
  readonly expectedRows: number | null;
  readonly chunksTotal: number;
  readonly chunksDone: number;
  readonly tables: readonly TableReport[];
  /** What happened between parts after crashes and errors; empty = nothing. */
  readonly resumes: readonly ResumeNote[];
  readonly proof: ProofReport | null;
  readonly error: TransferFailure | null;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
}

export interface TableReport {
  readonly source: string;
  readonly target: string;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
  readonly state: 'waiting' | 'loading' | 'done' | 'failed';
  /** Why it failed; empty = it did not. */
  readonly message: string;
}

/** A part of the load that was taken up again. */
export interface ResumeNote {
  readonly atMs: number;
  readonly shard: number;
  /** Words on where it stood and what was repeated. */
  readonly message: string;
  /** Rows that may have been written a second time and were told apart by their key. */
  readonly rowsRepeated: number;
}

/** Comparison of source and target after the load. */
export interface ProofReport {
  /** `match`, `mismatch`; `counts-only` = counts match and checksums cannot be compared. */
  readonly outcome: 'match' | 'mismatch' | 'counts-only' | 'skipped';
  readonly tables: readonly {
    readonly table: string;
    readonly sourceRows: number;
    readonly targetRows: number;
    /** Hexadecimal, independent of the order of rows; null = not computed. */
    readonly sourceChecksum: string | null;
    readonly targetChecksum: string | null;
    /** How it was computed, or why not. */
    readonly method: string;
  }[];
  readonly durationMs: number;
}

export interface TransferFailure {
  readonly code: TransferErrorCode;
  /** One line: cause and where (row or file). */
  readonly message: string;
  /** Longer; may be empty. Never holds secrets. */
  readonly details: string;
}

/** A row that was kept out of the target. */
export interface QuarantinedRow {
  /** Ascending. */
  readonly id: number;
  readonly shard: number;
  readonly table: string;
  /** Where it stood: a file and its line, or a chunk. */
  readonly where: string;
  readonly reason: string;
  /** Fields as they were read; null = NULL. One field when it could not be taken apart. */
  readonly fields: readonly (string | null)[];
}

/** Where a run stood at one time, summed over all shards; what is under way included. */
export interface TransferSample {
  readonly atMs: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** A shard of a run, summed over its tables. */
export interface ShardReport {
  /** 0-based. */
  readonly shard: number;
  readonly state: 'waiting' | 'loading' | 'done';
  readonly chunksTotal: number;
  readonly chunksDone: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** The piece that is under way, in words; empty = none. */
  readonly doing: string;
}

/** How a run came to where it stands. */
export interface TransferCourse {
  /** Ascending; the longer the run, the further apart. */
  readonly samples: readonly TransferSample[];
  /** By number. */
  readonly shards: readonly ShardReport[];
}

/** What of a run's quarantine is looked at. */
export interface QuarantineQuery {
  /** Id of the last row that was seen; 0 = from the first. */
  readonly after: number;
  readonly limit: number;
  /** Text that the reason, the place or a field holds, whatever its case; absent = any. */
  readonly contains?: string;
  readonly shard?: number;
}

/** Some rows of a run's quarantine. */
export interface QuarantineSlice {
  readonly rows: readonly QuarantinedRow[];
  /** Of the run, whatever is asked for. */
  readonly total: number;
  /** Where to go on: `after` of the next question; null = nothing comes. A filtered slice may be empty and not the last. */
  readonly next: number | null;
  /** Names of the fields by table, as far as they are known. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
}

/** What a data job would do. */
export interface TransferPlan {
  readonly tables: readonly {
    readonly source: string;
    readonly target: string;
    readonly columns: readonly {
      readonly source: string;
      readonly sourceType: string;
      readonly target: string;
      readonly targetType: string;
    }[];
    /** How rows travel: `pg-binary`, `text`, `csv`, `binary`. */
    readonly format: string;
    readonly estimatedRows: number | null;
    readonly chunks: number;
    readonly shards: number;
    /** Statements that preparing would run, in order. */
    readonly statements: readonly string[];
  }[];
  /** Things to know, e.g. that a load without a key restarts a shard from its beginning. */
  readonly notes: readonly string[];
}
