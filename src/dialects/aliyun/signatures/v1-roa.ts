import { createHmac, hash } from 'node:crypto';
import { sortPairs } from '../encoding.ts';
import { gatewayErrors } from '../errors.ts';
import type { SignedRequest } from '../incoming.ts';
import { equalSecret } from './claim.ts';
import type { Claim, SigningKeys } from './claim.ts';
import { parseHttpDate } from './timestamps.ts';

/** How a client writes the resource where the others differ (§3.2 step 8). */
interface ResourceStyle {
  /** An empty value is written `k` instead of `k=` (Go). */
  readonly bareEmpty: boolean;
  /** A `?` follows the path although there are no parameters (old Go). */
  readonly trailingMark: boolean;
}

const usualStyle: ResourceStyle = { bareEmpty: false, trailingMark: false };

/** The `x-acs-*` lines of §3.2 step 5. */
export function canonicalHeadersV1(request: SignedRequest): string {
  let text = '';
  for (const name of request.acsHeaderNames()) {
    const value = (request.header(name) ?? '').replace(/[\t\n\r\f]/g, ' ').trim();
    text += `${name}:${value}\n`;
  }
  return text;
}

/** Path and sorted, decoded query of §3.2 step 6. */
export function canonicalResourceV1(
  request: SignedRequest,
  style: ResourceStyle = usualStyle,
): string {
  if (request.query.length === 0) return style.trailingMark ? `${request.path}?` : request.path;
  const pairs = sortPairs(request.query).map(([name, value]) =>
    value === '' && style.bareEmpty ? name : `${name}=${value}`,
  );
  return `${request.path}?${pairs.join('&')}`;
}

/** The string to sign of §3.2 step 4; an absent header gives an empty line. */
export function stringToSignV1(request: SignedRequest, style: ResourceStyle = usualStyle): string {
  const line = (name: string) => request.header(name) ?? '';
  return (
    `${request.method}\n${line('accept')}\n${line('content-md5')}\n${line('content-type')}\n` +
    `${line('date')}\n${canonicalHeadersV1(request)}${canonicalResourceV1(request, style)}`
  );
}

/**
 * Reads the claim of a request whose `Authorization` starts `acs ` (§3.2 steps 1–2).
 * A missing nonce is no fault here: classic Go clients send none.
 * @throws WireError `IncompleteSignature` or `InvalidSignatureMethod`.
 */
export function readClaimV1(request: SignedRequest, authorization: string): Claim {
  const credentials = authorization.slice('acs '.length).trim();
  const colon = credentials.indexOf(':');
  const keyId = credentials.slice(0, Math.max(colon, 0));
  const signature = credentials.slice(colon + 1);
  const nonce = request.header('x-acs-signature-nonce')?.trim();
  if (keyId === '' || signature === '') throw gatewayErrors.incompleteSignature();
  const method = request.header('x-acs-signature-method');
  if (method !== undefined && method !== 'HMAC-SHA1') throw gatewayErrors.invalidSignatureMethod();
  return {
    scheme: 'roa',
    keyId,
    nonce: nonce === undefined || nonce === '' ? null : nonce,
    signature,
    signedAtMs: parseHttpDate(request.header('date')),
    securityToken: request.header('x-acs-security-token')?.trim(),
    verify: (keys) => verifyV1(request, signature, keys),
  };
}

/** Checks body digest and signature in every client's style. @throws WireError `SignatureDoesNotMatch`. */
export function verifyV1(request: SignedRequest, signature: string, keys: SigningKeys): void {
  const usual = stringToSignV1(request);
  const digest = request.header('content-md5');
  const bodyAsSigned = digest === undefined || digest === hash('md5', request.body, 'base64');
  if (bodyAsSigned) {
    if (matches(usual, signature, keys)) return;
    for (const style of otherStyles(request)) {
      if (matches(stringToSignV1(request, style), signature, keys)) return;
    }
  }
  throw gatewayErrors.signatureMismatchV1(usual);
}

function matches(stringToSign: string, signature: string, keys: SigningKeys): boolean {
  return equalSecret(
    signature,
    createHmac('sha1', keys.plain).update(stringToSign).digest('base64'),
  );
}

function otherStyles(request: SignedRequest): readonly ResourceStyle[] {
  if (request.query.length === 0) return [{ bareEmpty: false, trailingMark: true }];
  const hasEmpty = request.query.some(([, value]) => value === '');
  return hasEmpty ? [{ bareEmpty: true, trailingMark: false }] : [];
}
