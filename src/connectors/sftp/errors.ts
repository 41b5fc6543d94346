import { TransferError } from '../../domain/transfer/errors.ts';
import { networkWords } from '../files/remote.ts';

/** Answers of servers (draft-ietf-secsh-filexfer-02 §7). */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
const NO_CONNECTION = 6;
const CONNECTION_LOST = 7;

/** Whether a server says that a path is not there. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === NO_SUCH_FILE;
}

/** The connection ended while something was asked. */
export class ConnectionLost extends Error {
  constructor(cause?: unknown) {
    super('the connection was lost', cause === undefined ? {} : { cause });
    this.name = 'ConnectionLost';
  }
}

/** An error of a request in words. What is a `TransferError` or an abort stays. */
export function sftpError(
  error: unknown,
  host: string,
  doing: 'read' | 'write',
  path: string,
): TransferError | DOMException {
  if (error instanceof TransferError) return error;
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  const shown = path === '' ? '/' : path;
  if (code === NO_SUCH_FILE) {
    return new TransferError('path-missing', `there is no file or folder ${shown} on ${host}`, {
      cause: error,
    });
  }
  if (code === PERMISSION_DENIED) {
    const words = `${shown}: ${host} does not allow this user to do that there (permissions)`;
    return new TransferError(`${doing}-failed`, words, { cause: error });
  }
  const lost =
    error instanceof ConnectionLost ||
    code === NO_CONNECTION ||
    code === CONNECTION_LOST ||
    networkWords(error) !== null;
  // Servers of SFTP 3 have no code for a full disk, at best words.
  const full = /no space|quota|disk full/i.test(message);
  return new TransferError(
    full ? 'disk-full' : `${doing}-failed`,
    `${shown} on ${host} cannot be ${past[doing]}: ${lost ? 'the connection was lost' : message}`,
    { transient: lost, cause: error },
  );
}

const past = { read: 'read', write: 'written' } as const;
