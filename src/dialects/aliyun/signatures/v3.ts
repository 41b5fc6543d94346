import { createHmac, hash } from 'node:crypto';
import { percentEncode, sortPairs } from '../encoding.ts';
import type { Pairs } from '../encoding.ts';
import { gatewayErrors } from '../errors.ts';
import type { SignedRequest } from '../incoming.ts';
import { equalSecret } from './claim.ts';
import type { Claim, SigningKeys } from './claim.ts';
import { parseIsoTimestamp } from './timestamps.ts';

/** Name of the scheme: the first word of `Authorization` and of the string to sign. */
export const v3Algorithm = 'ACS3-HMAC-SHA256';

/** Most headers one request may list as signed. */
const signedHeaderLimit = 128;

const emptyBodyHash = hash('sha256', '');

/** The query of §3.1 step 5: decoded, sorted by name, RFC 3986-encoded; an empty value is `k=`. */
export function canonicalQueryV3(query: Pairs): string {
  let text = '';
  for (const [name, value] of query.length > 1 ? sortPairs(query) : query) {
    if (text !== '') text += '&';
    text += `${percentEncode(name)}=${percentEncode(value)}`;
  }
  return text;
}

/**
 * The canonical request of §3.1 steps 4–7.
 * @param signedHeaders names joined by `;` as the client listed them.
 * @param hashedPayload lower-case hex SHA-256 of the raw body.
 */
export function canonicalRequestV3(
  request: SignedRequest,
  signedHeaders: string,
  hashedPayload: string,
): string {
  let headers = '';
  for (const name of signedHeaders.toLowerCase().split(';').sort()) {
    headers += `${name}:${(request.header(name) ?? '').trim()}\n`;
  }
  return `${request.method}\n${request.path}\n${canonicalQueryV3(request.query)}\n${headers}\n${signedHeaders}\n${hashedPayload}`;
}

/** The string to sign of §3.1 step 8. */
export function stringToSignV3(canonicalRequest: string): string {
  return `${v3Algorithm}\n${hash('sha256', canonicalRequest)}`;
}

/** Lower-case hex SHA-256 of the raw body. */
export function hashPayloadV3(body: Uint8Array): string {
  return body.length === 0 ? emptyBodyHash : hash('sha256', body);
}

/**
 * Reads the claim of a request whose `Authorization` starts with the algorithm (§3.1 steps 1–2).
 * @throws WireError `IncompleteSignature` when a part is missing or a vital header is unsigned.
 */
export function readClaimV3(request: SignedRequest, authorization: string): Claim {
  const { keyId, signedHeaders, signature } = parseAuthorization(authorization);
  const names = signedHeaders.toLowerCase().split(';');
  const nonce = request.header('x-acs-signature-nonce')?.trim();
  const date = request.header('x-acs-date')?.trim();
  if (
    names.length > signedHeaderLimit ||
    !nonce ||
    // The Java SDK signs no host: what a request may do does not depend on it.
    !names.includes('x-acs-signature-nonce') ||
    !names.includes('x-acs-content-sha256') ||
    // An absent date is a matter of the time window, the next check.
    (date !== undefined && !names.includes('x-acs-date')) ||
    // On `/` this header chooses the operation, so it must not be open to change on the way.
    (request.path === '/' &&
      request.header('x-acs-action') !== undefined &&
      !names.includes('x-acs-action'))
  ) {
    throw gatewayErrors.incompleteSignature();
  }
  return {
    scheme: 'v3',
    keyId,
    nonce,
    signedAtMs: parseIsoTimestamp(date),
    securityToken: request.header('x-acs-security-token')?.trim(),
    verify: (keys) => verifyV3(request, signedHeaders, signature, keys),
  };
}

/** Checks body hash and signature. @throws WireError `SignatureDoesNotMatch`. */
export function verifyV3(
  request: SignedRequest,
  signedHeaders: string,
  signature: string,
  keys: SigningKeys,
): void {
  const hashedPayload = hashPayloadV3(request.body);
  const canonicalRequest = canonicalRequestV3(request, signedHeaders, hashedPayload);
  const stringToSign = stringToSignV3(canonicalRequest);
  const expected = createHmac('sha256', keys.plain).update(stringToSign).digest('hex');
  const bodyIsSigned = request.header('x-acs-content-sha256') === hashedPayload;
  if (!equalSecret(signature, expected) || !bodyIsSigned) {
    throw gatewayErrors.signatureMismatchV3(stringToSign, canonicalRequest);
  }
}

function parseAuthorization(authorization: string) {
  let keyId = '';
  let signedHeaders = '';
  let signature = '';
  for (const part of authorization.slice(v3Algorithm.length).split(',')) {
    const text = part.trim();
    if (text.startsWith('Credential=')) keyId = text.slice('Credential='.length);
    else if (text.startsWith('SignedHeaders=')) signedHeaders = text.slice('SignedHeaders='.length);
    else if (text.startsWith('Signature=')) signature = text.slice('Signature='.length);
  }
  if (keyId === '' || signedHeaders === '' || signature === '') {
    throw gatewayErrors.incompleteSignature();
  }
  return { keyId, signedHeaders, signature };
}
