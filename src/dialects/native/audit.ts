/** What the native API tells the audit log: names of members and of things, never values. */
import { type AuditedCall, auditNote, memberNames } from '../kit/audit.ts';
import type { NativeCaller, NativeOperation, NativeServices } from './operation.ts';
import { problemOf } from './problem.ts';

/** What a call says of itself before it is known how it goes. */
export interface NativeAudited {
  readonly caller: NativeCaller;
  /** What policies are asked about, without the account; empty = not known yet. */
  readonly resource: string;
  readonly query: unknown;
  readonly body: unknown;
  readonly requestId: string;
}

/** How the audit log treats an operation. */
export function auditedAs({ audited, method }: NativeOperation): NativeOperation['audited'] {
  return audited ?? (method === 'GET' ? 'denials' : undefined);
}

/**
 * Writes down a call of a known user; resolves when the line is durable, or at once for starts of
 * runs. `error` null = it succeeded.
 * @throws DomainError `unavailable` when it cannot be written.
 */
export async function auditCall(
  operation: NativeOperation,
  { caller, resource, query, body, requestId }: NativeAudited,
  error: { readonly thrown: unknown } | null,
  { engine }: NativeServices,
): Promise<void> {
  const note = auditNote(
    {
      user: caller.user.name,
      keyId: caller.keyId,
      sourceIp: caller.sourceIp,
      dialect: 'native',
      operation: operation.name,
      resource,
      requestId,
      names: [...memberNames(operation.query, query), ...memberNames(operation.body, body)],
    },
    error === null ? null : problemOf(error.thrown, requestId),
  );
  await (operation.audited === 'starts' ? engine.audit.follow(note) : engine.audit.record(note));
}

/** Who a caller says to be, unproved. */
export interface Stranger {
  /** Null = it names none. */
  readonly keyId: string | null;
  /** Name of a user, of a sign-in with a password; null = it names none. */
  readonly user: string | null;
  readonly sourceIp: string;
}

/** Writes down a call whose caller was not proved; it is named only when it exists. */
export async function auditStranger(
  operation: string,
  { keyId, user, sourceIp }: Stranger,
  requestId: string,
  thrown: unknown,
  { engine }: Pick<NativeServices, 'engine'>,
): Promise<void> {
  const known = keyId === null ? null : await engine.access.credentials(keyId);
  const named = user === null ? undefined : await userNamed(user, engine);
  const call: AuditedCall = {
    user: known?.user.name ?? named ?? '',
    keyId: known?.key.id ?? null,
    sourceIp,
    dialect: 'native',
    operation,
    resource: '',
    requestId,
    names: [],
  };
  engine.audit.refused(auditNote(call, problemOf(thrown, requestId)));
}

/** A name that nobody has may be a password in the wrong field. */
async function userNamed(
  name: string,
  { access }: NativeServices['engine'],
): Promise<string | undefined> {
  return (await access.users()).find((user) => user.name === name)?.name;
}
