import { DomainError } from '../domain/errors.ts';
import type { TransferReport } from '../domain/transfer/report.ts';
import type { Transfers } from '../ports/transfers.ts';
import type { DataJobs, Links, Runs } from './engine.ts';
import { workOf } from './transfer-work.ts';

/** What data jobs need of the composition root. */
export interface DataJobsOptions {
  readonly links: Links;
  readonly transfers: Transfers;
}

/** The links of a server that moves no data. */
export const noLinks: Links = {
  change: async () => refuse(),
  get: async () => null,
  list: async () => ({ rows: [], total: 0 }),
  namespaces: async () => [],
};

/** Creates what the engine tells about moving data. */
export function createDataJobs(
  options: DataJobsOptions | null,
  runs: Pick<Runs, 'get' | 'instances'>,
  nowMs: () => number,
): DataJobs {
  const given = (): DataJobsOptions => options ?? refuse();
  return {
    kinds: options?.transfers.kinds ?? new Set(),
    test: async (link, timeoutMs) => given().transfers.test(link, timeoutMs),
    tables: async (link, schema, limit) => given().transfers.tables(link, schema, limit),
    columns: async (link, table) => given().transfers.columns(link, table),
    quarantine: async (runId, query) => given().transfers.quarantine(runId, query),
    course: async (runId) => (await options?.transfers.course(runId)) ?? null,
    async plan(artifact, timeoutMs) {
      const { links, transfers } = given();
      return transfers.plan(await workOf(artifact, nowMs(), links), timeoutMs);
    },
    async report(runId) {
      const live = await options?.transfers.report(runId);
      return live ?? lastTold(runs, runId);
    },
  };
}

/** The latest report that came with an attempt's progress: kept with the run, wherever it ran. */
async function lastTold(
  runs: Pick<Runs, 'instances'>,
  runId: string,
): Promise<TransferReport | null> {
  let latest: TransferReport | null = null;
  for (const { attempts } of await runs.instances(runId)) {
    for (const { progress } of attempts) {
      const told = progress === '' ? null : (JSON.parse(progress) as TransferReport);
      if (told !== null && told.updatedAtMs >= (latest?.updatedAtMs ?? 0)) latest = told;
    }
  }
  return latest;
}

function refuse(): never {
  throw new DomainError('unavailable', 'this server moves no data');
}
