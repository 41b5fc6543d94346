import type { FileHandle } from 'node:fs/promises';
import type { FileAppender } from '../../ports/connector.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import { fileError } from './errors.ts';

/**
 * A file of this machine that grows from `keepBytes` on; what is behind is cut off. Owns the
 * handle. `shown` names the file in errors.
 * @throws TransferError `write-failed` when the file is shorter than what was kept.
 */
export async function diskAppender(
  handle: FileHandle,
  keepBytes: number,
  shown: string,
): Promise<FileAppender> {
  try {
    const { size } = await handle.stat();
    if (size < keepBytes) {
      throw new TransferError(
        'write-failed',
        `${shown} has ${size} bytes, but ${keepBytes} had been written: somebody else changed it`,
      );
    }
    if (size > keepBytes) await handle.truncate(keepBytes);
  } catch (error) {
    await handle.close();
    throw fileError(error, 'write', shown);
  }
  let bytes = keepBytes;
  return {
    get bytes() {
      return bytes;
    },
    write: async (piece) => {
      try {
        await writeAll(handle, piece, bytes);
      } catch (error) {
        throw fileError(error, 'write', shown);
      }
      bytes += piece.length;
    },
    sync: async () => {
      try {
        await handle.datasync();
      } catch (error) {
        throw fileError(error, 'write', shown);
      }
    },
    close: () => handle.close(),
  };
}

/** Writes every byte at a place of a file; the system may take fewer at once. */
export async function writeAll(
  handle: FileHandle,
  piece: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < piece.length;) {
    const { bytesWritten } = await handle.write(piece, done, piece.length - done, position + done);
    done += bytesWritten;
  }
}
