import type { FastifyReply, FastifyRequest } from 'fastify';
import { authenticate, type Credentials, securityTokenHeader } from './auth.ts';
import type { NativeCaller, NativeServices } from './operation.ts';
import { ProblemError } from './problem.ts';
import { droppedCookie, keptCookie, readSessionCookie } from './session-cookie.ts';
import { consoleHeader, guardOrigin } from './session-guard.ts';
import { type Session, sessionIdleMs, type Sessions } from './sessions.ts';

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** What a request brings to prove who asks, besides a session. */
export function credentialsOf(request: FastifyRequest): Credentials {
  return {
    authorization: header(request, 'authorization'),
    securityToken: header(request, securityTokenHeader),
    sourceIp: request.ip,
  };
}

/** The cookie's value; null when the request has none or proves itself in another way. */
export function sessionCookieOf(request: FastifyRequest): string | null {
  if (header(request, 'authorization') !== undefined) return null;
  return readSessionCookie(header(request, 'cookie'));
}

/** Whether a browser asks: a challenge for HTTP Basic would make it show a dialog of its own. */
export function isBrowser(request: FastifyRequest): boolean {
  return (
    header(request, 'sec-fetch-site') !== undefined || header(request, consoleHeader) !== undefined
  );
}

/** @throws ProblemError `foreign-origin` for what a page of another origin may have sent. */
export function guardRequest(request: FastifyRequest, baseUrl: string): void {
  guardOrigin({
    method: request.method,
    // Empty for a moment, until the server knows its own address.
    hosts: [request.host, ...(URL.canParse(baseUrl) ? [new URL(baseUrl).host] : [])],
    origin: header(request, 'origin'),
    secFetchSite: header(request, 'sec-fetch-site'),
    consoleHeader: header(request, consoleHeader),
  });
}

/** Puts a session's cookie into the answer, for as long as the session may live. */
export function keepCookie(reply: FastifyReply, value: string, expiresAtMs: number, nowMs: number) {
  const secure = reply.request.protocol === 'https';
  const maxAgeMs = Math.min(sessionIdleMs, expiresAtMs - nowMs);
  void reply.header('set-cookie', keptCookie(value, maxAgeMs, secure));
}

/** Has the browser forget the session. */
export function dropCookie(reply: FastifyReply): void {
  void reply.header('set-cookie', droppedCookie(reply.request.protocol === 'https'));
}

/** Who asks, and the session by which that is known; null = by a header. */
export interface ProvedCaller {
  readonly caller: NativeCaller;
  readonly session: Session | null;
}

/**
 * Finds out who asks: by the Authorization header, or by the console's session.
 * @throws ProblemError `unauthenticated`; `foreign-origin` when a session is misused.
 */
export async function proveCaller(
  request: FastifyRequest,
  reply: FastifyReply,
  sessions: Sessions,
  services: NativeServices,
): Promise<ProvedCaller> {
  const cookie = sessionCookieOf(request);
  if (cookie === null) {
    return { caller: await authenticate(credentialsOf(request), services), session: null };
  }
  guardRequest(request, services.baseUrl());
  const nowMs = services.nowMs();
  const session = await sessions.find(cookie, nowMs);
  if (session === null) {
    dropCookie(reply);
    throw new ProblemError('unauthenticated', 'the session has ended', 'Sign in again.');
  }
  void reply.header('cache-control', 'no-store');
  if (session.renewed !== null) keepCookie(reply, session.renewed, session.expiresAtMs, nowMs);
  const { user, keyId } = session;
  return { caller: { user, keyId, sourceIp: request.ip }, session };
}
