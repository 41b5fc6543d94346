/** An error as the client sees it: HTTP status, code and message of the contract. */
export class WireError extends Error {
  readonly status: number;
  readonly code: string;
  /** Further members of the error body, e.g. `validation-result` (cdm.md §3.3). */
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

const unauthenticated = (reason: string): WireError =>
  new WireError(401, 'APIGW.0301', `Incorrect IAM authentication information: ${reason}`);

/** Longest access key that an error repeats. */
const echoLimit = 128;

/** The gateway's errors, the same for every product of the family (cdm.md §2.4). */
export const gatewayErrors = {
  noCredentials: () => unauthenticated('x-auth-token not found'),
  unknownToken: () => unauthenticated('decrypt token fail'),
  tokenExpired: (expiresAt: string) => unauthenticated(`token expires, expires_at:${expiresAt}`),
  badSignature: () => unauthenticated('verify aksk signature fail'),
  unsupportedAlgorithm: () =>
    unauthenticated('verify aksk signature fail: only SDK-HMAC-SHA256 is supported'),
  unknownAccessKey: (id: string) =>
    unauthenticated(`Get secretKey failed,ak:${id.slice(0, echoLimit)},err:ak not exist`),
  inactiveAccessKey: (id: string) =>
    unauthenticated(`Get secretKey failed,ak:${id.slice(0, echoLimit)},err:ak is inactive`),
  signatureExpired: () => unauthenticated('signature expired'),
  badSecurityToken: () => unauthenticated('security token is missing, wrong or expired'),
  accessKeyLocked: () => unauthenticated('AK access failed to reach the limit,forbidden'),
  otherProject: () =>
    new WireError(
      403,
      'APIGW.0302',
      'The IAM user is not allowed to access the API: the project id does not match the credentials.',
    ),
  noProject: () =>
    new WireError(
      403,
      'APIGW.0302',
      'The IAM user is not allowed to access the API: the token is not scoped to a project.',
    ),
  apiNotFound: () =>
    new WireError(404, 'APIGW.0101', 'The API does not exist or has not been published.'),
  bodyTooLarge: (limitBytes: number) =>
    new WireError(413, 'APIGW.0201', `Request entity too large: at most ${limitBytes} bytes.`),
  badRequest: (reason: string) =>
    new WireError(400, 'APIGW.0106', `The request is not well formed: ${reason}.`),
} as const;
