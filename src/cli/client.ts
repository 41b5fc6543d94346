import { createParser } from 'eventsource-parser';
import { defaultDataDir, readOperatorToken, readServerFile } from '../dialects/native/discovery.ts';
import { CliError, exitCodes } from './errors.ts';

/** How to reach a server, from flags and environment. */
export interface Connection {
  readonly data?: string | undefined;
  readonly server?: string | undefined;
  /** `ID:SECRET`. */
  readonly key?: string | undefined;
}

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** Longest wait for an answer; streams and `waitMs` have their own. */
const REQUEST_TIMEOUT_MS = 90_000;
const start = 'Start it with: longshore up';

/** A client of the native API. */
export class Client {
  readonly #url: string;
  readonly #authorization: string;

  constructor(url: string, authorization: string) {
    this.#url = url;
    this.#authorization = authorization;
  }

  /** @throws CliError with the server's words when it refuses. */
  async call<T>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    options: { query?: Query; body?: unknown } = {},
  ): Promise<T> {
    const { body } = options;
    const response = await this.#fetch(method, path, options.query ?? {}, {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** Server-sent events until the stream ends; resumes by the caller with the last id. */
  async *events(path: string, query: Query, lastEventId = ''): AsyncGenerator<ServerEvent> {
    const response = await this.#fetch('GET', path, query, {
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
      },
    });
    const queue: ServerEvent[] = [];
    const parser = createParser({
      onEvent: ({ event, id, data }) =>
        void queue.push({ event: event ?? '', id: id ?? '', data: JSON.parse(data) as unknown }),
    });
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
      yield* queue.splice(0);
    }
  }

  /** A piece of raw output from an offset. @throws CliError with status 404 when nothing is kept. */
  async bytes(
    path: string,
    query: Query,
  ): Promise<{ readonly bytes: Uint8Array; readonly nextOffset: number }> {
    const response = await this.#fetch('GET', path, query, {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const nextOffset = Number(response.headers.get('longshore-log-next-offset'));
    return { bytes: new Uint8Array(await response.arrayBuffer()), nextOffset };
  }

  async #fetch(method: string, path: string, query: Query, init: RequestInit): Promise<Response> {
    const url = new URL(`/api/v1${path}`, this.#url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    let response: Response;
    try {
      response = await fetch(url, {
        ...init,
        method,
        headers: { ...init.headers, authorization: this.#authorization },
      });
    } catch (error) {
      const cause =
        error instanceof Error && error.cause instanceof Error
          ? error.cause.message
          : String(error);
      throw new CliError(
        `cannot reach the server at ${this.#url}: ${cause}`,
        start,
        exitCodes.unreachable,
      );
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

/**
 * Finds the server: `--server` or LONGSHORE_SERVER with a key, else the one that runs on this
 * machine with the data folder, by the files it keeps there.
 */
export async function connect(
  connection: Connection,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Client> {
  const url = connection.server ?? env['LONGSHORE_SERVER'];
  const key = connection.key ?? environmentKey(env);
  if (url !== undefined && url !== '') {
    if (!URL.canParse(url))
      throw new CliError(
        `${url} is not an address`,
        'Give one such as http://127.0.0.1:8480',
        exitCodes.usage,
      );
    if (key === undefined) {
      throw new CliError(
        'a server is named but no key',
        'Set LONGSHORE_ACCESS_KEY_ID and LONGSHORE_ACCESS_KEY_SECRET, or --key ID:SECRET',
        exitCodes.usage,
      );
    }
    return new Client(url, basic(key));
  }
  const dataDir = connection.data ?? env['LONGSHORE_DATA_DIR'] ?? defaultDataDir();
  const server = await readServerFile(dataDir).catch(unreadable(dataDir));
  if (server === null) {
    throw new CliError(
      `no server is running with ${dataDir}`,
      `${start}, or name another folder with --data or a server with --server`,
      exitCodes.unreachable,
    );
  }
  if (key !== undefined) return new Client(server.url, basic(key));
  const token = await readOperatorToken(dataDir).catch(unreadable(dataDir));
  if (token === null)
    throw new CliError(
      `there is no operator token in ${dataDir}`,
      'Give a key with --key ID:SECRET',
    );
  return new Client(server.url, `Bearer ${token}`);
}

function environmentKey(env: NodeJS.ProcessEnv): string | undefined {
  const id = env['LONGSHORE_ACCESS_KEY_ID'];
  const secret = env['LONGSHORE_ACCESS_KEY_SECRET'];
  return id !== undefined && secret !== undefined ? `${id}:${secret}` : undefined;
}

function basic(key: string): string {
  return `Basic ${Buffer.from(key).toString('base64')}`;
}

function unreadable(dataDir: string): (error: unknown) => never {
  return (error) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new CliError(
      `cannot read the server's files in ${dataDir}: ${words}`,
      'Run it as the server’s user, or use --server and --key',
    );
  };
}

async function refusal(response: Response): Promise<CliError> {
  const text = await response.text();
  try {
    const { detail, title, fix } = JSON.parse(text) as {
      detail?: string;
      title?: string;
      fix?: string;
    };
    return new CliError(
      detail ?? title ?? `the server answered ${response.status}`,
      fix ?? '',
      exitCodes.failed,
      response.status,
    );
  } catch {
    return new CliError(`the server answered ${response.status}: ${text.slice(0, 200)}`);
  }
}
