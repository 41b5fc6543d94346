/** What a peer sent cannot be read: its connection is of no further use. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Bytes of the length in front of a frame (workers.md §2.2). */
const headerBytes = 4;

/** Cuts a stream into frames: a length of 4 bytes, big-endian, and that many bytes. */
export class FrameReader {
  #maxBytes: number;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes until there is something to do: a header, or a header with its frame. */
  #needed = headerBytes;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** From the next frame on. */
  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
  }

  /**
   * Takes what arrived. @returns the frames that are complete now.
   * @throws WireError for a frame that is empty or longer than allowed.
   */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Buffer[] = [];
    if (this.#size < this.#needed) return frames;
    // Joined only when something is complete, so that many small chunks do not cost their square.
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      this.#needed = headerBytes;
      if (rest.length < headerBytes) break;
      const length = rest.readUInt32BE(0);
      if (length === 0 || length > this.#maxBytes) {
        throw new WireError(`a frame of ${length} bytes; 1 to ${this.#maxBytes} are allowed`);
      }
      this.#needed = headerBytes + length;
      if (rest.length < this.#needed) break;
      frames.push(rest.subarray(headerBytes, this.#needed));
      rest = rest.subarray(this.#needed);
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    return frames;
  }
}

/** A frame in one piece: workers lose their place when a header arrives apart (workers.md §2.8). */
export function frame(payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  bytes.writeUInt32BE(payload.length, 0);
  bytes.set(payload, headerBytes);
  return bytes;
}
