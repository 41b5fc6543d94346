import { beginning, fitting, outputRemoved, type Position } from '../../domain/retention.ts';
import { attemptId } from '../../domain/run.ts';
import type { Removal, RetentionStore } from '../../ports/retention.ts';
import { parseAttemptId } from '../sql/attempt-id.ts';
import type { AttemptRow } from '../sql/schema.ts';
import { rowsJson } from './json-rows.ts';
import { putRemovals } from './purge.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';

type Release = Parameters<RetentionStore['releaseOutput']>[0];
type Forgotten = Awaited<ReturnType<RetentionStore['forgotten']>>;

const hostOfFence = statement('removal-host', 'select host from servers where fence = $1');
const horizonOf = statement(
  'output-horizon',
  'select ended_at as "atMs", run_n as n from output_horizons where host = $1',
);
// Whoever adds to a run's story has locked it; an ended run is locked only to be erased.
const endedRuns = statement(
  'output-runs',
  `select n, id, replicas, ended_at as "atMs" from runs
   where ended_at is not null and (ended_at, n) > ($1, $2) and ended_at < $3
   order by ended_at, n limit $4 for no key update`,
);
const attemptsOf = statement(
  'output-attempts',
  `select a.run_n, a.idx, a.number, a.executor from attempts a left join servers owner on owner.fence = a.fence
   where a.run_n = any($1::bigint[]) and coalesce(owner.host, '') in ($2, '')
   order by a.run_n, a.idx, a.number`,
);
const tell = statement(
  'output-tell',
  `insert into events (run_n, seq, at, subject, from_state, to_state, reason)
   select x.run_n, coalesce((select max(e.seq) from events e where e.run_n = x.run_n), 0) + x.ord,
     $2, x.subject, null, '${outputRemoved}', $3
   from json_to_recordset($1::json) as x(run_n bigint, ord integer, subject text)`,
);
const move = statement(
  'output-move',
  `insert into output_horizons (host, ended_at, run_n) values ($1, $2, $3)
   on conflict (host) do update set ended_at = excluded.ended_at, run_n = excluded.run_n`,
);
// Each half is read off the index in order, however much waits.
const list = statement(
  'removals',
  `${['$1', "''"]
    .map(
      (host) => `select * from (select attempt_id as "attemptId", executor from removals
        where host = ${host} and attempt_id > $2 order by attempt_id limit $3) as half`,
    )
    .join(' union all ')} order by "attemptId" limit $3`,
);
const remove = statement(
  'removals-done',
  `delete from removals where host in ($1, '') and attempt_id = any($2::text[])`,
);
const known = statement(
  'removals-known',
  `select x.id from json_to_recordset($1::json) as x(id text, run_id text, idx integer, number integer)
   join runs r on r.id = x.run_id
   join attempts a on a.run_n = r.n and a.idx = x.idx and a.number = x.number`,
);
const sinceOf = statement(
  'removal-since',
  'select min(joined_at) as at from servers where host = $1',
);

/** Lets go of the output of a host, oldest end of a run first. */
export async function releaseOutput(
  tx: Transaction,
  { fence, endedBeforeMs, limit, reason, nowMs }: Release,
): Promise<{ attempts: number; left: boolean }> {
  const host = await hostOf(tx, fence);
  type PositionRow = { readonly atMs: number; readonly n: number };
  const [from = beginning] = await tx.rows<PositionRow>(horizonOf, [host]);
  const before = endedBeforeMs ?? Number.MAX_SAFE_INTEGER;
  type EndedRow = PositionRow & { readonly id: string; readonly replicas: number };
  const rows = await tx.rows<EndedRow>(endedRuns, [from.atMs, from.n, before, limit]);
  const runs = fitting(rows, limit);
  const last: Position | undefined = runs.at(-1);
  if (last === undefined) return { attempts: 0, left: false };
  const ids = new Map(runs.map(({ n, id }) => [n, id]));
  type Row = Pick<AttemptRow, 'run_n' | 'idx' | 'number' | 'executor'>;
  const attempts = await tx.rows<Row>(attemptsOf, [[...ids.keys()], host]);
  await putRemovals(
    tx,
    attempts.map(({ run_n, idx, number, executor }) => ({
      host,
      attemptId: attemptId(ids.get(run_n) ?? '', idx, number),
      executor,
    })),
  );
  const lines = new Map<number, number>();
  const events = attempts.map(({ run_n, idx, number }) => {
    const ord = (lines.get(run_n) ?? 0) + 1;
    lines.set(run_n, ord);
    return { run_n, ord, subject: `#${idx}.${number}` };
  });
  if (events.length > 0) await tx.rows(tell, [rowsJson(events), nowMs, reason]);
  await tx.rows(move, [host, last.atMs, last.n]);
  return { attempts: attempts.length, left: true };
}

/** What the host of this owner is to remove. */
export async function listRemovals(
  db: Queries,
  fence: number,
  after: string,
  limit: number,
): Promise<Removal[]> {
  type Row = { readonly attemptId: string; readonly executor: string };
  return db.rows<Row>(list, [await hostOf(db, fence), after, limit]);
}

/** Forgets removals of the host of this owner that are done. */
export async function removalsDone(
  tx: Transaction,
  fence: number,
  attemptIds: readonly string[],
): Promise<void> {
  await tx.rows(remove, [await hostOf(tx, fence), attemptIds]);
}

/** Which of these attempts have no run any more, and since when the host has been known. */
export async function forgottenAttempts(
  db: Queries,
  fence: number,
  attemptIds: readonly string[],
): Promise<Forgotten> {
  const asked = attemptIds.flatMap((id) => {
    const at = parseAttemptId(id);
    return at === null ? [] : [{ id, run_id: at.runId, idx: at.index, number: at.number }];
  });
  const rows = await db.rows<{ id: string }>(known, [rowsJson(asked)]);
  const found = new Set(rows.map(({ id }) => id));
  const [since] = await db.rows<{ at: number | null }>(sinceOf, [await hostOf(db, fence)]);
  return {
    attemptIds: attemptIds.filter((id) => !found.has(id)),
    sinceMs: since?.at ?? Number.MAX_SAFE_INTEGER,
  };
}

/** Empty when nobody ever joined under this fence. */
async function hostOf(db: Queries, fence: number): Promise<string> {
  const [row] = await db.rows<{ host: string }>(hostOfFence, [fence]);
  return row?.host ?? '';
}
