import { DomainError } from '../../src/domain/errors.ts';
import type { World } from './world.ts';

/** Longest wait of the database for more calls to share a commit. */
const MAX_GATHER_MS = 4;

interface Arrived {
  readonly what: string;
  readonly call: () => Promise<unknown>;
  /** `changed`: whether the commit changed what other servers may wait for. */
  readonly answer: (outcome: Outcome, changed: boolean) => void;
}

/** How a call to the store ended. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * The way to the shared database: calls arrive in the order of their connection, gather, and are
 * executed together; every commit is held against the rules.
 */
export class DatabaseQueue {
  readonly #world: World;
  readonly #lastArrivalMs = new Map<string, number>();
  #gathered: Arrived[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** `lane`: calls of the same lane keep their order. */
  send(lane: string, delayMs: number, arrived: Arrived): void {
    const { timeline, random } = this.#world;
    const atMs = Math.max(
      timeline.nowMs + delayMs,
      (this.#lastArrivalMs.get(lane) ?? 0) + 0.001 * random.fraction(),
    );
    this.#lastArrivalMs.set(lane, atMs);
    timeline.after(atMs - timeline.nowMs, () => {
      this.#gathered.push(arrived);
      if (this.#gathered.length > 1) return;
      timeline.after(random.fraction() * MAX_GATHER_MS, () => this.#commit());
    });
  }

  async #commit(): Promise<void> {
    const batch = this.#gathered;
    this.#gathered = [];
    const world = this.#world;
    for (const { what } of batch) world.trace.add('database', what);
    const outcomes = await Promise.all(
      batch.map(({ call }) =>
        call().then(
          (value): Outcome => ({ value }),
          (error: unknown): Outcome => ({ error }),
        ),
      ),
    );
    const changes = world.database.changes();
    world.rules.committed(changes);
    const changed = changes.some(({ kind }) => !kind.startsWith('server'));
    batch.forEach(({ what, answer }, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) throw new RangeError('an outcome is missing');
      if ('error' in outcome && !(outcome.error instanceof DomainError)) {
        const { error } = outcome;
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        world.fail('defect', `the store failed in ${what}: ${words}`);
      }
      answer(outcome, changed);
    });
  }
}
