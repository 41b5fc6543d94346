import type { AttemptState, InstanceState, RunState } from './states.ts';
import type { DialectName, JobSpec } from './template.ts';

/** What made a run start. */
export type TriggerKind = 'manual' | 'schedule' | 'webhook' | 'workflow' | 'retry';

/** Why a queued run is kept back although it is due; null = nothing keeps it back. */
export type Hold = 'suspended' | 'replacing' | 'limited';

/** Why a run is being stopped; decides its final state. */
export type StopCause = 'user' | 'timeout' | 'replaced' | 'budget' | 'deleted';

/** One execution of a template, with the snapshot it runs by. */
export interface Run {
  readonly id: string;
  readonly templateId: string;
  readonly templateRevision: number;
  readonly dialect: DialectName;
  readonly namespace: string;
  readonly trigger: TriggerKind;
  /** The caller's idempotency key (SAE EventId), unique per template while the run lives. */
  readonly idempotencyKey: string | null;
  readonly state: RunState;
  readonly hold: Hold | null;
  readonly stopCause: StopCause | null;
  readonly replicas: number;
  /** Instances with a live attempt now. */
  readonly active: number;
  /** Instances that succeeded. */
  readonly succeeded: number;
  /** Failed attempts, retries included (sae.md §4.3.9). */
  readonly failed: number;
  /** Reason of trouble in words, empty when there is none. */
  readonly message: string;
  /** A person's judgement after the end, which counts instead of the state; null = none. */
  readonly verdict: 'succeeded' | null;
  readonly createdAtMs: number;
  /** Not started before this time. */
  readonly notBeforeMs: number;
  /** Nominal time of the firing that made it; null when no schedule did. */
  readonly scheduledAtMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** When the timeout strikes; null = never or not started. */
  readonly deadlineAtMs: number | null;
}

/** A run with what it runs: the template's snapshot with the request's overrides applied. */
export interface RunDetail extends Run {
  readonly spec: JobSpec;
  readonly document: Readonly<Record<string, unknown>>;
  /** Parameters that were stored and echoed but had no effect on this run. */
  readonly notActedOn: readonly string[];
  readonly templateName: string;
  /** Place of its trigger in a trace, as W3C `traceparent`; null = in none. */
  readonly traceparent: string | null;
}

/** One replica or shard of a run. */
export interface Instance {
  readonly id: string;
  readonly runId: string;
  /** 0-based. */
  readonly index: number;
  readonly state: InstanceState;
  readonly attempts: readonly Attempt[];
}

/** One try of an instance. */
export interface Attempt {
  /** `<runId>.<index>.<number>`: also the name of its folder. */
  readonly id: string;
  /** 1-based. */
  readonly number: number;
  readonly state: AttemptState;
  readonly executor: string;
  /** Fencing number of the owner that may report on it. */
  readonly fence: number;
  readonly pid: number | null;
  readonly exitCode: number | null;
  /** Signal name such as `SIGKILL`, when a signal ended it. */
  readonly signal: string | null;
  readonly message: string;
  /** Address of the worker that had it; empty = this platform's own machine. */
  readonly worker: string;
  /** What it answered; empty when nothing. */
  readonly result: string;
  /** How far it came, as its executor told; empty when it did not. */
  readonly progress: string;
  readonly claimedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

/**
 * One line of the answer to "why did my job (not) run": a state change with its reason.
 * `subject` names the run, instance (`#0`) or attempt (`#0.1`) it is about.
 */
export interface RunEvent {
  readonly runId: string;
  readonly seq: number;
  readonly atMs: number;
  readonly subject: string;
  readonly from: string | null;
  readonly to: string;
  readonly reason: string;
}

/** A trigger that made no run, and why: the answer for runs that do not exist. */
export interface RefusedTrigger {
  readonly templateId: string;
  readonly atMs: number;
  readonly trigger: TriggerKind;
  readonly by: string;
  readonly code: string;
  readonly reason: string;
}

/** Builds an attempt's id from its coordinates. */
export function attemptId(runId: string, index: number, number: number): string {
  return `${runId}.${index}.${number}`;
}
