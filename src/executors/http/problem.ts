import { http } from '../../lib/node-http.ts';
import type { JobSpec } from '../../domain/template.ts';
import type { AddressPolicy } from './addresses.ts';
import { maxBodyBytes, maxHeaderBytes, maxTimeoutMs, maxUrlBytes } from './limits.ts';

/** Why the spec is no request that can be sent, with the remedy; null when it is. Pure. */
export function specProblem(
  { task: { artifact } }: Pick<JobSpec, 'task'>,
  addresses: AddressPolicy,
): string | null {
  if (artifact.kind !== 'http') return 'the http executor sends requests only';
  const { url, cookie, body, timeoutMs } = artifact;
  if (Buffer.byteLength(url) > maxUrlBytes) return `the url is longer than ${maxUrlBytes} bytes`;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    return `the url ${JSON.stringify(url)} is no http or https address`;
  }
  if (body !== null && Buffer.byteLength(body) > maxBodyBytes) {
    return `the body is longer than ${maxBodyBytes} bytes; send a reference to the data`;
  }
  if (!(timeoutMs >= 1 && timeoutMs <= maxTimeoutMs)) {
    return `the timeout of ${timeoutMs} ms is not between 1 and ${maxTimeoutMs}`;
  }
  return cookieProblem(cookie) ?? addresses.problem(parsed.hostname);
}

function cookieProblem(cookie: string): string | null {
  if (cookie.length > maxHeaderBytes) return `the cookie is longer than ${maxHeaderBytes} bytes`;
  try {
    http.validateHeaderValue('cookie', cookie);
    return null;
  } catch {
    return 'the cookie holds characters that no header can have; encode them';
  }
}
