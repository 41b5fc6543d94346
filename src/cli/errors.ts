/** Exit codes of `longshore`, documented in `longshore --help`. */
export const exitCodes = {
  ok: 0,
  /** The command was understood and failed: refused, not found, the run failed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The server cannot be reached. */
  unreachable: 3,
} as const;

/** A failure that a person can read: what is wrong, and the fix when there is one. */
export class CliError extends Error {
  readonly fix: string;
  readonly exitCode: number;
  /** HTTP status of the server's refusal; null when it was not one. */
  readonly status: number | null;

  constructor(
    message: string,
    fix = '',
    exitCode: number = exitCodes.failed,
    status: number | null = null,
  ) {
    super(message);
    this.name = 'CliError';
    this.fix = fix;
    this.exitCode = exitCode;
    this.status = status;
  }
}
