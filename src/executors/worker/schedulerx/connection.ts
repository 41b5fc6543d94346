import type net from 'node:net';
import { commands, decodePayload, encodeControl, encodeMessage, type Received } from './akka.ts';
import { frame, FrameReader } from './frames.ts';
import {
  maxFrameBytes,
  maxPendingRequests,
  maxStrangerFrameBytes,
  maxUnsentBytes,
  type Timing,
} from './limits.ts';

/** A message of a worker that answers no request of ours. */
export type WorkerMessage = Extract<Received, { kind: 'message' }>;

/** Who is told what happens on a connection. */
export interface ConnectionEvents {
  message(connection: WorkerConnection, message: WorkerMessage): void;
  closed(connection: WorkerConnection, reason: string): void;
}

/** Name of this side in paths and handshakes. */
const system = 'server';

/**
 * A connection that a worker opened. It answers the handshake, matches answers to requests, and
 * closes itself when the peer stays silent or cannot be understood.
 */
export class WorkerConnection {
  /** Address of the worker's end. */
  readonly ip: string;
  readonly port: number;
  /** Who it is, once it gave its key. */
  workerId: string | null = null;
  readonly #socket: net.Socket;
  readonly #events: ConnectionEvents;
  readonly #timing: Timing;
  readonly #self: { readonly system: string; readonly hostname: string; readonly port: number };
  readonly #reader = new FrameReader(maxStrangerFrameBytes);
  readonly #pending = new Map<string, (answer: WorkerMessage | null) => void>();
  #silence: NodeJS.Timeout;
  #requests = 0;
  #reason = 'closed by the worker';

  constructor(socket: net.Socket, events: ConnectionEvents, timing: Timing) {
    this.#socket = socket;
    this.#events = events;
    this.#timing = timing;
    this.ip = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.port = socket.remotePort ?? 0;
    const hostname = (socket.localAddress ?? '').replace(/^::ffff:/, '');
    this.#self = { system, hostname, port: socket.localPort ?? 0 };
    // Half-open peers: the probes find them, and so does the silence, whichever is first.
    socket.setKeepAlive(true, timing.keepAliveMs).setNoDelay(true);
    this.#silence = setTimeout(
      () => this.reset('no heartbeat in time'),
      timing.handshakeMs,
    ).unref();
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#closed());
  }

  /** Whether something can be sent. */
  get open(): boolean {
    return this.#socket.writable;
  }

  /** The worker gave its key: larger frames are taken from here on. */
  trust(workerId: string): void {
    this.workerId = workerId;
    this.#reader.maxBytes = maxFrameBytes;
  }

  /** A heartbeat arrived; the next one may take as long as a live worker may be silent. */
  heard(): void {
    this.#watch(this.#timing.livenessMs);
  }

  /** Sends a message that wants no answer, as an answer to `recipient`. */
  send(type: string, body: Uint8Array, recipient: string): void {
    this.#write(encodeMessage({ type, body, recipient, sender: this.#path('') }));
  }

  /**
   * Sends a request and waits for its answer.
   * @returns the answer; null when the time is up, or the connection is closed or overloaded.
   */
  request(type: string, body: Uint8Array): Promise<WorkerMessage | null> {
    if (!this.open || this.#pending.size >= maxPendingRequests) return Promise.resolve(null);
    // A sender must be set, and the answer goes to it: that is how it is found again.
    const sender = this.#path(`temp/$${(this.#requests++).toString(36)}`);
    const recipient = `akka.tcp://${this.workerId ?? 'worker'}@${this.ip}:${this.port}/user/job_instance_router`;
    return new Promise((resolve) => {
      const settle = (answer: WorkerMessage | null): void => {
        clearTimeout(timer);
        this.#pending.delete(sender);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(null), this.#timing.answerMs).unref();
      this.#pending.set(sender, settle);
      this.#write(encodeMessage({ type, body, recipient, sender }));
    });
  }

  /** Closes it after what was sent has arrived. */
  end(reason: string): void {
    this.#reason = reason;
    this.#socket.destroySoon();
  }

  /**
   * Closes it at once, with a reset: a worker takes an orderly end for silence, and would come
   * back only when its next heartbeats cannot be sent.
   */
  reset(reason: string): void {
    this.#reason = reason;
    this.#socket.resetAndDestroy();
  }

  #take(chunk: Buffer): void {
    try {
      for (const payload of this.#reader.push(chunk)) {
        if (!this.open) return;
        this.#receive(decodePayload(payload));
      }
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #receive(received: Received): void {
    if (received.kind === 'message') {
      const settle = this.#pending.get(received.recipient);
      if (settle === undefined) this.#events.message(this, received);
      else settle(received);
    } else if (received.command === commands.associate) {
      this.#write(encodeControl(commands.associate, this.#self, uid));
      if (this.workerId === null) this.#watch(this.#timing.livenessMs);
    } else if (received.command === commands.heartbeat) {
      // Akka's own failure detector: the Java worker asks, the Go worker does not.
      this.#write(encodeControl(commands.heartbeat));
    } else {
      this.end('the worker said goodbye');
    }
  }

  #write(payload: Uint8Array): void {
    if (!this.open) return;
    this.#socket.write(frame(payload));
    if (this.#socket.writableLength > maxUnsentBytes)
      this.reset('it does not read what it is sent');
  }

  #watch(forMs: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.reset('no heartbeat in time'), forMs).unref();
  }

  #fail(reason: string): void {
    if (this.#socket.destroyed) return;
    this.reset(reason);
  }

  #closed(): void {
    clearTimeout(this.#silence);
    for (const settle of this.#pending.values()) settle(null);
    this.#events.closed(this, this.#reason);
  }

  #path(rest: string): string {
    const { hostname, port } = this.#self;
    return `akka.tcp://${system}@${hostname}:${port}/${rest}`;
  }
}

/** Tells this life of the server from others, as Akka's handshake wants. */
const uid = BigInt(Math.floor(performance.timeOrigin * 1000));
