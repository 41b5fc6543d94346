import type { ClaimedChunk } from '../state/chunks.ts';

/** After so many chunks that were refused in one go, none is tried that way any more. */
const MAX_REFUSED = 3;

/** Which chunks a worker writes in one go, and which batch by batch because of a row in them. */
export class Care {
  readonly #refused = new Set<string>();

  /** Whether the chunk may be written in one go. */
  inOneGo(chunk: ClaimedChunk): boolean {
    return this.#refused.size < MAX_REFUSED && !this.#refused.has(keyOf(chunk));
  }

  /** The target refused it in one go. */
  refused(chunk: ClaimedChunk): void {
    this.#refused.add(keyOf(chunk));
  }
}

function keyOf({ table, seq }: ClaimedChunk): string {
  return `${table} ${seq}`;
}
