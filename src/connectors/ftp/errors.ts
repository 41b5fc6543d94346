import { FTPError } from 'basic-ftp';
import { TransferError } from '../../domain/transfer/errors.ts';
import { networkWords } from '../files/remote.ts';

/** Answers that mean that the server is full (RFC 959 §4.2: 452, 552). */
const FULL = new Set([452, 552]);
/** No login, or the one there was has ended. */
const NOT_LOGGED_IN = 530;

/** Whether a server says that a path is not there, or that it does not show it. */
export function isMissing(error: unknown): boolean {
  return error instanceof FTPError && error.code === 550;
}

/** An error of the protocol in words. What is a `TransferError` or an abort stays. */
export function ftpError(
  error: unknown,
  host: string,
  doing: 'read' | 'write',
  path: string,
): TransferError | DOMException {
  if (error instanceof TransferError) return error;
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  const shown = `${path === '' ? '/' : path} on ${host}`;
  if (!(error instanceof FTPError)) {
    const why = connectionWords(error);
    const words = `${shown} cannot be ${past[doing]}: ${why ?? (error as Error).message}`;
    return new TransferError(`${doing}-failed`, words, { transient: why !== null, cause: error });
  }
  if (FULL.has(error.code)) {
    return new TransferError('disk-full', `${shown}: the server is full (${answer(error)})`, {
      cause: error,
    });
  }
  if (error.code === 550 && doing === 'read' && !/permission|denied/i.test(error.message)) {
    return new TransferError('path-missing', `there is no file or folder ${shown}`, {
      cause: error,
    });
  }
  // Codes of 4yz say that the same may succeed later (RFC 959 §4.2).
  const transient = error.code >= 400 && error.code < 500;
  const words = `${shown} cannot be ${past[doing]}: the server answered ${answer(error)}`;
  return new TransferError(`${doing}-failed`, words, { transient, cause: error });
}

/** An error of connecting and logging in, in words. */
export function loginError(
  error: unknown,
  link: { readonly host: string; readonly port: number; readonly user: string },
): TransferError {
  if (error instanceof TransferError) return error;
  const where = `the FTP server ${link.host}:${link.port}`;
  if (error instanceof FTPError && error.code === NOT_LOGGED_IN) {
    return new TransferError(
      'link-credentials',
      `${where} does not accept user ${link.user} with this password (${answer(error)})`,
      { cause: error },
    );
  }
  const why =
    error instanceof FTPError
      ? `it answered ${answer(error)}`
      : (connectionWords(error) ?? (error as Error).message);
  return new TransferError('link-unreachable', `${where} cannot be reached: ${why}`, {
    transient: !(error instanceof FTPError) || error.code < 500,
    cause: error,
  });
}

function connectionWords(error: unknown): string | null {
  const network = networkWords(error);
  if (network !== null) return network;
  const { message } = error as Error;
  if (message.startsWith('Timeout')) return 'it does not answer in time';
  if (/closed|FIN packet|ended/i.test(message)) return 'the connection was lost';
  return null;
}

/** Servers repeat what they were sent in their answers, but never the password. */
function answer({ message }: FTPError): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, 200);
}

const past = { read: 'read', write: 'written' } as const;
