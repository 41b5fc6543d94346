import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The parts of a request that signatures are computed from. */
export interface SignedRequest {
  readonly method: string;
  /** Path as sent, without the query. */
  readonly path: string;
  /** Query as sent, without the mark. */
  readonly query: string;
  readonly body: Uint8Array;
  /** Value of a header by lower-case name; undefined if absent. */
  header(name: string): string | undefined;
}

/** One request as received; its body is there once it was read. */
export class Incoming implements SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  body: Uint8Array = new Uint8Array(0);
  readonly #headers: IncomingHttpHeaders;
  readonly #socket: IncomingMessage['socket'];

  constructor(message: IncomingMessage) {
    const url = message.url ?? '/';
    const mark = url.indexOf('?');
    this.method = message.method ?? 'GET';
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? '' : url.slice(mark + 1);
    this.#headers = message.headers;
    this.#socket = message.socket;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  }

  /** Address of the socket's other end; IPv4 also when the socket maps it into IPv6. */
  get sourceIp(): string {
    const address = this.#socket.remoteAddress ?? '';
    return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  }

  /** Whether the client's connection is TLS. */
  get secure(): boolean {
    return 'encrypted' in this.#socket && this.#socket.encrypted === true;
  }
}

/** Most parameters one query may hold. */
const parameterLimit = 200;

/**
 * Decoded name-value pairs of a query; `+` is a space, a bare name is empty. Null when an escape
 * is malformed or there are too many.
 */
export function parseQuery(text: string): readonly (readonly [string, string])[] | null {
  if (text === '') return [];
  const parts = text.split('&').filter((part) => part !== '');
  if (parts.length > parameterLimit) return null;
  const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '));
  try {
    return parts.map((part) => {
      const equals = part.indexOf('=');
      return equals === -1
        ? ([decode(part), ''] as const)
        : ([decode(part.slice(0, equals)), decode(part.slice(equals + 1))] as const);
    });
  } catch {
    return null;
  }
}

/** The words of a path, percent-decoded once (cdm.md §2.1); null when an escape is malformed. */
export function pathSegments(path: string): readonly string[] | null {
  const words = path.split('/').slice(1);
  if (words.length > 1 && words.at(-1) === '') words.pop();
  try {
    return words.map((word) => decodeURIComponent(word));
  } catch {
    return null;
  }
}
