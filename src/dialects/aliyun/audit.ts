/** What the family tells the audit log: names of parameters and of things, never values. */
import { auditNote } from '../kit/audit.ts';
import type { Endpoint } from './endpoint.ts';
import type { WireError } from './errors.ts';
import type { AliyunFamily } from './family.ts';
import type { Incoming } from './incoming.ts';
import type { Params } from './operation.ts';
import type { Requester } from './requester.ts';
import type { Claim } from './signatures/claim.ts';

/** What ids look like; anything else is not repeated. */
const idPattern = /^[\w.:-]{1,64}$/;

/** Which things the parameters name, e.g. `JobId=5`; empty = none. */
function identified(endpoint: Endpoint, params: Params): string {
  let found = '';
  for (const name of endpoint.identifying) {
    const value = params.get(name);
    if (value === undefined || !idPattern.test(value)) continue;
    found += `${found === '' ? '' : ' '}${name}=${value}`;
  }
  return found;
}

/** Parameters that the operation knows and the request has. Lists are sent as `JobIdList.1`. */
function givenNames({ parameterNames, rpcOnly }: Endpoint, params: Params): readonly string[] {
  return parameterNames.filter((name) => params.has(name) || (rpcOnly && params.has(`${name}.1`)));
}

/**
 * Writes down a call of a known user; resolves when the line is durable, or at once for starts of
 * runs. `error` null = it succeeded. `resources`: as policies were asked, null = they were not.
 * @throws DomainError `unavailable` when it cannot be written.
 */
export async function auditCall(
  endpoint: Endpoint,
  requester: Requester,
  asked: { readonly params: Params; readonly requestId: string },
  resources: string | readonly string[] | null,
  error: WireError | null,
  { context }: AliyunFamily,
): Promise<void> {
  const { params, requestId } = asked;
  // Starts of runs are too many for a look into the store.
  const named = resources ?? (endpoint.starts ? '*' : ((await endpoint.resource?.(params)) ?? '*'));
  const words = typeof named === 'string' ? [named] : [...named];
  words.push(identified(endpoint, params));
  const note = auditNote(
    {
      user: requester.user.name,
      keyId: requester.keyId === '' ? null : requester.keyId,
      sourceIp: requester.sourceIp,
      dialect: endpoint.product,
      operation: endpoint.name,
      resource: words.filter((word) => word !== '' && word !== '*').join(' '),
      requestId,
      names: givenNames(endpoint, params),
    },
    error,
  );
  const { audit } = context.engine;
  await (endpoint.starts ? audit.follow(note) : audit.record(note));
}

/** Writes down a call whose caller was not proved; its key is named only when there is one. */
export async function auditStranger(
  endpoint: Endpoint,
  claim: Claim | null,
  incoming: Incoming | null,
  requestId: string,
  error: WireError,
  { context }: AliyunFamily,
): Promise<void> {
  const { access, audit } = context.engine;
  const known = claim === null ? null : await access.credentials(claim.keyId);
  audit.refused(
    auditNote(
      {
        user: known?.user.name ?? '',
        keyId: known?.key.id ?? null,
        sourceIp: incoming?.sourceIp ?? '',
        dialect: endpoint.product,
        operation: endpoint.name,
        resource: '',
        requestId,
        names: [],
      },
      error,
    ),
  );
}
