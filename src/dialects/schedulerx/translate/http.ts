import type { HttpArtifact } from '../../../domain/template.ts';
import { failures } from '../errors.ts';

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'] as const;
/** Longest timeout: that of the service's largest edition (schedulerx.md §5.5). */
const maxTimeoutSeconds = 120;
const defaultTimeoutSeconds = 15;

/**
 * The request of an http job: `{url, method, timeout, respKey, respValue, cookie}`, timeout in
 * seconds; Parameters are its form (§5.5).
 * @throws WireError business failure.
 */
export function httpArtifact(
  content: Readonly<Record<string, unknown>>,
  parameters: string,
): HttpArtifact {
  const text = (name: string): string => {
    const value = content[name] ?? '';
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw failures.unfit('Content', `${name} must be a text`);
  };
  const url = text('url');
  if (!isHttpUrl(url)) throw failures.unfit('Content', 'url must be an http or https address');
  const word = text('method').toUpperCase();
  const method = word === '' ? 'GET' : methods.find((each) => each === word);
  if (method === undefined)
    throw failures.unfit('Content', `method must be one of ${methods.join(', ')}`);
  const seconds = Number(text('timeout') || defaultTimeoutSeconds);
  if (!(seconds > 0 && seconds <= maxTimeoutSeconds)) {
    throw failures.unfit('Content', `timeout must be 1 to ${maxTimeoutSeconds} seconds`);
  }
  const hasBody = method === 'POST' || method === 'PUT';
  return {
    kind: 'http',
    url,
    method,
    body: hasBody && parameters !== '' ? parameters : null,
    cookie: singleLine(text('cookie')),
    timeoutMs: Math.round(seconds * 1000),
    success: successOf(text('respKey'), text('respValue')),
  };
}

function successOf(name: string, value: string): HttpArtifact['success'] {
  if (name !== '') return { kind: 'member', name, value };
  return value === '' ? { kind: 'status' } : { kind: 'body', value };
}

function singleLine(cookie: string): string {
  if (/[\r\n\0]/.test(cookie)) throw failures.unfit('Content', 'cookie must be one line');
  return cookie;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
