/**
 * Memory that batches are made in, used again once they are written. Made anew for each, it would
 * have the collector go through the whole process every 15 MiB: a third of what a worker computes.
 */
export class BatchMemory {
  /** All of one size, the last one that was taken. No more than there ever were at the same time. */
  #free: Buffer[] = [];
  #bytes = 0;

  /** Bytes of anything. */
  take(bytes: number): Buffer {
    if (bytes !== this.#bytes) {
      this.#free = [];
      this.#bytes = bytes;
    }
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(bytes);
  }

  /** What gives a buffer back: to be called when nobody reads it any more; a second time nothing happens. */
  releaseOf(buffer: Buffer): () => void {
    let isOut = true;
    return () => {
      if (isOut && buffer.length === this.#bytes) this.#free.push(buffer);
      isOut = false;
    };
  }
}
