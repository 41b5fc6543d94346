import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { JobSpec } from '../src/domain/template.ts';
import type { AttemptReport } from '../src/ports/executor.ts';
import type { Store } from '../src/ports/store.ts';
import { createSqliteStore } from '../src/stores/sqlite/store.ts';
import type { BenchOptions } from './main.ts';
import { measurement, type Measurement } from './support/measurement.ts';
import { noopSpec } from './support/noop-executor.ts';
import { benchFolder, startServer } from './support/server.ts';

const LIMIT_MIB = 150;
const BATCH = 500;

const spec: JobSpec = {
  ...noopSpec,
  task: { ...noopSpec.task, env: { SOME: 'value' }, identityEnv: { SAE_JOB_ID: 'run.id' } },
};

/**
 * `footprint`: resident memory of a server that keeps 100,000 templates and 100,000 finished runs,
 * after it has started and answered lists over both. The rows are written through the store itself.
 */
export async function* footprint(options: BenchOptions): AsyncIterable<Measurement> {
  const count = options.short ? 5_000 : 100_000;
  const dataDir = await benchFolder();
  const store = createSqliteStore({
    path: join(dataDir, 'longshore.db'),
    limits: { unfinishedRuns: count },
  });
  await store.open();
  const { fence } = await store.join({ host: 'bench', leaseTtlMs: 3_600_000 }, Date.now());
  for (let done = 0; done < count; done += BATCH) {
    await fill(store, fence, BATCH);
    if (done % 20_000 === 0) options.note(`footprint: ${done} of ${count} stored`);
  }
  await store.close();
  // The first start after an install compiles the sources; an installed package ships them compiled.
  await (await startServer({ dataDir: await benchFolder() })).stop();
  const server = await startServer({ dataDir });
  try {
    for (let page = 1; page <= 20; page += 1) {
      await server.sae('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', {
        CurrentPage: String(page),
        PageSize: '200',
      });
    }
    yield measurement(
      'footprint',
      'rss_mib',
      await server.residentMib(),
      'MiB',
      'the limit asked for',
      LIMIT_MIB,
    );
  } finally {
    await server.stop();
  }
}

/** Stores `count` templates, each with one finished run. */
async function fill(store: Store, fence: number, count: number): Promise<void> {
  const atMs = Date.now();
  const ids = Array.from({ length: count }, () => randomUUID());
  await Promise.all(
    ids.map((id, i) =>
      store.createTemplate(
        {
          id,
          dialect: 'sae',
          namespace: 'cn-hangzhou',
          name: `job-${i}`,
          spec,
          document: { AppName: `job-${i}`, Envs: '[]' },
          notActedOn: [],
          refersTo: null,
          schedule: null,
        },
        { changeId: randomUUID(), atMs, by: 'bench', note: '' },
      ),
    ),
  );
  await Promise.all(
    ids.map((templateId) =>
      store.admit({
        runId: `manual-${randomUUID()}`,
        templateId,
        dialect: 'sae',
        trigger: 'manual',
        idempotencyKey: null,
        nowMs: atMs,
        notBeforeMs: atMs,
        scheduledAtMs: null,
        by: 'bench',
        override: null,
      }),
    ),
  );
  const claimed = await store.claim({
    nowMs: atMs,
    fence,
    limit: count,
    route: () => ({ executor: 'process' }),
  });
  const reports = claimed.attempts.map(({ attemptId }): AttemptReport => ({
    kind: 'ended',
    attemptId,
    fence,
    atMs,
    exitCode: 0,
    signal: null,
    stopped: false,
    message: '',
  }));
  await store.report(reports, atMs);
}
