import type { Store } from '../../src/ports/store.ts';
import type { DatabaseQueue, Outcome } from './connection.ts';
import type { ServerLife } from './server-life.ts';

/** When a server stops waiting for an answer. */
export const CALL_TIMEOUT_MS = 2_000;
/** Latest answer of a call that does not time out: later than any lease of the simulation. */
export const MAX_LATE_MS = 8_000;

type Method = (...args: unknown[]) => Promise<unknown>;

/** Calls whose last argument is a time by which leases are judged: the database has its own clock. */
const onDatabaseClock = new Set(['join', 'renew', 'leave', 'giveUp']);

/**
 * The store as one server life sees it: each call takes time, may fail before it is executed,
 * after it, or by a timeout while it is executed all the same, and is never answered to the dead.
 */
export function storeView(life: ServerLife, queue: DatabaseQueue): Store {
  const { database, scenario } = life.world;
  const methods = database.store as unknown as Record<string, Method>;
  const call = (name: string, args: unknown[]): Promise<unknown> =>
    send(
      life,
      queue,
      name,
      (...given) => {
        const method = methods[name];
        if (method === undefined) throw new TypeError(`the store has no ${name}`);
        return method.apply(database.store, given);
      },
      args,
    );
  return new Proxy({} as Store, {
    get(_, name) {
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (name === 'watch') {
        if (!scenario.watch) return undefined;
        return async (listener: () => void) => watchers.add(life, listener);
      }
      return (...args: unknown[]) => call(name, args);
    },
  });
}

/** Who is told of other servers' changes. */
class Watchers {
  readonly #listeners = new WeakMap<object, { life: ServerLife; listener: () => void }[]>();

  add(life: ServerLife, listener: () => void): () => Promise<void> {
    const all = this.#listeners.get(life.world) ?? [];
    const entry = { life, listener };
    this.#listeners.set(life.world, [...all, entry]);
    return async () => {
      const left = (this.#listeners.get(life.world) ?? []).filter((other) => other !== entry);
      this.#listeners.set(life.world, left);
    };
  }

  /** Something changed; notices may be lost, as the port allows for nothing but too many. */
  tell(changer: ServerLife): void {
    for (const { life, listener } of this.#listeners.get(changer.world) ?? []) {
      if (life !== changer && life.alive) life.deliver(changer.world.random.int(0, 20), listener);
    }
  }
}

const watchers = new Watchers();
const telling = new Set([
  'admit',
  'fire',
  'setSuspended',
  'stopRun',
  'deleteRun',
  'deleteTemplate',
]);

function send(
  life: ServerLife,
  queue: DatabaseQueue,
  name: string,
  method: Method,
  args: unknown[],
): Promise<unknown> {
  const { world } = life;
  const { random, trouble, timeline, trace } = world;
  return new Promise((resolve, reject) => {
    life.calls(() => {
      const fail = (delayMs: number, words: string): void => {
        trace.add(life.name, `${name} will fail: ${words}`);
        life.deliver(delayMs, () => reject(new Error(`${name}: ${words}`)));
      };
      const delayMs = random.chance(0.02) ? random.int(20, 300) : random.fraction() * 3;
      if (timeline.nowMs < life.cutOffUntilMs) {
        fail(random.int(1, CALL_TIMEOUT_MS), 'the database is out of reach');
        return;
      }
      if (random.chance(trouble.failsBefore)) {
        fail(random.chance(0.3) ? random.int(100, CALL_TIMEOUT_MS) : delayMs, 'failed before');
        return;
      }
      const failsAfter = random.chance(trouble.failsAfter);
      const timesOut = !failsAfter && random.chance(trouble.timesOut);
      if (timesOut) fail(CALL_TIMEOUT_MS, 'timed out');
      const late = random.chance(trouble.late);
      // What timed out may be executed even after that, and after later calls.
      const overtaken = timesOut && random.chance(0.5);
      const lane = overtaken ? `${life.name}'s lost calls` : life.name;
      queue.send(lane, overtaken ? random.int(0, 2 * CALL_TIMEOUT_MS) : delayMs, {
        what: `${name} for ${life.name}`,
        call: () => {
          const given = onDatabaseClock.has(name) ? [...args.slice(0, -1), world.nowMs()] : args;
          return method(...given);
        },
        answer: (outcome, changed) => {
          if (changed && telling.has(name)) watchers.tell(life);
          if (timesOut) return;
          if (failsAfter) {
            fail(random.fraction() * 3, 'failed after it was executed');
            return;
          }
          const answerDelayMs = late ? random.int(500, MAX_LATE_MS) : random.fraction() * 3;
          life.deliver(answerDelayMs, () => settle(outcome, resolve, reject));
        },
      });
    });
  });
}

function settle(
  outcome: Outcome,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): void {
  if ('error' in outcome) reject(outcome.error);
  else resolve(outcome.value);
}
