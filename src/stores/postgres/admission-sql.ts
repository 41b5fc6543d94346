import { statement } from './transactions.ts';
import { runColumns } from './work.ts';

const lockTemplates = `select * from templates where id = any($1::text[]) and deleted_at is null order by n`;

/** Keeps others from changing the template, not from admitting runs of it. */
export const lockTemplatesShared = statement('admit-templates', `${lockTemplates} for share`);
/** Keeps others from admitting runs of the template, too. */
export const lockTemplatesAlone = statement(
  'admit-templates-alone',
  `${lockTemplates} for no key update`,
);

/** Runs that have one of the idempotency keys. */
export const knownByKey = statement(
  'admit-known',
  `select ${runColumns} from json_to_recordset($1::json) as k(template_n bigint, key text)
   join runs r on r.template_n = k.template_n and r.idempotency_key = k.key
   join templates t on t.n = r.template_n`,
);

/** How many unfinished runs the templates have, each counted up to its `most`. */
export const unfinishedOfTemplates = statement(
  'admit-busy',
  `select x.n, (select count(*) from (select 1 from runs r
     where r.template_n = x.n and r.state in ('queued', 'running', 'stopping') limit x.most) as u) as unfinished
   from json_to_recordset($1::json) as x(n bigint, most bigint)`,
);

/** The unfinished runs of the templates, locked, because they are going to be replaced. */
export const lockUnfinished = statement(
  'admit-unfinished',
  `select ${runColumns} from runs r join templates t on t.n = r.template_n
   where r.template_n = any($1::bigint[]) and r.state in ('queued', 'running', 'stopping')
   order by r.n for no key update of r`,
);

/** Inserts queued runs in their order; returns the numbers of those named in the second parameter. */
export const insertRuns = statement(
  'admit-insert',
  `with inserted as (
     insert into runs (id, template_n, revision, trigger, by, idempotency_key, state, hold, replicas,
       active, succeeded, failed, message, created_at, not_before, scheduled_at, traceparent, spec, document, not_acted_on)
     select id, template_n, revision, trigger, by, idempotency_key, 'queued', hold, replicas,
       0, 0, 0, '', created_at, not_before, scheduled_at, traceparent, spec, document, not_acted_on
     from json_to_recordset($1::json) as x(id text, template_n bigint, revision integer, trigger text,
       by text, idempotency_key text, hold text, replicas integer, created_at bigint, not_before bigint,
       scheduled_at bigint, traceparent text, spec text, document text, not_acted_on text)
     returning n, id)
   select n, id from inserted where id = any($2::text[]) order by n`,
);
