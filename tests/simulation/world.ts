import type { Access } from '../../src/engine/engine.ts';
import { ClientLedger } from './client-ledger.ts';
import type { SimulatedDatabase } from './database.ts';
import { Random } from './random.ts';
import { Reality } from './reality.ts';
import type { Invariant } from './records.ts';
import { Rules } from './rules.ts';
import type { Scenario, Trouble } from './scenario.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';

/** When every simulation begins; any time would do. */
const START_MS = Date.UTC(2026, 0, 5, 12);
/** Most events of one simulation: one that does not end is a failure, not a hang. */
const MAX_EVENTS = 200_000;

/** An invariant that did not hold. */
export interface Failure {
  readonly invariant: Invariant;
  readonly message: string;
}

/** One simulated world: its time, chance, database, rules, and what happened so far. */
export class World {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly database: SimulatedDatabase;
  readonly access: Access;
  readonly ledger: ClientLedger;
  readonly reality: Reality;
  readonly rules: Rules;
  /** What can go wrong right now; becomes calm when the world heals. */
  trouble: Trouble;
  failure: Failure | null = null;
  events = 0;
  #ids = 0;

  constructor(
    scenario: Scenario,
    database: SimulatedDatabase,
    access: Access,
    listener: ((line: string) => void) | null,
  ) {
    this.scenario = scenario;
    this.database = database;
    this.access = access;
    this.trouble = scenario.trouble;
    this.random = new Random(scenario.seed + 0x5eed);
    this.timeline = new Timeline(this.random, START_MS);
    this.trace = new Trace(() => this.timeline.nowMs - START_MS, listener);
    const violate = this.fail.bind(this);
    this.ledger = new ClientLedger(violate);
    this.reality = new Reality(violate);
    this.rules = new Rules(
      violate,
      this.ledger,
      this.reality,
      scenario.unfinishedRuns,
      scenario.runLimit,
    );
  }

  /** Milliseconds since the epoch, whole. */
  nowMs(): number {
    return Math.floor(this.timeline.nowMs);
  }

  /** An id that no other call returns. */
  id(prefix: string): string {
    this.#ids += 1;
    return `${prefix}${this.#ids}`;
  }

  /** Notes a violated invariant; the first one counts and ends the simulation. */
  fail(invariant: Invariant, message: string): void {
    if (this.failure !== null) return;
    this.failure = { invariant, message };
    this.trace.add('RULES', `violated: ${invariant}: ${message}`);
  }

  /** Lets `delayMs` pass; `done` is asked after each event and may end it earlier. */
  async pass(delayMs: number, done: () => boolean = () => false): Promise<void> {
    const untilMs = this.timeline.nowMs + delayMs;
    while (this.failure === null && !done()) {
      const event = this.timeline.next(untilMs);
      if (event === null) break;
      this.events += 1;
      if (this.events > MAX_EVENTS) this.fail('liveness', `${MAX_EVENTS} events and no end`);
      await event.run();
      // Everything that can go on without time passing does so before the next event.
      await new Promise(setImmediate);
    }
    if (this.failure === null && !done()) {
      this.timeline.nowMs = Math.max(this.timeline.nowMs, untilMs);
    }
  }
}
