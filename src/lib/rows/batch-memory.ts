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

  /** Nobody reads them any more. */
  give(buffer: Buffer): void {
    if (buffer.length === this.#bytes) this.#free.push(buffer);
  }
}
