import { connect, type Socket } from 'node:net';

/** Outcome of one load run. */
export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Sends prepared HTTP/1.1 requests over keep-alive connections, one at a time each, until they
 * are used up or the time is over. A request is sent once, unless `cycle` is set (for servers
 * that do not look at the nonce). Any status but 200 counts as an error.
 */
export async function runLoad(options: {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly requests: readonly Buffer[];
  readonly cycle: boolean;
  readonly maxSeconds: number;
}): Promise<LoadResult> {
  let next = 0;
  let answered = 0;
  let errors = 0;
  const startedAt = performance.now();
  const endAt = startedAt + options.maxSeconds * 1000;
  const take = (): Buffer | undefined => {
    if (performance.now() >= endAt) return undefined;
    if (next >= options.requests.length) {
      if (!options.cycle) return undefined;
      next = 0;
    }
    return options.requests[next++];
  };

  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket: Socket = connect(options.port, options.host);
      socket.setNoDelay(true);
      let pending: Buffer = Buffer.alloc(0);
      const send = (): void => {
        const request = take();
        if (request === undefined) {
          socket.end();
          resolve();
        } else socket.write(request);
      };
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        const headEnd = pending.indexOf(HEAD_END);
        if (headEnd < 0) return;
        const head = pending.toString('latin1', 0, headEnd);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (pending.length < headEnd + 4 + length) return;
        if (!head.startsWith('HTTP/1.1 200')) errors += 1;
        answered += 1;
        pending = Buffer.alloc(0);
        send();
      });
    });

  await Promise.all(Array.from({ length: options.connections }, one));
  return { requests: answered, errors, seconds: (performance.now() - startedAt) / 1000 };
}
