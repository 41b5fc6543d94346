/** Lines kept for the message of a failure. */
const KEPT_LINES = 40;

/** What happened, as the last lines in words and as a fingerprint of the whole. */
export class Trace {
  readonly #now: () => number;
  readonly #listener: ((line: string) => void) | null;
  readonly #lines: string[] = [];
  #hash = 0x811c9dc5;

  /** `now`: milliseconds since the simulation began. `listener` hears every line. */
  constructor(now: () => number, listener: ((line: string) => void) | null) {
    this.#now = now;
    this.#listener = listener;
  }

  add(who: string, what: string): void {
    const line = `${(this.#now() / 1000).toFixed(3).padStart(9)} ${who.padEnd(8)} ${what}`;
    for (let at = 0; at < line.length; at += 1) {
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(at), 0x01000193);
    }
    this.#lines.push(line);
    if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES);
    this.#listener?.(line);
  }

  last(): readonly string[] {
    return this.#lines.slice(-KEPT_LINES);
  }

  /** Equal for equal histories: shows that a seed decides everything. */
  fingerprint(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }
}
