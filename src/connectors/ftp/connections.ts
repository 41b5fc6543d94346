import { Client } from 'basic-ftp';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { LinkOptions } from '../../domain/transfer/link.ts';
import { loginError } from './errors.ts';

export type FtpOptions = Extract<LinkOptions, { kind: 'ftp' }>;

/** Longest silence of a server, while connecting and later. */
const SILENCE_MS = 30_000;
/** Connections that are kept while nobody uses them. */
const MAX_IDLE = 2;

/**
 * Connections to one server. A connection can do one thing at a time, so whoever does something
 * has one of its own as long as it takes.
 */
export class FtpConnections {
  readonly #options: FtpOptions;
  readonly #idle: Client[] = [];
  readonly #all = new Set<Client>();
  #closed = false;

  /** @throws TransferError `link-option` for what cannot be done. */
  constructor(options: FtpOptions) {
    if (!options.passive) {
      throw new TransferError(
        'link-option',
        'the active mode of FTP is not available; use the passive mode',
      );
    }
    this.#options = options;
  }

  /** Does something with a connection; after an error of the connection it is not used again. */
  async with<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.take();
    try {
      return await work(client);
    } finally {
      this.giveBack(client);
    }
  }

  /** @throws TransferError `link-unreachable`, `link-credentials` */
  async take(): Promise<Client> {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (kept.closed) this.#all.delete(kept);
      // A server closes connections that were idle for some minutes, which nobody hears of.
      else if (await answers(kept)) return kept;
      else this.drop(kept);
    }
    return this.#connect();
  }

  /** A connection is free again. */
  giveBack(client: Client): void {
    if (client.closed || this.#closed || this.#idle.length >= MAX_IDLE) this.drop(client);
    else this.#idle.push(client);
  }

  /** A connection is not used again. */
  drop(client: Client): void {
    client.close();
    this.#all.delete(client);
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#all) client.close();
    this.#all.clear();
    this.#idle.length = 0;
  }

  async #connect(): Promise<Client> {
    const { host, port, user, password, tls } = this.#options;
    const client = new Client(SILENCE_MS);
    this.#all.add(client);
    try {
      await client.access({ host, port, user, password, secure: tls });
    } catch (error) {
      this.drop(client);
      throw loginError(error, this.#options);
    }
    if (!this.#closed) return client;
    this.drop(client);
    throw new TransferError('stopped', 'the link was closed while a connection was made');
  }
}

async function answers(client: Client): Promise<boolean> {
  return client.send('NOOP').then(
    () => true,
    () => false,
  );
}
