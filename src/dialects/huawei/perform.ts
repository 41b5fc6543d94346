import { DomainError } from '../../domain/errors.ts';
import { auditCall, readsOnly } from './audit.ts';
import { parseBody } from './body.ts';
import { WireError } from './errors.ts';
import type { HuaweiFamily } from './family.ts';
import type { HuaweiCall, HuaweiOperation, HuaweiReply, Product } from './operation.ts';
import type { ShapeCheck } from './shape-check.ts';

/**
 * All that follows the proof of who asks: policies, the operation with its checks, and its line in
 * the audit log. Whoever comes another way than by a signature or a token comes through here too.
 * @throws WireError of the product's `denied`; WireError, DomainError as the operation does.
 */
export async function perform<S>(
  product: Product<S>,
  operation: HuaweiOperation<S>,
  call: HuaweiCall,
  secure: boolean,
  family: HuaweiFamily,
): Promise<HuaweiReply> {
  // Of what changes nothing only denials are written down.
  let audited = true;
  try {
    authorize(product, operation, call, secure, family);
    audited = !readsOnly(operation);
    const reply = await operation.handle(call, product.services);
    if (!audited) return reply;
    audited = false;
    await auditCall(product, operation, call, null, family);
    return reply;
  } catch (error) {
    if (audited) {
      const told = wireErrorOf(error, product, call.requestId);
      await auditCall(product, operation, call, told, family);
    }
    throw error;
  }
}

/** Anything thrown as the client reads it; what is no refusal is told as an internal error. */
export function wireErrorOf<S>(error: unknown, product: Product<S>, requestId: string): WireError {
  if (error instanceof WireError) return error;
  if (error instanceof DomainError) return product.errors[error.code](error.details, error.message);
  return product.internalError(requestId);
}

/**
 * A body as its operation wants it.
 * @throws WireError of the product's `misshapen`.
 */
export function shapedBody<S>(
  product: Product<S>,
  operation: HuaweiOperation<S>,
  check: ShapeCheck | undefined,
  bytes: Uint8Array,
): unknown {
  // Operations without a body take whatever clients send: SDKs send `{}` with a GET (§2.1).
  if (operation.body === undefined) return {};
  const value = parseBody(bytes);
  if (value === undefined) {
    throw product.misshapen({
      part: 'body',
      kind: 'not-json',
      where: '',
      rule: 'is not a JSON text in UTF-8',
    });
  }
  const body = check?.(value) ?? { value };
  if ('fault' in body) throw product.misshapen(body.fault);
  return body.value;
}

/** Asks the policies of the caller. @throws WireError of the product's `denied`. */
function authorize<S>(
  product: Product<S>,
  operation: HuaweiOperation<S>,
  call: HuaweiCall,
  secure: boolean,
  family: HuaweiFamily,
): void {
  const { action, alsoActions = [] } = operation;
  const { user, sourceIp } = call.caller;
  if (action === null || user.root) return;
  const { engine } = family.context;
  const context = {
    'acs:SourceIp': sourceIp,
    'acs:CurrentTime': new Date(family.context.nowMs()).toISOString(),
    'acs:SecureTransport': String(secure),
    'acs:MFAPresent': 'false',
  };
  const named = operation.resource?.(call, product.services) ?? '*';
  const resources = typeof named === 'string' ? [named] : named;
  // A call that does several things, or touches several, must be allowed each on each of them.
  for (const wanted of [action, ...alsoActions]) {
    for (const resource of resources) {
      if (!engine.access.authorize(user, { action: wanted, resource, context }).allowed) {
        throw product.denied(wanted);
      }
    }
  }
}
