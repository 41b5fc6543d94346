import type { Stats } from 'ssh2';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { SftpSession } from './session.ts';

/** Bytes of one request. Servers may give and take less. */
const REQUEST_BYTES = 128 * 1024;
/** Requests that are under way at the same time: the way to the server is long, not narrow. */
const REQUESTS = 12;

/** A file that is open on an SFTP server. */
export class SftpHandle {
  readonly #session: SftpSession;
  readonly #handle: Buffer;
  #writes: Promise<void>[] = [];

  private constructor(session: SftpSession, handle: Buffer) {
    this.#session = session;
    this.#handle = handle;
  }

  /** Opens by flags as of `fopen`, e.g. `r`, `wx`, `r+`. */
  static async open(session: SftpSession, path: string, flags: string): Promise<SftpHandle> {
    const handle = await session.call<Buffer>((sftp, done) => {
      sftp.open(path, flags as 'r', done);
    });
    return new SftpHandle(session, handle);
  }

  attributes(): Promise<Stats> {
    return this.#session.call<Stats>((sftp, done) => {
      sftp.fstat(this.#handle, done);
    });
  }

  async truncate(bytes: number): Promise<void> {
    await this.#session.call<void>((sftp, done) => {
      sftp.fsetstat(this.#handle, { size: bytes } as Parameters<typeof sftp.fsetstat>[1], done);
    });
  }

  /**
   * Bytes from `from` up to but without `end`, which the file has; asked for ahead.
   * @throws TransferError `read-failed` when it has them no more.
   */
  async *read(from: number, end: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    const ahead: Promise<Buffer>[] = [];
    let next = from;
    const ask = (): void => {
      if (next >= end) return;
      const wanted = Math.min(REQUEST_BYTES, end - next);
      const asked = this.#piece(next, wanted);
      // Those behind the end are never looked at.
      asked.catch(() => undefined);
      ahead.push(asked);
      next += wanted;
    };
    for (let count = 0; count < REQUESTS; count += 1) ask();
    for (let at = from; at < end;) {
      signal.throwIfAborted();
      const asked = ahead.shift();
      if (asked === undefined) return;
      const piece = await asked;
      ask();
      if (piece.length < Math.min(REQUEST_BYTES, end - at)) {
        throw new TransferError('read-failed', 'a file was changed (cut short) while it was read');
      }
      at += piece.length;
      yield piece;
    }
  }

  /** Begins writing at a place; waits only when much is under way. `flushed` tells how it went. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < view.length; at += REQUEST_BYTES) {
      const length = Math.min(REQUEST_BYTES, view.length - at);
      if (this.#writes.length >= REQUESTS) await this.#writes.shift();
      const written = this.#session.call<void>((sftp, done) => {
        sftp.write(this.#handle, view, at, length, position + at, done);
      });
      // Heard of when it is waited for.
      written.catch(() => undefined);
      this.#writes.push(written);
    }
  }

  /** Everything is with the server, and on its disk where it offers that. */
  async flushed(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    for (const written of writes) await written;
    await this.#session
      .call<void>((sftp, done) => {
        sftp.ext_openssh_fsync(this.#handle, done);
      })
      .catch((error: unknown) => {
        if (!isUnsupported(error)) throw error;
      });
  }

  /** Lets go; a server that is gone has let go already. */
  async close(): Promise<void> {
    await this.#session
      .call<void>((sftp, done) => {
        sftp.close(this.#handle, done);
      })
      .catch(() => undefined);
  }

  /** Up to `wanted` bytes; fewer only at the end of the file. */
  async #piece(position: number, wanted: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(wanted);
    let filled = 0;
    while (filled < wanted) {
      const [at, left] = [filled, wanted - filled];
      const got = await this.#session.call<number>((sftp, done) => {
        sftp.read(this.#handle, buffer, at, left, position + at, (error, bytesRead) => {
          done(error, bytesRead);
        });
      });
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  }
}

/** Whether a server (code 8) or what it told of itself says that it lacks a request. */
export function isUnsupported(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  return code === 8 || message.includes('does not support this extended request');
}
