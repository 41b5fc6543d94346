import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Asker, auditUnserved } from './audit.ts';
import { authenticate, requireProject } from './authenticate.ts';
import { bodyLimitBytes, dropBody, readBody } from './body.ts';
import { WireError, gatewayErrors } from './errors.ts';
import type { HuaweiFamily } from './family.ts';
import { Incoming, parseQuery, pathSegments } from './incoming.ts';
import type { Caller, HuaweiCall, HuaweiOperation, HuaweiReply, Product } from './operation.ts';
import { perform, shapedBody, wireErrorOf } from './perform.ts';
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
  let unserved: { readonly operation: HuaweiOperation<S>; asker: Asker } | null = null;
  try {
    const incoming = new Incoming(request.raw);
    const { operation, params, projectId } = findOperation(served, base, incoming);
    unserved = { operation, asker: askerOf(incoming) };
    incoming.body = await readBody(request.raw, operation.maxBodyBytes ?? bodyLimitBytes);
    const credentials = operation.open === true ? null : await authenticate(incoming, family);
    if (credentials !== null) unserved.asker = { ...unserved.asker, proved: credentials.caller };
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
    unserved = null;
    write(reply, await perform(product, operation, call, incoming.secure, family), requestId);
  } catch (error) {
    const wireError = wireErrorOf(error, product, requestId);
    if (!(error instanceof WireError) && wireError.status >= 500) {
      family.context.log.error({ err: error, requestId }, 'request failed');
    }
    if (unserved !== null) {
      const { operation, asker } = unserved;
      await auditUnserved(product, operation, asker, requestId, wireError, family).catch(() => {
        // Nothing was done that would have to be told; the answer says what is wrong.
      });
    }
    await dropBody(request.raw);
    writeFailure(reply, product, wireError, requestId);
  }
}

/** Who a request says it comes from. */
function askerOf(incoming: Incoming): Asker {
  const keyId = /\bAccess=([\w-]{1,128})/.exec(incoming.header('authorization') ?? '')?.[1] ?? null;
  return { proved: null, keyId, sourceIp: incoming.sourceIp };
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
  return { query: query.value, body: shapedBody(product, operation, check?.body, incoming.body) };
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
