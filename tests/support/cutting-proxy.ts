import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Cleanup } from './temporary-folder.ts';

/** A way to a server on which connections can be cut. */
export interface CuttingProxy {
  readonly port: number;
  /** Connections that were made. */
  readonly connections: () => number;
  /** The next connection that brings so many bytes from the server is cut; `stall` = falls silent. */
  cutAfter(bytes: number, times: number, how?: 'cut' | 'stall'): void;
  /** Bytes that clients sent, as text; only the beginning. */
  readonly sent: () => string;
}

const MAX_SENT_CHARS = 64 * 1024;

/** Starts a proxy on the loopback interface that ends with the test. */
export async function cuttingProxy(cleanup: Cleanup, targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let sent = '';
  let plan = { bytes: 0, times: 0, how: 'cut' as 'cut' | 'stall' };
  const server: Server = createServer((client) => {
    connections += 1;
    const target = connect(targetPort, '127.0.0.1');
    let brought = 0;
    let over = false;
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (piece) => {
      if (sent.length < MAX_SENT_CHARS) sent += piece.toString('latin1');
      target.write(piece);
    });
    target.on('data', (piece) => {
      if (over) return;
      brought += piece.length;
      if (plan.times > 0 && brought > plan.bytes) {
        plan = { ...plan, times: plan.times - 1 };
        client.write(piece.subarray(0, piece.length - (brought - plan.bytes)));
        over = true;
        if (plan.how === 'cut') client.resetAndDestroy();
        return;
      }
      if (!client.write(piece)) {
        target.pause();
        client.once('drain', () => target.resume());
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    cutAfter: (bytes, times, how = 'cut') => {
      plan = { bytes, times, how };
    },
    sent: () => sent,
  };
}
