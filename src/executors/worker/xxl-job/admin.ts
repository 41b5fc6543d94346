import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Answer, Caller } from './enrollment.ts';
import { maxCallbackBytes, maxRegistryBytes } from './limits.ts';
import { codes, headers, replyBody } from './protocol.ts';

/** What the endpoints ask of the executor. Bodies are parsed JSON that nobody looked at yet. */
export interface AdminSide {
  register(body: unknown, caller: Caller): Promise<Answer>;
  unregister(body: unknown, caller: Caller): Promise<Answer>;
  callback(body: unknown, caller: Caller): Promise<Answer>;
}

/** Where executors find the admin side: since 3.4.1, before, and where else they are told. */
const usualPrefixes = ['/api', '/xxl-job-admin/api'];

/**
 * Serves what XXL-JOB executors call (workers.md §1.3), in a plugin scope of its own.
 * @param prefixes further addresses of the admin side, e.g. `/jobs`: executors append `/api/…`.
 */
export async function mountXxlJobAdmin(
  scope: FastifyInstance,
  admin: AdminSide,
  prefixes: readonly string[] = [],
): Promise<void> {
  const further = prefixes.map((prefix) => `${prefix.replace(/\/+$/, '')}/api`);
  await scope.register(async (inner) => {
    inner.removeAllContentTypeParsers();
    inner.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    inner.setErrorHandler((error, _request, reply) => {
      // Executors read the code of the reply; of the status only whether it is 200.
      const message = error instanceof Error ? error.message : 'the request cannot be read';
      void reply.code(200).type(contentType).send(replyBody(codes.failure, message));
    });
    for (const prefix of new Set([...usualPrefixes, ...further])) {
      const serve = (
        name: string,
        bodyLimit: number,
        act: (body: unknown, caller: Caller) => Promise<Answer>,
      ): void => {
        inner.post(`${prefix}/${name}`, { bodyLimit }, async (request, reply) => {
          const { code, message } = await act(readBody(request), callerOf(request));
          return reply.type(contentType).send(replyBody(code, message));
        });
      };
      serve('registry', maxRegistryBytes, (body, caller) => admin.register(body, caller));
      serve('registryRemove', maxRegistryBytes, (body, caller) => admin.unregister(body, caller));
      serve('callback', maxCallbackBytes, (body, caller) => admin.callback(body, caller));
    }
  });
}

const contentType = 'application/json;charset=UTF-8';

/** @throws Error with words for the executor's log. */
function readBody({ body }: FastifyRequest): unknown {
  try {
    return JSON.parse(typeof body === 'string' ? body : '') as unknown;
  } catch {
    throw new Error('the body is no JSON');
  }
}

function callerOf(request: FastifyRequest): Caller {
  const token = request.headers[headers.token];
  const appName = request.headers[headers.appName];
  return {
    ip: request.ip,
    token: typeof token === 'string' ? token.trim() : '',
    appName: typeof appName === 'string' && appName.trim() !== '' ? appName.trim() : null,
  };
}
