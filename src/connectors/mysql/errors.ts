/** Errors of MySQL and MariaDB in the words of data jobs. Nothing here shows a password. */
import { TransferError, type TransferErrorCode } from '../../domain/transfer/errors.ts';
import type { DatabaseLinkOptions } from '../../domain/transfer/link.ts';

/** What the driver's errors carry. */
interface DriverError {
  readonly code?: string;
  readonly errno?: number;
  readonly message?: string;
}

/** By the server's numbers. */
const byNumber: Readonly<Record<number, TransferErrorCode>> = {
  1044: 'link-credentials',
  1045: 'link-credentials',
  1698: 'link-credentials',
  1049: 'link-database-missing',
  1051: 'table-missing',
  1146: 'table-missing',
  1021: 'disk-full',
  1114: 'disk-full',
  1050: 'table-create',
  1005: 'table-create',
  1054: 'column-mismatch',
};

/** Deadlock, lock wait, connections, restarts: the same may succeed a little later. */
const transientNumbers = new Set([1040, 1053, 1205, 1213, 1317, 1927, 2006, 2013]);
const lostCodes = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export function errorWords(error: unknown): string {
  return (error as DriverError | null)?.message ?? String(error);
}

export function isTransient(error: unknown): boolean {
  if (error instanceof TransferError) return error.transient;
  const { errno, code } = (error ?? {}) as DriverError;
  return transientNumbers.has(errno ?? 0) || lostCodes.has(code ?? '');
}

/** Whether the server refuses LOAD DATA LOCAL as such. */
export function isLocalInfileRefused(error: unknown): boolean {
  const { errno } = (error ?? {}) as DriverError;
  return errno === 1148 || errno === 3948 || errno === 4166;
}

/** Whether this account may not do it. */
export function isDenied(error: unknown): boolean {
  const { errno } = (error ?? {}) as DriverError;
  return errno === 1142 || errno === 1044 || errno === 1227 || errno === 1290;
}

/** Errors in the values of a statement: duplicates, types, lengths, keys. */
export function isRefusal(error: unknown): boolean {
  const { errno } = (error ?? {}) as DriverError;
  return refusals.has(errno ?? 0);
}

const refusals = new Set([
  1048, 1062, 1216, 1217, 1264, 1265, 1292, 1366, 1406, 1411, 1425, 1451, 1452, 1364, 1411, 1525,
  1557, 1586, 1748, 1761, 1762, 3140, 3819, 4025, 1690, 1441, 1367, 1300, 1261, 1262,
]);

/** An error while connecting. */
export function linkProblem(
  error: unknown,
  host: string,
  { port, user, database }: DatabaseLinkOptions,
): TransferError {
  if (error instanceof TransferError) return error;
  const { errno } = (error ?? {}) as DriverError;
  const where = `${host}:${port}`;
  switch (byNumber[errno ?? 0]) {
    case 'link-credentials':
      return new TransferError(
        'link-credentials',
        `MySQL at ${where} refuses user ${user}: ${errorWords(error)}`,
      );
    case 'link-database-missing':
      return new TransferError(
        'link-database-missing',
        `MySQL at ${where} has no database ${database}`,
      );
    default:
      return new TransferError(
        'link-unreachable',
        `cannot connect to MySQL at ${where}: ${errorWords(error)}`,
        { transient: isTransient(error) },
      );
  }
}

/** An error of a statement. */
export function databaseProblem(error: unknown): TransferError {
  if (error instanceof TransferError) return error;
  const { errno } = (error ?? {}) as DriverError;
  const number = errno === undefined || errno < 0 ? '' : ` (MySQL error ${errno})`;
  return new TransferError(byNumber[errno ?? 0] ?? 'sql-failed', `${errorWords(error)}${number}`, {
    transient: isTransient(error),
  });
}
