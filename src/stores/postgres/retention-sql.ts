import { awayHosts, erasableServers } from '../sql/leftovers.ts';
import { statement } from './transactions.ts';

/** One server at a time; the others leave it to that one. Any number nobody else uses. */
export const alone = statement(
  'retain-alone',
  'select pg_try_advisory_xact_lock(1819243877, 1) as alone',
);

// The newest run that is not hidden stays: lists show it.
const candidate = `r.n, r.id, r.replicas, r.created_at, r.idempotency_key, r.ended_at,
  not exists (select 1 from runs x where x.template_n = r.template_n and x.n > r.n and x.deleted_at is null) as newest`;

export const newlyEnded = statement(
  'retain-newly-ended',
  `select ended_at as "atMs", n, template_n as template from runs
   where ended_at is not null and (ended_at, n) > ($1, $2) order by ended_at, n limit $3`,
);
// Both counts are read off indexes. Unfinished runs are not counted, so that for a while as many
// finished ones may stay in their place, until they end.
export const countCut = statement(
  'retain-count',
  `select n from runs where template_n = $1 order by n desc limit 1
   offset $2 + (select count(*) from runs where template_n = $1 and state in ('queued', 'running', 'stopping'))`,
);
export const beyondCount = statement(
  'retain-beyond-count',
  `select ${candidate} from runs r where r.template_n = $1 and r.n <= $2 and r.ended_at is not null
   order by r.n limit $3`,
);
// What another transaction works on is left for the next round.
export const lockEnded = statement(
  'retain-lock',
  'select n, id from runs where n = any($1::bigint[]) and ended_at is not null for update skip locked',
);
export const span = statement(
  'retain-span',
  'select (select max(n) from runs) - (select min(n) from runs) + 1 as span',
);
export const totalCut = statement(
  'retain-total',
  `select ended_at as "atMs", n from runs where ended_at is not null
   order by ended_at desc, n desc limit 1 offset $1`,
);
export const endedWindow = statement(
  'retain-ended',
  `select ${candidate} from runs r where r.ended_at is not null
     and (r.ended_at, r.n) > ($1, $2) and (r.ended_at, r.n) <= ($3, $4)
   order by r.ended_at, r.n limit $5`,
);
export const newFirings = statement(
  'retain-new-firings',
  `select distinct decided_at as "atMs", template_n as n from firings
   where decided_at >= $1 and (decided_at, template_n) > ($1, $2) order by 1, 2 limit $3`,
);
export const ledgerCut = statement(
  'retain-ledger',
  'select nominal_at from firings where template_n = $1 order by nominal_at desc limit 1 offset $2',
);
export const trimLedger = statement(
  'retain-trim-ledger',
  `delete from firings where template_n = $1 and nominal_at in (
     select nominal_at from firings where template_n = $1 and nominal_at <= $2 order by nominal_at limit $3)
   returning 1 as gone`,
);
export const eraseFirings = statement(
  'retain-firings',
  `delete from firings where (template_n, nominal_at) in (
     select template_n, nominal_at from firings where decided_at < $1 order by decided_at limit $2)
   returning 1 as gone`,
);

export const deletedTemplates = statement(
  'retain-deleted-templates',
  `select template_id from template_changes where kind = 'delete' and at < $1 order by at limit $2`,
);
// The deletion is the last of them, so it goes last and the rest is found until then.
export const eraseChanges = statement(
  'retain-changes',
  `delete from template_changes where n in (
     select n from template_changes where template_id = $1 order by n limit $2)
   returning 1 as gone`,
);
export const eraseRemovals = statement(
  'retain-removals',
  `with ${awayHosts('removals', '$1')}
   delete from removals where (host, attempt_id) in (
     select r.host, r.attempt_id from away join removals r on r.host = away.host limit $2)
   returning 1 as gone`,
);
export const eraseHorizons = statement(
  'retain-horizons',
  `with ${awayHosts('output_horizons', '$1')}
   delete from output_horizons where host in (select host from away limit $2) returning 1 as gone`,
);
export const eraseServers = statement(
  'retain-servers',
  `delete from servers where fence in (${erasableServers('$1')} limit $2) returning 1 as gone`,
);
