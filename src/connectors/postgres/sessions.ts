import type { DatabaseLinkOptions } from '../../domain/transfer/link.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { ConnectorContext } from '../../ports/connector.ts';
import { PgSession } from './session.ts';

/** Most connections that wait for a next use. */
const MAX_IDLE = 2;
/** Most at the same time: a reader, two writers, a question, and digests of several tables. */
const MAX_OPEN = 16;

/** Connections of one link in one process. */
export class Sessions {
  readonly #options: DatabaseLinkOptions;
  readonly #context: Pick<ConnectorContext, 'refuses'>;
  readonly #idle: PgSession[] = [];
  readonly #busy = new Set<PgSession>();
  #opening = 0;
  #closed = false;

  constructor(options: DatabaseLinkOptions, context: Pick<ConnectorContext, 'refuses'>) {
    this.#options = options;
    this.#context = context;
  }

  /** @throws TransferError `link-…` */
  async take(): Promise<PgSession> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.usable) continue;
      this.#busy.add(idle);
      return idle;
    }
    if (this.#closed) throw new TransferError('internal', 'the link is closed already');
    if (this.#busy.size + this.#opening >= MAX_OPEN) {
      throw new TransferError('internal', `more than ${MAX_OPEN} connections of one link`);
    }
    this.#opening += 1;
    try {
      const session = await PgSession.open(this.#options, this.#context);
      this.#busy.add(session);
      return session;
    } finally {
      this.#opening -= 1;
    }
  }

  async giveBack(session: PgSession): Promise<void> {
    this.#busy.delete(session);
    if (session.clean && !this.#closed && this.#idle.length < MAX_IDLE) this.#idle.push(session);
    else await session.close();
  }

  /** Lends a connection for as long as `work` takes; `signal` breaks off what it does. */
  async use<T>(work: (session: PgSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const session = await this.take();
    const abort = (): void => void session.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      signal?.throwIfAborted();
      return await work(session);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await this.giveBack(session);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(open.map((session) => session.close()));
  }
}
