import Fastify, { type FastifyInstance } from 'fastify';
import type { DialectLog } from '../dialects/kit/dialect.ts';
import type { FrozenConfig } from './config/schema.ts';
import { asksForConsole } from './console.ts';
import type { Metrics } from './metrics.ts';

/** SAE clients put whole templates into the query (sae.md §2.2), far above Node's 16 KiB. */
const maxHeaderBytes = 256 * 1024;

/** Longest value of one path parameter. */
const maxParamLength = 512;

/** Whether the server can do its work, for `/readyz`. */
export type Readiness = () => Promise<{ readonly ready: boolean; readonly reason: string }>;

/** The HTTP server with what every dialect shares: bounds, metrics, health. Not yet listening. */
export function createHttpHost(options: {
  readonly http: FrozenConfig['http'];
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly log: DialectLog;
  /** Writes a line for every request; server errors always get one. */
  readonly logRequests: boolean;
}): FastifyInstance {
  const { http, metrics, readiness, log } = options;
  const host = Fastify({
    logger: false,
    http: { maxHeaderSize: maxHeaderBytes },
    bodyLimit: http.maxBodyBytes,
    requestTimeout: http.requestTimeoutMs,
    keepAliveTimeout: http.keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    ...(http.trustedProxies.length === 0 ? {} : { trustProxy: [...http.trustedProxies] }),
    routerOptions: { maxParamLength },
    rewriteUrl: (request) => (asksForConsole(request) ? '/console' : (request.url ?? '/')),
  });
  metrics.watch(host);
  host.addHook('onResponse', (request, reply, done) => {
    const status = reply.raw.statusCode;
    if (status >= 500 || options.logRequests) {
      const fields = {
        method: request.method,
        route: request.routeOptions.url,
        status,
        durationMs: Math.round(reply.elapsedTime),
      };
      log.info(fields, 'request');
    }
    done();
  });

  host.get('/healthz', (_request, reply) => {
    void reply.send({ status: 'ok' });
  });
  host.get('/readyz', async (_request, reply) => {
    const state = await readiness().catch((error: unknown) => ({
      ready: false,
      reason: error instanceof Error ? error.message : String(error),
    }));
    return reply.code(state.ready ? 200 : 503).send(state);
  });
  host.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.scrape()),
  );
  return host;
}

/** Base address of a listening host; 0.0.0.0 and :: are written as loopback, which reaches them. */
export function addressOf(host: FastifyInstance): string {
  const address = host.server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('the server does not listen on a port');
  }
  const any = address.address === '0.0.0.0' || address.address === '::';
  const name = any ? '127.0.0.1' : address.address;
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
}
