/** Webhooks: requests without a signature that start templates (sae.md §4.3.8). */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Template } from '../../../domain/template.ts';
import type { SubmitRequest } from '../../../engine/index.ts';
import { createExchangeIds } from '../../aliyun/envelope.ts';
import { gatewayErrors, WireError } from '../../aliyun/errors.ts';
import { Incoming } from '../../aliyun/incoming.ts';
import type { SaeServices } from '../services.ts';
import { auditNote, type ToldError } from '../../kit/audit.ts';
import { storedTrigger, webhookPath, webhookTokenHash } from '../translate/webhook.ts';
import { accepted, failed, unknownWebhook, type WebhookAnswer } from './answers.ts';
import { readEventData } from './body.ts';
import { type Origin, originOf } from './origin.ts';
import { webhookRefusal } from './rules.ts';

/**
 * Methods that reach the rules of a trigger. CONNECT cannot: it asks a proxy for a tunnel, and
 * Node's server ends such connections.
 */
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'] as const;

/** Characters of a token that are looked at; a real one is shorter. */
const maxTokenChars = 64;

/** Variable in which a job finds the body (sae.md §7.2 U16). */
const eventDataVariable = 'SAE_EVENT_DATA';

/** A template that its webhook may start, and who asks. */
interface Admitted {
  readonly template: Template;
  readonly origin: Origin;
}

/** What is known of a request. */
interface Known {
  readonly template: Template | null;
  readonly sourceIp: string;
}

/** Its line in the audit log; the token is in none. */
function noteOf({ template, sourceIp }: Known, requestId: string, error: ToldError | null) {
  const call = {
    user: '',
    keyId: null,
    sourceIp,
    dialect: 'sae',
    operation: 'Webhook',
    resource: template === null ? '' : `application/${template.namespace}/${template.id}`,
    requestId,
    names: [],
  };
  return auditNote(call, error);
}

/** Serves the webhooks of all templates, in a plugin scope of its own. */
export async function mountWebhooks(scope: FastifyInstance, services: SaeServices): Promise<void> {
  const { context } = services;
  const nextIds = createExchangeIds(
    () => context.uuid(),
    () => context.nowMs(),
    '127.0.0.1',
  );
  await scope.register(async (inner) => {
    inner.removeAllContentTypeParsers();
    // The body is read once the rules have let the request through, and not before.
    inner.addContentTypeParser('*', (_request, _payload, done) => done(null));
    inner.setErrorHandler((error, _request, reply) => {
      write(reply, failed(nextIds().requestId, readable(error)));
    });
    inner.route({
      method: [...methods],
      url: webhookPath,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const { requestId } = nextIds();
        write(reply, await answer(request, requestId, services));
        return reply;
      },
    });
  });
}

async function answer(
  request: FastifyRequest,
  requestId: string,
  services: SaeServices,
): Promise<WebhookAnswer> {
  const { engine, log } = services.context;
  let known: Known = { template: null, sourceIp: request.ip };
  try {
    const admitted = await admit(request.raw, services, (found) => {
      known = found;
    });
    const eventData = await readEventData(request.raw, services.settings.webhookEventData);
    const { run } = await engine.runs.submit({
      ...submitRequest(admitted, eventData),
      traceparent: headerOf(request, 'traceparent'),
    });
    await engine.audit.follow(noteOf(known, requestId, null));
    return accepted(requestId, run.id);
  } catch (error) {
    const told = failed(requestId, error);
    if (told.status >= 500) log.error({ err: error, requestId }, 'webhook failed');
    const code = String(told.body['ErrorCode'] ?? '');
    engine.audit.refused(noteOf(known, requestId, { status: told.status, code }));
    return told;
  }
}

/**
 * The template that the request's token belongs to, once its rules take the request.
 * @throws WireError 404 for an unknown token, 403 or 405 when the rules refuse.
 */
async function admit(
  message: IncomingMessage,
  { context, settings }: SaeServices,
  onKnown: (known: Known) => void,
): Promise<Admitted> {
  const incoming = new Incoming(message, undefined);
  const tokens = incoming.query.filter(([name]) => name === 'token').map(([, value]) => value);
  // Whatever is sent is hashed and looked up, so that the time taken tells nothing.
  const hash = webhookTokenHash(
    (tokens.length === 1 ? (tokens[0] ?? '') : '').slice(0, maxTokenChars),
  );
  const template = await context.engine.catalog.templateByWebhook(hash);
  if (template === null || template.dialect !== 'sae') throw unknownWebhook();
  const trigger = storedTrigger(template.document);
  if (trigger?.kind !== 'http') throw unknownWebhook();
  const origin = originOf(incoming, message.headers, settings.trustForwardedHeaders);
  onKnown({ template, sourceIp: origin.sourceIp });
  const refusal = webhookRefusal(trigger, {
    ...origin,
    method: incoming.method,
    referer: incoming.header('referer'),
  });
  if (refusal !== null) {
    context.log.info(
      { templateId: template.id, sourceIp: origin.sourceIp, code: refusal.code },
      'webhook refused',
    );
    throw refusal;
  }
  return { template, origin };
}

function submitRequest({ template, origin }: Admitted, eventData: string | null): SubmitRequest {
  return {
    templateId: template.id,
    dialect: 'sae',
    trigger: 'webhook',
    idPrefix: 'event-',
    idSuffix: '-00',
    idempotencyKey: null,
    notBeforeMs: null,
    by: `webhook from ${origin.sourceIp || 'an unknown address'}`,
    override:
      eventData === null
        ? null
        : ({ spec, document, notActedOn }) => ({
            spec: {
              ...spec,
              task: {
                ...spec.task,
                // A variable that the template defines wins.
                env: { [eventDataVariable]: eventData, ...spec.task.env },
              },
            },
            document,
            notActedOn,
          }),
  };
}

function headerOf(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

/** What the HTTP layer refuses about a request, as an answer of ours. */
function readable(error: unknown): unknown {
  if (!(error instanceof Error) || !('statusCode' in error)) return error;
  const status = error.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500
    ? new WireError(status, 'Webhook.BadRequest', error.message)
    : gatewayErrors.internalError();
}

function write(reply: FastifyReply, { status, body }: WebhookAnswer): void {
  const allowed = body['AllowedMethods'];
  if (Array.isArray(allowed)) reply.header('allow', allowed.join(', '));
  // What is left of a body that was too large is not read any more.
  if (status === 413) reply.header('connection', 'close');
  void reply
    .code(status)
    .header('content-type', 'application/json;charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(body));
}
