import type { AuditEntry, AuditLine, AuditOutcome, AuditRetention } from '../domain/audit.ts';

/** A place in the log, in its order by time. */
export interface AuditPosition {
  readonly atMs: number;
  readonly id: number;
}

/** Which lines are wanted. */
export interface AuditQuery {
  readonly user?: string;
  readonly dialect?: string;
  readonly operation?: string;
  readonly outcome?: AuditOutcome;
  /** Every character means itself. */
  readonly resourceContains?: string;
  /** Inclusive and exclusive, epoch milliseconds. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Lines before this one, which is not among them; null = from the newest on. */
  readonly before: AuditPosition | null;
  /** At least 1. */
  readonly limit: number;
}

/** What a search found within the lines that it looked at. */
export interface AuditPage {
  /** Newest first. */
  readonly lines: readonly AuditLine[];
  /** Where to go on; null = nothing older is left. May be given with few lines, or none. */
  readonly next: AuditPosition | null;
}

/** Most lines that one search looks at, so that its cost does not grow with the log. */
export const auditScanLimit = 20_000;

/** The audit log of a store. Nothing changes a line, and only `eraseAudit` removes any. */
export interface AuditStore {
  /**
   * Appends lines in this order, all or none, and gives them ids. Lines become readable in the
   * order of their ids, over all servers.
   */
  appendAudit(entries: readonly AuditEntry[]): Promise<void>;
  /** Looks at `auditScanLimit` lines at most. */
  auditLines(query: AuditQuery): Promise<AuditPage>;
  /** Lines with a greater id, in the order of ids. */
  auditLinesAfter(id: number, limit: number): Promise<readonly AuditLine[]>;
  /** The greatest id of a line that is kept; 0 = there is none. */
  lastAuditId(): Promise<number>;
  /** Erases `limit` lines at most that are over a bound. @returns how many. */
  eraseAudit(retention: AuditRetention, nowMs: number, limit: number): Promise<number>;
}
