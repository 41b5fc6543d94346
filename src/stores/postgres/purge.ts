import { DomainError } from '../../domain/errors.ts';
import { attemptId } from '../../domain/run.ts';
import type { Removal } from '../../ports/retention.ts';
import type { AttemptHandle } from '../../ports/store.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { rowsJson } from './json-rows.ts';
import { lockRun, releaseReplacing, stopRuns } from './stops.ts';
import { statement, type Transaction } from './transactions.ts';
import type { Work } from './work.ts';

/** What erasing needs to know of a run. */
interface ErasedRun {
  readonly n: number;
  readonly id: string;
}

const finals = `'succeeded', 'failed', 'canceled'`;

const hide = statement(
  'run-hide',
  'update runs set deleted_at = $2, idempotency_key = null where n = $1',
);
// Several servers may erase at the same time: each takes what no other has locked.
const hiddenRuns = statement(
  'purge-runs',
  `select n, id from runs where deleted_at is not null and state in (${finals})
   order by deleted_at, n limit $1 for update skip locked`,
);
const deletedTemplates = statement(
  'purge-templates',
  `select n from templates where deleted_at is not null order by deleted_at, n limit $1 for update skip locked`,
);
const runsOfDeleted = statement(
  'purge-template-runs',
  `select n, id from runs where template_n = $1 and state in (${finals}) limit $2 for update skip locked`,
);
const anyRun = statement('purge-any-run', 'select 1 from runs where template_n = $1 limit 1');
const anyHidden = statement(
  'purge-left',
  `select 1 where exists (select 1 from runs where deleted_at is not null)
     or exists (select 1 from templates where deleted_at is not null)`,
);
const attemptsOf = statement(
  'purge-attempts',
  `select a.run_n, a.idx, a.number, a.executor, a.fence, coalesce(owner.host, '') as host
   from attempts a left join servers owner on owner.fence = a.fence
   where a.run_n = any($1::bigint[]) order by a.run_n, a.idx, a.number`,
);
const addRemovals = statement(
  'removals-add',
  `insert into removals (host, attempt_id, executor)
   select host, attempt_id, executor from json_to_recordset($1::json) as x(host text, attempt_id text, executor text)
   on conflict do nothing`,
);
const eraseRuns = statement(
  'purge-erase-runs',
  `with gone_events as (delete from events where run_n = any($1::bigint[])),
     gone_attempts as (delete from attempts where run_n = any($1::bigint[])),
     gone_instances as (delete from instances where run_n = any($1::bigint[]))
   delete from runs where n = any($1::bigint[])`,
);
const eraseTemplate = statement(
  'purge-erase-template',
  `with gone_revisions as (delete from template_revisions where template_n = $1),
     gone_refusals as (delete from refusals where template_n = $1),
     gone_schedule as (delete from schedules where template_n = $1),
     gone_firings as (delete from firings where template_n = $1)
   delete from templates where n = $1`,
);

/** @throws DomainError `run-not-found`, also for a run that is hidden already. */
export async function hideRun(
  work: Work,
  runId: string,
  nowMs: number,
): Promise<{ stop: readonly AttemptHandle[] }> {
  const run = await lockRun(work, runId);
  if (run.deleted_at !== null) {
    throw new DomainError('run-not-found', `there is no run ${runId}`, { runId });
  }
  const message = 'stopped: its record was deleted';
  const handles = await stopRuns(work, [run], 'deleted', () => message, nowMs);
  await releaseReplacing(work, nowMs);
  await work.tx.rows(hide, [run.n, nowMs]);
  return { stop: handles.get(run.n) ?? [] };
}

/** Erases at most `limit` runs; returns the attempts whose output may go now. */
export async function eraseHidden(
  tx: Transaction,
  limit: number,
): Promise<{ erased: number; attempts: AttemptHandle[]; left: boolean }> {
  const attempts: AttemptHandle[] = [];
  let templates = 0;
  let left = limit - (await eraseFinished(tx, await tx.rows(hiddenRuns, [limit]), attempts));
  for (const { n } of await tx.rows<{ n: number }>(deletedTemplates, [Math.max(left, 0)])) {
    const runs = await tx.rows<{ n: number; id: string }>(runsOfDeleted, [n, Math.max(left, 1)]);
    left -= await eraseFinished(tx, runs, attempts);
    if ((await tx.rows(anyRun, [n])).length === 0) {
      await tx.rows(eraseTemplate, [n]);
      templates += 1;
    }
    if (left <= 0) break;
  }
  const hidden = await tx.rows(anyHidden);
  return { erased: limit - left + templates, attempts, left: hidden.length > 0 };
}

async function eraseFinished(
  tx: Transaction,
  runs: readonly ErasedRun[],
  gone: AttemptHandle[],
): Promise<number> {
  gone.push(...(await eraseLocked(tx, runs)));
  return runs.length;
}

/**
 * Erases locked, finished runs with all that belongs to them; their attempts become removals of
 * their hosts.
 * @returns the attempts.
 */
export async function eraseLocked(
  tx: Transaction,
  runs: readonly ErasedRun[],
): Promise<readonly AttemptHandle[]> {
  if (runs.length === 0) return [];
  const ids = new Map(runs.map(({ n, id }) => [n, id]));
  type Row = Pick<AttemptRow, 'run_n' | 'idx' | 'number' | 'executor' | 'fence'> & { host: string };
  const ns = [...ids.keys()];
  const rows = (await tx.rows<Row>(attemptsOf, [ns])).map(
    ({ run_n, idx, number, executor, fence, host }) => ({
      attemptId: attemptId(ids.get(run_n) ?? '', idx, number),
      executor,
      fence,
      host,
    }),
  );
  await putRemovals(tx, rows);
  await tx.rows(eraseRuns, [ns]);
  return rows.map(({ attemptId: id, executor, fence }) => ({ attemptId: id, executor, fence }));
}

/** Remembers that the output of these attempts is to be removed by their host. */
export async function putRemovals(
  tx: Transaction,
  removals: readonly (Removal & { readonly host: string })[],
): Promise<void> {
  if (removals.length === 0) return;
  const rows = removals.map(({ host, attemptId: id, executor }) => ({
    host,
    attempt_id: id,
    executor,
  }));
  await tx.rows(addRemovals, [rowsJson(rows)]);
}
