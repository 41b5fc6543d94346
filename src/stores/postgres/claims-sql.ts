import { statement } from './transactions.ts';
import { dueRunColumns, dueRunJoins } from './run-limits.ts';
import { runColumns } from './work.ts';

/**
 * Retries and instances that found no room before, with their runs, both locked. What another
 * server has locked is left to it.
 */
export const dueInstances = statement(
  'claim-instances',
  `select i.idx, i.attempt, ${runColumns}
   from instances i join runs r on r.n = i.run_n join templates t on t.n = r.template_n
   where i.state = 'pending' and i.due_at <= $1
   order by i.due_at, i.run_n, i.idx limit $2 for no key update of i, r skip locked`,
);

/** Due runs, oldest first, but those whose template is known to be locked by others. */
export const dueRuns = statement(
  'claim-runs',
  `select ${dueRunColumns}
   from runs r ${dueRunJoins}
   where r.state = 'queued' and r.hold is null and r.not_before <= $1 and r.template_n <> all($3::bigint[])
   order by r.not_before, r.n limit $2 for no key update of r skip locked`,
);

/** Templates that are free, locked alone: a claim that waited here could wait in a circle. */
export const lockFreeTemplates = statement(
  'claim-templates',
  `select n, suspended from templates where n = any($1::bigint[]) for no key update skip locked`,
);

/** Templates locked alone before any of their runs, which makes waiting safe. */
export const awaitTemplates = statement(
  'claim-templates-wait',
  `select n from templates where n = any($1::bigint[]) order by n for no key update`,
);

/** Unfinished runs of the template that go before this one, locked when they are to be replaced. */
const ahead = `from runs r join templates t on t.n = r.template_n
   where r.template_n = $1 and r.n <> $2 and r.state in ('queued', 'running', 'stopping')
     and (r.state <> 'queued' or (r.n < $2 and r.not_before <= $3))`;
export const anyAhead = statement('claim-ahead', `select r.n ${ahead} limit 1`);
export const lockAhead = statement(
  'claim-ahead-lock',
  `select ${runColumns} ${ahead} order by r.n for no key update of r`,
);

/** When the next queued run or pending instance is due; null = none waits for time. */
export const nextDue = statement(
  'claim-next',
  `select least(
     (select due_at from instances where state = 'pending' order by due_at limit 1),
     (select not_before from runs where state = 'queued' and hold is null order by not_before limit 1)) as at`,
);
