/** Moving data as the engine asks about it, and the executor that does it. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineLog } from '../engine/runtime.ts';
import { compileCacheEnv } from '../lib/compile-cache.ts';
import { TransferError } from '../domain/transfer/errors.ts';
import type { LinkOptions } from '../domain/transfer/link.ts';
import type { QuarantineSlice } from '../domain/transfer/report.ts';
import { createProcessExecutor, hostImage } from '../executors/process/executor.ts';
import { createTransferExecutor } from '../executors/transfer/executor.ts';
import type { RunHomes } from '../executors/transfer/homes.ts';
import { TransferFolders } from '../executors/transfer/folders.ts';
import type { Connector } from '../ports/connector.ts';
import type { Executor } from '../ports/executor.ts';
import type { Transfers } from '../ports/transfers.ts';
import type { FrozenConfig } from './config/schema.ts';
import {
  connectorKinds,
  type ConnectorSettings,
  createConnectors,
  jobConnectors,
} from './connectors.ts';

/** How long a question about tables or columns may take. */
const questionMs = 10_000;
/** A worker's young generation: rows pass by as buffers, not as objects. */
const workerFlags = ['--max-semi-space-size=8', '--max-old-space-size=256'];

export interface TransfersOptions {
  readonly homes: RunHomes | null;
  readonly nowMs: () => number;
  readonly log: EngineLog;
}

/** Folder of data jobs within a data folder. */
function rootOf(dataDir: string): string {
  return path.join(dataDir, 'transfers');
}

/** What of the configuration connectors are told. */
export function connectorSettings({
  transfers,
}: Pick<FrozenConfig, 'transfers'>): ConnectorSettings {
  return {
    databaseRoot: transfers.databases,
    shares: Object.fromEntries(transfers.shares.map(({ name, folder }) => [name, folder])),
    hosts: [...transfers.hosts],
  };
}

/** The executor of data jobs. Its workers run as processes, under a supervisor of their own. */
export function createTransfersExecutor(
  config: FrozenConfig,
  { homes, nowMs, log }: TransfersOptions,
): Executor {
  const root = rootOf(config.dataDir);
  const { transfers } = config;
  const maxConcurrent = transfers.maxConcurrentWorkers ?? 2 * os.availableParallelism();
  // The same kind of file as this one: sources under Node, compiled ones when installed.
  const self = fileURLToPath(import.meta.url);
  const entry = path.join(path.dirname(self), `transfer-worker${path.extname(self)}`);
  return createTransferExecutor({
    root,
    inner: createProcessExecutor({
      dataDir: root,
      // Workers read shares and databases of this machine as the server would.
      jobUser: null,
      maxConcurrent,
      maxLogBytes: config.process.maxLogBytes,
      enabled: true,
      disabledReason: '',
      minFreeKeepers: 1,
      nowMs,
      log,
    }),
    refusal: transfers.enabled
      ? null
      : 'data jobs are switched off on this server; set transfers.enabled',
    worker: {
      artifact: { kind: 'image', image: hostImage },
      argv: [process.execPath, ...workerFlags, entry],
      env: { MALLOC_ARENA_MAX: '1', ...compileCacheEnv() },
    },
    context: { ...connectorSettings(config) },
    homes,
    nowMs,
    log,
  });
}

/** Answers what the engine asks, in this process and within a time. */
export function createTransfers(
  config: FrozenConfig,
  nowMs: () => number,
  log?: Pick<EngineLog, 'warn'>,
): Transfers {
  const settings = connectorSettings(config);
  const folders = new TransferFolders(rootOf(config.dataDir));
  const connectorOf = createConnectors(settings, { nowMs });
  const connector = async (options: LinkOptions): Promise<Connector> => connectorOf(options.kind);

  return {
    kinds: config.transfers.enabled ? connectorKinds : new Set(),

    test: (options, timeoutMs) =>
      timed('testing the link', timeoutMs, async (signal) =>
        (await connector(options)).test(options, signal),
      ),

    plan: (work, timeoutMs) =>
      timed('planning', timeoutMs, async (signal) => {
        const { describePlan } = await import('../executors/transfer/plan/describe.ts');
        return describePlan(work, jobConnectors(work, settings, { nowMs }), signal);
      }),

    tables: (options, schema, limit) =>
      timed('listing tables', questionMs, async (signal) => {
        const { tables, kind } = await connector(options);
        if (tables === undefined) throw noTables(kind);
        return tables(options, schema, limit, signal);
      }),

    columns: (options, table) =>
      timed('reading columns', questionMs, async (signal) => {
        const { columns, kind } = await connector(options);
        if (columns === undefined) throw noTables(kind);
        return columns(options, table, signal);
      }),

    async report(runId) {
      const file = folders.state(runId);
      return existsSync(file) ? (await reading()).reportOf(file, nowMs()) : null;
    },
    async course(runId) {
      const file = folders.state(runId);
      return existsSync(file) ? (await reading()).courseOf(file, nowMs()) : null;
    },
    async quarantine(runId, query) {
      const file = folders.state(runId);
      return existsSync(file) ? (await reading()).quarantineOf(file, query) : noRows;
    },

    async abandon(runId, work, failure) {
      const file = folders.state(runId);
      if (!existsSync(file)) return;
      const say = (line: string): void => log?.warn({ runId }, line);
      try {
        const { abandonRun } = await import('../executors/transfer/abandon.ts');
        const scratchRoot = path.join(folders.run(runId), 'scratch');
        const connectors = jobConnectors(work, settings, { nowMs, scratchRoot });
        await abandonRun(file, { runId, work, ...connectors, nowMs, say }, failure);
      } catch (error) {
        say(`a data job was not tidied up: ${(error as Error).message}`);
      }
    },
  };
}

const noRows: QuarantineSlice = { rows: [], total: 0, next: null, columns: {} };

/** It brings a database driver, so it is loaded when it is needed. */
const reading = () => import('../executors/transfer/reading.ts');

/** Ends by itself when its time is over, whatever a connector does with the signal. */
async function timed<T>(
  what: string,
  timeoutMs: number,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `${what} took longer than ${timeoutMs / 1000} s`;
      const error = new TransferError('link-unreachable', message, { transient: true });
      controller.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([act(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

function noTables(kind: string): TransferError {
  return new TransferError('link-option', `links of kind ${kind} have no tables`);
}
