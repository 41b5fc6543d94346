import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { http } from '../../lib/node-http.ts';
import {
  callTimeoutMs,
  helloTimeoutMs,
  maxAnswerBytes,
  maxErrorChars,
  newestApiVersion,
} from './limits.ts';

/** The engine answered and refused. */
export class EngineError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No answer came: nobody listens, or the connection broke. What was asked may have happened. */
export class EngineUnreachable extends Error {}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Longest wait for the answer to begin; streams have no bound after it. */
  readonly timeoutMs?: number;
}

/** HTTP to a container engine over its Unix socket. Decision 0010 says why it is no library. */
export class EngineClient {
  readonly socketPath: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 32, maxFreeSockets: 4 });
  #version = newestApiVersion;
  #engine = '';

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** Name and version of the engine; '' before the first `hello`. */
  get engine(): string {
    return this.#engine;
  }

  /** Agrees on the version of the API. @returns the engine's name and version, for the log. */
  async hello(signal: AbortSignal): Promise<{ readonly engine: string; readonly api: string }> {
    const answer = await this.#answer('GET', '/version', { signal, timeoutMs: helloTimeoutMs });
    const version = JSON.parse(await readText(answer)) as {
      readonly ApiVersion?: string;
      readonly Version?: string;
      readonly Components?: readonly { readonly Name?: string }[];
    };
    this.#version = older(version.ApiVersion ?? newestApiVersion, newestApiVersion);
    const name = version.Components?.[0]?.Name ?? 'engine';
    this.#engine = `${name} ${version.Version ?? ''}`.trim();
    return { engine: this.#engine, api: this.#version };
  }

  /** One call. @throws EngineError, EngineUnreachable; the reason of `signal` when it ends it. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const text = await readText(await this.stream(method, path, options, this.#agent));
    return text === '' ? null : (JSON.parse(text) as unknown);
  }

  /**
   * One call whose answer is read as it comes, on a connection of its own.
   * @throws EngineError, EngineUnreachable; the reason of `signal` when it ends it.
   */
  async stream(
    method: string,
    path: string,
    options: CallOptions = {},
    agent: Agent | false = false,
  ): Promise<IncomingMessage> {
    return this.#answer(method, `/v${this.#version}${path}`, options, agent);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #answer(
    method: string,
    path: string,
    options: CallOptions,
    agent: Agent | false = this.#agent,
  ): Promise<IncomingMessage> {
    const answer = await this.#send(method, path, options, agent);
    const status = answer.statusCode ?? 0;
    // 304: it is already as asked.
    if (status < 400) return answer;
    const text = await readText(answer);
    throw new EngineError(status, messageIn(text, answer.headers) || `HTTP status ${status}`);
  }

  #send(
    method: string,
    path: string,
    { body, headers, signal, timeoutMs = callTimeoutMs }: CallOptions,
    agent: Agent | false,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const text = body === undefined ? '' : JSON.stringify(body);
    const request = http.request({
      socketPath: this.socketPath,
      method,
      path,
      agent,
      headers: {
        host: 'engine',
        'content-length': Buffer.byteLength(text),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    request.once('response', (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(new EngineUnreachable(error.code ?? error.message));
    });
    request.end(text);
    return promise;
  }
}

/** Reads an answer to its end. @throws EngineUnreachable when it breaks off or is too large. */
async function readText(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxAnswerBytes) throw new Error(`the answer exceeds ${maxAnswerBytes} bytes`);
      parts.push(part);
    }
  } catch (error) {
    throw new EngineUnreachable((error as Error).message);
  }
  return Buffer.concat(parts).toString('utf8');
}

function messageIn(text: string, headers: IncomingHttpHeaders): string {
  let message = text;
  if (headers['content-type']?.includes('json') === true) {
    try {
      const value = JSON.parse(text) as { readonly message?: unknown; readonly cause?: unknown };
      if (typeof value.message === 'string') message = value.message;
    } catch {
      // Then the text itself is what there is.
    }
  }
  return message.trim().slice(0, maxErrorChars);
}

/** The older one of two versions like `1.41`. */
function older(one: string, other: string): string {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  if (major !== otherMajor) return major < otherMajor ? one : other;
  return minor < otherMinor ? one : other;
}
