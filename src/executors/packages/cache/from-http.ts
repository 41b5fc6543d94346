import type { Address } from './address.ts';
import {
  type Fetched,
  type FetchLimits,
  tooLarge,
  type Validators,
  writeHashed,
} from './fetched.ts';
import { maxRedirects } from '../limits.ts';

/**
 * Fetches a package over http(s) into a new file.
 * @returns null when it did not change since `known`.
 * @throws Error in words: unreachable, refused, too large, too slow, too many redirects.
 */
export async function fetchFromHttp(
  address: Address,
  known: Validators | null,
  file: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Fetched | null> {
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  try {
    const response = await request(address, known, either);
    if (response.status === 304 && known !== null) {
      await response.body?.cancel();
      return null;
    }
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the package ${address.shown} ${answerWords(response.status)}`);
    }
    if (Number(response.headers.get('content-length') ?? 0) > limits.maxBytes) {
      await response.body.cancel();
      throw tooLarge(address.shown, limits.maxBytes);
    }
    const written = await writeHashed(response.body, file, address.shown, limits.maxBytes);
    const { headers } = response;
    return { ...written, etag: headers.get('etag'), lastModified: headers.get('last-modified') };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) {
      throw new Error(
        `the package ${address.shown} did not arrive within ${limits.timeoutMs} ms; see packages.timeoutMs`,
        { cause: error },
      );
    }
    throw inWords(error, address.shown);
  }
}

async function request(
  address: Address,
  known: Validators | null,
  signal: AbortSignal,
): Promise<Response> {
  let url = address.url;
  const authorization = basicAuthorization(address.url);
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const headers = new Headers({ 'accept-encoding': 'identity', 'user-agent': 'longshore' });
    // Credentials are for the host that was named, not for where it points to.
    if (authorization !== null && url.origin === address.url.origin) {
      headers.set('authorization', authorization);
    }
    if (known?.etag) headers.set('if-none-match', known.etag);
    else if (known?.lastModified) headers.set('if-modified-since', known.lastModified);
    const target = new URL(url);
    target.username = '';
    target.password = '';
    const response = await fetch(target, { headers, redirect: 'manual', signal });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    url = redirectTarget(address, url, response.headers.get('location'));
  }
  throw new Error(`the package ${address.shown} redirects more than ${maxRedirects} times`);
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

/** fetch says only `fetch failed`; the reason is in the cause. */
function inWords(error: unknown, shown: string): Error {
  if (!(error instanceof TypeError)) return error as Error;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  const why =
    cause.message === '' || code === undefined
      ? cause.message || 'no answer'
      : `${code}: ${cause.message}`;
  return new Error(`the package ${shown} cannot be reached: ${why}`, { cause: error });
}
