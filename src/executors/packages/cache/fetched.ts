import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** What a source said about the bytes, to ask next time whether they changed. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A package in a temporary file. */
export interface Fetched extends Validators {
  readonly sha256: string;
  readonly bytes: number;
}

/** What a fetch may take. */
export interface FetchLimits {
  readonly maxBytes: number;
  /** From the moment somebody wants it, waiting for a turn included. */
  readonly timeoutMs: number;
}

/** A package is larger than allowed. */
export function tooLarge(shown: string, maxBytes: number): Error {
  return new Error(
    `the package ${shown} is larger than ${maxBytes} bytes; make it smaller or raise packages.maxBytes`,
  );
}

/**
 * Writes a stream of bytes to a new file, synced, and counts and hashes it on the way.
 * @throws Error when there are more than `maxBytes`; of the file system; of the stream.
 */
export async function writeHashed(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  shown: string,
  maxBytes: number,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(shown, maxBytes);
      hash.update(chunk);
      for (let written = 0; written < chunk.length;) {
        written += (await handle.write(chunk, written)).bytesWritten;
      }
    }
    // Whatever the server's umask: jobs of another user read it.
    await handle.chmod(0o444);
    // It is found by its digest from now on: a power cut must not leave something else there.
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}
