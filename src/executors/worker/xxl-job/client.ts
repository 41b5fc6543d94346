import type { Agent } from 'node:http';
import https from 'node:https';
import { http } from '../../../lib/node-http.ts';
import { maxReplyBytes, maxSocketsPerExecutor } from './limits.ts';
import { codes, headers, readReply, type Reply } from './protocol.ts';

/** Whom to call, and how. */
export interface Peer {
  /** Base URL with a slash at its end. */
  readonly url: string;
  /** Empty = none is shown. */
  readonly token: string;
  /** Null for executors before 3.5. */
  readonly appName: string | null;
}

/** A call that gave no answer. */
export class CallError extends Error {
  /** Whether the executor may have got the request. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean) {
    super(message);
    this.name = 'CallError';
    this.sent = sent;
  }
}

/** Idle connections are closed by us before the executor does it, after 90 s (workers.md §1.2). */
const idleMs = 30_000;

/** Calls executors. Redirects are not followed: the address was checked, another would not be. */
export class ExecutorClient {
  readonly #timeoutMs: number;
  readonly #http: Agent;
  readonly #https: https.Agent;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    const options = { keepAlive: true, maxSockets: maxSocketsPerExecutor, timeout: idleMs };
    this.#http = new http.Agent(options);
    this.#https = new https.Agent(options);
  }

  /**
   * Calls `{url}{path}`. A refusal is a reply too.
   * @throws CallError when there was no answer, or none that can be read.
   */
  call(peer: Peer, path: string, body: unknown, maxBytes = maxReplyBytes): Promise<Reply> {
    const url = new URL(path, peer.url);
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      let sent = false;
      const secure = url.protocol === 'https:';
      const fail = (message: string): void => {
        reject(new CallError(`${url.host}: ${message}`, sent));
        request.destroy();
      };
      const request = (secure ? https : http).request(url, {
        method: 'POST',
        agent: secure ? this.#https : this.#http,
        headers: {
          'content-type': 'application/json;charset=UTF-8',
          'content-length': Buffer.byteLength(text),
          ...(peer.token === '' ? {} : { [headers.token]: peer.token }),
          ...(peer.appName === null ? {} : { [headers.appName]: peer.appName }),
        },
      });
      let timer: NodeJS.Timeout | undefined;
      request.once('close', () => clearTimeout(timer));
      request.on('error', (error) => fail(describe(error)));
      request.once('socket', (socket) => {
        // Over connecting and the whole answer: a peer that sends a byte now and then must not
        // hold it open. Waiting for one of the connections before does not count.
        timer = setTimeout(() => fail(`no answer within ${this.#timeoutMs} ms`), this.#timeoutMs);
        if (!socket.connecting) sent = true;
        else socket.once(secure ? 'secureConnect' : 'connect', () => (sent = true));
      });
      request.once('response', (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > maxBytes) fail(`the answer is larger than ${maxBytes} bytes`);
          else parts.push(part);
        });
        response.once('error', (error) => fail(describe(error)));
        response.once('aborted', () => fail('the answer broke off'));
        response.once('end', () => {
          try {
            resolve(read(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8')));
          } catch (error) {
            fail(`the answer cannot be read: ${(error as Error).message.slice(0, 200)}`);
          }
        });
      });
      request.end(text);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** @throws Error when nobody can know what became of the request. */
function read(status: number, text: string): Reply {
  if (status === 200) return readReply(text);
  // Something between us and the executor may have given up while the executor works on it.
  if (status >= 500) throw new Error(`HTTP status ${status}`);
  return { code: codes.failure, message: `HTTP status ${status}`, data: null };
}

function describe(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || error.message.includes(code)
    ? error.message
    : `${code} ${error.message}`;
}
