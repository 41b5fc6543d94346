/** What the family tells the audit log: names of members and of things, never values. */
import { type AuditedCall, auditNote, memberNames } from '../kit/audit.ts';
import type { WireError } from './errors.ts';
import type { HuaweiFamily } from './family.ts';
import type { Caller, HuaweiCall, HuaweiOperation, Product } from './operation.ts';

/** Who asks, as far as it is known. */
export interface Asker {
  /** Null = not proved. */
  readonly proved: Caller | null;
  /** The key that it says to have; null = none. */
  readonly keyId: string | null;
  readonly sourceIp: string;
}

/** Whether it changes nothing: the log has no lines for what it answers. */
export function readsOnly<S>({ method }: HuaweiOperation<S>): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * Writes down a call that has its parts; resolves when the line is durable, or at once for starts
 * of runs. `error` null = it succeeded.
 * @throws DomainError `unavailable` when it cannot be written.
 */
export async function auditCall<S>(
  product: Product<S>,
  operation: HuaweiOperation<S>,
  call: HuaweiCall,
  error: WireError | null,
  { context }: HuaweiFamily,
): Promise<void> {
  const { audit } = context.engine;
  const { user, keyId, sourceIp } = call.caller;
  const isOpen = operation.open === true;
  const named = operation.resource?.(call, product.services) ?? '*';
  const resources = (typeof named === 'string' ? [named] : named).filter((name) => name !== '*');
  const note = auditNote(
    {
      user: isOpen ? ((await operation.claimedUser?.(call, product.services)) ?? '') : user.name,
      keyId,
      sourceIp,
      dialect: product.name,
      operation: operation.name,
      resource: resources.join(' '),
      requestId: call.requestId,
      names: [
        ...memberNames(operation.query, call.query),
        ...memberNames(operation.body, call.body),
      ],
    },
    error,
  );
  if (isOpen && error !== null) audit.refused(note);
  else await (operation.starts === true ? audit.follow(note) : audit.record(note));
}

/**
 * Writes down a call that was refused before it had its parts. A caller that was not proved is
 * named only when its key is known.
 */
export async function auditUnserved<S>(
  product: Product<S>,
  operation: HuaweiOperation<S>,
  caller: Asker,
  requestId: string,
  error: WireError,
  { context }: HuaweiFamily,
): Promise<void> {
  const { access, audit } = context.engine;
  const call: AuditedCall = {
    user: '',
    keyId: null,
    sourceIp: caller.sourceIp,
    dialect: product.name,
    operation: operation.name,
    resource: '',
    requestId,
    names: [],
  };
  if (caller.proved !== null) {
    const { user, keyId } = caller.proved;
    // Of what changes nothing only denials are written down.
    if (readsOnly(operation) && error.status !== 403) return;
    await audit.record(auditNote({ ...call, user: user.name, keyId }, error));
    return;
  }
  const known = caller.keyId === null ? null : await access.credentials(caller.keyId);
  audit.refused(
    auditNote({ ...call, user: known?.user.name ?? '', keyId: known?.key.id ?? null }, error),
  );
}
