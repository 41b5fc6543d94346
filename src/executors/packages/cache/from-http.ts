import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { http } from '../../../lib/node-http.ts';
import type { Address } from './address.ts';
import {
  type Fetched,
  type FetchLimits,
  tooLarge,
  type Validators,
  writeHashed,
} from './fetched.ts';
import { maxHeaderBytes, maxRedirects } from '../limits.ts';
import type { SourceAddresses } from './source-addresses.ts';

/**
 * Fetches a package over http(s) into a new file.
 * @returns null when it did not change since `known`.
 * @throws Error in words: unreachable, refused, too large, too many redirects.
 *   When the signal ended it any error: its reason tells more.
 */
export async function fetchFromHttp(
  address: Address,
  addresses: SourceAddresses,
  known: Validators | null,
  file: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Fetched | null> {
  const response = await request(address, addresses, known, signal);
  try {
    const { statusCode: status = 0, headers } = response;
    if (status === 304 && known !== null) return null;
    if (status !== 200) throw new Error(`the package ${address.shown} ${answerWords(status)}`);
    if (Number(headers['content-length'] ?? 0) > limits.maxBytes) {
      throw tooLarge(address.shown, limits.maxBytes);
    }
    const body = bodyOf(response, address.shown);
    const written = await writeHashed(body, file, address.shown, limits.maxBytes);
    const { etag = null, 'last-modified': lastModified = null } = headers;
    return { ...written, etag, lastModified };
  } finally {
    response.destroy();
  }
}

async function request(
  address: Address,
  addresses: SourceAddresses,
  known: Validators | null,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = address.url;
  const authorization = basicAuthorization(address.url);
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const response = await requestOnce(url, signal, {
      addresses,
      shown: address.shown,
      headers: {
        'accept-encoding': 'identity',
        'user-agent': 'longshore',
        // Credentials are for the host that was named, not for where it points to.
        ...(authorization !== null && url.origin === address.url.origin ? { authorization } : {}),
        ...conditions(known),
      },
    });
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return response;
    response.destroy();
    url = redirectTarget(address, url, response.headers.location ?? null);
  }
  throw new Error(`the package ${address.shown} redirects more than ${maxRedirects} times`);
}

async function requestOnce(
  url: URL,
  signal: AbortSignal,
  {
    addresses,
    shown,
    headers,
  }: {
    readonly addresses: SourceAddresses;
    readonly shown: string;
    readonly headers: OutgoingHttpHeaders;
  },
): Promise<IncomingMessage> {
  const problem = addresses.problem(url.hostname);
  if (problem !== null) throw unreachable(shown, new Error(problem));
  const target = new URL(url);
  target.username = '';
  target.password = '';
  try {
    return await new Promise((resolve, reject) => {
      const sent = (url.protocol === 'https:' ? https : http).request(target, {
        headers,
        lookup: addresses.lookup,
        // A connection of its own: its address was judged for this request.
        agent: false,
        maxHeaderSize: maxHeaderBytes,
        signal,
      });
      sent.once('response', (response) => {
        // Nobody reads it yet, and the signal may end it before somebody does.
        response.on('error', () => {});
        resolve(response);
      });
      // Also after the answer began, when its reader hears of it.
      sent.on('error', reject);
      sent.end();
    });
  } catch (error) {
    throw unreachable(shown, error as Error);
  }
}

/** The body; what breaks on the way is told apart from what the disk refuses. */
async function* bodyOf(response: IncomingMessage, shown: string): AsyncGenerator<Buffer> {
  try {
    for await (const piece of response as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    throw unreachable(shown, error as Error);
  }
}

function conditions(known: Validators | null): OutgoingHttpHeaders {
  if (known?.etag) return { 'if-none-match': known.etag };
  return known?.lastModified ? { 'if-modified-since': known.lastModified } : {};
}

function redirectTarget(address: Address, from: URL, location: string | null): URL {
  if (location === null || !URL.canParse(location, from.href)) {
    throw new Error(`the package ${address.shown} redirects to no address`);
  }
  const url = new URL(location, from.href);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:')) {
    return url;
  }
  throw new Error(
    `the package ${address.shown} redirects from ${from.protocol} to ${url.protocol}, which is not followed`,
  );
}

function basicAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

function answerWords(status: number): string {
  if (status === 404 || status === 410) return `does not exist (HTTP ${status})`;
  if (status === 401 || status === 403) {
    return `may not be read (HTTP ${status}); check the credentials in its address`;
  }
  return `could not be fetched: its server answered HTTP ${status}`;
}

function unreachable(shown: string, error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  const words = error.message || 'no answer';
  const why = code === undefined ? words : `${code}: ${words}`;
  return new Error(`the package ${shown} cannot be reached: ${why}`, { cause: error });
}
