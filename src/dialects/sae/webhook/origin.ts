import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Incoming } from '../../aliyun/incoming.ts';

/** Where a request comes from. */
export interface Origin {
  /** Empty when a trusted proxy tells something that is no address. */
  readonly sourceIp: string;
  readonly secure: boolean;
}

/**
 * Address and scheme of the caller. Trusted headers are read at their last entry: that one the
 * nearest proxy wrote, those before it anybody may have made up.
 */
export function originOf(
  incoming: Pick<Incoming, 'sourceIp' | 'secure'>,
  headers: IncomingHttpHeaders,
  trustForwardedHeaders: boolean,
): Origin {
  const { sourceIp, secure } = incoming;
  if (!trustForwardedHeaders) return { sourceIp, secure };
  const address = lastEntry(headers['x-forwarded-for']);
  const scheme = lastEntry(headers['x-forwarded-proto']);
  return {
    sourceIp: address === undefined ? sourceIp : withoutPort(address),
    secure: scheme === undefined ? secure : scheme.toLowerCase() === 'https',
  };
}

/** Node joins repeated headers in the order of their arrival. */
function lastEntry(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.at(-1);
  return text?.slice(text.lastIndexOf(',') + 1).trim();
}

/** Some proxies add the port: `10.0.0.7:52001`, `[2001:db8::7]:52001`. */
function withoutPort(text: string): string {
  if (isIP(text) !== 0) return text;
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  const address = bracketed ?? text.replace(/:\d{1,5}$/, '');
  return isIP(address) === 0 ? '' : address;
}
