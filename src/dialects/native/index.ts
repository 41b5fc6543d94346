/** The native API under `/api/v1`: what the console and the CLI use, and nothing else does. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../kit/dialect.ts';
import { authenticate, authorize, securityTokenHeader } from './auth.ts';
import { templateNamed } from './find-template.ts';
import { openApiDocument } from './openapi.ts';
import type { NativeOperation, NativeReply, NativeServices } from './operation.ts';
import { nativeOperations } from './operations/index.ts';
import { ProblemError, problemOf } from './problem.ts';
import { eventStreamText } from './sse.ts';
import { partCheck } from './validation.ts';

export type { DoctorFact, NativeServices } from './operation.ts';

/** Where the API is mounted. */
export const nativePrefix = '/api/v1';

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function send(reply: FastifyReply, answer: NativeReply): unknown {
  switch (answer.kind) {
    case 'json':
      if (answer.status === 204) {
        return reply.code(204).send();
      }
      return reply
        .code(answer.status)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(answer.body));
    case 'bytes':
      return reply
        .headers({ ...answer.headers, 'content-type': 'application/octet-stream' })
        .send(Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.byteLength));
    case 'events':
      return reply
        .headers({
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        })
        .send(Readable.from(eventStreamText(answer.events)));
  }
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

function addOperation(
  scope: FastifyInstance,
  operation: NativeOperation,
  services: NativeServices,
): void {
  const checkParams = partCheck('path', operation.params, true);
  const checkQuery = partCheck('query', operation.query, true);
  const checkBody = partCheck('body', operation.body, false);
  const resource = `acs:longshore:${services.region}:${services.accountId}:`;

  scope.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const caller = await authenticate(
        {
          authorization: header(request, 'authorization'),
          securityToken: header(request, securityTokenHeader),
          sourceIp: request.ip,
        },
        services,
      );
      const params = checkParams(request.params);
      const path = await resourcePath(operation, params, services);
      authorize(caller, operation.name, resource + path, services);
      const answer = await operation.handle(
        {
          params,
          query: checkQuery(request.query),
          // A request without a body asks for the defaults, where the schema has them for all.
          body: checkBody(request.body ?? {}),
          caller,
          lastEventId: header(request, 'last-event-id') ?? null,
        },
        services,
      );
      return send(reply, answer);
    },
  });
}

function sendProblem(error: unknown, reply: FastifyReply, services: NativeServices): void {
  const problem = problemOf(error, services.uuid());
  if (problem.status >= 500 && problem.code === 'internal') {
    services.log.error({ err: error, requestId: problem.requestId }, 'native request failed');
  }
  if (problem.status === 401) {
    reply.header('www-authenticate', 'Basic realm="longshore", Bearer realm="longshore"');
  }
  void reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
}

/** Makes the native dialect. */
export function createNativeDialect(services: NativeServices): Dialect {
  const document = JSON.stringify(
    openApiDocument(nativeOperations, nativePrefix, services.version),
  );
  return {
    name: 'native',
    async mount(scope) {
      await scope.register(
        async (inner) => {
          inner.setErrorHandler((error, _request, reply) => sendProblem(error, reply, services));
          inner.setNotFoundHandler((request, reply) => {
            const path = request.url.split('?')[0] ?? '';
            sendProblem(
              new ProblemError(
                'no-such-operation',
                `${request.method} ${path} is not an operation`,
              ),
              reply,
              services,
            );
          });
          // Public: it tells what anyone can read in the documentation.
          inner.get('/openapi.json', (_request, reply) => {
            void reply.type('application/json; charset=utf-8').send(document);
          });
          for (const operation of nativeOperations) {
            addOperation(inner, operation, services);
          }
        },
        { prefix: nativePrefix },
      );
    },
    async close() {
      // Nothing of this dialect's own outlives a request; streams end by `closing`.
    },
  };
}
