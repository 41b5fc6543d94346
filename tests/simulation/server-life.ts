import { createCatalog } from '../../src/engine/catalog.ts';
import { createEngine, type RunningEngine } from '../../src/engine/create.ts';
import type { EngineLog } from '../../src/engine/runtime.ts';
import type { Clock, Timer } from '../../src/ports/clock.ts';
import type { DatabaseQueue } from './connection.ts';
import type { Host } from './host.ts';
import { storeView } from './store-view.ts';
import type { World } from './world.ts';

/** Calls of a client that wait for this server are told when it dies. */
type Mourner = () => void;

/**
 * One life of a server: an engine whose every way to the outside leads through here, so that it
 * can die between any two of its steps, and be frozen. After its death nothing of it happens.
 */
export class ServerLife {
  readonly name: string;
  readonly host: Host;
  readonly world: World;
  readonly running: RunningEngine;
  /** Whether clients are served. */
  ready = false;
  alive = true;
  frozen = false;
  /** Until when its database is out of reach. */
  cutOffUntilMs = 0;
  readonly #parked: (() => void)[] = [];
  readonly #mourners = new Set<Mourner>();
  readonly #onDeath: () => void;

  constructor(world: World, host: Host, queue: DatabaseQueue, name: string, onDeath: () => void) {
    this.world = world;
    this.host = host;
    this.name = name;
    this.#onDeath = onDeath;
    const store = storeView(this, queue);
    this.running = createEngine({
      store,
      host: host.name,
      leaseTtlMs: world.scenario.leaseTtlMs,
      aheadWindowMs: world.scenario.aheadWindowMs,
      executors: [host.executorFor(this)],
      access: world.access,
      catalog: createCatalog({
        store,
        masterKey: new Uint8Array(32),
        randomBytes: (length) => new Uint8Array(length),
      }),
      unseal: (sealed) => sealed,
      clock: this.#clock(),
      ids: { uuid: () => world.id('u') },
      random: { fraction: () => world.random.fraction() },
      log: this.#log(),
    });
  }

  /** Starts it; a server that cannot start ends, as the program does. */
  async begin(): Promise<void> {
    this.world.trace.add(this.name, 'begins');
    try {
      await this.running.start();
      if (this.alive) this.world.trace.add(this.name, 'serves');
      this.ready = this.alive;
    } catch (error) {
      this.crash(`could not start: ${String(error)}`);
    }
  }

  /** Shuts down in good order. */
  async close(): Promise<void> {
    this.world.trace.add(this.name, 'shuts down');
    this.ready = false;
    await this.running.close().catch((error: unknown) => {
      this.world.trace.add(this.name, `closing failed: ${String(error)}`);
    });
    this.crash('has ended');
  }

  /** Ends it between two steps. */
  crash(why: string): void {
    if (!this.alive) return;
    this.world.trace.add(this.name, `DIES: ${why}`);
    this.alive = false;
    this.ready = false;
    this.#parked.length = 0;
    this.host.forgetServer();
    for (const mourn of this.#mourners) mourn();
    this.#onDeath();
  }

  freeze(): void {
    this.frozen = true;
    this.world.trace.add(this.name, 'FREEZES');
  }

  /** Goes on; what has happened meanwhile arrives now, in order. */
  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    if (this.alive) this.world.trace.add(this.name, 'goes on');
    let delayMs = 0;
    for (const task of this.#parked.splice(0)) {
      this.deliver(delayMs, task);
      delayMs += 0.01;
    }
  }

  /** Something reaches this server after `delayMs`: a timer, an answer, a report. */
  deliver(delayMs: number, task: () => void): Timer {
    let canceled = false;
    const arrive = (): void => {
      if (canceled || !this.alive) return;
      if (this.frozen) {
        this.#parked.push(arrive);
        return;
      }
      if (this.world.random.chance(this.world.trouble.crashes)) {
        this.crash('at a delivery');
        return;
      }
      task();
    };
    this.world.timeline.after(delayMs, arrive);
    return {
      cancel: () => {
        canceled = true;
      },
    };
  }

  /** Something leaves this server at once, unless the server dies right before or after it. */
  calls(effect: () => void): void {
    if (!this.alive) return;
    const dies = this.world.random.chance(this.world.trouble.crashes);
    const first = dies && this.world.random.chance(0.5);
    if (!first) effect();
    if (dies) this.crash('at a call');
  }

  /** Something that leaves this server and is answered. */
  awaits(what: string, effect: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.calls(() => {
        this.world.trace.add(this.name, what);
        effect();
        this.deliver(this.world.random.int(0, 3), resolve);
      });
    });
  }

  /** `mourn` is called when the server dies; returns how to take that back. */
  onDeath(mourn: Mourner): () => void {
    this.#mourners.add(mourn);
    return () => this.#mourners.delete(mourn);
  }

  #clock(): Clock {
    const guarded = (task: () => void) => (): void => {
      try {
        task();
      } catch (error) {
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.world.fail('defect', `a timer of ${this.name} threw: ${words}`);
      }
    };
    return {
      nowMs: () => this.host.nowMs(),
      monotonicMs: () => this.world.timeline.nowMs,
      // A timer is late by a little, never early.
      after: (delayMs, task) =>
        this.deliver(Math.max(delayMs, 0) + this.world.random.fraction(), guarded(task)),
      soon: (task) => void this.deliver(0, guarded(task)),
    };
  }

  #log(): EngineLog {
    const add = (fields: object, message: string): void => {
      const error = 'err' in fields ? `: ${String(fields.err)}` : '';
      this.world.trace.add(this.name, `${message}${error}`);
      const cause = 'err' in fields ? fields.err : null;
      if (cause instanceof TypeError || cause instanceof RangeError) {
        this.world.fail('defect', `${this.name}: ${message}: ${cause.stack ?? cause.message}`);
      }
    };
    return { info: add, warn: add, error: add };
  }
}
