/** One connection to MySQL or MariaDB. */
import { Readable } from 'node:stream';
import type { Socket } from 'node:net';
import mysql from 'mysql2';
import type { DatabaseLinkOptions } from '../../domain/transfer/link.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import { BatchMemory } from '../../lib/rows/batch-memory.ts';
import type { RowBatch } from '../../ports/connector.ts';
import type { TextRows } from '../sql/database.ts';
import { databaseProblem, linkProblem } from './errors.ts';
import { type ColumnMode, type Ending, RawRows } from './raw-rows.ts';

/** What a statement without rows did. */
export interface Effect {
  readonly affected: number;
  readonly warnings: number;
  /** The server's own words, e.g. `Records: 3  Deleted: 0  Skipped: 0  Warnings: 0`. */
  readonly info: string;
}

/** A column of a statement's result. */
export interface ResultField {
  readonly name: string;
  /** Number of the protocol's type. */
  readonly type: number;
  readonly length: number;
  readonly decimals: number;
  readonly flags: number;
  /** 63 = bytes. */
  readonly charset: number;
}

/** Batches that are ready and not taken; the socket rests beyond them. */
const maxReady = 2;
/** Longest wait for the server to take note of an ended query. */
const killWaitMs = 5_000;

/** Strict: nothing is cut or rounded to fit. Zero dates may be read and not written. */
const settings =
  "SET time_zone = '+00:00', sql_notes = 0, net_write_timeout = 3600, net_read_timeout = 3600, " +
  "sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'";

/** Opens a connection to the first host that answers. @throws TransferError `link-…` */
export async function openSession(
  options: DatabaseLinkOptions,
  signal: AbortSignal,
): Promise<Session> {
  if (options.hosts.length === 0) {
    throw new TransferError('link-option', 'the link names no host');
  }
  let last: unknown = null;
  for (const host of options.hosts) {
    signal.throwIfAborted();
    try {
      const session = new Session(
        await connect(host, options, options.tls !== 'off'),
        options,
        host,
      );
      await session.execute(settings);
      return session;
    } catch (error) {
      last = error;
      const known = linkProblem(error, host, options);
      if (known.code !== 'link-unreachable') throw known;
    }
  }
  throw linkProblem(last, options.hosts.join(', '), options);
}

async function connect(
  host: string,
  options: DatabaseLinkOptions,
  tls: boolean,
): Promise<mysql.Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<mysql.Connection>();
  const connection = mysql.createConnection({
    host,
    port: options.port,
    user: options.user,
    password: options.password,
    ...(options.database === '' ? {} : { database: options.database }),
    charset: 'utf8mb4',
    connectTimeout: options.connectTimeoutMs,
    supportBigNumbers: true,
    // Attributes would change how a query is written on the wire. Rows that an upsert finds as
    // they should be count as none.
    flags: ['-CLIENT_QUERY_ATTRIBUTES', '-FOUND_ROWS'],
    // As with the drivers that these links come from, the server's certificate is not checked.
    ...(tls ? { ssl: { rejectUnauthorized: false } } : {}),
  });
  connection.once('connect', () => resolve(connection));
  connection.on('error', (error: Error) => reject(error));
  try {
    return await promise;
  } catch (error) {
    connection.destroy();
    const { code } = error as { readonly code?: string };
    if (tls && options.tls === 'prefer' && code === 'HANDSHAKE_NO_SSL_SUPPORT') {
      return connect(host, options, false);
    }
    throw error;
  }
}

export class Session {
  readonly #connection: mysql.Connection;
  readonly #options: DatabaseLinkOptions;
  readonly #host: string;
  readonly #memory = new BatchMemory();
  #closed = false;

  constructor(connection: mysql.Connection, options: DatabaseLinkOptions, host: string) {
    this.#connection = connection;
    this.#options = options;
    this.#host = host;
  }

  /** Number of the connection at the server. */
  get id(): number {
    return this.#connection.threadId;
  }

  /** Small results. @throws TransferError `sql-failed` and the like. */
  async query(sql: string): Promise<TextRows> {
    const { promise, resolve, reject } = Promise.withResolvers<TextRows>();
    this.#connection.query(
      { sql, rowsAsArray: true, typeCast: (field) => field.string() },
      (error, rows) => (error ? reject(error) : resolve(rows as unknown as TextRows)),
    );
    return promise.catch((error: unknown) => {
      throw databaseProblem(error);
    });
  }

  /** A statement without rows. The error is the driver's own, for callers who look at it. */
  async run(sql: string, content: Uint8Array | null = null): Promise<Effect> {
    const { promise, resolve, reject } = Promise.withResolvers<Effect>();
    this.#connection.query(
      {
        sql,
        ...(content === null
          ? {}
          : { infileStreamFactory: () => Readable.from(piecesOf(content), { objectMode: false }) }),
      },
      (error, result) => {
        if (error) return reject(error);
        const header = result as mysql.ResultSetHeader;
        resolve({
          affected: header.affectedRows,
          warnings: header.warningStatus,
          info: header.info,
        });
      },
    );
    return promise;
  }

  /** A statement without rows. @throws TransferError `sql-failed` and the like. */
  async execute(sql: string): Promise<number> {
    try {
      return (await this.run(sql)).affected;
    } catch (error) {
      throw databaseProblem(error);
    }
  }

  /** Columns that a statement would answer with; it is not run. */
  async describe(sql: string): Promise<readonly ResultField[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly ResultField[]>();
    this.#connection.prepare(sql, (error, statement) => {
      if (error) return reject(error);
      const { columns } = statement as unknown as { readonly columns: readonly WireField[] };
      resolve(
        columns.map((field) => ({
          name: field.name,
          type: field.columnType,
          length: field.columnLength,
          decimals: field.decimals,
          flags: typeof field.flags === 'number' ? field.flags : 0,
          charset: field.characterSet,
        })),
      );
      statement.close();
    });
    return promise.catch((error: unknown) => {
      throw databaseProblem(error);
    });
  }

  /**
   * Runs a query and gives its rows as `text`, straight from the socket. The session serves
   * nothing else meanwhile; when reading ends early it is of no more use and closed.
   */
  async *stream(
    sql: string,
    modes: readonly ColumnMode[],
    batchBytes: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch> {
    const { stream: socket } = this.#connection as unknown as { readonly stream: Socket };
    const raw = new RawRows(modes, batchBytes, this.#memory);
    const ready: RowBatch[] = [];
    let ending: Ending | null = null;
    let fault: Error | null = null;
    let wake = Promise.withResolvers<void>();
    const listeners = socket.listeners('data') as ((piece: Buffer) => void)[];
    const onData = (piece: Buffer): void => {
      try {
        ending = raw.push(piece);
      } catch (error) {
        fault = error as Error;
      }
      if (raw.full || (ending !== null && raw.rows > 0)) ready.push(raw.take());
      if (ready.length > maxReady && ending === null) socket.pause();
      wake.resolve();
    };
    const onClose = (): void => {
      fault ??= new TransferError('read-failed', 'the database closed the connection', {
        transient: true,
      });
      wake.resolve();
    };
    const onAbort = (): void => wake.resolve();
    for (const listener of listeners) socket.off('data', listener);
    socket.on('data', onData);
    socket.once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    let whole = false;
    try {
      socket.write(queryPacket(sql));
      for (;;) {
        const batch = ready.shift();
        if (batch !== undefined) {
          yield batch;
          continue;
        }
        if (fault !== null) throw fault;
        const ended = ending as Ending | null;
        if (ended?.kind === 'error')
          throw databaseProblem({ errno: ended.code, message: ended.message });
        if (ended !== null) {
          whole = true;
          return;
        }
        signal.throwIfAborted();
        wake = Promise.withResolvers<void>();
        socket.resume();
        await wake.promise;
      }
    } finally {
      socket.off('data', onData);
      socket.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      for (const listener of listeners) socket.on('data', listener);
      socket.resume();
      if (!whole && (ending as Ending | null)?.kind !== 'error') await this.#abandon();
    }
  }

  /** Ends the query at the server too: a closed socket alone lets it run on. */
  async #abandon(): Promise<void> {
    const { id } = this;
    this.destroy();
    try {
      const killer = await openSession(
        { ...this.#options, hosts: [this.#host], connectTimeoutMs: killWaitMs },
        AbortSignal.timeout(killWaitMs),
      );
      await killer.run(`KILL ${id}`).catch(() => {});
      killer.destroy();
    } catch {
      // The server finds out by itself when it writes to the closed socket.
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#connection.destroy(), killWaitMs);
    this.#connection.once('end', () => resolve());
    this.#connection.end(() => resolve());
    await promise;
    clearTimeout(timer);
  }

  /** Closes the socket at once; the server rolls back. */
  destroy(): void {
    this.#closed = true;
    this.#connection.destroy();
  }
}

interface WireField {
  readonly name: string;
  readonly columnType: number;
  readonly columnLength: number;
  readonly decimals: number;
  readonly flags: number | readonly string[];
  readonly characterSet: number;
}

function queryPacket(sql: string): Buffer {
  const text = Buffer.from(sql);
  const packet = Buffer.allocUnsafe(text.length + 5);
  packet.writeUIntLE(text.length + 1, 0, 3);
  packet[3] = 0;
  packet[4] = 3; // COM_QUERY
  text.copy(packet, 5);
  return packet;
}

/** In pieces that fit into a packet. */
function* piecesOf(content: Uint8Array): Iterable<Uint8Array> {
  const most = 1 << 20;
  for (let at = 0; at < content.length; at += most) yield content.subarray(at, at + most);
}
