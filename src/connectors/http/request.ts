import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { http } from '../../lib/node-http.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import { IDLE_TIMEOUT_MS, networkWords } from '../files/remote.ts';

/** Redirects that are followed. */
const MAX_REDIRECTS = 5;
const MAX_HEADER_BYTES = 32 * 1024;

/**
 * Which addresses may be asked. Names are judged by what they resolve to, at the very lookup that
 * the connection uses, so that a name which changes its address in between gains nothing.
 */
export interface AddressRule {
  /** Why a host must not be asked, with the remedy; null = it may, or its name is looked up first. */
  problem(host: string): string | null;
  readonly lookup: LookupFunction;
}

/**
 * Sends a request, redirects followed, each judged like the first.
 * @returns the answer, whatever its status; the caller reads or destroys it.
 * @throws TransferError `link-unreachable`, `path-missing` for what is no address.
 */
export async function ask(
  address: string,
  asked: { readonly method: 'GET' | 'HEAD'; readonly headers?: Readonly<Record<string, string>> },
  addresses: AddressRule,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = urlOf(address);
  for (let redirects = 0; ; redirects += 1) {
    const answer = await once(url, asked, addresses, signal);
    const { statusCode = 0, headers } = answer;
    const { location } = headers;
    if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return answer;
    answer.destroy();
    if (redirects >= MAX_REDIRECTS) {
      const words = `${shownUrl(address)} leads through more than ${MAX_REDIRECTS} redirects`;
      throw new TransferError('read-failed', words);
    }
    const next = urlOf(location, url);
    if (url.protocol === 'https:' && next.protocol === 'http:') {
      const words = `${shownUrl(address)} redirects from https to http, which is not followed`;
      throw new TransferError('read-failed', words);
    }
    url = next;
  }
}

/** An address for people: without user, password and query, which may hold keys. */
export function shownUrl(address: string): string {
  try {
    const { protocol, host, pathname } = new URL(address);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'the address';
  }
}

/** A broken connection or a refusal of it, in words. */
export function unreachable(error: unknown, address: string): TransferError {
  if (error instanceof TransferError) return error;
  const why = networkWords(error) ?? (error as Error).message;
  return new TransferError('link-unreachable', `${shownUrl(address)} cannot be reached: ${why}`, {
    transient: networkWords(error) !== null,
    cause: error,
  });
}

function urlOf(address: string, base?: URL): URL {
  let url: URL;
  try {
    url = new URL(address, base);
  } catch {
    throw new TransferError(
      'path-missing',
      'a path is no address; write it like https://host/file',
    );
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  const words = `${shownUrl(url.href)} cannot be read: only http and https are`;
  throw new TransferError('path-missing', words);
}

async function once(
  url: URL,
  asked: { readonly method: string; readonly headers?: Readonly<Record<string, string>> },
  addresses: AddressRule,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const problem = addresses.problem(url.hostname);
  if (problem !== null) throw new TransferError('link-unreachable', problem);
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method: asked.method,
        // As it is: a compressed answer would be other bytes than the file.
        headers: { 'accept-encoding': 'identity', ...asked.headers },
        lookup: addresses.lookup,
        // A connection of its own: its address was judged for this request.
        agent: false,
        maxHeaderSize: MAX_HEADER_BYTES,
        timeout: IDLE_TIMEOUT_MS,
        signal,
      });
      request.once('response', (answer) => {
        // From here on its reader watches, who may take as long as he wants between two pieces.
        request.setTimeout(0);
        resolve(answer);
      });
      // Also after the answer began, when its reader hears of it.
      request.on('error', reject);
      request.on('timeout', () => {
        request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }));
      });
      request.end();
    });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(error, url.href);
  }
}
