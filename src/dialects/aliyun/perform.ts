import { auditCall } from './audit.ts';
import { authorize } from './authenticate.ts';
import { type Endpoint, wireErrorOf } from './endpoint.ts';
import type { AliyunFamily } from './family.ts';
import type { Params, Reply } from './operation.ts';
import type { Requester } from './requester.ts';

/** What is asked. */
export interface Asked {
  readonly params: Params;
  readonly requestId: string;
  /** The Host header as the client wrote it. */
  readonly host: string;
}

/**
 * All that follows the proof of who asks: policies, grants, the operation with its checks, and its
 * line in the audit log. Whoever comes another way than by a signature comes through here too.
 * @throws WireError, DomainError as the operation does; `NoPermission`.
 */
export async function perform(
  endpoint: Endpoint,
  requester: Requester,
  asked: Asked,
  family: AliyunFamily,
): Promise<Reply> {
  const { params, requestId, host } = asked;
  const { user, keyId, sourceIp, traceparent = null } = requester;
  const resources =
    endpoint.resource !== null && !user.root ? await endpoint.resource(params) : null;
  // Of what changes nothing only denials are written down.
  let audited = true;
  try {
    await authorizeAll(endpoint, resources ?? '*', requester, params, family);
    audited = !endpoint.reads;
    const caller = { user: user.name, keyId, sourceIp, traceparent };
    const reply = await endpoint.handle({ params, caller, requestId, host });
    if (!audited) return reply;
    audited = false;
    await auditCall(endpoint, requester, asked, resources, null, family);
    return reply;
  } catch (error) {
    if (audited) {
      const told = wireErrorOf(error, endpoint);
      await auditCall(endpoint, requester, asked, resources, told, family);
    }
    throw error;
  }
}

/** A call that touches several things must be allowed on each of them. @throws `NoPermission`. */
async function authorizeAll(
  endpoint: Endpoint,
  resources: string | readonly string[],
  requester: Requester,
  params: Params,
  family: AliyunFamily,
): Promise<void> {
  const { grants } = endpoint;
  const granted = grants === null ? null : () => grants(requester.user.name, params);
  for (const resource of typeof resources === 'string' ? [resources] : resources) {
    await authorize(endpoint, resource, requester, family, granted);
  }
}
