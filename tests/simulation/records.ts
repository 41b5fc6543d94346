import type { AttemptState, InstanceState, RunState } from '../../src/domain/states.ts';
import type { JobSpec } from '../../src/domain/template.ts';
import type { ScheduleDefinition } from '../../src/domain/schedule/definition.ts';

/** What must always hold, by the word that failures are reported under. */
export type Invariant =
  /** 1: accepted is durable, and nothing is invented. */
  | 'durable'
  /** 2: one firing, one run; no firing is left out. */
  | 'firing'
  /** 3: an idempotency key gives one run. */
  | 'key'
  /** 4: an attempt starts at most once, by its owner, and an instance has one live attempt. */
  | 'once'
  /** 5: final states are final. */
  | 'final'
  /** 6: policy, suspension and quota are decided with the run. */
  | 'admission'
  /** The store's record agrees with itself and with what really ran. */
  | 'truth'
  /** Once all is well again everything accepted ends and all room is free. */
  | 'liveness'
  /** Something threw that is no answer. */
  | 'defect';

/** Takes a violated invariant; the first one ends the simulation. */
export type Violate = (invariant: Invariant, message: string) => void;

/** A template as the observer saw it change. */
export interface TemplateRecord {
  readonly n: number;
  readonly id: string;
  suspended: boolean;
  deleted: boolean;
  readonly revisions: Map<number, JobSpec>;
  readonly runs: Set<RunRecord>;
  /** By nominal time. */
  readonly firings: Map<number, FiringRecord>;
  schedule: ScheduleRecord | null;
}

export interface FiringRecord {
  readonly nominalMs: number;
  readonly untilMs: number;
  readonly outcome: string;
  readonly runId: string | null;
}

export interface ScheduleRecord {
  readonly definition: ScheduleDefinition;
  /** The definition as it is stored, to tell whether it changed. */
  readonly text: string;
  readonly sinceMs: number;
  readonly nextMs: number | null;
  readonly lastMs: number | null;
  readonly paused: boolean;
  readonly delayMs: number | null;
  readonly note: string;
}

export interface RunRecord {
  readonly n: number;
  readonly id: string;
  readonly template: TemplateRecord;
  readonly trigger: string;
  readonly by: string;
  readonly key: string | null;
  readonly spec: JobSpec;
  readonly replicas: number;
  readonly scheduledAtMs: number | null;
  state: RunState;
  hold: string | null;
  hidden: boolean;
  active: number;
  readonly instances: Map<number, InstanceRecord>;
  readonly attempts: Map<string, AttemptRecord>;
}

export interface InstanceRecord {
  readonly index: number;
  state: InstanceState;
  newest: number;
}

export interface AttemptRecord {
  readonly id: string;
  readonly index: number;
  readonly number: number;
  readonly run: RunRecord;
  state: AttemptState;
  fence: number;
}

export interface ServerRecord {
  readonly fence: number;
  readonly host: string;
  ended: boolean;
}

/** The simulation's own word on states, so that a mistake in the product's table shows. */
const successors: Readonly<Record<string, readonly string[]>> = {
  'run queued': ['running', 'failed', 'canceled'],
  'run running': ['stopping', 'succeeded', 'failed'],
  'run stopping': ['failed', 'canceled'],
  'instance pending': ['active', 'failed', 'stopped'],
  'instance active': ['pending', 'succeeded', 'failed', 'stopped'],
  'attempt claimed': ['running', 'stopping', 'succeeded', 'failed', 'stopped', 'lost'],
  'attempt running': ['stopping', 'succeeded', 'failed', 'stopped', 'lost'],
  'attempt stopping': ['succeeded', 'failed', 'stopped', 'lost'],
};

export type Machine = 'run' | 'instance' | 'attempt';

/** Whether nothing may follow this state. */
export function isEnd(machine: Machine, state: string): boolean {
  return successors[`${machine} ${state}`] === undefined;
}

/** Whether one state may follow the other. */
export function mayFollow(machine: Machine, from: string, to: string): boolean {
  return successors[`${machine} ${from}`]?.includes(to) === true;
}
