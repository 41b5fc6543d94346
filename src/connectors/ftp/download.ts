import { PassThrough } from 'node:stream';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FtpConnections } from './connections.ts';

/** Bytes that are read ahead of the caller. */
const AHEAD_BYTES = 1024 * 1024;

/** A range of a file, over a connection of its own. */
export async function* download(
  connections: FtpConnections,
  path: string,
  range: { readonly from: number; readonly end: number | null },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const client = await connections.take();
  const aborted = (): void => client.close();
  signal.addEventListener('abort', aborted);
  let complete = false;
  try {
    // The stream ends in the same way when the server stops early; its own size tells.
    const size = await client.size(path);
    const end = Math.min(range.end ?? size, size);
    if (range.from >= end) {
      complete = true;
      return;
    }
    const out = new PassThrough({ highWaterMark: AHEAD_BYTES });
    const done = client.downloadTo(out, path, range.from).then(
      () => null,
      (error: Error) => {
        out.destroy(error);
        return error;
      },
    );
    let at = range.from;
    for await (const piece of out as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      const wanted = piece.subarray(0, end - at);
      at += wanted.length;
      if (wanted.length > 0) yield wanted;
      if (at >= end && end < size) return;
    }
    const failure = await done;
    if (failure !== null) throw failure;
    if (at < end) {
      const words = `${path}: the connection was lost after ${at} of ${size} bytes`;
      throw new TransferError('read-failed', words, { transient: true });
    }
    complete = true;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', aborted);
    // In the midst of a transfer nothing else can be asked.
    if (complete) connections.giveBack(client);
    else connections.drop(client);
  }
}
