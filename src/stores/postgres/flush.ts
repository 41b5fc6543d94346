import { statement } from './transactions.ts';

/**
 * What a transaction changed of runs beyond the usual, in one round trip. Its parts touch different
 * tables, so it does not matter that they all see the state before it. Parameters: changed runs,
 * instances, changed attempts, new events.
 */
export const flushChanges = statement(
  'flush',
  `with changed_runs as (
     update runs r set state = x.state, hold = x.hold, stop_cause = x.stop_cause, message = x.message,
       active = x.active, succeeded = x.succeeded, failed = x.failed,
       started_at = x.started_at, ended_at = x.ended_at, deadline_at = x.deadline_at, claimed_by = x.claimed_by,
       limit_n = x.limit_n, priority = x.priority
     from json_to_recordset($1::json) as x(n bigint, state text, hold text, stop_cause text, message text,
       active integer, succeeded integer, failed integer, started_at bigint, ended_at bigint, deadline_at bigint, claimed_by integer,
       limit_n bigint, priority integer)
     where r.n = x.n
   ), put_instances as (
     insert into instances (run_n, idx, state, attempt, due_at)
     select run_n, idx, state, attempt, due_at
     from json_to_recordset($2::json) as x(run_n bigint, idx integer, state text, attempt integer, due_at bigint)
     on conflict (run_n, idx) do update set state = excluded.state, attempt = excluded.attempt, due_at = excluded.due_at
   ), changed_attempts as (
     update attempts a set state = x.state, pid = x.pid, exit_code = x.exit_code, signal = x.signal,
       message = x.message, worker = x.worker, result = x.result, progress = x.progress,
       started_at = x.started_at, ended_at = x.ended_at
     from json_to_recordset($3::json) as x(run_n bigint, idx integer, number integer, state text, pid integer,
       exit_code integer, signal text, message text, worker text, result text, progress text,
       started_at bigint, ended_at bigint)
     where a.run_n = x.run_n and a.idx = x.idx and a.number = x.number
   )
   insert into events (run_n, seq, at, subject, from_state, to_state, reason)
   select x.run_n, coalesce((select max(e.seq) from events e where e.run_n = x.run_n), 0) + x.ord,
     x.at, x.subject, x.from_state, x.to_state, x.reason
   from json_to_recordset($4::json) as x(run_n bigint, ord integer, at bigint, subject text,
     from_state text, to_state text, reason text)`,
);
