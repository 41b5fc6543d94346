import type { IncomingMessage } from 'node:http';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileInfo, FileStore } from '../../ports/file-store.ts';
import {
  IDLE_TIMEOUT_MS,
  inPieces,
  networkWords,
  readingOn,
  withoutSilence,
} from '../files/remote.ts';
import { type AddressRule, ask, shownUrl, unreachable } from './request.ts';

/** Largest file (cdm.md §1). */
const MAX_FILE_BYTES = 1024 ** 4;
/** Largest file that is read to its end only to know its size, when a server does not tell it. */
const MAX_MEASURED_BYTES = 1024 ** 3;
const PIECE_BYTES = 256 * 1024;

/** Files of the web: paths are their addresses. Nothing is written, and there are no folders. */
export function openHttpStore(addresses: AddressRule, signal: AbortSignal): FileStore {
  return new HttpStore(addresses, signal);
}

class HttpStore implements FileStore {
  readonly hasFolders = false;
  readonly #addresses: AddressRule;
  readonly #signal: AbortSignal;

  constructor(addresses: AddressRule, signal: AbortSignal) {
    this.#addresses = addresses;
    this.#signal = signal;
  }

  async stat(path: string): ReturnType<FileStore['stat']> {
    const head = await this.#ask(path, 'HEAD');
    head.destroy();
    if (isGone(head)) return null;
    // Not every server answers to HEAD, and not every one tells a size then.
    const told = isFine(head) && head.headers['content-length'] !== undefined ? head : null;
    const answer = told ?? (await this.#ask(path, 'GET', { range: 'bytes=0-0' }));
    try {
      if (isGone(answer)) return null;
      // An empty file has no first byte.
      const empty = answer.statusCode === 416 && totalOf(answer) === 0;
      if (!empty) checkStatus(answer, path);
      const bytes = empty ? 0 : (totalOf(answer) ?? (await this.#measured(answer, path)));
      if (bytes > MAX_FILE_BYTES) {
        throw new TransferError('read-failed', `${shownUrl(path)} is larger than 1 TiB`);
      }
      const modified = Date.parse(answer.headers['last-modified'] ?? '');
      const contentType = answer.headers['content-type'];
      return {
        path,
        bytes,
        modifiedAtMs: Number.isNaN(modified) ? 0 : modified,
        md5: null,
        folder: false,
        ...(contentType === undefined ? {} : { contentType }),
      };
    } finally {
      answer.destroy();
    }
  }

  async *list(path: string, signal: AbortSignal): AsyncGenerator<FileInfo> {
    signal.throwIfAborted();
    const found = await this.stat(path);
    if (found === null) throw gone(path);
    const { bytes, modifiedAtMs, md5 } = found;
    yield { path, bytes, modifiedAtMs, md5 };
  }

  read(
    path: string,
    range: { readonly start: number; readonly end: number | null },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    let tag: string | undefined;
    const open = async function* (this: HttpStore, from: number): AsyncGenerator<Uint8Array> {
      if (range.end !== null && from >= range.end) return;
      const whole = from === 0 && range.end === null;
      const answer = await this.#ask(
        path,
        'GET',
        whole ? {} : { range: `bytes=${from}-${range.end === null ? '' : range.end - 1}` },
        signal,
      );
      try {
        if (answer.statusCode === 416) return;
        checkStatus(answer, path);
        const now = answer.headers.etag ?? answer.headers['last-modified'];
        if (tag !== undefined && now !== tag) {
          throw new TransferError('read-failed', `${shownUrl(path)} was changed while it was read`);
        }
        tag = now;
        // Who does not know ranges sends everything.
        const at = answer.statusCode === 206 ? from : 0;
        yield* between(answer, at, { start: from, end: range.end }, path);
      } finally {
        answer.destroy();
      }
    };
    const { start } = range;
    return inPieces(
      readingOn({ start, signal, open: (from) => open.call(this, from) }),
      PIECE_BYTES,
    );
  }

  write(): Promise<never> {
    return readOnly();
  }

  append(): Promise<never> {
    return readOnly();
  }

  rename(): Promise<never> {
    return readOnly();
  }

  remove(): Promise<never> {
    return readOnly();
  }

  removeTree(): Promise<never> {
    return readOnly();
  }

  makeFolder(): Promise<never> {
    return readOnly();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #ask(
    path: string,
    method: 'GET' | 'HEAD',
    headers: Readonly<Record<string, string>> = {},
    signal = this.#signal,
  ): Promise<IncomingMessage> {
    return ask(path, { method, headers }, this.#addresses, signal);
  }

  /** Reads a whole answer for its size; only where neither a header nor a range told it. */
  async #measured(answer: IncomingMessage, path: string): Promise<number> {
    let bytes = 0;
    for await (const piece of between(answer, 0, { start: 0, end: null }, path)) {
      bytes += piece.length;
      if (bytes <= MAX_MEASURED_BYTES) continue;
      const words = `${shownUrl(path)} does not tell its size and is larger than ${MAX_MEASURED_BYTES} bytes`;
      throw new TransferError('read-failed', words);
    }
    return bytes;
  }
}

/** The wanted part of an answer whose first byte is that at `at`. */
async function* between(
  answer: IncomingMessage,
  at: number,
  { start, end }: { readonly start: number; readonly end: number | null },
  path: string,
): AsyncGenerator<Uint8Array> {
  let place = at;
  try {
    for await (const piece of withoutSilence(answer, IDLE_TIMEOUT_MS)) {
      const wanted = piece.subarray(
        Math.max(start - place, 0),
        end === null ? piece.length : Math.max(end - place, 0),
      );
      place += piece.length;
      if (wanted.length > 0) yield wanted;
      if (end !== null && place >= end) return;
      if (place > MAX_FILE_BYTES) throw new Error('it is larger than 1 TiB');
    }
  } catch (error) {
    if (networkWords(error) === null || error instanceof TransferError)
      throw unreachable(error, path);
    const words = `${shownUrl(path)}: the connection was lost after ${place} bytes`;
    throw new TransferError('read-failed', words, { transient: true, cause: error });
  }
  if (answer.complete) return;
  const words = `${shownUrl(path)}: the connection was lost after ${place} bytes`;
  throw new TransferError('read-failed', words, { transient: true });
}

function checkStatus(answer: IncomingMessage, path: string): void {
  if (isFine(answer)) return;
  const { statusCode = 0 } = answer;
  if (isGone(answer)) throw gone(path);
  if (statusCode === 401 || statusCode === 403) {
    const words = `${shownUrl(path)} refuses access (HTTP ${statusCode})`;
    throw new TransferError('read-failed', words);
  }
  const transient = statusCode >= 500 || statusCode === 429;
  const words = `${shownUrl(path)} answered HTTP ${statusCode}`;
  throw new TransferError('read-failed', words, { transient });
}

function isFine({ statusCode }: IncomingMessage): boolean {
  return statusCode === 200 || statusCode === 206;
}

function isGone({ statusCode }: IncomingMessage): boolean {
  return statusCode === 404 || statusCode === 410;
}

/** Size of the whole file by the headers; null = they do not tell it. */
function totalOf({ statusCode, headers }: IncomingMessage): number | null {
  const inRange = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  const told = statusCode === 200 ? headers['content-length'] : inRange;
  return told !== undefined && /^\d{1,16}$/.test(told) ? Number(told) : null;
}

function gone(path: string): TransferError {
  return new TransferError('path-missing', `there is no file at ${shownUrl(path)}`);
}

function readOnly(): Promise<never> {
  const words = 'files of the web can only be read; choose another link for the target';
  return Promise.reject(new TransferError('invalid-definition', words));
}
