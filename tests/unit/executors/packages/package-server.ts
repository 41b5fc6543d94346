import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cleanup } from '../../../support/temporary-folder.ts';

/** A web server on the loopback address that notes what it was asked. */
export interface PackageServer {
  /** e.g. `http://127.0.0.1:49152`. */
  readonly url: string;
  readonly requests: { readonly path: string; readonly headers: http.IncomingHttpHeaders }[];
}

/** Starts a server that goes with the test; `answer` gets every request. */
export async function packageServer(
  cleanup: Cleanup,
  answer: (request: http.IncomingMessage, response: http.ServerResponse) => void,
): Promise<PackageServer> {
  const requests: PackageServer['requests'] = [];
  const server = http.createServer((request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
