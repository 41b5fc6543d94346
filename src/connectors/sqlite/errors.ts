/** Errors of SQLite in the words of data jobs. */
import { TransferError, type TransferErrorCode } from '../../domain/transfer/errors.ts';

interface SqliteError {
  readonly code?: string;
  readonly message?: string;
}

export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test((error as SqliteError | null)?.code ?? '');
}

/** Whether the values of a row are to blame. */
export function isRefusal(error: unknown): boolean {
  return /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(
    (error as SqliteError | null)?.code ?? '',
  );
}

/** An error of a statement. */
export function sqliteProblem(error: unknown, fallback: TransferErrorCode): TransferError {
  if (error instanceof TransferError) return error;
  const { code, message } = (error ?? {}) as SqliteError;
  const words = message ?? String(error);
  if (code === 'SQLITE_FULL') return new TransferError('disk-full', `the disk is full: ${words}`);
  if (/no such table/.test(words)) return new TransferError('table-missing', words);
  if (/no such column/.test(words)) return new TransferError('column-mismatch', words);
  if (/^SQLITE_(NOTADB|CORRUPT|CANTOPEN)/.test(code ?? '')) {
    return new TransferError('link-unreachable', `the database cannot be opened: ${words}`);
  }
  return new TransferError(fallback, words, { transient: isBusy(error) });
}
