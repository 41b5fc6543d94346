import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { decodeUtf8, parsePairs } from './encoding.ts';
import type { Pairs } from './encoding.ts';
import { gatewayErrors } from './errors.ts';
import type { Params } from './operation.ts';

/** The parts of a request that signatures are computed from. */
export interface SignedRequest {
  readonly method: string;
  /** Path as sent, without the query. */
  readonly path: string;
  readonly query: Pairs;
  /** Form fields; empty when the body is not a form. */
  readonly form: Pairs;
  readonly body: Uint8Array;
  /** Value of a header by lower-case name, repeats sorted and comma-joined; undefined if absent. */
  header(name: string): string | undefined;
  /** Lower-case names of the `x-acs-*` headers, sorted. */
  acsHeaderNames(): readonly string[];
}

const noBody = new Uint8Array(0);

/** One request as received, each part decoded at most once and only when asked for. */
export class Incoming implements SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Pairs;
  readonly body: Uint8Array;
  readonly #headers: IncomingHttpHeaders;
  readonly #rawHeaders: readonly string[];
  readonly #socket: IncomingMessage['socket'];
  #form: Pairs | undefined;
  #params: Map<string, string> | undefined;
  #rpcParams: Params | undefined;

  /** @throws WireError `InvalidParameter.WithMessage` when the query cannot be decoded. */
  constructor(message: IncomingMessage, body: unknown) {
    const url = message.url ?? '/';
    const mark = url.indexOf('?');
    this.method = message.method ?? 'GET';
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.body = body instanceof Uint8Array ? body : noBody;
    this.#headers = message.headers;
    this.#rawHeaders = message.rawHeaders;
    this.#socket = message.socket;
    this.query = mark === -1 ? [] : parsePairs(url.slice(mark + 1), 'query');
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    if (typeof value !== 'string') return value?.toSorted().join(',');
    // Node joins repeats with ", " in order of arrival; signers sort and join with ",".
    return value.includes(', ') ? this.#repeats(name, value) : value;
  }

  acsHeaderNames(): readonly string[] {
    const names: string[] = [];
    for (const name in this.#headers) if (name.startsWith('x-acs-')) names.push(name);
    return names.sort();
  }

  get form(): Pairs {
    this.#form ??= this.#isType('application/x-www-form-urlencoded')
      ? parsePairs(decodeUtf8(this.body, 'form'), 'form')
      : [];
    return this.#form;
  }

  /**
   * Query, form and top-level JSON members; the query wins because it is always signed, while
   * V1 of the current SDKs leaves the body unsigned (sae.md §2.2).
   * @throws WireError `InvalidParameter.WithMessage` when the body cannot be decoded.
   */
  get params(): Params {
    if (this.#params === undefined) {
      const params = new Map<string, string>();
      if (this.body.length > 0) {
        for (const [name, value] of this.form) params.set(name, value);
        if (this.#isType('application/json')) addJsonMembers(params, this.body);
      }
      for (const [name, value] of this.query) params.set(name, value);
      this.#params = params;
    }
    return this.#params;
  }

  /** Query and form, the form winning; what RPC signatures cover (schedulerx.md §1). */
  get rpcParams(): Params {
    this.#rpcParams ??= new Map([...this.query, ...this.form]);
    return this.#rpcParams;
  }

  /** The Host header as the client wrote it. */
  get host(): string {
    return this.#headers.host ?? '';
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

  #isType(mediaType: string): boolean {
    const type = this.#headers['content-type'];
    if (type === undefined || this.body.length === 0) return false;
    const end = type.indexOf(';');
    return (end === -1 ? type : type.slice(0, end)).trim().toLowerCase() === mediaType;
  }

  #repeats(name: string, joined: string): string {
    const values: string[] = [];
    for (let index = 0; index + 1 < this.#rawHeaders.length; index += 2) {
      if (this.#rawHeaders[index]?.toLowerCase() === name) {
        values.push((this.#rawHeaders[index + 1] ?? '').trim());
      }
    }
    return values.length > 1 ? values.sort().join(',') : joined;
  }
}

function addJsonMembers(params: Map<string, string>, body: Uint8Array): void {
  let document: unknown;
  try {
    document = JSON.parse(decodeUtf8(body, 'body'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw gatewayErrors.invalidParameter('body', 'the text is not JSON');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw gatewayErrors.invalidParameter('body', 'the JSON text must be an object');
  }
  for (const [name, value] of Object.entries(document)) {
    if (value === null) continue;
    params.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
}
