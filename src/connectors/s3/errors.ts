import { TransferError, type TransferErrorCode } from '../../domain/transfer/errors.ts';
import { networkWords } from '../files/remote.ts';

/** Where an error happened, for its words. */
export interface S3Place {
  readonly endpoint: string;
  /** Empty = the service as a whole. */
  readonly bucket: string;
}

/** HTTP status of an answer of the service; null = there was none. */
export function statusOf(error: unknown): number | null {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? null;
}

/** Answers that say that the keys themselves are not accepted. */
const badKeys = new Set([
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'RequestTimeTooSkewed',
  'AuthorizationHeaderMalformed',
  'InvalidSecurity',
  'NotSignedUp',
  'CredentialsProviderError',
]);

const fullStore = new Set(['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull']);

/** An error of the client library in words. What is a `TransferError` or an abort stays. */
export function s3Error(
  error: unknown,
  place: S3Place,
  doing: 'read' | 'write',
  path: string,
): TransferError | DOMException {
  if (error instanceof TransferError) return error;
  if (error instanceof DOMException && error.name === 'AbortError') return error;
  const { name, message } = error as Error;
  const status = statusOf(error);
  const where =
    place.bucket === '' ? place.endpoint : `bucket ${place.bucket} at ${place.endpoint}`;
  const shown = path === '' ? where : `${path} in ${where}`;
  const made = (code: TransferErrorCode, words: string, transient = false): TransferError =>
    new TransferError(code, words, { transient, cause: error });

  if (name === 'NoSuchBucket') {
    return made('bucket-missing', `there is no bucket ${place.bucket} at ${place.endpoint}`);
  }
  if (badKeys.has(name)) {
    return made('link-credentials', `${where} does not accept the access keys (${name})`);
  }
  if (fullStore.has(name)) return made('disk-full', `${shown}: the store is full (${name})`);
  if (status === 401 || status === 403) {
    const words = `${shown} refuses access (${name}): check the rights of the access key`;
    return made(path === '' ? 'link-credentials' : `${doing}-failed`, words);
  }
  if (status === 404) return made('path-missing', `there is no file ${shown}`);
  if (status === 412) {
    return made('read-failed', `${shown} was changed by somebody while it was read`);
  }
  const network = name === 'TimeoutError' ? 'it does not answer in time' : networkWords(error);
  if (status === null && network !== null) {
    return made('link-unreachable', `${place.endpoint} cannot be reached: ${network}`, true);
  }
  const busy = status !== null && (status >= 500 || status === 429);
  const why = message === '' || message === 'UnknownError' ? `${name} ${status ?? ''}` : message;
  // Without a status the connection broke in the midst of an answer.
  return made(
    `${doing}-failed`,
    `${shown} cannot be ${past[doing]}: ${why}`,
    busy || status === null,
  );
}

const past = { read: 'read', write: 'written' } as const;
