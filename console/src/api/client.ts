import { connection } from './connection.ts';
import { ConnectionError, errorOf } from './problem.ts';

/** Where the native API is. */
export const apiPrefix = '/api/v1';

/** Cookie sessions need it for everything that changes something: no foreign page can send it. */
export const consoleHeader = { 'x-longshore-console': '1' };

/** Longest wait for an answer; long-polling calls say so themselves. */
const defaultTimeoutMs = 30_000;

/** Values of a query; absent, null and '' are left out, lists are written with commas. */
export type QueryValues = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

export interface RequestOptions {
  readonly query?: QueryValues;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Writes a path with its parameters encoded: path`/runs/${id}/stop`. */
export function path(texts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return texts.reduce(
    (made, text, index) => made + encodeURIComponent(String(values[index - 1] ?? '')) + text,
  );
}

/** The address of an operation, with its query. */
export function addressOf(operationPath: string, query: QueryValues = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (text !== '') search.set(name, text);
  }
  const text = search.toString();
  return apiPrefix + operationPath + (text === '' ? '' : `?${text}`);
}

/**
 * Sends a request with the session's cookie.
 * @throws ApiError for a refusal; ConnectionError when nothing answers; what `signal` says when
 *   it aborts.
 */
export async function request(
  method: string,
  operationPath: string,
  body: unknown,
  options: RequestOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
  const signal =
    options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  let response: Response;
  try {
    response = await fetch(addressOf(operationPath, options.query), {
      method,
      signal,
      credentials: 'same-origin',
      headers: {
        ...options.headers,
        ...consoleHeader,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    connection.lost();
    throw new ConnectionError('the server does not answer', { cause });
  }
  if (!response.ok) {
    const error = await errorOf(response);
    if (error instanceof ConnectionError) connection.lost();
    else connection.works();
    if (response.status === 401) onUnauthenticated();
    throw error;
  }
  connection.works();
  return response;
}

async function call<T>(
  method: string,
  operationPath: string,
  body: unknown,
  options?: RequestOptions,
): Promise<T> {
  const response = await request(method, operationPath, body, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The native API. `T` is the view of the operation's answer, imported by type from the server. */
export const api = {
  get: <T>(operationPath: string, options?: RequestOptions): Promise<T> =>
    call<T>('GET', operationPath, undefined, options),
  /** The answer's bytes, e.g. a page of a log. */
  bytes: async (operationPath: string, options?: RequestOptions): Promise<Response> =>
    request('GET', operationPath, undefined, options),
  post: <T>(operationPath: string, body: unknown = {}, options?: RequestOptions): Promise<T> =>
    call<T>('POST', operationPath, body, options),
  put: <T>(operationPath: string, body: unknown = {}, options?: RequestOptions): Promise<T> =>
    call<T>('PUT', operationPath, body, options),
  delete: <T = void>(operationPath: string, options?: RequestOptions): Promise<T> =>
    call<T>('DELETE', operationPath, undefined, options),
};

let onUnauthenticated: () => void = () => {};

/** Says what happens when the server no longer knows the session. */
export function whenUnauthenticated(act: () => void): void {
  onUnauthenticated = act;
}
