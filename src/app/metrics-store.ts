import { Histogram, type Registry } from 'prom-client';
import type { Store } from '../ports/store.ts';

/** Upper bounds, seconds: a read from memory, and a database that is going down. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The store with the time that its most important calls take, sync included. */
export function measuredStore(store: Store, registry: Registry): Store {
  const histogram = new Histogram({
    name: 'longshore_store_duration_seconds',
    help: 'Time that calls of the store take until they are durable, by operation.',
    labelNames: ['operation'],
    buckets,
    registers: [registry],
  });
  const timed = <A extends readonly unknown[], R>(
    operation: string,
    call: (...args: A) => Promise<R>,
  ): ((...args: A) => Promise<R>) => {
    const child = histogram.labels({ operation });
    return (...args) => {
      const began = performance.now();
      const done = call(...args);
      const over = (): void => child.observe((performance.now() - began) / 1_000);
      // A call that fails took its time, too.
      done.then(over, over);
      return done;
    };
  };
  return {
    ...store,
    admit: timed('admit', store.admit),
    fire: timed('fire', store.fire),
    claim: timed('claim', store.claim),
    report: timed('report', store.report),
    stopRun: timed('stop', store.stopRun),
    renew: timed('renew', store.renew),
    appendAudit: timed('audit', store.appendAudit),
    retain: timed('retain', store.retain),
    ping: timed('ping', store.ping),
  };
}
