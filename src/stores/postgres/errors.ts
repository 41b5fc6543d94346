import pg from 'pg';
import { DomainError } from '../../domain/errors.ts';

/** Serialization failure and deadlock: nothing was written, the same again may well succeed. */
const CONFLICTS = new Set(['40001', '40P01']);
/** Lock and statement timeouts, too many connections, a server that is starting or stopping. */
const OVERLOADS = new Set(['55P03', '57014', '53300', '53200', '25P03']);
/** The server ended the session: shutdown, crash, not ready yet, dropped database, idle session. */
const SESSION_ENDS = new Set(['57P01', '57P02', '57P03', '57P04', '57P05']);

/**
 * The connection was lost while a transaction was being committed: it may have been committed, or
 * not. Callers treat it as possibly done and look before they repeat it.
 */
export class UnknownOutcomeError extends Error {
  constructor(cause: unknown) {
    super(
      'the connection to PostgreSQL was lost while committing; whether the change was kept is ' +
        'unknown: read it back, or repeat it with the same id or idempotency key',
      { cause },
    );
    this.name = 'UnknownOutcomeError';
  }
}

/** The connection was lost, or none could be made, before anything was committed. */
export class ConnectionLostError extends Error {
  constructor(cause: unknown) {
    super(`the connection to PostgreSQL failed: ${messageOf(cause)}`, { cause });
    this.name = 'ConnectionLostError';
  }
}

/** Whether the transaction was rolled back because of another one and can be tried again. */
export function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && CONFLICTS.has(error.code ?? '');
}

/** Whether a write was refused because another row has the value of this unique index. */
export function isTaken(error: unknown, index: string): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === index;
}

/** Whether an error of a query means that its connection cannot be used any more. */
export function isSessionLost(error: unknown): boolean {
  // What the server itself says is a `DatabaseError`; anything else is the connection's or the client's.
  if (!(error instanceof pg.DatabaseError)) return true;
  const code = error.code ?? '';
  return code.startsWith('08') || SESSION_ENDS.has(code);
}

/**
 * Whether an error from code that does more than query is the connection's: it has a system code
 * (`ECONNREFUSED`), or is one of the driver's own sentences.
 */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return isSessionLost(error);
  if (!(error instanceof Error)) return false;
  return 'code' in error || /^Connection terminated|timeout|not queryable/i.test(error.message);
}

/** What a caller is told: `unavailable` where trying later can help, anything else as it is. */
export function toCallerError(error: unknown): unknown {
  const overloaded = error instanceof pg.DatabaseError && OVERLOADS.has(error.code ?? '');
  if (!(error instanceof ConnectionLostError) && !overloaded && !isConflict(error)) return error;
  const text = `PostgreSQL did not do it, nothing was changed (${messageOf(error)}); try again later`;
  const unavailable = new DomainError('unavailable', text);
  unavailable.cause = error;
  return unavailable;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
