import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from './authenticate.ts';
import { auditStranger } from './audit.ts';
import { bindOperation, wireErrorOf } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { standardEnvelope } from './envelope.ts';
import { type WireError, gatewayErrors } from './errors.ts';
import type { AliyunFamily } from './family.ts';
import { Incoming } from './incoming.ts';
import type { AnswerForm, Envelope, ExchangeIds, Params, Product } from './operation.ts';
import { perform } from './perform.ts';
import { namedOperation } from './rpc-table.ts';
import type { Claim } from './signatures/claim.ts';
import { isHeaderSigned, readClaim } from './signatures/scheme.ts';

/** Largest request body (sae.md §2.2). */
export const bodyLimitBytes = 4 * 1024 * 1024;

/** Most bytes of a refused body that are read and dropped, and for how long. */
const dropLimitBytes = 8 * bodyLimitBytes;
const dropTimeLimitMs = 5_000;

/** Every method is routed to us, so that a wrong one is answered in the family's shape. */
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;

const jsonType = 'application/json;charset=utf-8';

/** How one exchange is answered. */
interface Answering {
  readonly envelope: Envelope;
  readonly form: AnswerForm;
}

/** Until more is known of a request. */
const jsonAnswering: Answering = {
  envelope: standardEnvelope,
  form: { action: '', format: 'JSON' },
};

/** Finds the operation a request is for, or throws the gateway's error. */
type Router = (incoming: Incoming) => Endpoint;

/**
 * One exchange from the decoded head to the written answer; the checks stand in the order of
 * sae.md §3. Never rejects and always answers.
 */
async function serve(
  route: Router,
  family: AliyunFamily,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const ids = family.nextIds();
  let answering = jsonAnswering;
  let endpoint: Endpoint | undefined;
  let incoming: Incoming | null = null;
  let claim: Claim | null = null;
  let isProved = false;
  try {
    incoming = new Incoming(request.raw, request.body);
    if (incoming.path === '/') answering = rpcAnswering(incoming, family);
    endpoint = route(incoming);
    answering = { form: answering.form, envelope: endpoint.envelope };
    claim = readClaim(incoming, endpoint.rpcOnly);
    const params = endpoint.rpcOnly ? incoming.rpcParams : incoming.params;
    if (claim.scheme === 'rpc') checkRpcBinding(params, endpoint);
    // It covers no body, and here the body wins.
    if (claim.scheme === 'roa' && endpoint.rpcOnly) throw gatewayErrors.incompleteSignature();
    const credentials = await authenticate(
      claim,
      family,
      /^(?:Describe|List|Get)/.test(endpoint.name),
    );
    isProved = true;
    const answer = await perform(
      endpoint,
      {
        user: credentials.user,
        keyId: claim.keyId,
        temporary: credentials.key.securityToken !== null,
        sourceIp: incoming.sourceIp,
        secure: incoming.secure,
        traceparent: incoming.header('traceparent') ?? null,
      },
      { params, requestId: ids.requestId, host: incoming.host },
      family,
    );
    write(reply, 200, endpoint.envelope.success(answer, ids, answering.form), ids, answering);
  } catch (error) {
    if (endpoint !== undefined && !isProved) {
      const told = wireErrorOf(error, endpoint);
      await auditStranger(endpoint, claim, incoming, ids.requestId, told, family).catch(() => {
        // Nothing was done that would have to be told; the answer says what is wrong.
      });
    }
    fail(error, endpoint, ids, family, request, reply, answering);
  }
}

/**
 * Serves a product: its ROA paths here, its operations by name on `/` once `mountRpc` is called.
 * Uses a plugin scope of its own, so body parsing and errors stay apart from other dialects.
 */
export async function mountProduct<S>(
  scope: FastifyInstance,
  product: Product<S>,
  family: AliyunFamily,
): Promise<void> {
  const paths = new Map<string, Map<string, Endpoint>>();
  for (const operation of product.operations) {
    const endpoint = bindOperation(product, operation);
    const byMethod = paths.get(operation.path) ?? new Map<string, Endpoint>();
    byMethod.set(operation.method, endpoint);
    paths.set(operation.path, byMethod);
    family.rpc.add(endpoint);
  }
  await openScope(scope, family, (inner) => {
    for (const [path, byMethod] of paths) {
      if (path !== '/') addRoute(inner, path, roaRouter(byMethod), family);
    }
    for (const prefix of deepPrefixes(paths.keys())) {
      addRoute(inner, `${prefix}/*`, unknownRoute, family);
    }
  });
}

/** Serves every mounted product on `/` by Action (sae.md §3.4). Call once per server. */
export async function mountRpc(scope: FastifyInstance, family: AliyunFamily): Promise<void> {
  const route: Router = (incoming) => {
    if (incoming.method !== 'GET' && incoming.method !== 'POST') throw gatewayErrors.apiNotFound();
    return family.rpc.route(incoming);
  };
  await openScope(scope, family, (inner) => addRoute(inner, '/', route, family));
}

/** A handler for the host's `setNotFoundHandler`: `InvalidApi.NotFound` in the family's shape. */
export function answerNotFound(family: AliyunFamily) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    fail(gatewayErrors.apiNotFound(), undefined, family.nextIds(), family, request, reply);
  };
}

/** How a request to `/` is answered before it is known whether its operation exists. */
function rpcAnswering(incoming: Incoming, family: AliyunFamily): Answering {
  const { action = '' } = namedOperation(incoming);
  const wanted = incoming.rpcParams.get('Format')?.toUpperCase() ?? '';
  const isXml = !isHeaderSigned(incoming) && (wanted === '' || wanted === 'XML');
  return {
    envelope: family.rpc.envelopeFor(incoming),
    form: { action, format: isXml ? 'XML' : 'JSON' },
  };
}

function roaRouter(byMethod: ReadonlyMap<string, Endpoint>): Router {
  return (incoming) => {
    const endpoint = byMethod.get(incoming.method);
    if (endpoint === undefined) throw gatewayErrors.apiNotFound();
    const version = incoming.header('x-acs-version');
    if (version !== undefined && version !== endpoint.version) throw gatewayErrors.invalidVersion();
    const action = incoming.header('x-acs-action');
    if (action !== undefined && action !== endpoint.name) throw gatewayErrors.apiNotFound();
    return endpoint;
  };
}

const unknownRoute: Router = () => {
  throw gatewayErrors.apiNotFound();
};

/**
 * An RPC signature covers the Action but neither path nor headers: the operation it was made for
 * must be the one that runs, or a captured request could be turned into another operation.
 */
function checkRpcBinding(params: Params, endpoint: Endpoint): void {
  if (params.get('Action') !== endpoint.name) throw gatewayErrors.apiNotFound();
  if (params.get('Version') !== endpoint.version) throw gatewayErrors.invalidVersion();
}

async function openScope(
  scope: FastifyInstance,
  family: AliyunFamily,
  addRoutes: (inner: FastifyInstance) => void,
): Promise<void> {
  await scope.register(async (inner) => {
    inner.removeAllContentTypeParsers();
    // Signatures cover raw bytes; decoding waits until a parameter is asked for.
    inner.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: bodyLimitBytes },
      (_request, body, done) => done(null, body),
    );
    inner.setErrorHandler(async (error, request, reply) => {
      // A client that is still sending would meet a closed connection before it reads the answer.
      await readAndDrop(request.raw);
      fail(readableError(error), undefined, family.nextIds(), family, request, reply);
      return reply;
    });
    addRoutes(inner);
  });
}

function addRoute(scope: FastifyInstance, url: string, route: Router, family: AliyunFamily): void {
  scope.route({
    method: [...methods],
    url,
    exposeHeadRoute: false,
    bodyLimit: bodyLimitBytes,
    handler: (request, reply) => {
      void serve(route, family, request, reply);
    },
  });
}

/** Reads what is left of a body, within bounds, and drops it. */
function readAndDrop(incoming: IncomingMessage): Promise<void> {
  if (incoming.readableEnded || incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let left = dropLimitBytes;
    const done = (): void => {
      clearTimeout(late);
      incoming.off('data', count).off('end', done).off('close', done);
      resolve();
    };
    const count = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) done();
    };
    const late = setTimeout(done, dropTimeLimitMs);
    incoming.on('data', count).on('end', done).on('close', done).resume();
  });
}

/** First segments of paths with several, e.g. `/pop`: unknown paths below them are ours. */
function deepPrefixes(paths: Iterable<string>): Set<string> {
  const prefixes = new Set<string>();
  for (const path of paths) {
    const end = path.indexOf('/', 1);
    if (end !== -1) prefixes.add(path.slice(0, end));
  }
  return prefixes;
}

/** Turns what the HTTP layer refuses (size, length, content type) into the contract's 400. */
function readableError(error: unknown): unknown {
  if (!(error instanceof Error) || !('statusCode' in error)) return error;
  const status = error.statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return error;
  const reason =
    status === 413 ? `the request body is larger than ${bodyLimitBytes} bytes` : error.message;
  return gatewayErrors.invalidParameter('body', reason);
}

function fail(
  error: unknown,
  endpoint: Endpoint | undefined,
  ids: ExchangeIds,
  family: AliyunFamily,
  request: FastifyRequest,
  reply: FastifyReply,
  answering: Answering = jsonAnswering,
): void {
  const wireError = wireErrorOf(error, endpoint);
  if (wireError.status >= 500) {
    family.context.log.error(
      { err: error, requestId: ids.requestId, operation: endpoint?.name },
      'request failed',
    );
  }
  const host = request.headers.host ?? '';
  const text = answering.envelope.failure(wireError, ids, host, answering.form);
  write(reply, wireError.status, text, ids, answering, wireError);
}

function write(
  reply: FastifyReply,
  status: number,
  text: string,
  ids: ExchangeIds,
  { envelope, form }: Answering,
  error: WireError | null = null,
): void {
  reply
    .code(status)
    .header('content-type', envelope.contentType?.(form, error) ?? jsonType)
    .header('x-acs-request-id', ids.requestId)
    .header('x-acs-trace-id', ids.traceId)
    .send(text);
}
