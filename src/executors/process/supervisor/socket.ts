import fs from 'node:fs';
import net from 'node:net';
import process from 'node:process';
import { maxUnreadBytes, MessageReader, MessageWriter } from '../protocol.ts';
import type { Reply, Request, SupervisorConfig } from '../protocol.ts';

interface SocketHandlers {
  hello(): Promise<Reply>;
  request(request: Request): void;
  /** Whether attempts are alive that keep the supervisor alive. */
  busy(): boolean;
}

/** How often the supervisor asks itself whether it is still needed. */
const aliveCheckMs = 500;

/**
 * The supervisor's end of the socket: one server at a time, the newest. A connection that sends
 * anything but messages is dropped. Ends the process when it is no longer needed, or when
 * another supervisor has taken the socket's place.
 */
export class SupervisorSocket {
  readonly #config: SupervisorConfig;
  readonly #log: (message: string) => void;
  #client: net.Socket | null = null;
  #writer: MessageWriter<Reply> | null = null;
  #inode = 0;
  #neededAtMs = performance.now();

  constructor(config: SupervisorConfig, log: (message: string) => void) {
    this.#config = config;
    this.#log = log;
  }

  /** Sends to the server there is; without one the report is dropped, adopting brings it back. */
  send(reply: Reply): void {
    this.#writer?.send(reply);
  }

  /** Ends the process; its keepers finish their attempts. */
  leave(why: string): never {
    this.#log(`leaving: ${why}`);
    if (this.#ownsPath()) fs.rmSync(this.#config.socketPath, { force: true });
    process.exit(0);
  }

  async listen(handlers: SocketHandlers): Promise<void> {
    const { socketPath } = this.#config;
    if (await answers(socketPath)) this.leave('another supervisor is at work');
    fs.rmSync(socketPath, { force: true });
    const server = net.createServer((socket) => this.#greet(socket, handlers));
    // Nobody may connect between bind and chmod.
    const umask = process.umask(0o177);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
    process.umask(umask);
    this.#inode = fs.statSync(socketPath).ino;
    setInterval(() => {
      // Two that found the same dead socket may both have bound; the path tells who stays.
      if (!this.#ownsPath()) this.leave('the socket belongs to another supervisor');
      if (this.#client || handlers.busy()) this.#neededAtMs = performance.now();
      else if (performance.now() - this.#neededAtMs > this.#config.idleMs) this.leave('idle');
    }, aliveCheckMs);
  }

  #ownsPath(): boolean {
    const stat = fs.statSync(this.#config.socketPath, { throwIfNoEntry: false });
    return stat !== undefined && stat.ino === this.#inode;
  }

  #greet(socket: net.Socket, handlers: SocketHandlers): void {
    const reader = new MessageReader<Request>();
    const writer = new MessageWriter<Reply>((text) => {
      socket.write(text);
      if (socket.writableLength > maxUnreadBytes) socket.destroy();
    });
    let greeted = false;
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#client !== socket) return;
      this.#client = null;
      this.#writer = null;
    });
    socket.on('data', (chunk) => {
      const requests = reader.push(chunk);
      if (requests === null || (!greeted && requests[0] && requests[0].t !== 'hello')) {
        this.#log('dropped a connection that does not speak the protocol');
        socket.destroy();
        return;
      }
      for (const request of requests) {
        if (request.t === 'hello') {
          greeted = true;
          this.#replace(socket, writer);
          void handlers.hello().then((reply) => writer.send(reply));
        } else if (this.#client === socket) handlers.request(request);
      }
    });
  }

  #replace(socket: net.Socket, writer: MessageWriter<Reply>): void {
    const old = this.#client;
    if (old && old !== socket) {
      this.#writer?.send({ t: 'replaced' });
      this.#writer?.flush();
      old.end();
    }
    this.#client = socket;
    this.#writer = writer;
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
