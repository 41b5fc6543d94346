/**
 * The audit log: one line for each management call of any API, for sign-ins, and for what was
 * denied. A line tells who did what to what and how it went; it never holds a value of a
 * parameter, so that no secret can be in it.
 */

/** How a call went: done, refused (the caller's fault), failed (ours). */
export type AuditOutcome = 'ok' | 'refused' | 'failed';

export const auditOutcomes = ['ok', 'refused', 'failed'] as const satisfies AuditOutcome[];

/** One call, before it has a place in the log. */
export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Empty = nobody known: a failed sign-in with a name that no user has. */
  readonly user: string;
  /** Null = no access key: a token, a session, the operator, a webhook. */
  readonly keyId: string | null;
  /** Address that the call came from; empty = not known. */
  readonly sourceIp: string;
  /** The API, e.g. `sae`, `schedulerx`, `cdm`, `iam`, `native`. */
  readonly dialect: string;
  readonly operation: string;
  /** What the call was about, as policies name it; empty = nothing in particular. */
  readonly resource: string;
  readonly outcome: AuditOutcome;
  /** The error's code as the client read it; empty = none. */
  readonly code: string;
  readonly requestId: string;
  /** Names of what the call set, in alphabetical order; never values. */
  readonly names: readonly string[];
  /**
   * Further calls that have no line of their own: before this one, of callers who were not proved;
   * in the same moment, starts of runs alike by the same caller.
   */
  readonly suppressed: number;
}

/** A line of the log. */
export interface AuditLine extends AuditEntry {
  /** Greater than that of every line that was readable before this one. */
  readonly id: number;
}

/** What one line may take. */
export const auditBounds = {
  /** Characters of each text; what is longer is cut. */
  textChars: 256,
  /** Characters of the resource. */
  resourceChars: 1_024,
  /** Names; the rest is counted. */
  names: 64,
  nameChars: 64,
} as const;

/** How long lines are kept. Each bound alone is enough to let one go. */
export interface AuditRetention {
  /** Null = no bound on the age. */
  readonly maxAgeMs: number | null;
  readonly maxLines: number;
}

export const defaultAuditRetention: AuditRetention = {
  maxAgeMs: 180 * 24 * 60 * 60 * 1000,
  maxLines: 1_000_000,
};

/** A call as dialects tell it; the log adds the time. */
export type AuditNote = Omit<AuditEntry, 'atMs' | 'suppressed'>;

/** The call as it is kept: control characters are gone, and every text has its bound. */
export function boundedEntry(note: AuditNote, atMs: number, suppressed: number): AuditEntry {
  const { textChars, resourceChars } = auditBounds;
  // One object, made once: starts of runs come by the thousand.
  return {
    atMs,
    user: cleaned(note.user, textChars),
    keyId: note.keyId === null ? null : cleaned(note.keyId, textChars),
    sourceIp: cleaned(note.sourceIp, textChars),
    dialect: cleaned(note.dialect, textChars),
    operation: cleaned(note.operation, textChars),
    resource: cleaned(note.resource, resourceChars),
    outcome: note.outcome,
    code: cleaned(note.code, textChars),
    requestId: cleaned(note.requestId, textChars),
    names: boundedNames(note.names),
    suppressed,
  };
}

function boundedNames(given: readonly string[]): readonly string[] {
  if (given.length === 0) return given;
  const unique = given.length === 1 ? given : [...new Set(given)].toSorted();
  const names = unique
    .slice(0, auditBounds.names)
    .map((name) => cleaned(name, auditBounds.nameChars));
  const more = unique.length - names.length;
  return more > 0 ? [...names, `… and ${more} more`] : names;
}

// Control characters and halves of pairs: the one could forge lines, the other no database keeps.
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029]/gu;

/** Almost every text: short enough, and every character can be kept. */
const plain = /^[\x20-\x7e]*$/;

function cleaned(text: string, maxChars: number): string {
  if (text.length <= maxChars && plain.test(text)) return text;
  const clean = text.slice(0, 4 * maxChars).replaceAll(unprintable, '�');
  return clean.length <= maxChars ? clean : `${clean.slice(0, maxChars - 1).toWellFormed()}…`;
}
