import { DomainError } from '../../domain/errors.ts';
import { attemptId } from '../../domain/run.ts';
import type { AttemptRef, AttemptReport } from '../../ports/executor.ts';
import type {
  AttemptHandle,
  LeaseState,
  ReportResult,
  ServerMembership,
} from '../../ports/store.ts';
import type { AttemptRow } from '../sql/schema.ts';
import type { Reports } from './reports.ts';
import { type Queries, statement, type Transaction } from './transactions.ts';
import type { Work } from './work.ts';

/** Leases are judged by the database's clock alone: a step of a server's clock condemns nobody. */
const now = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

const nextFence = statement(
  'server-fence',
  `insert into meta as m (key, value) values ('fence', '1')
   on conflict (key) do update set value = (m.value::bigint + 1)::text returning value`,
);
const endHost = statement(
  'server-end-host',
  `update servers set ended_at = ${now} where host = $1 and ended_at is null`,
);
const insert = statement(
  'server-insert',
  `insert into servers (fence, host, joined_at, lease_until) values ($1, $2, ${now}, ${now} + $3::bigint)`,
);
const renew = statement(
  'server-renew',
  `update servers set lease_until = ${now} + $2::bigint where fence = $1 and ended_at is null returning fence`,
);
const expired = statement(
  'server-expired',
  `select fence from servers where ended_at is null and lease_until < ${now} and fence <> $1 order by fence`,
);
const end = statement(
  'server-end',
  `update servers set ended_at = ${now} where fence = $1 and ended_at is null`,
);
// The owner cannot be given up while a transaction that claims for it is under way.
const alive = statement(
  'server-alive',
  'select fence from servers where fence = any($1::bigint[]) and ended_at is null for share',
);
const lockExpired = statement(
  'server-lock-expired',
  `select fence from servers where fence = $1 and ended_at is null and lease_until < ${now} for no key update`,
);
const attemptsOf = statement(
  'server-attempts',
  `select r.id as run_id, a.* from attempts a join runs r on r.n = a.run_n
   where a.fence = $1 and a.state in ('claimed', 'running', 'stopping') order by a.run_n, a.idx, a.number`,
);
// Owners from before servers were written down had no host: there was only one.
const ofThisHost = `a.state in ('claimed', 'running', 'stopping') and not exists (
     select 1 from servers owner where owner.fence = a.fence
       and owner.host <> (select host from servers where fence = $1))`;
const lockRunsOfHost = statement(
  'adopt-runs',
  `select r.n, r.id from runs r where r.state in ('running', 'stopping')
     and exists (select 1 from attempts a where a.run_n = r.n and ${ofThisHost})
   order by r.n for no key update of r`,
);
const refence = statement(
  'adopt-attempts',
  `update attempts a set fence = $1, adopted = 1
   where a.run_n = any($2::bigint[]) and ${ofThisHost}
     and not exists (select 1 from unnest($3::bigint[], $4::integer[], $5::integer[]) as known(run_n, idx, number)
       where known.run_n = a.run_n and known.idx = a.idx and known.number = a.number)
   returning a.*`,
);

/** Enters a server and ends earlier lives of its host. Returns its fencing number. */
export async function joinServer(
  tx: Transaction,
  { host, leaseTtlMs }: ServerMembership,
): Promise<{ fence: number }> {
  await tx.rows(endHost, [host]);
  const [row] = await tx.rows<{ value: string }>(nextFence);
  const fence = Number(row?.value);
  if (!Number.isSafeInteger(fence)) throw new Error(`the stored fencing number is ${row?.value}`);
  await tx.rows(insert, [fence, host, leaseTtlMs]);
  return { fence };
}

/** Renews a lease; tells whether it is held, and whose has run out. */
export async function renewLease(
  tx: Transaction,
  fence: number,
  leaseTtlMs: number,
): Promise<LeaseState> {
  const held = await tx.rows(renew, [fence, leaseTtlMs]);
  const others = await tx.rows<{ fence: number }>(expired, [fence]);
  return { held: held.length === 1, expired: others.map((row) => row.fence) };
}

/** Ends a membership in good order. */
export async function leaveServers(tx: Transaction, fence: number): Promise<void> {
  await tx.rows(end, [fence]);
}

/**
 * Holds the owners alive until the transaction ends; before anything else is locked.
 * @throws DomainError `stale-owner` when one has been given up or has ended.
 */
export async function demandAlive(tx: Transaction, fences: readonly number[]): Promise<void> {
  const wanted = [...new Set(fences)];
  if (wanted.length === 0) return;
  const rows = await tx.rows<{ fence: number }>(alive, [wanted]);
  const found = new Set(rows.map(({ fence }) => fence));
  for (const fence of wanted) {
    if (found.has(fence)) continue;
    const text = `the server with fence ${fence} was given up or has ended; it must join anew`;
    throw new DomainError('stale-owner', text, { fence });
  }
}

/** Ends a server whose lease has run out, and its attempts as lost. */
export async function giveUpServer(
  work: Work,
  reports: Reports,
  fence: number,
  nowMs: number,
): Promise<ReportResult> {
  const nothing = { stale: 0, stop: [], finished: [], wake: false };
  // It renewed, or somebody else was quicker.
  if ((await work.tx.rows(lockExpired, [fence])).length === 0) return nothing;
  await work.tx.rows(end, [fence]);
  const message = 'its server gave no sign of life for longer than its lease';
  const lost = (await attemptRows(work.tx, fence)).map((row): AttemptReport => ({
    kind: 'lost',
    attemptId: idOf(row),
    fence,
    atMs: nowMs,
    message,
  }));
  const [result] = await reports.apply(work, [{ reports: lost, nowMs }]);
  return result ?? nothing;
}

/** Attempts of this owner that somebody asked to stop and that have not ended. */
export async function stoppingAttempts(db: Queries, fence: number): Promise<AttemptHandle[]> {
  const rows = await attemptRows(db, fence);
  return rows
    .filter(({ state }) => state === 'stopping')
    .map((row) => ({ attemptId: idOf(row), executor: row.executor, fence }));
}

/**
 * Gives the attempts without an end of this host to the new owner; reports under an older fence
 * are stale from here on. Those in `known` stay as they are.
 * @throws DomainError `stale-owner`: a late call of a dead server must not take them back.
 */
export async function takeOver(
  work: Work,
  fence: number,
  known: readonly { readonly runId: string; readonly index: number; readonly number: number }[],
): Promise<(AttemptRef & AttemptHandle & { stopping: boolean })[]> {
  await demandAlive(work.tx, [fence]);
  const runs = await work.tx.rows<{ n: number; id: string }>(lockRunsOfHost, [fence]);
  const ids = new Map(runs.map(({ n, id }) => [n, id]));
  const ns = new Map(runs.map(({ n, id }) => [id, n]));
  const left = known.filter(({ runId }) => ns.has(runId));
  const rows = await work.tx.rows<AttemptRow>(refence, [
    fence,
    [...ids.keys()],
    left.map(({ runId }) => ns.get(runId) ?? 0),
    left.map(({ index }) => index),
    left.map(({ number }) => number),
  ]);
  return rows.map((row) => ({
    attemptId: attemptId(ids.get(row.run_n) ?? '', row.idx, row.number),
    executor: row.executor,
    fence,
    started: row.started_at !== null,
    stopping: row.state === 'stopping',
  }));
}

type OwnedAttempt = AttemptRow & { readonly run_id: string };

function attemptRows(db: Queries, fence: number): Promise<OwnedAttempt[]> {
  return db.rows<OwnedAttempt>(attemptsOf, [fence]);
}

function idOf({ run_id, idx, number }: OwnedAttempt): string {
  return attemptId(run_id, idx, number);
}
