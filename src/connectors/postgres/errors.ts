import { TransferError, type TransferErrorCode } from '../../domain/transfer/errors.ts';

/** An error that the server answered. */
export class ServerError extends Error {
  /** SQLSTATE. */
  readonly code: string;
  readonly detail: string;
  /** Where in PostgreSQL's words, e.g. `COPY t, line 3, column b: "x"`. */
  readonly context: string;

  constructor(fields: Readonly<Record<string, string>>) {
    super(fields['M'] ?? 'the server gave no reason');
    this.name = 'ServerError';
    this.code = fields['C'] ?? '';
    this.detail = fields['D'] ?? '';
    this.context = fields['W'] ?? '';
  }
}

/** SQLSTATEs, or their first two characters, with what they mean to a data job. */
const meanings: Readonly<Record<string, TransferErrorCode>> = {
  '28': 'link-credentials',
  '3D': 'link-database-missing',
  '3F': 'schema-missing',
  '42P01': 'table-missing',
  '42703': 'column-mismatch',
  '53100': 'disk-full',
};

/** Connection lost, server going down or coming up, too many connections, deadlocks. */
const transient = /^(08|57P0|40|53300|55P03)/;

/**
 * Data exceptions, broken constraints, errors raised by triggers, rows larger than a page or an
 * index takes: the rows are to blame, not the statement.
 */
export function blamesRows({ code }: ServerError): boolean {
  return /^(22|23|21|P0001|54000|42804$)/.test(code);
}

/** Two transactions waited for each other, and this one was given up. */
export function isDeadlock({ code }: ServerError): boolean {
  return code === '40P01';
}

/** The server, one that only resembles PostgreSQL perhaps, does not read rows in binary. */
export function refusesBinary({ code }: ServerError): boolean {
  return /^(0A000|42601|42883)$/.test(code);
}

/** What a server's error is to a data job. */
export function transferErrorOf(
  error: unknown,
  otherwise: TransferErrorCode,
  what: string,
): TransferError {
  if (error instanceof TransferError) return error;
  if (!(error instanceof ServerError)) {
    const text = error instanceof Error ? error.message : String(error);
    return new TransferError(otherwise, `${what}: ${text}`, { transient: true, cause: error });
  }
  const code = meanings[error.code] ?? meanings[error.code.slice(0, 2)] ?? otherwise;
  return new TransferError(code, `${what}: ${reasonOf(error)}`, {
    transient: transient.test(error.code),
    cause: error,
  });
}

/** In one line: message, detail and SQLSTATE. */
export function reasonOf({ message, detail, code }: ServerError): string {
  const text = detail === '' ? message : `${message} (${detail})`;
  return `${text.replaceAll(/\s*\n\s*/g, ' ')} [SQLSTATE ${code}]`;
}
