/** Serves the web console's built assets: `/`, and `/console/…` for its pages and files. */
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Of every answer of the console: nothing but our own files runs, is framed or is sent elsewhere. */
const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Compressed forms that lie beside an asset, the smallest first. */
const encodings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

const html = 'text/html; charset=utf-8';
/** Names below `assets/` carry a hash of the content, so that they never change. */
const immutable = 'public, max-age=31536000, immutable';

const missingPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Longshore</title>
<h1>The console is not built here</h1>
<p>This server runs from source. In its checkout: <code>npm run console</code>, then load this page again.</p>
<p>Everything the console does can be done by the command line too: <code>longshore --help</code></p>
`;

/**
 * Whether a request to `/` is a browser's for the console. Clients of clouds call operations there:
 * they name an Action, sign, or do not ask for a page, and are left alone.
 */
export function asksForConsole({ method, url = '', headers }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (url !== '/' && !url.startsWith('/?')) return false;
  if (/[?&](Action|Signature)=/i.test(url)) return false;
  if (headers['x-acs-action'] !== undefined || headers.authorization !== undefined) return false;
  return headers.accept?.includes('text/html') === true;
}

/**
 * Mounts the console below `/console`; requests to `/` that `asksForConsole` are to be rewritten to
 * it. Files are read when they are asked for: the browser keeps them, the server need not.
 * @param folder absent = beside the built server, or where a checkout builds it.
 */
export function mountConsole(host: FastifyInstance, folder: string = consoleFolder()): void {
  const method = ['GET', 'HEAD'];
  host.route({
    method,
    url: '/console',
    exposeHeadRoute: false,
    handler: (request, reply) => sendPage(request, reply, folder),
  });
  host.route({
    method,
    url: '/console/*',
    exposeHeadRoute: false,
    handler: (request, reply) => {
      const path = (request.params as { readonly '*': string })['*'];
      // A page of an older console may ask for a chunk that is gone: that is no page.
      const isFile = path.startsWith('assets/') || path === 'favicon.svg';
      return isFile ? sendFile(request, reply, folder, path) : sendPage(request, reply, folder);
    },
  });
}

function consoleFolder(): string {
  const beside = join(import.meta.dirname, '..');
  // `dist/app` serves `dist/console`, `src/app` serves `console/dist`.
  return beside.endsWith('dist') ? join(beside, 'console') : join(beside, '..', 'console', 'dist');
}

/** Every address that is no file is a page: which one, the console finds out itself. */
async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: string,
): Promise<FastifyReply> {
  const found = await readEncoded(join(folder, 'index.html'), request);
  if (found === null) {
    return send(request, reply.code(503), html, 'no-store', { bytes: Buffer.from(missingPage) });
  }
  return send(request, reply, html, 'no-store', found);
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: string,
  path: string,
): Promise<FastifyReply> {
  const type = contentTypes[extname(path)];
  const isSafe = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(path);
  const found =
    isSafe && type !== undefined ? await readEncoded(join(folder, path), request) : null;
  if (found === null || type === undefined) {
    const bytes = Buffer.from('There is no such file: load the page again.\n');
    return send(request, reply.code(404), 'text/plain; charset=utf-8', 'no-store', { bytes });
  }
  const cache = path.startsWith('assets/') ? immutable : 'public, max-age=3600';
  return send(request, reply, type, cache, found);
}

interface Encoded {
  readonly bytes: Buffer;
  readonly encoding?: string;
}

/** The file in the smallest form that the client takes; null when there is none. */
async function readEncoded(path: string, request: FastifyRequest): Promise<Encoded | null> {
  const accepted = request.headers['accept-encoding'] ?? '';
  for (const { name, suffix } of encodings) {
    if (!takes(accepted, name)) continue;
    const bytes = await readIfFile(path + suffix);
    if (bytes !== null) return { bytes, encoding: name };
  }
  const bytes = await readIfFile(path);
  return bytes === null ? null : { bytes };
}

/** `Accept-Encoding` by RFC 9110 §12.5.3, as far as browsers use it. */
function takes(accepted: string, encoding: string): boolean {
  return accepted.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

async function readIfFile(path: string): Promise<Buffer | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true ? readFile(path) : null;
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  cache: string,
  { bytes, encoding }: Encoded,
): FastifyReply {
  void reply.headers({
    ...securityHeaders,
    'content-type': type,
    'cache-control': cache,
    vary: 'accept-encoding',
    'content-length': bytes.length,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  return request.method === 'HEAD' ? reply.send() : reply.send(bytes);
}
