import type { FileHandle } from 'node:fs/promises';
import type { FileAppender } from '../../ports/file-store.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import { fileError } from './errors.ts';

/** The disk is given what was written from so many bytes on, so that little is left for a sync. */
const WRITE_BACK_BYTES = 8 * 1024 * 1024;

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
  /** Bytes written since the latest sync began. */
  let unsynced = 0;
  let syncing: Promise<void> | null = null;
  /** Why a sync failed. The system tells it once; from then on nobody knows what is on the disk. */
  let fault: { readonly error: unknown } | null = null;

  /** Waits for the sync under way, then syncs what has been written until now. Never throws. */
  const sync = async (): Promise<void> => {
    await syncing;
    unsynced = 0;
    syncing = handle.datasync().then(
      () => undefined,
      (error: unknown) => {
        fault ??= { error };
      },
    );
    await syncing;
    syncing = null;
  };
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
      unsynced += piece.length;
      if (unsynced >= WRITE_BACK_BYTES && syncing === null) void sync();
    },
    sync: async () => {
      await sync();
      if (fault !== null) throw fileError(fault.error, 'write', shown);
    },
    close: async () => {
      await syncing;
      await handle.close();
    },
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
