import { createHash, timingSafeEqual } from 'node:crypto';
import type { User } from '../../domain/access.ts';
import type { NativeCaller, NativeServices } from './operation.ts';
import { ProblemError } from './problem.ts';

/** Header with the security token that temporary keys must bring. */
export const securityTokenHeader = 'longshore-security-token';

/** Longest Authorization value that is looked at; a real one is below 200 characters. */
const maxAuthorizationLength = 4096;

/** The operator: whoever can read `operator.token` in the data folder. */
const operator: User = { name: 'operator', root: true, policies: [], createdAtMs: 0 };

/** Compares digests, so that neither length nor content shows in the time it takes. */
function sameSecret(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function refuse(): never {
  // One answer for every cause: which part was wrong is nobody's business.
  throw new ProblemError(
    'unauthenticated',
    'the credentials are missing, wrong, disabled or expired',
  );
}

function parseBasic(value: string): { readonly id: string; readonly secret: string } | null {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? null : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

/** The access key that a request says to have; null = none. */
export function claimedKey({ authorization = '' }: Credentials): string | null {
  if (authorization.length > maxAuthorizationLength || !/^basic /i.test(authorization)) return null;
  return parseBasic(authorization.slice('basic '.length).trim())?.id ?? null;
}

/** What authentication reads of a request. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly securityToken: string | undefined;
  readonly sourceIp: string;
}

/**
 * Finds out who asks: HTTP Basic with AccessKeyId and secret, or Bearer with the operator's token.
 * @throws ProblemError `unauthenticated`.
 */
export async function authenticate(
  credentials: Credentials,
  services: Pick<NativeServices, 'engine' | 'operatorToken' | 'nowMs'>,
): Promise<NativeCaller> {
  const { authorization, sourceIp } = credentials;
  if (authorization === undefined || authorization.length > maxAuthorizationLength) {
    return refuse();
  }
  const space = authorization.indexOf(' ');
  const scheme = authorization.slice(0, space).toLowerCase();
  const value = authorization.slice(space + 1).trim();
  if (scheme === 'bearer') {
    return sameSecret(value, services.operatorToken)
      ? { user: operator, keyId: null, sourceIp }
      : refuse();
  }
  const pair = scheme === 'basic' ? parseBasic(value) : null;
  if (pair === null) {
    return refuse();
  }
  const { securityToken } = credentials;
  const user = await keyOwner({ ...pair, securityToken }, services);
  return user === null ? refuse() : { user, keyId: pair.id, sourceIp };
}

/** The user of an access key whose secret, and token if it has one, are right; else null. */
export async function keyOwner(
  given: {
    readonly id: string;
    readonly secret: string;
    readonly securityToken: string | undefined;
  },
  services: Pick<NativeServices, 'engine' | 'nowMs'>,
): Promise<User | null> {
  const known = await services.engine.access.credentials(given.id);
  // An unknown key is compared too: its absence must not answer faster.
  const right = sameSecret(given.secret, known?.secret ?? `${given.secret}-`);
  if (!right || known === null || !known.key.enabled) return null;
  const { expiresAtMs, securityToken } = known.key;
  if (expiresAtMs !== null && expiresAtMs <= services.nowMs()) return null;
  if (securityToken !== null && !sameSecret(given.securityToken ?? '', securityToken)) return null;
  return known.user;
}

/**
 * Asks the policies whether the caller may do `longshore:<operation>` on the resource.
 * @throws ProblemError `forbidden` naming the action.
 */
export function authorize(
  caller: NativeCaller,
  operation: string,
  resource: string,
  services: Pick<NativeServices, 'engine' | 'nowMs'>,
): void {
  const action = `longshore:${operation}`;
  const decision = services.engine.access.authorize(caller.user, {
    action,
    resource,
    context: {
      'acs:SourceIp': caller.sourceIp,
      'acs:CurrentTime': new Date(services.nowMs()).toISOString(),
    },
  });
  if (!decision.allowed) {
    const why = decision.kind === 'ExplicitDeny' ? 'a policy denies' : 'no policy allows';
    throw new ProblemError(
      'forbidden',
      `${why} ${action} on ${resource} for user ${caller.user.name}`,
    );
  }
}
