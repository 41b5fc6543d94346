import { statement } from './transactions.ts';

const due = `s.next_at <= $1 and s.next_at is not null and s.paused = 0`;

/** Templates whose schedule has come due, the longest due first. */
export const dueTemplates = statement(
  'fire-due',
  `select s.template_n, t.id from schedules s join templates t on t.n = s.template_n
   where ${due} order by s.next_at, s.template_n limit $2`,
);

/** Those of the schedules that are still due, locked; what another server decides is left to it. */
export const lockDue = statement(
  'fire-lock',
  `select s.*, t.id as template_id, t.dialect from schedules s join templates t on t.n = s.template_n
   where ${due} and s.template_n = any($2::bigint[]) and t.deleted_at is null
   order by s.template_n for no key update of s skip locked`,
);

/** Firings that the ledger has already. */
export const knownFirings = statement(
  'fire-known',
  `select f.template_n, f.nominal_at from json_to_recordset($1::json) as x(template_n bigint, nominal_at bigint)
   join firings f on f.template_n = x.template_n and f.nominal_at = x.nominal_at`,
);

/** Lines of the ledger; a line that is there stays as it is. */
export const insertFirings = statement(
  'fire-insert',
  `insert into firings (template_n, nominal_at, until_at, count, outcome, run_id, decided_at, rule, reason)
   select template_n, nominal_at, until_at, count, outcome, run_id, decided_at, rule, reason
   from json_to_recordset($1::json) as x(template_n bigint, nominal_at bigint, until_at bigint, count bigint,
     outcome text, run_id text, decided_at bigint, rule text, reason text)
   on conflict (template_n, nominal_at) do nothing`,
);

/** Moves schedules on. */
export const moveSchedules = statement(
  'fire-move',
  `update schedules s set next_at = x.next_at, last_at = x.last_at, note = x.note
   from json_to_recordset($1::json) as x(template_n bigint, next_at bigint, last_at bigint, note text)
   where s.template_n = x.template_n`,
);

/** Schedules with a fixed delay that waited for the end of a run go on counting from it. */
export const countFromEnd = statement(
  'fire-after-end',
  `update schedules s set next_at = x.at + s.delay_ms
   from json_to_recordset($1::json) as x(template_n bigint, at bigint)
   where s.template_n = x.template_n and s.delay_ms is not null and s.next_at is null
   returning s.template_n`,
);

/** When the next schedule is due, and whether one waits for the end of its run. */
export const nextFiring = statement(
  'fire-next',
  `select (select next_at from schedules where next_at is not null and paused = 0 order by next_at limit 1) as at,
     exists (select 1 from schedules where next_at is null and delay_ms is not null) as waiting`,
);

export const lockSchedule = statement(
  'schedule-lock',
  'select * from schedules where template_n = $1 for no key update',
);
export const putSchedule = statement(
  'schedule-put',
  `insert into schedules (template_n, definition, since_at, next_at, last_at, paused, delay_ms, note)
   values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (template_n) do update set
     definition = excluded.definition, since_at = excluded.since_at, next_at = excluded.next_at,
     last_at = excluded.last_at, paused = excluded.paused, delay_ms = excluded.delay_ms, note = excluded.note`,
);
export const removeSchedule = statement(
  'schedule-remove',
  'delete from schedules where template_n = $1',
);
export const setPaused = statement(
  'schedule-pause',
  'update schedules set paused = $2 where template_n = $1',
);
export const scheduleOf = statement(
  'schedule',
  `select s.* from templates t join schedules s on s.template_n = t.n where t.id = $1 and t.deleted_at is null`,
);
export const firingsOf = statement(
  'firings',
  `select f.* from templates t join firings f on f.template_n = t.n
   where t.id = $1 and t.deleted_at is null order by f.nominal_at desc limit $2 offset $3`,
);
export const countFirings = statement(
  'firings-count',
  `select count(*) as total from templates t join firings f on f.template_n = t.n
   where t.id = $1 and t.deleted_at is null`,
);

/** The latest nominal time that the ledger has of a template. */
export const latestDecided = statement(
  'schedule-latest',
  'select until_at as at from firings where template_n = $1 order by nominal_at desc limit 1',
);
