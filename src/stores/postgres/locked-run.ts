import type { RunJoined } from '../sql/rows.ts';

/** What of a run every change of it needs; statements that lock many select no more. */
export type LockedRun = Omit<
  RunJoined,
  | 'by'
  | 'trigger'
  | 'idempotency_key'
  | 'created_at'
  | 'not_before'
  | 'deleted_at'
  | 'template_id'
  | 'template_name'
  | 'dialect'
  | 'namespace'
>;

/** Columns of a `LockedRun`. */
export const lockedColumns = `r.n, r.id, r.template_n, r.revision, r.state, r.hold, r.stop_cause, r.replicas,
  r.active, r.succeeded, r.failed, r.message, r.scheduled_at, r.started_at, r.ended_at, r.deadline_at,
  r.claimed_by, r.limit_n, r.priority, r.spec, r.document, r.not_acted_on`;
