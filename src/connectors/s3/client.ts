import type { S3Client } from '@aws-sdk/client-s3';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { LinkOptions } from '../../domain/transfer/link.ts';
import { CONNECT_TIMEOUT_MS, IDLE_TIMEOUT_MS } from '../files/remote.ts';

export type S3Options = Extract<LinkOptions, { kind: 's3' }>;

/** The client library; some 35 MB of memory, so it is loaded when the first link is used. */
export type Sdk = typeof import('@aws-sdk/client-s3');

/** Tries of one request, by the library. */
const MAX_ATTEMPTS = 3;

/** Host of an endpoint, without its port. @throws TransferError `link-option` when it is no URL. */
export function hostOf(options: Pick<S3Options, 'endpoint'>): string {
  try {
    const { protocol, hostname } = new URL(options.endpoint);
    if (protocol === 'http:' || protocol === 'https:') return hostname;
  } catch {
    // Told below.
  }
  throw new TransferError(
    'link-option',
    `the endpoint ${options.endpoint} cannot be used; write it like https://obs.example.com`,
  );
}

/** A client for the service of a link. */
export function clientFor(sdk: Sdk, options: S3Options): S3Client {
  const { endpoint, accessKeyId, secretAccessKey, sessionToken } = options;
  return new sdk.S3Client({
    endpoint,
    region: options.region === '' ? 'us-east-1' : options.region,
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === '' ? {} : { sessionToken }),
    },
    forcePathStyle: options.pathStyle,
    // A bucket of another region is not looked for at a host that the link does not name.
    followRegionRedirects: false,
    maxAttempts: MAX_ATTEMPTS,
    // Trailing checksums are refused by most services but Amazon's; uploads carry an MD5 instead.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs || CONNECT_TIMEOUT_MS,
      socketTimeout: options.socketTimeoutMs || IDLE_TIMEOUT_MS,
    },
  });
}
