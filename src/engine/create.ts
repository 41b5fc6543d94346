import type { Clock, Ids, Randomness } from '../ports/clock.ts';
import type { Executor } from '../ports/executor.ts';
import type { Store } from '../ports/store.ts';
import { Deadlines } from './deadlines.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Access, Engine } from './engine.ts';
import { Purger } from './purger.ts';
import { recover } from './recovery.ts';
import { Reporter } from './reporter.ts';
import { createRuns } from './runs.ts';
import type { EngineLog, Runtime } from './runtime.ts';
import { RunSignals } from './signals.ts';
import { createTemplates } from './templates.ts';

export interface EngineOptions {
  /** Already open; `fence` is what opening it returned. */
  readonly store: Store;
  readonly fence: number;
  readonly executors: readonly Executor[];
  readonly access: Access;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Randomness;
  readonly log: EngineLog;
}

/** A running engine and how to end it. */
export interface RunningEngine {
  readonly engine: Engine;
  /** Opens the executors, adopts what an earlier life left running, and starts what is due. */
  start(): Promise<void>;
  /** Claims nothing more and stores every report that has arrived. Running attempts go on. */
  drain(): Promise<void>;
  /** Drains and lets go of the executors. The store is its opener's to close. */
  close(): Promise<void>;
}

/** Puts the engine together. Nothing happens before `start`. */
export function createEngine(options: EngineOptions): RunningEngine {
  const runtime: Runtime = {
    store: options.store,
    executors: new Map(options.executors.map((executor) => [executor.name, executor])),
    clock: options.clock,
    ids: options.ids,
    random: options.random,
    log: options.log,
    signals: new RunSignals(options.clock),
    counters: { runsAccepted: 0, runsFinished: 0, attemptsStarted: 0, staleReports: 0 },
  };
  const deadlines = new Deadlines(runtime);
  const purger = new Purger(runtime);
  const dispatcher = new Dispatcher(runtime, options.fence, (deadlineMs) =>
    deadlines.expect(deadlineMs),
  );
  const reporter = new Reporter(runtime, dispatcher, () => purger.runEnded());
  let started = false;

  const drain = async (): Promise<void> => {
    started = false;
    deadlines.stop();
    await dispatcher.stop();
    await reporter.flush();
    await purger.stop();
  };

  return {
    engine: {
      templates: createTemplates(runtime, dispatcher, purger),
      runs: createRuns(runtime, dispatcher, purger),
      access: options.access,
      async ready() {
        if (!started) return { ready: false, reason: 'starting or shutting down' };
        await runtime.store.ping();
        for (const executor of options.executors) {
          const health = executor.health();
          if (!health.ready)
            return { ready: false, reason: `executor ${executor.name}: ${health.reason}` };
        }
        return { ready: true, reason: '' };
      },
      async stats() {
        return { ...(await runtime.store.counts()), ...runtime.counters };
      },
    },
    async start() {
      await recover(runtime, options.fence, dispatcher, (reports) => reporter.accept(reports));
      await deadlines.check();
      started = true;
      purger.wake();
      dispatcher.wake();
    },
    drain,
    async close() {
      await drain();
      for (const executor of options.executors) await executor.close();
      await reporter.flush();
    },
  };
}
