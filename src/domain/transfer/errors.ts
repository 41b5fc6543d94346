/**
 * What can go wrong while data moves, as a closed set; dialects map it to their codes.
 * `link-*` = no connection; the others are found later.
 */
export const transferErrorCodes = [
  'link-unreachable',
  'link-credentials',
  'link-database-missing',
  'link-option',
  'connector-missing',
  'schema-missing',
  'table-missing',
  'table-create',
  'column-mismatch',
  'partition-column',
  'no-tables-match',
  'sql-failed',
  'read-failed',
  'write-failed',
  'path-missing',
  'file-format',
  'file-digest',
  'file-exists',
  'bucket-missing',
  'disk-full',
  'dirty-limit',
  'stage-failed',
  'proof-mismatch',
  'variable-missing',
  'invalid-definition',
  'stopped',
  'internal',
] as const;

export type TransferErrorCode = (typeof transferErrorCodes)[number];

/** A failure of a data job or of a link. `message` tells cause and place and holds no secret. */
export class TransferError extends Error {
  readonly code: TransferErrorCode;
  /** Whether the same could succeed a little later (connection lost, deadlock). */
  readonly transient: boolean;

  constructor(
    code: TransferErrorCode,
    message: string,
    options: { readonly transient?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'TransferError';
    this.code = code;
    this.transient = options.transient ?? false;
  }
}
