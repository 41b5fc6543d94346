import type { AttemptStart } from '../../../ports/executor.ts';
import type { Attempt } from './attempt.ts';
import { maxTurnsBehind, startsPerTurn } from './limits.ts';

type Start = readonly [Attempt, AttemptStart];

/**
 * Attempts that are still to begin: a few in each turn of the event loop, so that the first are on
 * their way while the others are still prepared.
 */
export class StartQueue {
  readonly #begin: (turn: readonly Start[]) => void;
  #waiting: Start[] = [];
  #going = false;
  /** Turns that those who wait for the end have waited. */
  #turns = 0;
  #drained = Promise.withResolvers<void>();

  constructor(begin: (turn: readonly Start[]) => void) {
    this.#begin = begin;
  }

  add(start: Start): void {
    this.#waiting.push(start);
  }

  /** Begins what waits; the first of it at once. */
  go(): void {
    if (!this.#going) this.#turn();
  }

  /**
   * Resolves when nothing waits to begin. Where starts come without end it resolves after some
   * turns all the same.
   */
  drained(): Promise<void> {
    return this.#going ? this.#drained.promise : Promise.resolve();
  }

  #turn(): void {
    const turn = this.#waiting.splice(0, startsPerTurn);
    // One more turn after the last ones: their requests go out in it.
    this.#going = turn.length > 0;
    this.#begin(turn);
    this.#turns += 1;
    if (!this.#going || this.#turns >= maxTurnsBehind) this.#release();
    if (this.#going) setImmediate(() => this.#turn());
  }

  #release(): void {
    this.#turns = 0;
    const { resolve } = this.#drained;
    this.#drained = Promise.withResolvers();
    resolve();
  }
}
