import type { AccessKey, User } from '../../domain/access.ts';
import type { Endpoint } from './endpoint.ts';
import { gatewayErrors } from './errors.ts';
import type { AliyunFamily } from './family.ts';
import type { Requester } from './requester.ts';
import { createSigningKeys, equalSecret } from './signatures/claim.ts';
import type { Claim, SigningKeys } from './signatures/claim.ts';

/** How far a request's time may be from the server's, in either direction (sae.md §3.5). */
export const clockSkewLimitMs = 15 * 60_000;

/** Longest security token that is looked at. */
const tokenLengthLimit = 4_096;
const tokenPattern = /^[\w+/=.~-]+$/;

/** A key, its secret and its user, as the engine hands them out. */
interface Credentials {
  readonly key: AccessKey;
  readonly secret: string;
  readonly user: User;
}

/** Prepared secrets; the engine hands out one object per unchanged key, so changes drop out. */
const signingKeys = new WeakMap<Credentials, SigningKeys>();

/**
 * Proves who sent a request, in the order of sae.md §3: time window, key, signature, security
 * token, nonce. The nonce is recorded last, so forged requests cannot burn nonces.
 * @param reads whether the operation changes nothing.
 * @throws WireError of §3.6.
 */
export async function authenticate(
  claim: Claim,
  family: AliyunFamily,
  reads = false,
): Promise<Credentials> {
  const nowMs = family.context.nowMs();
  checkFreshness(claim, nowMs);
  const credentials = await family.context.engine.access.credentials(claim.keyId);
  if (credentials === null) throw gatewayErrors.unknownAccessKey();
  if (!credentials.key.enabled) throw gatewayErrors.inactiveAccessKey();
  claim.verify(preparedKeys(credentials));
  checkSecurityToken(claim.securityToken, credentials.key, nowMs);
  // Without a nonce the same question may well be asked twice in one second; the same order may not.
  if (claim.nonce === null && reads) return credentials;
  const nonce = claim.nonce ?? `signature ${claim.signature ?? ''}`;
  const verdict = family.nonces.remember(claim.keyId, nonce, nowMs);
  if (verdict === 'used') throw gatewayErrors.nonceUsed();
  if (verdict === 'full') throw gatewayErrors.throttling();
  return credentials;
}

/**
 * Asks the policies of the user (sae.md §3.7).
 * @param resource RAM resource name; `*` when the operation has none.
 * @param granted asked when no policy mentions the call: whether something else allows it.
 * @throws WireError `NoPermission` with `AccessDeniedDetail`.
 */
export async function authorize(
  endpoint: Endpoint,
  resource: string,
  requester: Requester,
  family: AliyunFamily,
  granted: (() => Promise<boolean>) | null = null,
): Promise<void> {
  const { context } = family;
  const { user } = requester;
  const decision = context.engine.access.authorize(user, {
    action: endpoint.ramAction,
    resource,
    // The root passes every check, so its requests need no conditions.
    context: user.root ? {} : conditionKeys(requester, context.nowMs()),
  });
  if (decision.allowed) return;
  if (decision.kind === 'ImplicitDeny' && granted !== null && (await granted())) return;
  throw gatewayErrors.noPermission({
    PolicyType: 'AccountLevelIdentityBasedPolicy',
    AuthPrincipalOwnerId: context.accountId,
    AuthPrincipalType: requester.temporary ? 'AssumedRoleUser' : 'SubUser',
    AuthPrincipalDisplayName: user.name,
    NoPermissionType: decision.kind,
    AuthAction: endpoint.ramAction,
    EncodedDiagnosticMessage: Buffer.from(
      JSON.stringify({ user: user.name, action: endpoint.ramAction, resource }),
    ).toString('base64'),
  });
}

/** @throws WireError `InvalidTimeStamp.Format` or `InvalidTimeStamp.Expired`. */
export function checkFreshness(claim: Claim, nowMs: number): void {
  if (Number.isNaN(claim.signedAtMs)) throw gatewayErrors.timestampFormat();
  if (Math.abs(nowMs - claim.signedAtMs) > clockSkewLimitMs) throw gatewayErrors.timestampExpired();
}

/** Temporary credentials of §3.3. @throws WireError `MissingSecurityToken` or `InvalidSecurityToken.*`. */
export function checkSecurityToken(token: string | undefined, key: AccessKey, nowMs: number): void {
  if (!token) {
    if (key.securityToken !== null) throw gatewayErrors.missingSecurityToken();
    return;
  }
  if (token.length > tokenLengthLimit || !tokenPattern.test(token)) {
    throw gatewayErrors.securityTokenMalformed();
  }
  if (key.securityToken === null || !equalSecret(token, key.securityToken)) {
    throw gatewayErrors.securityTokenMismatch();
  }
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) {
    throw gatewayErrors.securityTokenExpired();
  }
}

function conditionKeys(
  { sourceIp, secure }: Requester,
  nowMs: number,
): Readonly<Record<string, string>> {
  return {
    'acs:SourceIp': sourceIp,
    'acs:CurrentTime': new Date(nowMs).toISOString(),
    'acs:SecureTransport': String(secure),
    'acs:MFAPresent': 'false',
  };
}

function preparedKeys(credentials: Credentials): SigningKeys {
  let keys = signingKeys.get(credentials);
  if (keys === undefined) {
    keys = createSigningKeys(credentials.secret);
    signingKeys.set(credentials, keys);
  }
  return keys;
}
