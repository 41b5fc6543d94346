import net from 'node:net';
import { launchSupervisor, prepareFolders, type SupervisorEnd } from './launch.ts';
import { MessageReader, MessageWriter, fingerprint } from './protocol.ts';
import type { Reply, Request, SupervisorConfig } from './protocol.ts';
import { connectRetryMs, maxLaunches, restartBackoffMs, supervisorStartMs } from './limits.ts';

interface ConnectionHandlers {
  /** A supervisor answered that can start attempts or says in `problem` why not. */
  connected(hello: Extract<Reply, { t: 'hello' }>): void;
  /** No supervisor can be reached; another try follows. */
  failed(reason: string): void;
  /** A newer server has the supervisor now; no further try follows. */
  replaced(): void;
  replies(replies: readonly Reply[]): void;
}

/** A supervisor that was started and has not answered yet. */
interface Launched {
  /** Null = it has not ended, as far as is known. */
  ended: SupervisorEnd | null;
}

/**
 * The server's end of the supervisor's socket. Starts a supervisor when there is none, replaces
 * one with another configuration, and comes back with growing pauses when it dies.
 */
export class SupervisorConnection {
  readonly #config: SupervisorConfig;
  readonly #handlers: ConnectionHandlers;
  #socket: net.Socket | null = null;
  #writer: MessageWriter<Request> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pauseMs: number = restartBackoffMs.first;
  #closed = false;

  constructor(config: SupervisorConfig, handlers: ConnectionHandlers) {
    this.#config = config;
    this.#handlers = handlers;
  }

  /** Resolves after the first try, whatever came of it. */
  async open(): Promise<void> {
    await this.#establish();
  }

  /** Sends when connected; otherwise says false and nothing is kept. */
  send(request: Request): boolean {
    this.#writer?.send(request);
    return this.#writer !== null;
  }

  /** Lets go of the supervisor, which goes on. What was sent before still arrives. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#writer?.flush();
    this.#writer = null;
    if (!socket || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.end();
    });
  }

  async #establish(): Promise<void> {
    try {
      prepareFolders(this.#config.dataDir);
      const deadlineMs = performance.now() + supervisorStartMs;
      let launched: Launched | null = null;
      let launches = 0;
      while (!this.#closed) {
        const hello = await this.#greet();
        if (hello === 'mismatch') continue;
        if (hello) {
          this.#pauseMs = restartBackoffMs.first;
          this.#handlers.connected(hello);
          return;
        }
        const end: SupervisorEnd | null = launched?.ended ?? null;
        const isLate = performance.now() > deadlineMs;
        if (end !== null && (!end.killed || launches === maxLaunches)) throw new Error(end.why);
        if (isLate) throw new Error(`no supervisor answered within ${supervisorStartMs} ms`);
        // What waits to be started is not refused because somebody ended this one.
        if (launched === null || end !== null) {
          launched = this.#launch();
          launches += 1;
        }
        await new Promise((resolve) => {
          setTimeout(resolve, connectRetryMs);
        });
      }
    } catch (error) {
      if (this.#closed) return;
      this.#handlers.failed((error as Error).message);
      this.#later();
    }
  }

  #launch(): Launched {
    const state: Launched = { ended: null };
    void launchSupervisor(this.#config).ended.then((end) => {
      state.ended = end;
    });
    return state;
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#establish(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, restartBackoffMs.longest);
  }

  /** Connects and shakes hands; null when nobody is there or who is there cannot talk. */
  #greet(): Promise<Extract<Reply, { t: 'hello' }> | 'mismatch' | null> {
    return new Promise((resolve) => {
      const socket = net.connect(this.#config.socketPath);
      const reader = new MessageReader<Reply>();
      const writer = new MessageWriter<Request>((text) => socket.write(text));
      let greeted = false;
      let replaced = false;
      let mismatch = false;
      const late = setTimeout(() => socket.destroy(), supervisorStartMs);
      socket.on('connect', () => writer.send({ t: 'hello' }));
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(late);
        resolve(mismatch ? 'mismatch' : null);
        if (!greeted || this.#socket !== socket) return;
        this.#socket = null;
        this.#writer = null;
        if (replaced) this.#handlers.replaced();
        else this.#later();
      });
      socket.on('data', (chunk) => {
        const replies = reader.push(chunk);
        if (replies === null) return void socket.destroy();
        const hello = replies[0];
        if (!greeted && hello?.t === 'hello') {
          clearTimeout(late);
          if (hello.config !== fingerprint(this.#config)) {
            // Its keepers finish what runs; the one started next adopts it.
            mismatch = true;
            socket.write(`${JSON.stringify({ t: 'retire' } satisfies Request)}\n`);
            return;
          }
          greeted = true;
          this.#socket = socket;
          this.#writer = writer;
          resolve(hello);
          replies.shift();
        }
        replaced ||= replies.some((reply) => reply.t === 'replaced');
        if (greeted && replies.length > 0) this.#handlers.replies(replies);
      });
    });
  }
}
