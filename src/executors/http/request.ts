import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { http } from '../../lib/node-http.ts';
import type { HttpArtifact } from '../../domain/template.ts';
import type { AddressPolicy } from './addresses.ts';
import type { Answer } from './answer.ts';
import { maxAnswerBytes, maxHeaderBytes, maxRedirects, maxShownChars } from './limits.ts';

const formType = 'application/x-www-form-urlencoded; charset=utf-8';

/** One request on the wire. */
interface Sending {
  readonly url: URL;
  readonly method: string;
  readonly body: string | null;
}

/** What sending needs besides the job. */
export interface SendingContext {
  readonly addresses: AddressPolicy;
  /** Ends it at once; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Of the body; absent = that of a form. */
  readonly contentType?: string;
  /** Hears of each request and of its answer, in words for a log. */
  note(words: string): void;
}

/**
 * Sends what the job asks for. Redirects are followed on the same host only, so that neither
 * cookie nor form reach anybody whom the job did not name.
 * @throws Error in words when there is no answer; the reason of the signal when that was aborted.
 */
export async function sendRequest(
  artifact: Pick<HttpArtifact, 'url' | 'method' | 'body' | 'cookie'>,
  context: SendingContext,
): Promise<Answer> {
  let sending: Sending = { ...artifact, url: new URL(artifact.url) };
  for (let redirects = 0; ; redirects += 1) {
    const { answer, location } = await sendOnce(sending, artifact.cookie, context);
    const next = location === null ? null : redirected(sending, answer.status, location);
    if (next === null) return answer;
    if (typeof next === 'string') return { ...answer, note: next };
    if (redirects >= maxRedirects) throw new Error(`more than ${maxRedirects} redirects`);
    sending = next;
  }
}

async function sendOnce(
  { url, method, body }: Sending,
  cookie: string,
  { addresses, signal, note, contentType = formType }: SendingContext,
): Promise<{ readonly answer: Answer; readonly location: string | null }> {
  const problem = addresses.problem(url.hostname);
  if (problem !== null) throw new Error(problem);
  const beganAtMs = performance.now();
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method,
        headers: headersOf(body, contentType, cookie),
        lookup: addresses.lookup,
        // A connection of its own: its address was judged for this request.
        agent: false,
        maxHeaderSize: maxHeaderBytes,
        signal,
      });
      request.once('response', resolve);
      // Also after the answer began, when its reader hears of it.
      request.on('error', reject);
      request.end(body ?? undefined);
    });
    const { body: bytes, complete } = await readBody(response);
    const { statusCode: status = 0, statusMessage: statusText = '' } = response;
    const answer: Answer = {
      status,
      statusText,
      contentType: response.headers['content-type'] ?? '',
      body: bytes,
      complete,
      note: '',
    };
    const tookMs = Math.round(performance.now() - beganAtMs);
    const size = complete ? `${bytes.length} bytes` : `more than ${maxAnswerBytes} bytes`;
    note(`${method} ${shown(url)}: ${status} ${statusText}, ${size} in ${tookMs} ms`);
    return { answer, location: response.headers.location ?? null };
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    note(`${method} ${shown(url)}: ${(reason as Error).message}`);
    throw reason;
  }
}

async function readBody(
  response: IncomingMessage,
): Promise<{ readonly body: Buffer; readonly complete: boolean }> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      // Leaving the loop ends the connection.
      if (bytes > maxAnswerBytes) break;
    }
  } catch (error) {
    throw new Error(`the answer broke off after ${bytes} bytes`, { cause: error });
  }
  const body = Buffer.concat(pieces).subarray(0, maxAnswerBytes);
  return { body, complete: bytes <= maxAnswerBytes };
}

function headersOf(
  body: string | null,
  contentType: string,
  cookie: string,
): Record<string, string | number> {
  return {
    accept: '*/*',
    // What is compared and kept is what the server wrote.
    'accept-encoding': 'identity',
    'user-agent': 'longshore',
    ...(cookie === '' ? {} : { cookie }),
    ...(body === null
      ? {}
      : {
          'content-type': contentType,
          'content-length': Buffer.byteLength(body),
        }),
  };
}

/** The next request; null = the answer is no redirect; a text says why it is not followed. */
function redirected(sending: Sending, status: number, location: string): Sending | string | null {
  if (![301, 302, 303, 307, 308].includes(status)) return null;
  if (!URL.canParse(location, sending.url.href)) return 'its redirect leads to no address';
  const url = new URL(location, sending.url);
  if (!isSameHost(sending.url, url)) {
    return `its redirect to ${shown(url)} is not followed: only the host that the job names is called`;
  }
  const { method, body } = sending;
  const isPost = method === 'POST' && status < 303;
  const becomesGet = isPost || (status === 303 && method !== 'GET' && method !== 'HEAD');
  return becomesGet ? { url, method: 'GET', body: null } : { url, method, body };
}

/** The same service: host, port and protocol, or its encrypted side. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false;
  if (from.protocol === to.protocol) return from.port === to.port;
  return (
    from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === ''
  );
}

/** Without user, password and query, which may hold secrets. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`.slice(0, maxShownChars);
}
