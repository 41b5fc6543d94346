import { auditCall, auditedAs } from './audit.ts';
import { authorize } from './auth.ts';
import { templateNamed } from './find-template.ts';
import type { NativeCaller, NativeOperation, NativeReply, NativeServices } from './operation.ts';
import { partCheck } from './validation.ts';

/** A request as it came, nothing checked. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly lastEventId: string | null;
  /** Absent = the whole. */
  readonly range?: string | null;
  /** As the client reads it; absent = one of its own. */
  readonly requestId?: string;
}

/**
 * What the path names, e.g. `templates/<id>` or `runs/<id>`; the group for lists and creations.
 * A template's name is turned into its id first, or a policy about the id could be walked around.
 */
async function resourcePath(
  operation: NativeOperation,
  params: unknown,
  { engine }: NativeServices,
): Promise<string> {
  const named = Object.entries((params ?? {}) as Record<string, string>)[0];
  if (named === undefined) {
    return operation.group;
  }
  const [parameter, reference] = named;
  if (operation.group === 'links') {
    const { namespace, link } = params as Record<string, string>;
    return `links/${namespace}/${link}`;
  }
  if (parameter !== 'template') {
    return `${operation.group}/${reference}`;
  }
  const template = await templateNamed(engine, reference);
  return `templates/${template?.id ?? reference}`;
}

/**
 * All that follows the proof of who asks: shapes, policies, the operation itself, and its line in
 * the audit log. Whoever asks through another operation (a form) comes through here too.
 */
export function performer(
  operation: NativeOperation,
  services: NativeServices,
): (caller: NativeCaller, request: RawRequest) => Promise<NativeReply> {
  const checkParams = partCheck('path', operation.params, true);
  const checkQuery = partCheck('query', operation.query, true);
  const checkBody = partCheck('body', operation.body, false);
  const resource = `acs:longshore:${services.region}:${services.accountId}:`;
  const treated = auditedAs(operation);
  return async (caller, request) => {
    let path = '';
    const audit = (error: { readonly thrown: unknown } | null): Promise<void> => {
      const requestId = request.requestId ?? services.uuid();
      const { query, body } = request;
      const about = { caller, resource: path, query, body, requestId };
      return auditCall(operation, about, error, services);
    };
    let audited = treated === undefined || treated === 'starts';
    try {
      const params = checkParams(request.params);
      path = await resourcePath(operation, params, services);
      try {
        authorize(caller, operation.name, resource + path, services);
      } catch (error) {
        audited = true;
        throw error;
      }
      const answer = await operation.handle(
        {
          params,
          query: checkQuery(request.query),
          // A request without a body asks for the defaults, where the schema has them for all.
          body: checkBody(request.body ?? {}),
          caller,
          lastEventId: request.lastEventId,
          range: request.range ?? null,
        },
        services,
      );
      if (!audited) return answer;
      audited = false;
      await audit(null);
      return answer;
    } catch (error) {
      if (audited) await audit({ thrown: error });
      throw error;
    }
  };
}
