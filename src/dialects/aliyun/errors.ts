/** An error as the client sees it: HTTP status, code and message of the contract. */
export class WireError extends Error {
  readonly status: number;
  readonly code: string;
  /** Further members of the error body, e.g. `AccessDeniedDetail`. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'WireError';
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

/** Longest string-to-sign echoed in an error. Clients compare it, so only abuse is cut. */
const echoLimit = 512 * 1024;

/** The gateway's errors with the exact texts of sae.md §3.6. */
export const gatewayErrors = {
  missingAccessKeyId: () =>
    new WireError(400, 'MissingAccessKeyId', 'AccessKeyId is mandatory for this action.'),
  unknownAccessKey: () =>
    new WireError(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.'),
  inactiveAccessKey: () =>
    new WireError(400, 'InvalidAccessKeyId.Inactive', 'Specified access key is disabled.'),
  /** V1 ROA and RPC: classic clients compare what follows the colon with their own text. */
  signatureMismatchV1: (stringToSign: string) =>
    new WireError(
      400,
      'SignatureDoesNotMatch',
      'Specified signature is not matched with our calculation. server string to sign is:' +
        stringToSign.slice(0, echoLimit),
    ),
  signatureMismatchV3: (stringToSign: string, canonicalRequest: string) =>
    new WireError(
      400,
      'SignatureDoesNotMatch',
      'Specified signature does not match our calculation. ' +
        `server StringToSign is [${stringToSign}] ` +
        `server CanonicalRequest is [${canonicalRequest.slice(0, echoLimit)}]`,
    ),
  incompleteSignature: () =>
    new WireError(
      400,
      'IncompleteSignature',
      'The request signature does not conform to Aliyun standards.',
    ),
  invalidSignatureMethod: () =>
    new WireError(400, 'InvalidSignatureMethod', 'Specified signature method is not valid.'),
  nonceUsed: () =>
    new WireError(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.'),
  timestampFormat: () =>
    new WireError(
      400,
      'InvalidTimeStamp.Format',
      'Specified time stamp or date value is not well formatted.',
    ),
  timestampExpired: () =>
    new WireError(
      400,
      'InvalidTimeStamp.Expired',
      'Specified time stamp or date value is expired.',
    ),
  missingSecurityToken: () =>
    new WireError(400, 'MissingSecurityToken', 'SecurityToken is mandatory for this action.'),
  securityTokenExpired: () =>
    new WireError(400, 'InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.'),
  securityTokenMalformed: () =>
    new WireError(400, 'InvalidSecurityToken.Malformed', 'Specified SecurityToken is malformed.'),
  securityTokenMismatch: () =>
    new WireError(
      400,
      'InvalidSecurityToken.MismatchWithAccessKey',
      'Specified SecurityToken mismatch with the AccessKey.',
    ),
  apiNotFound: () =>
    new WireError(
      404,
      'InvalidApi.NotFound',
      'Specified api is not found, please check your url and method.',
    ),
  invalidVersion: () =>
    new WireError(400, 'InvalidVersion', 'Specified parameter Version is not valid.'),
  noPermission: (detail: AccessDeniedDetail) =>
    new WireError(403, 'NoPermission', 'You are not authorized to do this action.', {
      AccessDeniedDetail: detail,
    }),
  throttling: () =>
    new WireError(429, 'Throttling', 'Request was denied due to request throttling.'),
  internalError: () =>
    new WireError(
      500,
      'InternalError',
      'The request processing has failed due to some unknown error.',
    ),
  serviceUnavailable: () =>
    new WireError(
      503,
      'ServiceUnavailable',
      'The request has failed due to a temporary failure of the server.',
    ),
  /** `InvalidParameter.WithMessage` of §6.1, also for bodies and queries that cannot be read. */
  invalidParameter: (name: string, reason: string) =>
    new WireError(
      400,
      'InvalidParameter.WithMessage',
      `The parameter is invalid {${name}}: ${reason}`,
    ),
} as const;

/** A required parameter that is not there, e.g. `MissingJobId` (schedulerx.md §3). */
export function missingParameter(name: string): WireError {
  return new WireError(400, `Missing${name}`, `${name} is mandatory for this action.`);
}

/** Why a request was refused, for the person who has to change a policy (sae.md §3.7). */
export interface AccessDeniedDetail {
  readonly PolicyType: string;
  readonly AuthPrincipalOwnerId: string;
  readonly AuthPrincipalType: 'SubUser' | 'AssumedRoleUser' | 'Federated';
  readonly AuthPrincipalDisplayName: string;
  readonly NoPermissionType: 'ImplicitDeny' | 'ExplicitDeny';
  readonly AuthAction: string;
  readonly EncodedDiagnosticMessage: string;
}
