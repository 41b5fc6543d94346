import { timingSafeEqual } from 'node:crypto';
import type { AccessKey } from '../../domain/access.ts';
import { gatewayErrors } from './errors.ts';
import type { HuaweiFamily } from './family.ts';
import { wireTime } from './iam/wire-time.ts';
import type { Incoming } from './incoming.ts';
import type { Caller, Project } from './operation.ts';
import { readClaim, sdkHmacAlgorithm, signatureMatches } from './signatures/sdk-hmac.ts';

/** How far a request's time may be from the server's, in either direction (cdm.md §2.3). */
export const clockSkewLimitMs = 15 * 60_000;

/** Who asks, and what its credentials are limited to; a key is good for every project. */
export interface Credentials {
  readonly caller: Caller;
  readonly limitedTo: 'nothing' | 'domain' | { readonly projectId: string };
}

/**
 * Proves who sent a request: by its signature, or else by its token (cdm.md §2.3 step 9).
 * @throws WireError 401 APIGW.0301 with the contract's texts.
 */
export async function authenticate(incoming: Incoming, family: HuaweiFamily): Promise<Credentials> {
  const authorization = incoming.header('authorization')?.trim() ?? '';
  if (authorization.startsWith(`${sdkHmacAlgorithm} `)) {
    return bySignature(incoming, authorization, family);
  }
  const token = incoming.header('x-auth-token')?.trim() ?? '';
  if (token !== '') return byToken(token, incoming, family);
  throw /^\S*HMAC\S*(?: |$)/.test(authorization)
    ? gatewayErrors.unsupportedAlgorithm()
    : gatewayErrors.noCredentials();
}

async function bySignature(
  incoming: Incoming,
  authorization: string,
  family: HuaweiFamily,
): Promise<Credentials> {
  const claim = readClaim(incoming, authorization);
  const { keyId } = claim;
  const nowMs = family.context.nowMs();
  // Written so that a time that is no time at all is refused too.
  if (!(Math.abs(nowMs - claim.signedAtMs) <= clockSkewLimitMs)) {
    throw gatewayErrors.signatureExpired();
  }
  const credentials = await family.context.engine.access.credentials(keyId);
  if (credentials === null) throw gatewayErrors.unknownAccessKey(keyId);
  const { key, secret, user } = credentials;
  const failures = family.signatureFailures;
  if (failures.isLocked(keyId, nowMs)) throw gatewayErrors.accessKeyLocked();
  if (!signatureMatches(incoming, claim, secret, incoming.secure)) {
    failures.failed(keyId, nowMs);
    throw gatewayErrors.badSignature();
  }
  failures.succeeded(keyId);
  if (!key.enabled) throw gatewayErrors.inactiveAccessKey(keyId);
  checkSecurityToken(incoming.header('x-security-token')?.trim(), key, nowMs);
  return { caller: { user, keyId, sourceIp: incoming.sourceIp }, limitedTo: 'nothing' };
}

async function byToken(
  text: string,
  incoming: Incoming,
  family: HuaweiFamily,
): Promise<Credentials> {
  const token = await family.tokens.find(text);
  if (token === null) throw gatewayErrors.unknownToken();
  if (token.expiresAtMs <= family.context.nowMs()) {
    throw gatewayErrors.tokenExpired(wireTime(token.expiresAtMs));
  }
  const { user, scope } = token;
  return {
    caller: { user, keyId: null, sourceIp: incoming.sourceIp },
    limitedTo: scope.kind === 'domain' ? 'domain' : { projectId: scope.projectId },
  };
}

/**
 * The project of the path, which must be the caller's (cdm.md §2.1 and §2.4).
 * @throws WireError 403 APIGW.0302.
 */
export async function requireProject(
  projectId: string,
  credentials: Credentials,
  incoming: Incoming,
  family: HuaweiFamily,
): Promise<Project> {
  const { limitedTo } = credentials;
  if (limitedTo === 'domain') throw gatewayErrors.noProject();
  const stated = incoming.header('x-project-id')?.trim();
  if (stated !== undefined && stated !== '' && stated !== projectId) {
    throw gatewayErrors.otherProject();
  }
  if (limitedTo !== 'nothing' && limitedTo.projectId !== projectId) {
    throw gatewayErrors.otherProject();
  }
  const project = await family.projects.find(projectId);
  if (project === null) throw gatewayErrors.otherProject();
  return project;
}

/** Temporary keys come with their security token and end with it (cdm.md §2.3 step 9). */
function checkSecurityToken(token: string | undefined, key: AccessKey, nowMs: number): void {
  if (key.securityToken === null) {
    if (token) throw gatewayErrors.badSecurityToken();
    return;
  }
  const [given, right] = [Buffer.from(token ?? ''), Buffer.from(key.securityToken)];
  const same = given.length === right.length && timingSafeEqual(given, right);
  const expired = key.expiresAtMs !== null && key.expiresAtMs <= nowMs;
  if (!same || expired) throw gatewayErrors.badSecurityToken();
}
