import type { Duplex } from 'node:stream';
import type { DatabaseLinkOptions } from '../../domain/transfer/link.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { ConnectorContext, RowBatch } from '../../ports/connector.ts';
import type { BatchBuilder } from './batch-builder.ts';
import { ServerError, transferErrorOf } from './errors.ts';
import { type Login, logIn } from './login.ts';
import {
  backend,
  columnsOf,
  copyDataHeader,
  copyDoneMessage,
  copyFailMessage,
  fieldsOf,
  MessageReader,
  queryMessage,
  type ResultColumn,
  terminateMessage,
  valuesOf,
} from './messages.ts';

/**
 * Bytes of a COPY that may wait for the server to take them: enough that it finds the next rows
 * whenever it is done with the last ones.
 */
const MAX_PENDING_BYTES = 2 * 1024 * 1024;
/** Most rows of a result that is held in memory. */
const MAX_RESULT_ROWS = 100_000;
/**
 * A batch goes to the server in messages of this size: it copies each as a whole, which takes it a
 * tenth longer where its nearest cache does not hold one.
 */
const COPY_DATA_BYTES = 32 * 1024;
/**
 * Rows of COPY that come in small pieces gather for so long: each piece would wake this process,
 * which takes the processor from the servers that work on them where there are few.
 */
const GATHER_MS = 1;
const CLOSE_LIMIT_MS = 5_000;
/** State of a connection outside of transactions. */
const IDLE = 0x49;

/**
 * How values are written, whatever the server's defaults (`ports/connector.ts`). Statements may
 * take as long as the data needs: the link's own limit is on silence.
 */
const SETTINGS = [
  "SET client_encoding = 'UTF8'",
  "SET TimeZone = 'UTC'",
  "SET DateStyle = 'ISO, MDY'",
  "SET IntervalStyle = 'postgres'",
  'SET extra_float_digits = 3',
  "SET bytea_output = 'hex'",
  'SET standard_conforming_strings = on',
  'SET client_min_messages = error',
  'SET statement_timeout = 0',
  // Compiling costs more than it gives for what is asked here. A scan that joins one under way
  // begins in the middle of the table, and rows out of their order cost the target's indexes a
  // quarter more. Not every server has these settings.
  "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name IN ('jit', 'synchronize_seqscans')",
].join('; ');

/** Result of statements that were sent together: rows of the last one that had any. */
export interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that the last statement affected. */
  readonly affected: number;
  /** What the server says that the last statement was, e.g. `COMMIT`. */
  readonly tag: string;
}

/** A COPY … FROM STDIN that is given rows bit by bit. */
export interface CopyIn {
  /**
   * Sends bytes on; resolves when there is room for more. `onSent` = nobody reads them any more.
   * @throws what ended the statement: ServerError; Error when the connection is lost.
   */
  write(bytes: Uint8Array, onSent?: () => void): Promise<void>;
  /** No more comes. @throws as `write`. */
  end(): Promise<Result>;
  /** Ends it so that nothing of it stays. Never throws. */
  giveUp(): Promise<void>;
}

/** A statement under way. */
interface Command {
  columns: readonly ResultColumn[];
  rows: (readonly (string | null)[])[];
  tag: string;
  error: Error | null;
  readonly builder: BatchBuilder | null;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** One connection; one statement at a time. */
export class PgSession {
  readonly #login: Login;
  readonly #stream: Duplex;
  readonly #silenceMs: number;
  #command: Command | null = null;
  #ended: Error | null = null;
  #inTransaction = false;
  /** No rows are wanted for now. */
  #resting = false;
  #silence: NodeJS.Timeout | null = null;

  private constructor(login: Login, silenceMs: number) {
    this.#login = login;
    this.#stream = login.stream;
    this.#silenceMs = silenceMs;
    const reader = new MessageReader({
      row: (chunk, start, end, whole) => this.#command?.builder?.add(chunk, start, end, whole),
      message: (type, body) => this.#message(type, body),
    });
    login.listen((chunk, few) => {
      this.#silence?.refresh();
      try {
        reader.feed(chunk);
        if (few) this.#gather();
      } catch (error) {
        this.#lose(error instanceof Error ? error : new Error(String(error)));
      }
    });
    this.#stream.on('error', (error: Error) => this.#lose(error));
    this.#stream.on('close', () => this.#lose(new Error('the server closed the connection')));
  }

  /** @throws TransferError `link-…` */
  static async open(
    options: DatabaseLinkOptions,
    context: Pick<ConnectorContext, 'refuses'>,
  ): Promise<PgSession> {
    const login = await logIn(options, context);
    const session = new PgSession(login, options.socketTimeoutMs);
    try {
      await session.run(SETTINGS);
      return session;
    } catch (error) {
      await session.close();
      throw transferErrorOf(error, 'link-unreachable', 'PostgreSQL did not take the settings');
    }
  }

  /** Whether it can be used for a next statement. */
  get usable(): boolean {
    return this.#ended === null && this.#command === null;
  }

  /** Whether it can be used by somebody else: nothing is begun that is not ended. */
  get clean(): boolean {
    return this.usable && !this.#inTransaction;
  }

  /**
   * Runs statements. Several are one transaction unless they say otherwise.
   * @throws ServerError; Error when the connection is lost.
   */
  run(sql: string): Promise<Result> {
    return this.#send(null, () => this.#stream.write(queryMessage(sql)));
  }

  /**
   * Runs statements of which the last one is COPY … FROM STDIN, with everything that it reads:
   * one round trip. After an error the server throws away what is still under way.
   */
  copyIn(sql: string, parts: readonly Uint8Array[]): Promise<Result> {
    return this.#send(null, () => {
      this.#stream.cork();
      this.#stream.write(queryMessage(sql));
      for (const part of parts) this.#writeCopyData(part);
      this.#stream.write(copyDoneMessage);
      this.#stream.uncork();
    });
  }

  /**
   * Begins statements of which the last one is COPY … FROM STDIN. Rows go out while the server
   * works on those before, so that it never waits for an answer of ours.
   */
  beginCopyIn(sql: string): CopyIn {
    let pending = 0;
    let fault: unknown = null;
    let onRoom: () => void = () => undefined;
    const result = this.#send(null, () => this.#stream.write(queryMessage(sql)));
    result.catch((error: unknown) => {
      fault = error;
      onRoom();
    });
    // While it waits for rows of ours the server has nothing to say.
    this.#hush();
    const waits = (): boolean => pending >= MAX_PENDING_BYTES && fault === null;
    const taken = (bytes: number): void => {
      pending -= bytes;
      if (pending > 0) this.#silence?.refresh();
      else this.#hush();
      if (pending < MAX_PENDING_BYTES) onRoom();
    };
    return {
      write: async (bytes, onSent) => {
        if (fault !== null) throw fault;
        pending += bytes.length;
        if (this.#silence === null) this.#listen();
        this.#stream.cork();
        this.#writeCopyData(bytes, taken, onSent);
        this.#stream.uncork();
        while (waits()) {
          await new Promise<void>((resolve) => {
            onRoom = resolve;
          });
        }
        if (fault !== null) throw fault;
      },
      end: () => {
        if (fault === null) {
          if (this.#silence === null) this.#listen();
          this.#stream.write(copyDoneMessage);
        }
        return result;
      },
      giveUp: async () => {
        if (fault === null && this.#ended === null) this.#stream.write(copyFailMessage);
        await result.catch(() => undefined);
      },
    };
  }

  #writeCopyData(bytes: Uint8Array, taken?: (bytes: number) => void, onSent?: () => void): void {
    for (let at = 0; at < bytes.length; at += COPY_DATA_BYTES) {
      const piece = bytes.subarray(at, at + COPY_DATA_BYTES);
      const isLast = at + piece.length === bytes.length;
      this.#stream.write(copyDataHeader(piece.length));
      this.#stream.write(piece, () => {
        if (isLast) onSent?.();
        taken?.(piece.length);
      });
    }
  }

  /**
   * Batches of a COPY … TO STDOUT as they come; the server waits while nobody takes them. Left
   * before its end, the connection is closed.
   */
  async *copyOut(sql: string, builder: BatchBuilder): AsyncGenerator<RowBatch> {
    let ended = false;
    let failure: Error | null = null;
    builder.onFull = () => this.#rest();
    this.#send(builder, () => this.#stream.write(queryMessage(sql))).then(
      () => {
        ended = true;
        builder.end();
      },
      (error: unknown) => {
        ended = true;
        failure = error instanceof Error ? error : new Error(String(error));
        builder.end();
      },
    );
    try {
      for (;;) {
        const batch = builder.take();
        if (batch !== null) {
          yield batch;
          continue;
        }
        if (failure !== null) throw failure as Error;
        if (ended) return;
        this.#wake();
        await builder.next();
      }
    } finally {
      if (!ended) await this.abort();
    }
  }

  /** Ends the statement under way, if any, and the connection with it. */
  async abort(): Promise<void> {
    const running = this.#command !== null;
    this.#lose(new Error('the statement was broken off'));
    if (running) await this.#login.cancel();
  }

  /** Says good-bye. A connection that does not end by itself is ended. */
  async close(): Promise<void> {
    if (this.#command !== null) return this.abort();
    if (this.#ended !== null) return;
    this.#ended = new Error('the connection was closed');
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#stream.destroy(), CLOSE_LIMIT_MS);
      this.#stream.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#stream.resume();
      this.#stream.end(terminateMessage);
    });
  }

  #send(builder: BatchBuilder | null, write: () => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      if (this.#command !== null) return reject(new Error('the connection is busy'));
      this.#command = { columns: [], rows: [], tag: '', error: null, builder, resolve, reject };
      this.#listen();
      write();
    });
  }

  #message(type: number, body: Buffer): void {
    const command = this.#command;
    if (command === null) return;
    switch (type) {
      case backend.error:
        command.error ??= new ServerError(fieldsOf(body));
        break;
      case backend.rowDescription:
        command.columns = columnsOf(body);
        command.rows = [];
        break;
      case backend.dataRow:
        if (command.rows.length < MAX_RESULT_ROWS) command.rows.push(valuesOf(body));
        else command.error ??= new Error(`a result has more than ${MAX_RESULT_ROWS} rows`);
        break;
      case backend.commandComplete:
        command.tag = body.toString('latin1', 0, Math.max(0, body.length - 1));
        break;
      case backend.readyForQuery: {
        this.#command = null;
        this.#inTransaction = body[0] !== IDLE;
        this.#hush();
        this.#resting = false;
        this.#stream.resume();
        const { columns, rows, tag, error } = command;
        const affected = Number(/ (\d+)$/.exec(tag)?.[1] ?? 0);
        if (error === null) command.resolve({ columns, rows, affected, tag });
        else command.reject(error);
        break;
      }
      default:
        // Notices, parameters, answers to COPY: nothing to do.
        break;
    }
  }

  /** While the server is waited for, its silence is limited. */
  #listen(): void {
    if (this.#silenceMs <= 0) return;
    this.#silence = setTimeout(() => {
      this.#lose(
        new TransferError(
          'read-failed',
          `the server was silent for ${this.#silenceMs} ms while a statement ran`,
          { transient: true },
        ),
      );
      void this.#login.cancel();
    }, this.#silenceMs);
  }

  #rest(): void {
    this.#resting = true;
    this.#hush();
    this.#stream.pause();
  }

  /** While rows come, lets some of them lie in the socket before the next look. */
  #gather(): void {
    if (this.#resting || (this.#command?.builder ?? null) === null) return;
    this.#stream.pause();
    setTimeout(() => {
      if (!this.#resting) this.#stream.resume();
    }, GATHER_MS);
  }

  #hush(): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
  }

  #wake(): void {
    if (this.#command === null || this.#ended !== null) return;
    if (this.#silence === null) this.#listen();
    this.#resting = false;
    this.#stream.resume();
  }

  #lose(error: Error): void {
    const command = this.#command;
    this.#command = null;
    this.#hush();
    this.#ended ??= error;
    this.#stream.destroy();
    command?.reject(error);
  }
}
