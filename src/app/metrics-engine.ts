import { Counter, Histogram, type Registry } from 'prom-client';
import type { EngineObserver } from '../engine/measuring.ts';

/** Upper bounds, seconds: a start at once, and one after a night. */
const delayBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600];
/** Upper bounds, seconds: a script, and a load over night. */
const durationBuckets = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200];

/**
 * Numbers made of single events of the engine. Resolving labels costs more than counting: it is
 * done once for each combination, which are few (dialects, executors, states).
 */
export function createEngineMetrics(registry: Registry): EngineObserver {
  const registers = [registry];
  const counter = <const L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    counting(new Counter({ name, help, labelNames: [...labelNames], registers }), labelNames);
  const histogram = <const L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ) =>
    observing(
      new Histogram({ name, help, labelNames: [...labelNames], buckets, registers }),
      labelNames,
    );

  const accepted = counter(
    'longshore_runs_triggered_total',
    'Runs accepted by this server, by dialect and what triggered them.',
    ['dialect', 'trigger'],
  );
  const ended = counter(
    'longshore_runs_ended_total',
    'Runs whose end this server wrote down, by dialect and final state.',
    ['dialect', 'state'],
  );
  const runDuration = histogram(
    'longshore_run_duration_seconds',
    'Time from the start of a run to its end, of runs that started.',
    ['dialect'],
    durationBuckets,
  );
  const firingDelay = histogram(
    'longshore_firing_delay_seconds',
    'Time from the nominal time of a firing to its run.',
    ['dialect'],
    delayBuckets,
  );
  const startDelay = histogram(
    'longshore_start_delay_seconds',
    'Time from when a run is due to when its program runs; first attempts only.',
    ['dialect', 'executor'],
    delayBuckets,
  );
  const attemptsEnded = counter(
    'longshore_attempts_ended_total',
    'Attempts that ended on this server, by how: succeeded, failed, stopped, lost, refused.',
    ['dialect', 'executor', 'outcome'],
  );
  const rows = counter(
    'longshore_transfer_rows_total',
    'Rows written to targets by data jobs that ended.',
    [],
  );
  const bytes = counter(
    'longshore_transfer_bytes_total',
    'Bytes written to targets by data jobs that ended.',
    [],
  );

  return {
    runAccepted: (dialect, trigger) => accepted(1, dialect, trigger),
    fired: (dialect, delayMs) => firingDelay(delayMs / 1_000, dialect),
    started: (dialect, executor, delayMs) => startDelay(delayMs / 1_000, dialect, executor),
    attemptEnded: (dialect, executor, outcome) =>
      attemptsEnded(1, dialect ?? 'unknown', executor, outcome),
    runEnded(dialect, state, durationMs) {
      ended(1, dialect, state);
      if (durationMs !== null) runDuration(durationMs / 1_000, dialect);
    },
    moved(rowCount, byteCount) {
      rows(rowCount);
      bytes(byteCount);
    },
  };
}

/** Takes a value and then the labels' values, in the order of their names. */
type Take = (value: number, ...labels: readonly string[]) => void;

function counting<L extends string>(metric: Counter<L>, names: readonly L[]): Take {
  // A series that begins with its first event has no increase to tell of: zero stands before it.
  if (names.length === 0) metric.inc(0);
  const child = children(names, (labels) => metric.labels(labels));
  return (value, ...labels) => child(labels).inc(value);
}

function observing<L extends string>(metric: Histogram<L>, names: readonly L[]): Take {
  const child = children(names, (labels) => metric.labels(labels));
  return (value, ...labels) => child(labels).observe(value);
}

function children<L extends string, C>(
  names: readonly L[],
  resolve: (labels: Record<L, string>) => C,
): (labels: readonly string[]) => C {
  const known = new Map<string, C>();
  return (values) => {
    const key = values.join(' ');
    let child = known.get(key);
    if (child === undefined) {
      const labels = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
      child = resolve(labels as Record<L, string>);
      known.set(key, child);
    }
    return child;
  };
}
