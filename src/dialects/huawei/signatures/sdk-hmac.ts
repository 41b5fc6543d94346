import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { gatewayErrors } from '../errors.ts';
import type { SignedRequest } from '../incoming.ts';
import { canonicalQuery, canonicalUris } from './canonical.ts';

/** Name of the scheme: the first word of `Authorization` and of the string to sign. */
export const sdkHmacAlgorithm = 'SDK-HMAC-SHA256';

/** Most headers one request may list as signed, and the longest `Authorization`. */
const signedHeaderLimit = 128;
const authorizationLengthLimit = 16 * 1024;

const datePattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;
const signaturePattern = /^[0-9a-f]{64}$/;

/** What a request says about its signer, before any of it is believed. */
export interface SignatureClaim {
  readonly keyId: string;
  /** Lower-case names in the order of the client. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `X-Sdk-Date` as sent. */
  readonly date: string;
  readonly signedAtMs: number;
}

/**
 * Reads `Authorization` and `X-Sdk-Date` (cdm.md §2.3 steps 1 and 9).
 * @throws WireError 401 when a part is missing or malformed, or the date is not signed.
 */
export function readClaim(request: SignedRequest, authorization: string): SignatureClaim {
  if (authorization.length > authorizationLengthLimit) throw gatewayErrors.badSignature();
  const parts = new Map<string, string>();
  for (const part of authorization.slice(sdkHmacAlgorithm.length).split(',')) {
    const text = part.trim();
    const equals = text.indexOf('=');
    if (equals > 0) parts.set(text.slice(0, equals), text.slice(equals + 1));
  }
  const keyId = parts.get('Access') ?? '';
  const signature = parts.get('Signature') ?? '';
  const signedHeaders = (parts.get('SignedHeaders') ?? '').toLowerCase().split(';');
  const date = request.header('x-sdk-date')?.trim() ?? '';
  if (
    keyId === '' ||
    !signaturePattern.test(signature) ||
    signedHeaders.length > signedHeaderLimit ||
    !signedHeaders.includes('x-sdk-date')
  ) {
    throw gatewayErrors.badSignature();
  }
  return { keyId, signedHeaders, signature, date, signedAtMs: parseDate(date) };
}

/**
 * Whether the signature is that of this request under this secret, by any of the canonical URIs
 * that clients sign (cdm.md §2.3).
 */
export function signatureMatches(
  request: SignedRequest,
  claim: SignatureClaim,
  secret: string,
  secure: boolean,
): boolean {
  const payloadHash = hashedPayload(request, claim, secure);
  const query = canonicalQuery(request.query);
  if (payloadHash === null || query === null) return false;
  return canonicalUris(request.path).some((uri) => {
    const canonical = canonicalRequest(request, uri, query, claim.signedHeaders, payloadHash);
    return equalText(claim.signature, signatureOf(canonical, claim.date, secret));
  });
}

/** Steps 4 and 6: `canonicalHeaders` ends in a line break, so a blank line follows. */
export function canonicalRequest(
  request: SignedRequest,
  uri: string,
  query: string,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const headers = signedHeaders
    .map((name) => `${name}:${(request.header(name) ?? '').trim()}\n`)
    .join('');
  return [request.method, uri, query, headers, signedHeaders.join(';'), payloadHash].join('\n');
}

/** Steps 7 and 8. */
export function signatureOf(canonical: string, date: string, secret: string): string {
  // Header values arrive one character for each byte, so this hashes the bytes that were sent.
  const digest = hash('sha256', Buffer.from(canonical, 'latin1'));
  return createHmac('sha256', secret)
    .update(`${sdkHmacAlgorithm}\n${date}\n${digest}`)
    .digest('hex');
}

/** Step 5; null when what the client says about its body is not so. */
function hashedPayload(
  request: SignedRequest,
  claim: SignatureClaim,
  secure: boolean,
): string | null {
  const stated = request.header('x-sdk-content-sha256')?.trim();
  if (stated === undefined) return hash('sha256', request.body);
  if (!claim.signedHeaders.includes('x-sdk-content-sha256')) return null;
  if (stated === 'UNSIGNED-PAYLOAD') return secure ? stated : null;
  return stated === hash('sha256', request.body) ? stated : null;
}

/** Epoch ms; NaN when malformed. */
function parseDate(text: string): number {
  const match = datePattern.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function equalText(left: string, right: string): boolean {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
