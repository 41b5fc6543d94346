/** What stores behind a network have in common. */
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { ConnectorContext } from '../../ports/connector.ts';
import { WORK_FOLDER_PREFIX } from './selection.ts';

/** Time until a connection must stand, where a link says nothing. */
export const CONNECT_TIMEOUT_MS = 15_000;
/** Longest silence of a server, where a link says nothing. */
export const IDLE_TIMEOUT_MS = 60_000;
/** Times that reading goes on after interruptions with less than this much in between. */
const READ_TRIES = 3;
const PROGRESS_BYTES = 1024 * 1024;
/** Pause before the first of them; it doubles. */
const READ_RETRY_MS = 250;

/**
 * A path of a store without `/` at its ends.
 * @throws TransferError `path-missing` for one that leads elsewhere or that no protocol can carry.
 */
export function remotePath(path: string): string {
  const plain = path.replace(/^\/+|\/+$/g, '');
  // oxlint-disable-next-line no-control-regex -- a line break would be a command of its own
  if (plain.split('/').includes('..') || /[\0\r\n]/.test(plain)) {
    throw new TransferError(
      'path-missing',
      `the path ${JSON.stringify(path)} holds ".." or a line break, which is not allowed`,
    );
  }
  return plain;
}

/** Nothing is there under this path. */
export function missingPath(path: string): TransferError {
  return new TransferError('path-missing', `there is no file or folder ${path || '/'}`);
}

/** @throws TransferError `link-unreachable` with the rule that forbids the host. */
export function checkHost(context: Pick<ConnectorContext, 'refuses'>, host: string): void {
  const refusal = context.refuses(host);
  if (refusal !== null) throw new TransferError('link-unreachable', refusal);
}

/** A name beside a file under which it is written until it is complete. */
export function temporaryBeside(path: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return `${folder}${WORK_FOLDER_PREFIX}${randomBytes(8).toString('hex')}.tmp`;
}

/** Joins small pieces to such of at least `bytes`; the last one may be smaller. */
export async function* inPieces(
  content: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content) {
    held.push(piece);
    size += piece.length;
    if (size < bytes) continue;
    yield held.length === 1 ? piece : Buffer.concat(held, size);
    [held, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(held, size);
}

/** A range that is read, and how. */
export interface RangeReading {
  readonly start: number;
  readonly signal: AbortSignal;
  /** Opens the bytes from `from` on; `again` = a part has been read and the connection was lost. */
  open(from: number, again: boolean): AsyncIterable<Uint8Array>;
}

/**
 * Reads on where an interrupted connection left off, a few times without much progress.
 * @throws TransferError of `open` when it is not transient or tries are used up.
 */
export async function* readingOn(reading: RangeReading): AsyncGenerator<Uint8Array> {
  const { start, signal } = reading;
  let at = start;
  let failedAt = start;
  for (let tries = 0; ;) {
    try {
      for await (const piece of reading.open(at, tries > 0)) {
        signal.throwIfAborted();
        at += piece.length;
        yield piece;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (at - failedAt >= PROGRESS_BYTES) tries = 0;
      failedAt = at;
      if (!(error instanceof TransferError) || !error.transient || tries >= READ_TRIES) throw error;
      await pause(READ_RETRY_MS * 2 ** tries, undefined, { signal });
      tries += 1;
    }
  }
}

/**
 * Pieces of a stream that is waited for at most so long each; how long the caller takes between
 * them does not count.
 */
export async function* withoutSilence(
  stream: Readable,
  idleTimeoutMs: number,
): AsyncGenerator<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const timer = setTimeout(() => {
        stream.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' }));
      }, idleTimeoutMs);
      try {
        const next = await pieces.next();
        if (next.done === true) return;
        clearTimeout(timer);
        yield next.value;
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    stream.destroy();
  }
}

/** Words for errors of sockets and names; null = it is none of these. */
export function networkWords(error: unknown): string | null {
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    const { code, errors } = at as Error & {
      readonly code?: unknown;
      readonly errors?: readonly unknown[];
    };
    // Several addresses were tried: the first tells.
    const inner = Array.isArray(errors) ? networkWords(errors[0]) : null;
    if (inner !== null) return inner;
    if (typeof code !== 'string') continue;
    const words = networkErrors[code];
    if (words !== undefined) return words;
    if (/CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|SELF_SIGNED/.test(code)) {
      return `its TLS certificate or protocol is not accepted (${code})`;
    }
  }
  return null;
}

const networkErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was cut (connection reset)',
  EPIPE: 'the connection was cut (broken pipe)',
  ECONNABORTED: 'the connection was cut',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to its network',
  EADDRNOTAVAIL: 'the address cannot be reached from this server',
  ETIMEDOUT: 'it does not answer in time',
  ESOCKETTIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
};
