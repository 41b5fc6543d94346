import type { Random } from './random.ts';

/** Something that will happen. */
export interface SimulatedEvent {
  readonly atMs: number;
  /** Orders what happens at the same time; drawn from the seed. */
  readonly tie: number;
  run: () => void | Promise<void>;
}

/** Virtual time with everything that is to happen, earliest first: a binary heap. */
export class Timeline {
  readonly #random: Random;
  readonly #heap: SimulatedEvent[] = [];
  /** Milliseconds since the epoch, with fractions. */
  nowMs: number;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.nowMs = startMs;
  }

  /** Adds an event `delayMs` from now. */
  after(delayMs: number, run: () => void | Promise<void>): SimulatedEvent {
    const atMs = this.nowMs + Math.max(delayMs, 0);
    const event: SimulatedEvent = { atMs, tie: this.#random.fraction(), run };
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !before(event, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = event;
    return event;
  }

  /** Takes the next event and moves time on to it; null when none is due by `untilMs`. */
  next(untilMs: number): SimulatedEvent | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atMs > untilMs) return null;
    const last = heap.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    this.nowMs = Math.max(this.nowMs, first.atMs);
    return first;
  }

  #sink(event: SimulatedEvent): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const other = heap[childAt + 1];
      if (other !== undefined && before(other, child)) {
        child = other;
        childAt += 1;
      }
      if (before(event, child)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = event;
  }
}

function before(a: SimulatedEvent, b: SimulatedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.tie < b.tie);
}
