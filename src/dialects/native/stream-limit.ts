import type { Engine } from '../../engine/index.ts';
import type { StreamEvent } from './operation.ts';
import { ProblemError } from './problem.ts';

/** Bounds how many streams of one kind are open at a server at the same time. */
export interface StreamLimit {
  /**
   * The events, counted until they end or nobody reads them any more.
   * @throws ProblemError `too-many-streams`.
   */
  admit(engine: Engine, events: AsyncGenerator<StreamEvent>): AsyncGenerator<StreamEvent>;
}

/** @param what in words, e.g. `runs of workflows are being followed`. */
export function createStreamLimit(most: number, what: string): StreamLimit {
  // By server: several servers may live in one process.
  const open = new WeakMap<Engine, number>();
  const count = (engine: Engine): number => open.get(engine) ?? 0;

  async function* counted(engine: Engine, events: AsyncGenerator<StreamEvent>) {
    open.set(engine, count(engine) + 1);
    try {
      yield* events;
    } finally {
      open.set(engine, count(engine) - 1);
    }
  }

  return {
    admit(engine, events) {
      if (count(engine) >= most) throw new ProblemError('too-many-streams', `${most} ${what}`);
      return counted(engine, events);
    },
  };
}
