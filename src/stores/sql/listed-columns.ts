import { sql } from 'kysely';

/** Columns of a run as lists need them; its own definition can be long and stays where it is. */
export const listedColumns = sql.raw(
  [
    'n id template_n revision trigger by idempotency_key state hold stop_cause replicas active succeeded',
    'failed message verdict created_at not_before scheduled_at started_at ended_at deadline_at',
  ]
    .join(' ')
    .split(' ')
    .map((column) => `r.${column}`)
    .concat(
      't.id as template_id, t.name as template_name, t.dialect as dialect, t.namespace as namespace',
    )
    .join(', '),
);

/** Only what people may see. */
export const visible = sql.raw('r.deleted_at is null and t.deleted_at is null');
