import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerEvent, EngineApi } from './api.ts';
import type { EngineClient } from './client.ts';
import { EngineError } from './client.ts';
import { reconnectBackoffMs } from './limits.ts';

interface Listener {
  /** The engine answers, for the first time or again. */
  connected(engine: string): void;
  /** It does not any more. */
  lost(reason: string): void;
  event(event: ContainerEvent): void;
}

/**
 * Whether an engine is there. It holds one stream of events: while that lasts the engine is up,
 * and when it ends the engine is asked again, with growing pauses.
 */
export class EngineConnection {
  readonly #client: EngineClient;
  readonly #api: EngineApi;
  readonly #hostLabel: string;
  readonly #listener: Listener;
  readonly #closing = new AbortController();
  #up = Promise.withResolvers<void>();
  #connected = false;
  #everConnected = false;
  #reason = 'not opened yet';
  #lostAtMs = performance.now();
  #cpus = 0;
  #loop: Promise<void> | null = null;

  constructor(client: EngineClient, api: EngineApi, hostLabel: string, listener: Listener) {
    this.#client = client;
    this.#api = api;
    this.#hostLabel = hostLabel;
    this.#listener = listener;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get everConnected(): boolean {
    return this.#everConnected;
  }

  /** Why no engine answers, with the remedy; '' while one does. */
  get problem(): string {
    if (this.#connected) return '';
    return `no container engine answers at ${this.#client.socketPath} (${this.#reason}); start Docker or Podman, or set container.socket`;
  }

  /** How long the engine has been away; 0 while it is there. */
  get awayMs(): number {
    return this.#connected ? 0 : performance.now() - this.#lostAtMs;
  }

  /** CPUs of the engine's machine; 0 while unknown. */
  get cpus(): number {
    return this.#cpus;
  }

  /** Resolves when the first try to reach the engine has succeeded or failed. */
  async open(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#loop = this.#run(first.resolve);
    await first.promise;
  }

  /** Resolves when the engine is up. @throws the reason of `signal` when that ends first. */
  async up(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#connected) return;
    const ended = Promise.withResolvers<never>();
    const end = (): void => ended.reject(signal.reason as Error);
    signal.addEventListener('abort', end, { once: true });
    try {
      await Promise.race([this.#up.promise, ended.promise]);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('closed'));
    await this.#loop;
    this.#client.close();
  }

  async #run(tried: () => void): Promise<void> {
    const { signal } = this.#closing;
    let backoffMs: number = reconnectBackoffMs.first;
    while (!signal.aborted) {
      try {
        const { engine, api } = await this.#client.hello(signal);
        this.#cpus = await this.#api.cpus(signal);
        const events = this.#api.events(this.#hostLabel, signal);
        // Asked for before anybody looks around, so that no end falls between the two.
        const first = events.next();
        this.#rise(`${engine}, API ${api}`);
        tried();
        backoffMs = reconnectBackoffMs.first;
        for (let next = await first; next.done !== true; next = await events.next()) {
          this.#listener.event(next.value);
        }
        this.#fall('the connection ended');
      } catch (error) {
        if (error instanceof EngineError) this.#fall(`it answered: ${error.message}`);
        else this.#fall((error as Error).message);
      }
      tried();
      await pause(backoffMs, undefined, { signal, ref: false }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, reconnectBackoffMs.longest);
    }
  }

  #rise(engine: string): void {
    this.#connected = true;
    this.#everConnected = true;
    this.#reason = '';
    this.#up.resolve();
    this.#listener.connected(engine);
  }

  #fall(reason: string): void {
    this.#reason = reason;
    if (!this.#connected || this.#closing.signal.aborted) return;
    this.#connected = false;
    this.#lostAtMs = performance.now();
    this.#up = Promise.withResolvers<void>();
    this.#listener.lost(reason);
  }
}
