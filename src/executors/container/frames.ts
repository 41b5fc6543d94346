import type { LogStream } from '../../ports/executor.ts';

/** A piece of output as an engine sends it: one line, or part of a long one. */
export interface Frame {
  readonly stream: LogStream;
  readonly payload: Buffer;
}

const headerBytes = 8;
const stderrMark = 2;

/**
 * Takes apart the engine's stream of output without a terminal: frames of one byte for the
 * stream, three of zero, four of length. Keeps what is incomplete until the rest comes.
 */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete with this chunk. */
  *push(chunk: Buffer): Generator<Frame> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const end = at + headerBytes + bytes.readUInt32BE(at + 4);
      if (end > bytes.length) break;
      const stream = bytes[at] === stderrMark ? 'stderr' : 'stdout';
      yield { stream, payload: bytes.subarray(at + headerBytes, end) };
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
