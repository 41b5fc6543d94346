import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { EngineStats } from '../engine/index.ts';
import type { RunningEngine } from '../engine/create.ts';
import type { RetentionStats } from '../engine/retention.ts';
import { createScrapeMetrics, type ScrapeSources } from './metrics-scrape.ts';

/** Upper bounds of the buckets, seconds: from an in-memory answer to a client's timeout. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** How fine the event loop's delay is sampled: coarse enough to cost nothing. */
const eventLoopPrecisionMs = 50;

type Observe = (seconds: number) => void;

/** What `/metrics` serves. */
export interface Metrics {
  readonly contentType: string;
  /** Measures every request of the host. */
  watch(host: FastifyInstance): void;
  /** The text of a scrape. */
  scrape(): Promise<string>;
}

/** Where the numbers come from that are asked for at a scrape. */
export interface MetricsSources extends ScrapeSources {
  stats(): Promise<EngineStats>;
  retention(): RetentionStats;
  readonly collecting: RunningEngine['collecting'];
}

/** Names follow Prometheus' conventions: base units, `_total` for counters. */
export function createMetrics(
  registry: Registry,
  version: string,
  sources: MetricsSources,
): Metrics {
  const { stats, retention, collecting } = sources;
  const scrapeMore = createScrapeMetrics(registry, sources);
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopPrecisionMs });

  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  const queued = gauge('longshore_runs_queued', 'Runs that wait to start.');
  const running = gauge('longshore_runs_running', 'Runs that have started and not ended.');
  const active = gauge('longshore_attempts_active', 'Attempts that are claimed or running.');
  const totals = {
    runsAccepted: counter(
      'longshore_runs_accepted_total',
      'Runs accepted since the server started.',
    ),
    runsFinished: counter(
      'longshore_runs_finished_total',
      'Runs that ended since the server started.',
    ),
    attemptsStarted: counter(
      'longshore_attempts_started_total',
      'Attempts started since the server started.',
    ),
    staleReports: counter(
      'longshore_reports_stale_total',
      'Reports refused because their owner was no longer it.',
    ),
  };
  const removed = {
    removedRuns: counter(
      'longshore_retention_runs_removed_total',
      'Finished runs erased by retention since the server started.',
    ),
    removedFirings: counter(
      'longshore_retention_firings_removed_total',
      'Lines of the fire ledger erased by retention since the server started.',
    ),
    removedAttempts: counter(
      'longshore_attempt_folders_removed_total',
      'Folders of attempts removed on this host since the server started.',
    ),
    removedBytes: counter(
      'longshore_attempt_folders_removed_bytes_total',
      'Bytes on the disk that removed folders of attempts took.',
    ),
  };
  const kept = gauge(
    'longshore_attempt_folders_bytes',
    'Bytes on the disk that folders of ended attempts take on this host; NaN until all were measured.',
  );
  const lastRound = gauge(
    'longshore_retention_last_round_seconds',
    'How long the latest round of retention took; NaN before the first.',
  );
  const logStores = gauge('longshore_log_stores', 'Log stores on this host.');
  const logStoreBytes = gauge(
    'longshore_log_stores_bytes',
    'Bytes that the log stores which were used take.',
  );
  const following = gauge(
    'longshore_attempts_collecting',
    'Attempts whose output is being collected.',
  );
  const collected = {
    appendedLines: counter(
      'longshore_log_stores_lines_total',
      'Lines collected since the server started.',
    ),
    removedBytes: counter(
      'longshore_log_stores_removed_bytes_total',
      'Bytes of log stores removed since the server started.',
    ),
  };
  new Gauge({
    name: 'longshore_build_info',
    help: 'Always 1; the label tells the version.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const duration = new Histogram({
    name: 'longshore_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: durationBuckets,
    registers,
  });

  // Resolving labels costs more than observing: it is done once for each combination.
  const observers = new Map<string, Observe>();
  const observerOf = (method: string, route: string, status: string): Observe => {
    const key = `${method} ${status} ${route}`;
    let observe = observers.get(key);
    if (observe === undefined) {
      const child = duration.labels({ method, route, status });
      observe = (seconds) => child.observe(seconds);
      observers.set(key, observe);
    }
    return observe;
  };

  return {
    contentType: registry.contentType,
    watch(host) {
      host.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
        // The route's pattern, never the address: addresses carry ids, tokens and signatures.
        const route = request.routeOptions.url ?? 'unknown';
        const status = `${Math.floor(reply.raw.statusCode / 100)}xx`;
        observerOf(request.method, route, status)(reply.elapsedTime / 1000);
        done();
      });
    },
    async scrape() {
      const [numbers] = await Promise.all([stats(), scrapeMore()]);
      queued.set(numbers.queued);
      running.set(numbers.running);
      active.set(numbers.activeAttempts);
      for (const [name, total] of Object.entries(totals)) {
        // The engine counts; the counter only repeats it at the moment of the scrape.
        total.reset();
        total.inc(numbers[name as keyof typeof totals]);
      }
      const gone = retention();
      for (const [name, total] of Object.entries(removed)) {
        total.reset();
        total.inc(gone[name as keyof typeof removed]);
      }
      kept.set(gone.keptBytes ?? Number.NaN);
      lastRound.set(gone.lastRoundMs === null ? Number.NaN : gone.lastRoundMs / 1_000);
      const logs = collecting();
      logStores.set(logs?.logStores ?? 0);
      logStoreBytes.set(logs?.bytes ?? 0);
      following.set(logs?.following ?? 0);
      for (const [name, total] of Object.entries(collected)) {
        total.reset();
        total.inc(logs?.[name as keyof typeof collected] ?? 0);
      }
      return registry.metrics();
    },
  };
}
