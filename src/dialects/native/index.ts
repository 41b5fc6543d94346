/** The native API under `/api/v1`: what the console and the CLI use, and nothing else does. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from '../kit/dialect.ts';
import { auditStranger } from './audit.ts';
import { claimedKey } from './auth.ts';
import { createNativeForms } from './forms.ts';
import { openApiDocument } from './openapi.ts';
import type { NativeOperation, NativeReply, NativeServices } from './operation.ts';
import { nativeOperations } from './operations/index.ts';
import { performer } from './perform.ts';
import { ProblemError, problemOf } from './problem.ts';
import { credentialsOf, isBrowser, proveCaller } from './session-caller.ts';
import { mountSessions } from './session-routes.ts';
import { Sessions } from './sessions.ts';
import { eventStreamText } from './sse.ts';

export type { DoctorFact, NativeServices } from './operation.ts';

/** Where the API is mounted. */
export const nativePrefix = '/api/v1';

/** Says under which id the server knows a request. */
const requestIdHeader = 'x-request-id';

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
    case 'download':
      return reply
        .code(answer.status ?? 200)
        .headers({
          ...answer.headers,
          'content-type': answer.type,
          'content-disposition': `attachment; filename="${answer.fileName}"`,
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        })
        .send(Readable.from(answer.content));
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

function addOperation(
  scope: FastifyInstance,
  operation: NativeOperation,
  sessions: Sessions,
  services: NativeServices,
): void {
  const perform = performer(operation, services);

  scope.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const requestId = services.uuid();
      void reply.header(requestIdHeader, requestId);
      const proof = proveCaller(request, reply, sessions, services);
      const { caller } = await proof.catch(async (error: unknown) => {
        const keyId = claimedKey(credentialsOf(request));
        const stranger = { keyId, user: null, sourceIp: request.ip };
        await auditStranger(operation.name, stranger, requestId, error, services);
        throw error;
      });
      const traceparent = header(request, 'traceparent') ?? null;
      const answer = await perform(
        { ...caller, traceparent },
        {
          params: request.params,
          query: request.query,
          body: request.body,
          lastEventId: header(request, 'last-event-id') ?? null,
          range: header(request, 'range') ?? null,
          requestId,
        },
      );
      return send(reply, answer);
    },
  });
}

function sendProblem(error: unknown, reply: FastifyReply, services: NativeServices): void {
  const given = reply.getHeader(requestIdHeader);
  const problem = problemOf(error, typeof given === 'string' ? given : services.uuid());
  if (problem.status >= 500 && problem.code === 'internal') {
    services.log.error({ err: error, requestId: problem.requestId }, 'native request failed');
  }
  if (problem.status === 401 && !isBrowser(reply.request)) {
    reply.header('www-authenticate', 'Basic realm="longshore", Bearer realm="longshore"');
  }
  void reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
}

/** Makes the native dialect. */
export function createNativeDialect(given: NativeServices): Dialect {
  const services: NativeServices = {
    ...given,
    forms: [...given.forms, createNativeForms(nativeOperations, () => services)],
  };
  const sessions = new Sessions(services);
  // Written anew each time: it is asked for seldom, and is a quarter of a megabyte.
  const document = (): string =>
    JSON.stringify(openApiDocument(nativeOperations, nativePrefix, services.version));
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
            void reply.type('application/json; charset=utf-8').send(document());
          });
          mountSessions(inner, nativeOperations, sessions, services);
          for (const operation of nativeOperations) {
            addOperation(inner, operation, sessions, services);
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
