import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import pg from 'pg';
import type { DatabaseLinkOptions } from '../../domain/transfer/link.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { ConnectorContext } from '../../ports/connector.ts';
import { cancelMessage } from './messages.ts';

/** Longest wait when the link says none. */
const DEFAULT_CONNECT_MS = 30_000;
const CANCEL_LIMIT_MS = 5_000;
/** Most bytes that one read brings. */
const READ_BYTES = 128 * 1024;
/** Less than this is little for one read. */
const FEW_BYTES = READ_BYTES / 2;

/** A connection that is logged in and idle. */
export interface Login {
  readonly stream: Duplex;
  /** From now on what the server says goes here. */
  readonly listen: (take: Listener) => void;
  /** Asks the server to end the statement under way; resolves when it was told or could not be. */
  readonly cancel: () => Promise<void>;
}

/**
 * Takes what the server says; the memory is only lent. `few` = far less than could have come at
 * once; false where that is not known.
 */
type Listener = (bytes: Buffer, few: boolean) => void;

/** What pg has and its types do not tell: the connection whose bytes are read here after the login. */
interface Internals {
  readonly connection: { readonly stream: Duplex };
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/**
 * Logs in at the first host that answers. pg does the handshake with its methods of
 * authentication and TLS; what follows is read without it.
 * @throws TransferError `link-…`
 */
export async function logIn(
  options: DatabaseLinkOptions,
  context: Pick<ConnectorContext, 'refuses'>,
): Promise<Login> {
  let failure: unknown = new TransferError('link-option', 'the link names no host');
  for (const host of options.hosts) {
    const refusal = context.refuses(host);
    if (refusal !== null) {
      failure = new TransferError(
        'link-unreachable',
        `host ${host} may not be reached: ${refusal}`,
      );
      continue;
    }
    try {
      return await logInAt(host, options);
    } catch (error) {
      failure = failureOf(error, host, options);
      // A host that answered has spoken for the others.
      if (failure instanceof TransferError && failure.code !== 'link-unreachable') break;
    }
  }
  throw failure;
}

async function logInAt(host: string, options: DatabaseLinkOptions): Promise<Login> {
  // There is no TLS within a machine.
  const tls = host.startsWith('/') ? 'off' : options.tls;
  try {
    return await logInWith(host, options, tls !== 'off');
  } catch (error) {
    const none = error instanceof Error && error.message.includes('does not support SSL');
    if (!none || tls !== 'prefer') throw error;
    return logInWith(host, options, false);
  }
}

async function logInWith(host: string, options: DatabaseLinkOptions, tls: boolean): Promise<Login> {
  const plain = tls ? null : plainConnection();
  const client = new pg.Client({
    ...(plain === null ? {} : { stream: () => plain.socket }),
    host,
    port: options.port,
    user: options.user,
    database: options.database === '' ? options.user : options.database,
    // As a function: an empty one would be looked up in files and the environment.
    password: () => options.password,
    // Like libpq's `require`: encrypted, whoever the server is.
    ssl: tls ? { rejectUnauthorized: false } : false,
    connectionTimeoutMillis:
      options.connectTimeoutMs > 0 ? options.connectTimeoutMs : DEFAULT_CONNECT_MS,
    application_name: 'longshore',
    keepAlive: true,
  });
  // Whoever owns the connection sees its end; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  const { connection, processID, secretKey } = client as unknown as Internals;
  const { stream } = connection;
  stream.removeAllListeners('data');
  const listen = (take: Listener): void => {
    // Under TLS it comes record by record, however much is there.
    if (plain === null) stream.on('data', (bytes: Buffer) => take(bytes, false));
    else plain.take = take;
  };
  const address = host.startsWith('/')
    ? { path: `${host}/.s.PGSQL.${options.port}` }
    : { host, port: options.port };
  return {
    stream,
    listen,
    cancel: () =>
      processID === null || secretKey === null
        ? Promise.resolve()
        : sendCancel(address, cancelMessage(processID, secretKey)),
  };
}

/** A connection without TLS and where its bytes go. */
interface PlainConnection {
  readonly socket: Socket;
  take: Listener;
}

/**
 * Reads into the same memory again and again: a buffer for every read, as streams do it, has the
 * collector at work for a third of the time that a worker needs for a COPY.
 */
function plainConnection(): PlainConnection {
  const connection: PlainConnection = {
    socket: new Socket({
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (length, memory) => {
          const bytes = Buffer.from(memory.buffer, memory.byteOffset, length);
          connection.take(bytes, length < FEW_BYTES);
          return true;
        },
      },
    }),
    // pg keeps what it is given.
    take: (bytes) => void connection.socket.emit('data', Buffer.from(bytes)),
  };
  return connection;
}

/** The server takes this in clear on any connection, and answers by closing it. */
function sendCancel(
  address: { readonly path: string } | { readonly host: string; readonly port: number },
  message: Buffer,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address, () => socket.end(message));
    socket.setTimeout(CANCEL_LIMIT_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
}

function failureOf(error: unknown, host: string, options: DatabaseLinkOptions): TransferError {
  const text = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const at = `PostgreSQL at ${host}:${options.port}`;
  if (code.startsWith('28') || code === '42501' || /SASL|password/i.test(text)) {
    return new TransferError(
      'link-credentials',
      `${at} does not let user ${options.user} in: ${withoutSecret(text, options)}`,
      { cause: error },
    );
  }
  if (code === '3D000') {
    return new TransferError(
      'link-database-missing',
      `${at} has no database ${options.database === '' ? options.user : options.database}`,
      { cause: error },
    );
  }
  return new TransferError(
    'link-unreachable',
    `${at} cannot be reached: ${withoutSecret(text === '' ? code : text, options)}`,
    { transient: true, cause: error },
  );
}

function withoutSecret(text: string, { password }: DatabaseLinkOptions): string {
  return password === '' ? text : text.replaceAll(password, '******');
}
