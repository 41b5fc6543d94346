import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { User } from '../../domain/access.ts';
import { auditNote } from '../kit/audit.ts';
import { auditStranger } from './audit.ts';
import { keyOwner } from './auth.ts';
import type { NativeOperation, NativeServices } from './operation.ts';
import { ProblemError } from './problem.ts';
import {
  dropCookie,
  guardRequest,
  keepCookie,
  proveCaller,
  sessionCookieOf,
} from './session-caller.ts';
import { SignInPace } from './session-pace.ts';
import type { Sessions } from './sessions.ts';
import { partCheck } from './validation.ts';
import { KeySignIn, PasswordSignIn, type SessionView } from './views/session.ts';

/** What a sign-in may send. */
const bodyLimitBytes = 16 * 1024;

const path = '/session';

/**
 * The console's sessions. They are no operations: no policy is asked who may sign in, and programs
 * have no use for them.
 */
export function mountSessions(
  scope: FastifyInstance,
  operations: readonly NativeOperation[],
  sessions: Sessions,
  services: NativeServices,
): void {
  const pace = new SignInPace();
  const signIn = createSignIn(pace, services);
  const view = (user: User, keyId: string | null, expiresAtMs: number | null): SessionView => ({
    user: user.name,
    root: user.root,
    keyId,
    expiresAtMs,
    region: services.region,
    accountId: services.accountId,
    version: services.version,
    rights: rightsOf(user, operations, services),
  });

  scope.get(path, { exposeHeadRoute: false }, async (request, reply) => {
    const { caller, session } = await proveCaller(request, reply, sessions, services);
    return view(caller.user, caller.keyId, session?.expiresAtMs ?? null);
  });

  scope.post(path, { bodyLimit: bodyLimitBytes }, async (request, reply) => {
    guardRequest(request, services.baseUrl());
    const requestId = services.uuid();
    const waitMs = pace.waitMs(request.ip, services.nowMs());
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1_000);
      void reply.header('retry-after', String(seconds));
      throw new ProblemError(
        'too-many-sign-ins',
        `too many sign-ins from this address have failed; the next can be tried in ${seconds} s`,
      );
    }
    const { user, keyId } = await signIn(request, requestId);
    const nowMs = services.nowMs();
    const cookie = await sessions.issue(user, keyId, nowMs);
    const session = await sessions.find(cookie, nowMs);
    if (session === null) {
      throw new ProblemError('unauthenticated', 'the credentials were changed in this moment');
    }
    await audit('SignIn', user, keyId, request, requestId, services);
    keepCookie(reply, cookie, session.expiresAtMs, nowMs);
    return view(user, keyId, session.expiresAtMs);
  });

  scope.delete(path, async (request, reply) => {
    const { caller } = await proveCaller(request, reply, sessions, services);
    const cookie = sessionCookieOf(request);
    if (cookie !== null) await sessions.end(cookie, services.nowMs());
    await audit('SignOut', caller.user, caller.keyId, request, services.uuid(), services);
    dropCookie(reply);
    return reply.code(204).send();
  });

  scope.addHook('onSend', async (request, reply) => {
    if (request.routeOptions.url?.endsWith(path) === true) {
      void reply.header('cache-control', 'no-store');
    }
  });
}

/** By operation, whether any policy of the user could allow it on anything of the native API. */
function rightsOf(
  user: User,
  operations: readonly NativeOperation[],
  { engine, region, accountId }: NativeServices,
): Readonly<Record<string, boolean>> {
  const prefix = `acs:longshore:${region}:${accountId}:`;
  return Object.fromEntries(
    operations.map(({ name }) => [
      name,
      engine.access.couldAllow(user, `longshore:${name}`, prefix),
    ]),
  );
}

type SignIn = (
  request: FastifyRequest,
  requestId: string,
) => Promise<{ readonly user: User; readonly keyId: string | null }>;

/** Checks what a sign-in brings. Failures take as long as successes, whatever was wrong. */
function createSignIn(pace: SignInPace, services: NativeServices): SignIn {
  const checkKey = partCheck('body', KeySignIn, false);
  const checkPassword = partCheck('body', PasswordSignIn, false);
  return async (request, requestId) => {
    const body = request.body ?? {};
    const given =
      typeof body === 'object' && 'accessKeyId' in body
        ? { kind: 'key' as const, ...(checkKey(body) as KeySignIn) }
        : { kind: 'password' as const, ...(checkPassword(body) as PasswordSignIn) };
    pace.begin(request.ip, services.nowMs());
    const user =
      given.kind === 'key'
        ? await keyOwner(
            {
              id: given.accessKeyId,
              secret: given.accessKeySecret,
              securityToken: given.securityToken,
            },
            services,
          )
        : await services.engine.passwords.check(given.user, given.password);
    const keyId = given.kind === 'key' ? given.accessKeyId : null;
    if (user === null) {
      const error = new ProblemError(
        'unauthenticated',
        'the credentials are wrong, disabled or expired',
        'Try again; an operator can make a new key or password: longshore keys create, longshore users set-password',
      );
      const claimed = given.kind === 'key' ? null : given.user;
      const stranger = { keyId, user: claimed, sourceIp: request.ip };
      await auditStranger('SignIn', stranger, requestId, error, services);
      throw error;
    }
    pace.succeeded(request.ip);
    return { user, keyId };
  };
}

async function audit(
  operation: 'SignIn' | 'SignOut',
  user: User,
  keyId: string | null,
  request: FastifyRequest,
  requestId: string,
  { engine }: NativeServices,
): Promise<void> {
  await engine.audit.record(
    auditNote(
      {
        user: user.name,
        keyId,
        sourceIp: request.ip,
        dialect: 'native',
        operation,
        resource: 'session',
        requestId,
        names: [],
      },
      null,
    ),
  );
}
