/** Lets so many pieces of work go on at the same time; the others wait their turn. */
export class Limiter {
  readonly #places: () => number;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  /** `places` is asked whenever somebody comes or leaves. */
  constructor(places: () => number) {
    this.#places = places;
  }

  /** Runs `work` when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#places() && this.#waiting.length === 0) this.#busy += 1;
    // Its place is taken for it before it is woken, so that nobody slips in between.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#busy -= 1;
      while (this.#busy < this.#places()) {
        const next = this.#waiting.shift();
        if (next === undefined) break;
        this.#busy += 1;
        next();
      }
    }
  }
}
