import type { Generated } from 'kysely';

/** Tables as both stores keep them. Times are epoch milliseconds, booleans 0 or 1, lists JSON text. */
export interface Database {
  meta: { key: string; value: string };
  templates: TemplateRow;
  template_revisions: {
    template_n: number;
    revision: number;
    spec: string;
    document: string;
    not_acted_on: string;
    /** JSON of the schedule; null = none. */
    schedule: string | null;
    /** JSON of what it uses of the catalog; null = nothing. */
    catalog_refs: string | null;
  };
  template_changes: TemplateChangeRow;
  runs: RunRow;
  instances: InstanceRow;
  attempts: AttemptRow;
  events: EventRow;
  refusals: RefusalRow;
  servers: ServerRow;
  schedules: ScheduleRow;
  firings: FiringRow;
  users: { name: string; root: number; policies: string; created_at: number };
  keys: KeyRow;
  policies: { name: string; document: string };
  namespaces: NamespaceRow;
  config_maps: ConfigMapRow;
  secrets: SecretRow;
  tags: TagRow;
  /** What the newest revision of each template uses of the catalog. */
  template_references: { template_n: number; kind: string; target: number };
  documents: DocumentRow;
  run_limits: RunLimitRow;
  /** `last`: the greatest number handed out. */
  sequences: { name: string; last: number };
  audit_lines: AuditLineRow;
}

export interface TemplateRow {
  /** Internal number: what other rows refer to; never reused. */
  n: Generated<number>;
  id: string;
  dialect: string;
  namespace: string;
  name: string;
  revision: number;
  suspended: number;
  refers_to: string | null;
  /** SHA-256 (hex) of the token of its webhook; null = none. */
  webhook_token_hash: string | null;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
}

export interface TemplateChangeRow {
  n: Generated<number>;
  id: string;
  template_id: string;
  kind: string;
  revision: number;
  at: number;
  by: string;
  note: string;
  /** Of the template; empty in rows from before the catalog whose template was gone already. */
  dialect: string;
  namespace: string;
  template_name: string;
}

export interface RunRow {
  n: Generated<number>;
  id: string;
  template_n: number;
  revision: number;
  trigger: string;
  by: string;
  idempotency_key: string | null;
  state: string;
  hold: string | null;
  stop_cause: string | null;
  replicas: number;
  active: number;
  succeeded: number;
  failed: number;
  message: string;
  /** A person's judgement after the end; null = none. */
  verdict: string | null;
  created_at: number;
  not_before: number;
  /** Nominal time of the firing that made it; null = no schedule did. */
  scheduled_at: number | null;
  started_at: number | null;
  ended_at: number | null;
  deadline_at: number | null;
  deleted_at: number | null;
  /** Fence of the server that began it; null = none yet, or begun before this was kept. */
  claimed_by: number | null;
  /** Row of the limit that concerned it when it began or had to wait; null = none. */
  limit_n: number | null;
  /** Of those that had to wait for a place. */
  priority: number | null;
  /** Place of its trigger in a trace; null = in none. */
  traceparent: string | null;
  /** The request's overrides applied to the template; null = the revision as it is. */
  spec: string | null;
  document: string | null;
  not_acted_on: string | null;
}

export interface InstanceRow {
  run_n: number;
  idx: number;
  state: string;
  /** Number of the newest attempt; 0 = none yet. */
  attempt: number;
  /** When a pending instance may start. */
  due_at: number;
}

export interface AttemptRow {
  run_n: number;
  idx: number;
  number: number;
  state: string;
  executor: string;
  fence: number;
  /** 1 once a later server life took it over. */
  adopted: number;
  pid: number | null;
  exit_code: number | null;
  signal: string | null;
  message: string;
  /** Address of the worker that had it; empty = none. */
  worker: string;
  result: string;
  progress: string;
  claimed_at: number;
  started_at: number | null;
  ended_at: number | null;
}

export interface EventRow {
  run_n: number;
  seq: number;
  at: number;
  subject: string;
  from_state: string | null;
  to_state: string;
  reason: string;
}

export interface RefusalRow {
  n: Generated<number>;
  template_n: number;
  at: number;
  trigger: string;
  by: string;
  code: string;
  reason: string;
}

export interface KeyRow {
  id: string;
  user: string;
  enabled: number;
  created_at: number;
  security_token: string | null;
  expires_at: number | null;
  sealed_secret: Uint8Array;
}

export interface ServerRow {
  fence: number;
  host: string;
  joined_at: number;
  lease_until: number;
  /** When it left, was replaced or given up; null = alive. */
  ended_at: number | null;
}

export interface ScheduleRow {
  template_n: number;
  /** JSON of the definition it runs by. */
  definition: string;
  /** Since when this definition counts. */
  since_at: number;
  /** Nominal time of the next firing. */
  next_at: number | null;
  /** Nominal time of the latest decided firing. */
  last_at: number | null;
  /** 1 while the template is suspended. */
  paused: number;
  /** Pause after the end of a run; only of fixed-delay schedules. */
  delay_ms: number | null;
  /** Why there is no next firing. */
  note: string;
}

export interface FiringRow {
  template_n: number;
  nominal_at: number;
  until_at: number;
  count: number;
  outcome: string;
  run_id: string | null;
  decided_at: number;
  rule: string;
  reason: string;
}

export interface NamespaceRow {
  dialect: string;
  id: string;
  name: string;
  description: string;
  /** JSON of the dialect's own record. */
  document: string;
  created_at: number;
  updated_at: number;
}

export interface ConfigMapRow {
  /** Never handed out again. */
  id: Generated<number>;
  dialect: string;
  namespace: string;
  name: string;
  description: string;
  /** JSON of its pairs. */
  data: string;
  created_at: number;
  updated_at: number;
}

export interface SecretRow {
  /** Never handed out again. */
  id: Generated<number>;
  dialect: string;
  namespace: string;
  name: string;
  type: string;
  sealed_data: Uint8Array;
  created_at: number;
  updated_at: number;
}

export interface TagRow {
  dialect: string;
  template_id: string;
  key: string;
  value: string;
  template_n: number;
}

export interface RunLimitRow {
  n: Generated<number>;
  dialect: string;
  namespace: string;
  /** Most runs at the same time; null = any number. */
  max_running: number | null;
}

export interface DocumentRow {
  dialect: string;
  kind: string;
  key: string;
  parent: string;
  /** Of its kind; never handed out again. */
  number: number;
  /** JSON. */
  value: string;
  revision: number;
  created_at: number;
  updated_at: number;
}

export interface AuditLineRow {
  n: Generated<number>;
  at: number;
  /** Empty = nobody known. */
  who: string;
  key_id: string | null;
  source_ip: string;
  dialect: string;
  operation: string;
  resource: string;
  outcome: string;
  code: string;
  request_id: string;
  /** JSON array of texts. */
  names: string;
  suppressed: number;
}
