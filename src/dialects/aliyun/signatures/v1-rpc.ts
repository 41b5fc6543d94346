import { createHmac } from 'node:crypto';
import { percentEncode, sortPairs } from '../encoding.ts';
import type { Pairs } from '../encoding.ts';
import { gatewayErrors } from '../errors.ts';
import type { SignedRequest } from '../incoming.ts';
import { equalSecret } from './claim.ts';
import type { Claim, SigningKeys } from './claim.ts';
import { parseIsoTimestamp } from './timestamps.ts';

/**
 * What an RPC request says, from query and form together.
 * @param formWins whether the form wins over the query, as it does in products that are RPC only.
 */
export function rpcParameters(
  request: SignedRequest,
  formWins = false,
): ReadonlyMap<string, string> {
  return new Map(
    formWins ? [...request.query, ...request.form] : [...request.form, ...request.query],
  );
}

/** The sorted `enc(k)=enc(v)` list of §3.4, without `Signature`. */
export function canonicalQueryRpc(parameters: ReadonlyMap<string, string>): string {
  const signed: Pairs = [...parameters].filter(([name]) => name !== 'Signature');
  return sortPairs(signed)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

/** The string to sign of §3.4. */
export function stringToSignRpc(method: string, parameters: ReadonlyMap<string, string>): string {
  return `${method}&%2F&${percentEncode(canonicalQueryRpc(parameters))}`;
}

/**
 * Reads the claim of a request with `Signature` among its parameters (§3.4).
 * @throws WireError `InvalidSignatureMethod` or `IncompleteSignature`.
 */
export function readClaimRpc(
  request: SignedRequest,
  parameters: ReadonlyMap<string, string>,
): Claim {
  const keyId = parameters.get('AccessKeyId');
  const signature = parameters.get('Signature');
  const nonce = parameters.get('SignatureNonce');
  const method = parameters.get('SignatureMethod');
  const version = parameters.get('SignatureVersion');
  if (
    (method !== undefined && method !== 'HMAC-SHA1') ||
    (version !== undefined && version !== '1.0') ||
    parameters.get('SignatureType') === 'BEARERTOKEN'
  ) {
    throw gatewayErrors.invalidSignatureMethod();
  }
  if (!keyId || !signature || !nonce) throw gatewayErrors.incompleteSignature();
  return {
    scheme: 'rpc',
    keyId,
    nonce,
    signedAtMs: parseIsoTimestamp(parameters.get('Timestamp')),
    securityToken: parameters.get('SecurityToken'),
    verify: (keys) => verifyRpc(request.method, parameters, signature, keys),
  };
}

/** Checks the signature. @throws WireError `SignatureDoesNotMatch`. */
export function verifyRpc(
  method: string,
  parameters: ReadonlyMap<string, string>,
  signature: string,
  keys: SigningKeys,
): void {
  const stringToSign = stringToSignRpc(method, parameters);
  const expected = createHmac('sha1', keys.rpc).update(stringToSign).digest('base64');
  if (!equalSecret(signature, expected)) throw gatewayErrors.signatureMismatchV1(stringToSign);
}
