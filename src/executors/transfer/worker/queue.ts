/**
 * Work on its way from the reader to the writer: bounded by bytes, so that reading goes on while
 * a write is under way and memory stays the same whatever the table's size.
 */
export class BoundedQueue<T> {
  readonly #maxBytes: number;
  readonly #items: { readonly item: T; readonly bytes: number }[] = [];
  #bytes = 0;
  #closed = false;
  #fault: unknown = null;
  #wake: (() => void)[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds an item; waits while there is no room. One that is too large alone passes when it is. */
  async push(item: T, bytes: number): Promise<void> {
    await this.#until(() => this.#items.length === 0 || this.#bytes + bytes <= this.#maxBytes);
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    this.#tell();
  }

  /** The next item; null after the last one. @throws what `fail` was given. */
  async take(): Promise<T | null> {
    for (;;) {
      if (this.#fault !== null) throw this.#fault;
      const next = this.#items.shift();
      if (next !== undefined) {
        this.#bytes -= next.bytes;
        this.#tell();
        return next.item;
      }
      if (this.#closed) return null;
      await this.#changed();
    }
  }

  /** Resolves once everything has been taken. @throws what `fail` was given. */
  empty(): Promise<void> {
    return this.#until(() => this.#items.length === 0);
  }

  /**
   * Resolves once at most so much is left, or `other` has, which must not fail.
   * @throws what `fail` was given.
   */
  downTo(bytes: number, other: Promise<void>): Promise<void> {
    let isOver = false;
    void other.then(() => {
      isOver = true;
      this.#tell();
    });
    return this.#until(() => isOver || this.#bytes <= bytes);
  }

  /** Nothing more comes. */
  close(): void {
    this.#closed = true;
    this.#tell();
  }

  /** Both sides get this error from now on. */
  fail(fault: unknown): void {
    this.#fault ??= fault;
    this.#items.length = 0;
    this.#bytes = 0;
    this.#tell();
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (this.#fault === null && !isSo()) await this.#changed();
    if (this.#fault !== null) throw this.#fault;
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #tell(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
