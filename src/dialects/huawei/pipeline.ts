import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../../domain/errors.ts';
import { authenticate, requireProject } from './authenticate.ts';
import { bodyLimitBytes, dropBody, parseBody, readBody } from './body.ts';
import { WireError, gatewayErrors } from './errors.ts';
import type { HuaweiFamily } from './family.ts';
import { Incoming, parseQuery, pathSegments } from './incoming.ts';
import type { Caller, HuaweiCall, HuaweiOperation, HuaweiReply, Product } from './operation.ts';
import { RouteTable } from './routes.ts';
import { bodyCheck, queryCheck, type ShapeCheck } from './shape-check.ts';

/** Every method is routed to us, so that a wrong one is answered in the product's shape. */
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;

const jsonType = 'application/json;charset=UTF-8';

/** Name of the path parameter that callers must belong to. */
const projectParameter = '{project_id}';

/** A product, prepared for serving. */
interface Served<S> {
  readonly product: Product<S>;
  readonly routes: RouteTable<S>;
  readonly checks: ReadonlyMap<HuaweiOperation<S>, { query: ShapeCheck; body: ShapeCheck }>;
}

/** One path before operations, e.g. `/v1.1/{project_id}`. */
interface Base {
  readonly words: readonly string[];
  readonly hasProject: boolean;
}

/** One exchange from the head to the written answer. Never rejects and always answers. */
async function serve<S>(
  served: Served<S>,
  base: Base,
  family: HuaweiFamily,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { product } = served;
  const requestId = family.nextRequestId();
  try {
    const incoming = new Incoming(request.raw);
    const { operation, params, projectId } = findOperation(served, base, incoming);
    incoming.body = await readBody(request.raw, operation.maxBodyBytes ?? bodyLimitBytes);
    const credentials = operation.open === true ? null : await authenticate(incoming, family);
    const project =
      projectId === null || credentials === null
        ? null
        : await requireProject(projectId, credentials, incoming, family);
    const call: HuaweiCall = {
      params,
      ...readParts(served, operation, incoming),
      caller: credentials?.caller ?? { user: nobody, keyId: null, sourceIp: incoming.sourceIp },
      project,
      language: incoming.header('x-language') === 'zh-cn' ? 'zh-cn' : 'en-us',
      requestId,
      header: (name) => incoming.header(name),
    };
    authorize(product, operation, call, incoming, family);
    write(reply, await operation.handle(call, product.services), requestId);
  } catch (error) {
    const wireError = toWireError(error, product, requestId);
    if (!(error instanceof WireError) && wireError.status >= 500) {
      family.context.log.error({ err: error, requestId }, 'request failed');
    }
    await dropBody(request.raw);
    writeFailure(reply, product, wireError, requestId);
  }
}

/** Nobody: who signs in has no rights yet. */
const nobody: Caller['user'] = { name: '', root: false, policies: [], createdAtMs: 0 };

/** @throws WireError 404 APIGW.0101. */
function findOperation<S>({ product, routes }: Served<S>, base: Base, incoming: Incoming) {
  const segments = pathSegments(incoming.path);
  if (segments === null || segments.length < base.words.length) throw gatewayErrors.apiNotFound();
  const rest = segments.slice(base.words.length);
  const match = routes.find(incoming.method, product.canonicalPath?.(rest) ?? rest);
  if (match === null) throw gatewayErrors.apiNotFound();
  const projectId = base.hasProject ? (segments[base.words.indexOf(projectParameter)] ?? '') : null;
  return { ...match, projectId };
}

/** @throws WireError of the product's `misshapen`. */
function readParts<S>(
  { product, checks }: Served<S>,
  operation: HuaweiOperation<S>,
  incoming: Incoming,
) {
  const pairs = parseQuery(incoming.query);
  if (pairs === null) throw gatewayErrors.badRequest('the query cannot be decoded');
  const check = checks.get(operation);
  const query = check?.query(Object.fromEntries(pairs)) ?? { value: {} };
  if ('fault' in query) throw product.misshapen(query.fault);
  // Operations without a body take whatever clients send: SDKs send `{}` with a GET (§2.1).
  if (operation.body === undefined) return { query: query.value, body: {} };
  const value = parseBody(incoming.body);
  if (value === undefined) {
    throw product.misshapen({
      part: 'body',
      kind: 'not-json',
      where: '',
      rule: 'is not a JSON text in UTF-8',
    });
  }
  const body = check?.body(value) ?? { value };
  if ('fault' in body) throw product.misshapen(body.fault);
  return { query: query.value, body: body.value };
}

/** Asks the policies of the caller. @throws WireError of the product's `denied`. */
function authorize<S>(
  product: Product<S>,
  operation: HuaweiOperation<S>,
  call: HuaweiCall,
  incoming: Incoming,
  family: HuaweiFamily,
): void {
  const { action, alsoActions = [] } = operation;
  const { user } = call.caller;
  if (action === null || user.root) return;
  const { engine } = family.context;
  const context = {
    'acs:SourceIp': incoming.sourceIp,
    'acs:CurrentTime': new Date(family.context.nowMs()).toISOString(),
    'acs:SecureTransport': String(incoming.secure),
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

/**
 * Serves a product in a plugin scope of its own. What is under its bases and nobody's operation is
 * answered by it too.
 */
export async function mountProduct<S>(
  scope: FastifyInstance,
  product: Product<S>,
  family: HuaweiFamily,
): Promise<void> {
  const served: Served<S> = {
    product,
    routes: new RouteTable(),
    checks: new Map(
      product.operations.map((operation) => [
        operation,
        { query: queryCheck(operation.query), body: bodyCheck(operation.body) },
      ]),
    ),
  };
  for (const operation of product.operations) served.routes.add(operation);
  await scope.register(async (inner) => {
    inner.removeAllContentTypeParsers();
    // Bodies stay unread until it is known whose they are; signatures cover their bytes.
    inner.addContentTypeParser('*', (_request, _payload, done) => done(null));
    inner.setErrorHandler(async (error, request, reply) => {
      await dropBody(request.raw);
      writeFailure(reply, product, headFault(error), family.nextRequestId());
      return reply;
    });
    for (const path of product.bases) {
      const words = path.split('/').slice(1);
      const hasProject = words.includes(projectParameter);
      const fixed = hasProject ? words.slice(0, words.indexOf(projectParameter)) : words;
      inner.route({
        method: [...methods],
        url: `/${fixed.join('/')}/*`,
        exposeHeadRoute: false,
        handler: (request, reply) => {
          void serve(served, { words, hasProject }, family, request, reply);
        },
      });
    }
  });
}

/** What the HTTP layer refuses before a request comes to us. */
function headFault(error: unknown): WireError {
  return gatewayErrors.badRequest(error instanceof Error ? error.message : 'malformed');
}

function toWireError<S>(error: unknown, product: Product<S>, requestId: string): WireError {
  if (error instanceof WireError) return error;
  if (error instanceof DomainError) return product.errors[error.code](error.details, error.message);
  return product.internalError(requestId);
}

function writeFailure<S>(
  reply: FastifyReply,
  product: Product<S>,
  error: WireError,
  requestId: string,
): void {
  const body = product.failureBody(error, requestId);
  send(reply, error.status, body, requestId);
}

function write(reply: FastifyReply, answer: HuaweiReply, requestId: string): void {
  for (const [name, value] of Object.entries(answer.headers ?? {})) void reply.header(name, value);
  send(reply, answer.status, answer.body, requestId);
}

function send(reply: FastifyReply, status: number, body: unknown, requestId: string): void {
  void reply
    .code(status)
    .header('content-type', jsonType)
    .header('x-request-id', requestId)
    .send(JSON.stringify(body));
}
