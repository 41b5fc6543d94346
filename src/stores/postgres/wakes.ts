import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type ConnectionOptions, listeningClient } from './pools.ts';
import { statement, type Transaction } from './transactions.ts';

const CHANNEL = 'longshore_wake';
/** How listeners find each other among the sessions of the database. */
const LISTENER_NAME = 'longshore listener';
const FIRST_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 5_000;
/** How often a listener looks whether it is still heard and whether others are there. */
const CHECK_MS = 15_000;

const notify = statement('wake', `select pg_notify('${CHANNEL}', $1)`);

/** What a listener says: it came, it is there too, or there is work. With the sender's name. */
type Word = 'hello' | 'here' | 'work';

/**
 * Servers on one database wake each other when something became claimable.
 *
 * A notification is part of the commit, so it is neither early nor lost with the sender; but all
 * commits that notify pass one lock of the database, so none is sent while this server is the
 * only listener. Listeners greet each other: whoever comes is known before it relies on others,
 * and is woken once by the answer.
 *
 * A notification can be missed while a connection is down; after it is back the listener is woken.
 */
export class Wakes {
  readonly #options: ConnectionOptions;
  readonly #name = randomUUID();
  #othersListen = true;
  #watch: Watch | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Adds the notification to a transaction that made something claimable. */
  async notify(tx: Transaction): Promise<void> {
    if (this.#othersListen) await tx.rows(notify, [wordOf('work', this.#name)]);
  }

  /**
   * Calls `onWake` whenever another server may have made something claimable, and now and then
   * without a cause. Resolves when it listens, with what ends it.
   * @throws Error when a watch is on already, or the database cannot be reached.
   */
  async watch(onWake: () => void): Promise<() => Promise<void>> {
    if (this.#watch !== null) throw new Error('this store is watched already');
    const watch = new Watch(this.#options, this.#name, onWake, (others) => {
      this.#othersListen = others;
    });
    this.#watch = watch;
    try {
      await watch.start();
    } catch (error) {
      this.#watch = null;
      throw error;
    }
    return () => this.close();
  }

  /** Ends the watch, if one is on. */
  async close(): Promise<void> {
    const watch = this.#watch;
    this.#watch = null;
    this.#othersListen = true;
    await watch?.stop();
  }
}

/** One listening connection, made again when it is lost. */
class Watch {
  readonly #options: ConnectionOptions;
  readonly #name: string;
  readonly #onWake: () => void;
  readonly #onOthers: (listen: boolean) => void;
  readonly #stopping = new AbortController();
  #client: pg.Client | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    options: ConnectionOptions,
    name: string,
    onWake: () => void,
    onOthers: (listen: boolean) => void,
  ) {
    this.#options = options;
    this.#name = name;
    this.#onWake = onWake;
    this.#onOthers = onOthers;
  }

  async start(): Promise<void> {
    const { lost } = await this.#listen();
    this.#loop = this.#keepListening(lost);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#client?.end().catch(() => undefined);
    await this.#loop;
  }

  async #keepListening(firstLost: Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    let lost = firstLost;
    for (;;) {
      await lost;
      // Who is there now is unknown: work is announced.
      this.#onOthers(true);
      for (let waitMs = FIRST_RECONNECT_MS; ; waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS)) {
        if (signal.aborted) return;
        await pause(waitMs, signal);
        if (signal.aborted) return;
        try {
          ({ lost } = await this.#listen());
          break;
        } catch {
          // The database is still away; the wait grows up to its bound.
        }
      }
      this.#onWake();
    }
  }

  /** Connects, listens and greets. Resolves with a promise of the connection's loss. */
  async #listen(): Promise<{ readonly lost: Promise<void> }> {
    const client = listeningClient(this.#options, LISTENER_NAME);
    const lost = new Promise<void>((resolve) => {
      client.once('end', () => resolve());
      client.once('error', () => resolve());
    });
    try {
      await client.connect();
      client.on('notification', ({ payload = '' }) => this.#hear(client, payload));
      await client.query(`listen ${CHANNEL}`);
      await this.#say(client, 'hello');
      await this.#lookForOthers(client);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    const timer = setInterval(() => {
      // A connection that does not answer in time is as good as lost.
      this.#lookForOthers(client).catch(() => client.end().catch(() => undefined));
    }, CHECK_MS);
    timer.unref();
    return {
      lost: lost.finally(() => {
        clearInterval(timer);
        void client.end().catch(() => undefined);
      }),
    };
  }

  #hear(client: pg.Client, payload: string): void {
    const [word, name] = payload.split(' ');
    if (name === this.#name) return;
    this.#onOthers(true);
    if (word === 'hello') this.#say(client, 'here').catch(() => undefined);
    else this.#onWake();
  }

  async #say(client: pg.Client, word: Word): Promise<void> {
    await client.query({ ...notify, values: [wordOf(word, this.#name)] });
  }

  async #lookForOthers(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ others: number }>(
      `select count(*) as others from pg_stat_activity
       where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()`,
      [LISTENER_NAME],
    );
    this.#onOthers((rows[0]?.others ?? 1) > 0);
  }
}

function wordOf(word: Word, name: string): string {
  return `${word} ${name}`;
}

/** Waits, or less when the signal comes. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
