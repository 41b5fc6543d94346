/** Composition root: puts store, executors, engine, dialects and HTTP host together, and apart. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setMaxListeners } from 'node:events';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { createAccess } from '../engine/access.ts';
import { createCatalog } from '../engine/catalog.ts';
import { createEngine, type RunningEngine } from '../engine/create.ts';
import { createLinks } from '../engine/links.ts';
import type { EngineObserver } from '../engine/measuring.ts';
import {
  createTextBox,
  loadOrCreateMasterKey,
  sealNonceBytes,
  type TextBox,
} from '../lib/sealed-box.ts';
import type { Store } from '../ports/store.ts';
import { createLogStore } from '../stores/logs/store.ts';
import { systemClock, systemIds, systemRandom } from './clock.ts';
import type { FrozenConfig } from './config/schema.ts';
import { mountConsole } from './console.ts';
import {
  announceServer,
  loadOrCreateHostId,
  loadOrCreateOperatorToken,
  prepareDataDir,
  withdrawServer,
} from './data-dir.ts';
import { numberInstanceIds } from '../dialects/schedulerx/index.ts';
import { createRunRules, mountDialects, type RunRules, type ServerServices } from './dialects.ts';
import { machineFacts } from './doctor.ts';
import { createAlertRules } from '../dialects/schedulerx/index.ts';
import { createExecutors } from './executors.ts';
import { createNotifiers } from './notifiers/registry.ts';
import { addressOf, createHttpHost } from './http-host.ts';
import { releaseLoadingMemory } from './memory.ts';
import { workersByGroup } from './metrics-workers.ts';
import { createEngineMetrics } from './metrics-engine.ts';
import { measuredStore } from './metrics-store.ts';
import { createMetrics } from './metrics.ts';
import { processRefusal } from './process-policy.ts';
import { awaitDataDir, lockDataDir } from './server-lock.ts';
import { createStore } from './stores.ts';
import { runAll, settledWithin } from './shutdown.ts';
import { version } from './version.ts';
import { createRunHomes } from './transfer-homes.ts';
import { createTransfers } from './transfers.ts';
import { createWorkers, type Workers } from './workers.ts';

/** A server that listens. */
export interface RunningServer {
  /** Base address on this machine, e.g. `http://127.0.0.1:8480`. */
  readonly url: string;
  readonly dataDir: string;
  /** Why jobs do not run as processes here; null when they do. */
  readonly processRefusal: string | null;
  /**
   * Drains and ends: `/readyz` turns 503, nothing new is accepted, requests under way finish
   * within `shutdown.drainMs`, running attempts are left to their supervisor, the store closes.
   * Repeating it waits for the same end.
   */
  close(): Promise<void>;
}

type Undo = () => Promise<unknown> | unknown;

/**
 * Starts a server. With `standby` it waits until the data folder is free, and gives up waiting
 * when that signal is aborted.
 * @throws DataDirBusyError while another server has the data folder; otherwise what the part that
 *   could not start says. Whatever had started is ended again first.
 */
export async function startServer(
  config: FrozenConfig,
  log: Logger,
  standby: AbortSignal | null = null,
): Promise<RunningServer> {
  // What has been started, newest last: undone in reverse, after a failed start and at the end.
  const undo: Undo[] = [];
  try {
    return await assemble(config, log, undo, standby);
  } catch (error) {
    await runAll(undo.toReversed()).catch((fault: unknown) => {
      log.warn({ err: fault }, 'while giving up the start');
    });
    throw error;
  }
}

async function assemble(
  config: FrozenConfig,
  log: Logger,
  undo: Undo[],
  standby: AbortSignal | null,
): Promise<RunningServer> {
  const { dataDir } = config;
  const paths = await prepareDataDir(dataDir);
  const lock = standby === null ? await lockDataDir(dataDir) : await awaitDataDir(dataDir, standby);
  undo.push(() => lock.release());
  const operatorToken = await loadOrCreateOperatorToken(dataDir);

  const registry = new Registry();
  const store = measuredStore(await createStore(config, paths.database), registry);
  undo.push(() => store.close());
  await store.open();
  const hostId = await loadOrCreateHostId(dataDir);
  const masterKey = loadOrCreateMasterKey(config.masterKeyFile ?? paths.masterKey);
  const rules = createRunRules(config, () => systemClock.nowMs());
  const box = createTextBox(masterKey, () => randomBytes(sealNonceBytes));
  const workers = await createWorkers(config, {
    store,
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
    nowMs: () => systemClock.nowMs(),
    log,
  });
  const running = await startableEngine(config, log, {
    store,
    observer: createEngineMetrics(registry),
    hostId,
    masterKey,
    box,
    rules,
    workers,
  });
  undo.push(() => running.close());

  const startedAtMs = systemClock.nowMs();
  const closing = new AbortController();
  // Every open stream listens for the end.
  setMaxListeners(0, closing.signal);
  let url = '';
  const services: ServerServices = {
    engine: running.engine,
    region: config.region,
    accountId: config.accountId,
    nowMs: () => systemClock.nowMs(),
    uuid: () => systemIds.uuid(),
    seal: (text, purpose) => box.seal(text, purpose),
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
    log,
    version,
    operatorToken,
    dataDir,
    baseUrl: () => config.publicUrl ?? url,
    startedAtMs,
    facts: () => machineFacts(config, { port: false }),
    closing: closing.signal,
  };

  let dialects: Awaited<ReturnType<typeof mountDialects>> = [];
  const metrics = createMetrics(registry, version, {
    stats: () => running.engine.stats(),
    retention: () => running.retention(),
    collecting: () => running.collecting(),
    use: () => running.use(),
    auditing: () => running.auditing(),
    unfinished: (limit) => store.unfinishedByDialect(limit),
    groups: () => workersByGroup(dialects, running.engine),
  });
  const host = createHttpHost({
    http: config.http,
    metrics,
    readiness: async () =>
      closing.signal.aborted ? { ready: false, reason: 'shutting down' } : running.engine.ready(),
    log,
    logRequests: config.log.level === 'debug',
  });
  mountConsole(host);
  dialects = await mountDialects(host, services, config, paths.nonces, rules);
  undo.push(() => runAll(dialects.map((dialect) => () => dialect.close())));
  await workers.mount(host);
  undo.push(() => closeHost(host, config.shutdown.drainMs, log));

  await numberInstanceIds(rules.instanceIds, running.engine);
  await running.start();
  releaseLoadingMemory();
  await host.listen({ host: config.listen.host, port: config.listen.port });
  url = addressOf(host);
  undo.push(() => withdrawServer(dataDir));
  await announceServer(dataDir, { url, pid: process.pid, startedAtMs, version });
  log.info({ url, dataDir, version }, 'listening');

  const refusal = processRefusal(config);
  if (refusal !== null) {
    log.warn({}, refusal);
  }
  let closed: Promise<void> | null = null;
  return {
    url,
    dataDir,
    processRefusal: refusal,
    close() {
      closing.abort();
      closed ??= runAll(undo.toReversed());
      return closed;
    },
  };
}

/** What the engine is made of besides its configuration. */
interface EngineParts {
  readonly store: Store;
  readonly hostId: string;
  readonly masterKey: Uint8Array;
  readonly box: TextBox;
  readonly rules: RunRules;
  readonly workers: Workers;
  readonly observer: EngineObserver;
}

async function startableEngine(
  config: FrozenConfig,
  log: Logger,
  { store, hostId, masterKey, box, rules, workers, observer }: EngineParts,
): Promise<RunningEngine> {
  const access = await createAccess({
    store,
    masterKey,
    clock: systemClock,
    randomBytes: (length) => randomBytes(length),
  });
  return createEngine({
    store,
    host: hostId,
    scheduledRunId: rules.scheduledRunId,
    runKey: rules.runKey,
    workflowRules: rules.workflowRules,
    observer,
    leaseTtlMs: config.store.leaseTtlMs,
    executors: [
      ...createExecutors(config, {
        hostId,
        homes:
          config.store.url === null
            ? null
            : createRunHomes(store, hostId, () => systemClock.nowMs()),
        nowMs: () => systemClock.nowMs(),
        log,
      }),
      ...workers.executors,
    ],
    access,
    catalog: createCatalog({
      store,
      masterKey,
      randomBytes: (length) => randomBytes(length),
    }),
    unseal: (sealed, purpose) => box.unseal(sealed, purpose),
    dataJobs: {
      links: createLinks({
        store,
        nowMs: () => systemClock.nowMs(),
        seal: (text, purpose) => box.seal(text, purpose),
        unseal: (sealed, purpose) => box.unseal(sealed, purpose),
      }),
      transfers: createTransfers(config, () => systemClock.nowMs(), log),
    },
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log,
    alerts: {
      rules: { schedulerx: createAlertRules(store) },
      notifiers: createNotifiers(config),
      // Ids of SchedulerX's instances are numbers; runs of others need not be read.
      concerns: (runId) => /^\d+$/.test(runId),
    },
    retention: { policy: config.retention, intervalMs: config.retention.intervalMs },
    auditRetention: { ...config.retention.audit, intervalMs: config.retention.intervalMs },
    ...(config.logStores.enabled
      ? {
          logs: createLogStore({
            folder: join(config.dataDir, 'logstores'),
            maxBytes: config.logStores.maxBytes,
            maxAgeMs: config.logStores.maxAgeMs,
            nowMs: () => systemClock.nowMs(),
          }),
        }
      : {}),
  });
}

/** Stops accepting, gives requests under way their time, then cuts what is left. */
async function closeHost(host: FastifyInstance, drainMs: number, log: Logger): Promise<void> {
  const finished = host.close();
  if (!(await settledWithin(finished, drainMs))) {
    log.warn({ drainMs }, 'requests did not finish in time and are cut off');
    host.server.closeAllConnections();
    await finished;
  }
}
