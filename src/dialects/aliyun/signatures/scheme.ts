import { gatewayErrors } from '../errors.ts';
import type { SignedRequest } from '../incoming.ts';
import type { Claim } from './claim.ts';
import { readClaimV1 } from './v1-roa.ts';
import { readClaimRpc, rpcParameters } from './v1-rpc.ts';
import { readClaimV3, v3Algorithm } from './v3.ts';

/**
 * Tells the request forms apart, in the order of sae.md §3, and reads what the signer claims.
 * @param formWins see {@link rpcParameters}.
 * @throws WireError `MissingAccessKeyId`, `IncompleteSignature` or `InvalidSignatureMethod`.
 */
export function readClaim(request: SignedRequest, formWins = false): Claim {
  const authorization = request.header('authorization') ?? '';
  if (authorization.startsWith(`${v3Algorithm} `)) return readClaimV3(request, authorization);
  if (authorization.startsWith('acs ')) return readClaimV1(request, authorization);
  const parameters = rpcParameters(request, formWins);
  if (parameters.has('Signature') && parameters.has('AccessKeyId')) {
    return readClaimRpc(request, parameters);
  }
  // The bare name of the supported scheme is a cut-off header; other ACS3 names are other schemes.
  if (authorization === v3Algorithm || parameters.has('AccessKeyId')) {
    throw gatewayErrors.incompleteSignature();
  }
  if (authorization.startsWith('ACS3-') || hasBearer(request, parameters)) {
    throw gatewayErrors.invalidSignatureMethod();
  }
  throw gatewayErrors.missingAccessKeyId();
}

/** Whether `Authorization` carries the signature, so that headers name the operation. */
export function isHeaderSigned(request: SignedRequest): boolean {
  const authorization = request.header('authorization') ?? '';
  return authorization.startsWith('ACS3-') || authorization.startsWith('acs ');
}

function hasBearer(request: SignedRequest, parameters: ReadonlyMap<string, string>): boolean {
  return (
    request.header('x-acs-bearer-token') !== undefined ||
    request.header('x-acs-signature-type') === 'BEARERTOKEN' ||
    parameters.get('SignatureType') === 'BEARERTOKEN' ||
    request.header('x-acs-zero-trust-idtoken') !== undefined
  );
}
