import type { AccessKey, Policy, PolicyDocument, User } from '../../domain/access.ts';
import type {
  Attempt,
  Hold,
  RefusedTrigger,
  Run,
  RunEvent,
  StopCause,
  TriggerKind,
} from '../../domain/run.ts';
import { attemptId } from '../../domain/run.ts';
import type { Firing, FiringOutcome } from '../../domain/firing.ts';
import type { ScheduleDefinition } from '../../domain/schedule/definition.ts';
import type { AttemptState, RunState } from '../../domain/states.ts';
import type {
  DialectName,
  JobSpec,
  Reference,
  Template,
  TemplateChange,
  TemplateRevision,
} from '../../domain/template.ts';
import type { NamedChange } from '../../ports/catalog.ts';
import type { ListedRun } from '../../ports/run-lists.ts';
import type {
  AttemptRow,
  FiringRow,
  KeyRow,
  RefusalRow,
  RunRow,
  TemplateChangeRow,
  TemplateRow,
} from './schema.ts';

/** Columns of a template row, without what the database generates. */
export type TemplateRecord = Omit<TemplateRow, 'n'> & { n: number };
export type RunRecord = Omit<RunRow, 'n'> & { n: number };

/** A run row joined with what its template says about it. */
export interface RunJoined extends RunRecord {
  template_id: string;
  template_name: string;
  dialect: string;
  namespace: string;
}

/** Parsed revision texts; immutable once stored, so it may be cached and shared. */
export type ParsedRevision = Omit<TemplateRevision, 'refersTo' | 'webhookTokenHash' | 'name'>;

export function parseRevision(row: {
  spec: string;
  document: string;
  not_acted_on: string;
  schedule: string | null;
  catalog_refs: string | null;
}): ParsedRevision {
  return {
    schedule: row.schedule === null ? null : (JSON.parse(row.schedule) as ScheduleDefinition),
    spec: JSON.parse(row.spec) as JobSpec,
    document: JSON.parse(row.document) as Record<string, unknown>,
    notActedOn: JSON.parse(row.not_acted_on) as string[],
    ...(row.catalog_refs === null
      ? {}
      : { references: JSON.parse(row.catalog_refs) as Reference[] }),
  };
}

/** References as the text of a revision; null = none. */
export function catalogRefsText({ references }: TemplateRevision): string | null {
  return references === undefined || references.length === 0 ? null : JSON.stringify(references);
}

export function toTemplate(row: TemplateRecord, revision: ParsedRevision): Template {
  return {
    id: row.id,
    dialect: row.dialect as DialectName,
    namespace: row.namespace,
    name: row.name,
    revision: row.revision,
    suspended: row.suspended === 1,
    refersTo: row.refers_to,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    ...revision,
    ...(row.webhook_token_hash === null ? {} : { webhookTokenHash: row.webhook_token_hash }),
  };
}

export function toRun(row: RunJoined): Run {
  return {
    id: row.id,
    templateId: row.template_id,
    templateRevision: row.revision,
    dialect: row.dialect as DialectName,
    namespace: row.namespace,
    trigger: row.trigger as TriggerKind,
    idempotencyKey: row.idempotency_key,
    state: row.state as RunState,
    hold: row.hold as Hold | null,
    stopCause: row.stop_cause as StopCause | null,
    replicas: row.replicas,
    active: row.active,
    succeeded: row.succeeded,
    failed: row.failed,
    message: row.message,
    verdict: row.verdict as Run['verdict'],
    createdAtMs: row.created_at,
    notBeforeMs: row.not_before,
    scheduledAtMs: row.scheduled_at,
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at,
    deadlineAtMs: row.deadline_at,
  };
}

/** A run as lists show it. */
export function toListedRun(row: RunJoined): ListedRun {
  return { ...toRun(row), templateName: row.template_name, position: row.n };
}

export function toAttempt(runId: string, row: AttemptRow): Attempt {
  return {
    id: attemptId(runId, row.idx, row.number),
    number: row.number,
    state: row.state as AttemptState,
    executor: row.executor,
    fence: row.fence,
    pid: row.pid,
    exitCode: row.exit_code,
    signal: row.signal,
    message: row.message,
    worker: row.worker,
    result: row.result,
    progress: row.progress,
    claimedAtMs: row.claimed_at,
    startedAtMs: row.started_at,
    endedAtMs: row.ended_at,
  };
}

/**
 * The first event of every run. It is derived from the run's own row, so accepting a run
 * writes one row, not two.
 */
export function acceptedEvent(row: RunRecord): RunEvent {
  const delayed = row.not_before > row.created_at;
  const firing =
    row.scheduled_at === null ? '' : ` for ${new Date(row.scheduled_at).toISOString()}`;
  const wait = delayed ? `; starts at ${new Date(row.not_before).toISOString()}` : '';
  return {
    runId: row.id,
    seq: 0,
    atMs: row.created_at,
    subject: 'run',
    from: null,
    to: 'queued',
    reason: `${row.trigger} trigger by ${row.by}${firing}${wait}`,
  };
}

export function toNamedChange(row: Omit<TemplateChangeRow, 'n'>): NamedChange {
  return { ...toChange(row), templateName: row.template_name, namespace: row.namespace };
}

export function toChange(row: Omit<TemplateChangeRow, 'n'>): TemplateChange {
  return {
    id: row.id,
    templateId: row.template_id,
    kind: row.kind as TemplateChange['kind'],
    revision: row.revision,
    atMs: row.at,
    by: row.by,
    note: row.note,
  };
}

export function toRefusal(templateId: string, row: Omit<RefusalRow, 'n'>): RefusedTrigger {
  return {
    templateId,
    atMs: row.at,
    trigger: row.trigger as TriggerKind,
    by: row.by,
    code: row.code,
    reason: row.reason,
  };
}

export function toFiring(templateId: string, row: FiringRow): Firing {
  return {
    templateId,
    nominalMs: row.nominal_at,
    untilMs: row.until_at,
    count: row.count,
    outcome: row.outcome as FiringOutcome,
    runId: row.run_id,
    decidedAtMs: row.decided_at,
    rule: row.rule,
    reason: row.reason,
  };
}

export function toKey(row: KeyRow): AccessKey {
  return {
    id: row.id,
    user: row.user,
    enabled: row.enabled === 1,
    createdAtMs: row.created_at,
    securityToken: row.security_token,
    expiresAtMs: row.expires_at,
  };
}

export function toUser(row: {
  name: string;
  root: number;
  policies: string;
  created_at: number;
}): User {
  return {
    name: row.name,
    root: row.root === 1,
    policies: JSON.parse(row.policies) as string[],
    createdAtMs: row.created_at,
  };
}

export function toPolicy(row: { name: string; document: string }): Policy {
  return { name: row.name, document: JSON.parse(row.document) as PolicyDocument, builtIn: false };
}
