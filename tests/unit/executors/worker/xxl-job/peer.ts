import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cleanup } from '../../../../support/temporary-folder.ts';
import { until } from '../../../../support/until.ts';

/** A call that the peer got. */
export interface Call {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly headers: http.IncomingHttpHeaders;
}

/** What the peer answers; null = nothing, for ever. A text is sent as it is. */
export type Answer = object | string | null;

/** How a peer behaves; what is not given behaves like an executor whose jobs never end. */
export interface Behaviour {
  readonly port?: number;
  run?(call: Call): Answer;
  idleBeat?(call: Call): Answer;
  beat?(call: Call): Answer;
  kill?(call: Call): Answer;
  log?(call: Call): Answer;
}

const ok = { code: 200, msg: null, content: null };

/**
 * The executor's side of the protocol on a real HTTP server: what an executor does that the tests
 * decide. Answers as executors do, with a content type that is not JSON's.
 */
export class Peer {
  readonly calls: Call[] = [];
  readonly behaviour: Behaviour;
  readonly #server: http.Server;
  #closed = false;

  private constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
    this.#server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        const body = (JSON.parse(text) || {}) as Record<string, unknown>;
        const call = { path: request.url ?? '', body, headers: request.headers };
        this.calls.push(call);
        const answer = this.#answer(call);
        if (answer === null) return;
        response.setHeader('content-type', 'text/html;charset=UTF-8');
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      });
    });
  }

  static async start(cleanup: Cleanup, behaviour: Behaviour = {}): Promise<Peer> {
    const peer = new Peer(behaviour);
    await new Promise<void>((resolve, reject) => {
      peer.#server.once('error', reject);
      peer.#server.listen(behaviour.port ?? 0, '127.0.0.1', resolve);
    });
    cleanup.after(() => peer.close());
    return peer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get address(): string {
    return `xxljob@127.0.0.1:${this.port}`;
  }

  /** Bodies of the calls of one path. */
  bodies(path: string): Record<string, unknown>[] {
    return this.calls.filter((call) => call.path === path).map(({ body }) => body);
  }

  /** The n-th call of a path, now or when it arrives. */
  async call(path: string, index = 0): Promise<Call> {
    return until(
      `call ${index} of ${path}`,
      () => this.calls.filter((c) => c.path === path)[index],
    );
  }

  /** Vanishes: connections are cut and none is taken any more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(call: Call): Answer {
    const { run, idleBeat, beat, kill, log } = this.behaviour;
    switch (call.path) {
      case '/run':
      case '/trigger':
        return run === undefined ? ok : run(call);
      case '/idleBeat':
        return idleBeat === undefined
          ? { code: 500, msg: 'job thread is running or has trigger queue.' }
          : idleBeat(call);
      case '/beat':
        return beat === undefined ? ok : beat(call);
      case '/kill':
        return kill === undefined ? ok : kill(call);
      case '/log':
        return log === undefined ? { code: 200, content: noLog } : log(call);
      default:
        return { code: 500, msg: `invalid request, uri-mapping(${call.path}) not found.` };
    }
  }
}

/** The answer for a log file that is not there. */
export const noLog = {
  fromLineNum: 1,
  toLineNum: 0,
  logContent: 'readLog fail, logFile not exists',
  isEnd: true,
};

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
