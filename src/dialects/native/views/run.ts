import { Type, type Static } from 'typebox';
import type { Attempt, Instance, Run, RunDetail, RunEvent } from '../../../domain/run.ts';
import { integerOrNull, pageSchema, textOrNull, timeMs, timeMsOrNull } from './common.ts';

const runMembers = {
  id: Type.String(),
  templateId: Type.String(),
  templateRevision: Type.Integer(),
  dialect: Type.String(),
  namespace: Type.String(),
  trigger: Type.String(),
  idempotencyKey: textOrNull,
  state: Type.Enum(['queued', 'running', 'stopping', 'succeeded', 'failed', 'canceled']),
  hold: textOrNull,
  stopCause: textOrNull,
  replicas: Type.Integer(),
  active: Type.Integer({ description: 'Instances with a live attempt now.' }),
  succeeded: Type.Integer({ description: 'Instances that succeeded.' }),
  failed: Type.Integer({ description: 'Failed attempts, retries included.' }),
  message: Type.String(),
  verdict: Type.Union([Type.Literal('succeeded'), Type.Null()], {
    description: 'What a person judged after the end; counts instead of the state.',
  }),
  createdAtMs: timeMs,
  notBeforeMs: timeMs,
  scheduledAtMs: Type.Union([timeMs, Type.Null()], {
    description: 'Nominal time of the firing that made it; null when no schedule did.',
  }),
  startedAtMs: timeMsOrNull,
  endedAtMs: timeMsOrNull,
  deadlineAtMs: timeMsOrNull,
};

/** A run as lists show it. */
export const RunView = Type.Object(runMembers, { title: 'Run' });
export type RunView = Static<typeof RunView>;

/** A run with what it runs. */
export const RunDetailView = Type.Object(
  {
    ...runMembers,
    templateName: Type.String(),
    command: Type.Array(Type.String()),
    notActedOn: Type.Array(Type.String(), {
      description: 'Parameters that were stored and echoed but had no effect on this run.',
    }),
  },
  { title: 'RunDetail' },
);
export type RunDetailView = Static<typeof RunDetailView>;

/** One try of an instance. */
export const AttemptView = Type.Object(
  {
    id: Type.String(),
    number: Type.Integer({ description: '1-based.' }),
    state: Type.Enum(['claimed', 'running', 'stopping', 'succeeded', 'failed', 'stopped', 'lost']),
    executor: Type.String(),
    pid: integerOrNull,
    exitCode: integerOrNull,
    signal: textOrNull,
    message: Type.String(),
    worker: Type.String({
      description: 'Address of the worker that had it; empty when the server ran it itself.',
    }),
    result: Type.String({ description: 'What it answered, at most 1,000 bytes; may be empty.' }),
    progress: Type.String({
      description: 'How far it came, in the words of its executor; may be empty.',
    }),
    claimedAtMs: timeMs,
    startedAtMs: timeMsOrNull,
    endedAtMs: timeMsOrNull,
    location: Type.Optional(
      Type.String({ description: 'Where its output is kept on the server.' }),
    ),
  },
  { title: 'Attempt' },
);
export type AttemptView = Static<typeof AttemptView>;

/** One replica or shard of a run, with its attempts. */
export const InstanceView = Type.Object(
  {
    id: Type.String(),
    index: Type.Integer({ description: '0-based.' }),
    state: Type.Enum(['pending', 'active', 'succeeded', 'failed', 'stopped']),
    attempts: Type.Array(AttemptView),
  },
  { title: 'Instance' },
);
export type InstanceView = Static<typeof InstanceView>;

/** One line of the answer to "why did my job (not) run". */
export const RunEventView = Type.Object(
  {
    seq: Type.Integer(),
    atMs: timeMs,
    subject: Type.String({ description: 'The run, an instance (`#0`) or an attempt (`#0.1`).' }),
    from: textOrNull,
    to: Type.String(),
    reason: Type.String(),
  },
  { title: 'RunEvent' },
);
export type RunEventView = Static<typeof RunEventView>;

export const RunPage = pageSchema('RunPage', RunView);
export const InstanceList = Type.Object(
  { rows: Type.Array(InstanceView) },
  { title: 'InstanceList' },
);
export const RunEventList = Type.Object(
  { rows: Type.Array(RunEventView) },
  { title: 'RunEventList' },
);
export const SubmittedRun = Type.Object(
  {
    run: RunView,
    existing: Type.Boolean({
      description: 'True when the idempotency key had made this run before.',
    }),
  },
  { title: 'SubmittedRun' },
);

/** Copies the members of the wire, so that a member added to the domain is not leaked by chance. */
export function runView(run: Run): RunView {
  return {
    id: run.id,
    templateId: run.templateId,
    templateRevision: run.templateRevision,
    dialect: run.dialect,
    namespace: run.namespace,
    trigger: run.trigger,
    idempotencyKey: run.idempotencyKey,
    state: run.state,
    hold: run.hold,
    stopCause: run.stopCause,
    replicas: run.replicas,
    active: run.active,
    succeeded: run.succeeded,
    failed: run.failed,
    message: run.message,
    verdict: run.verdict,
    createdAtMs: run.createdAtMs,
    notBeforeMs: run.notBeforeMs,
    scheduledAtMs: run.scheduledAtMs,
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    deadlineAtMs: run.deadlineAtMs,
  };
}

export function runDetailView(run: RunDetail): RunDetailView {
  return {
    ...runView(run),
    templateName: run.templateName,
    command: [...run.spec.task.argv],
    notActedOn: [...run.notActedOn],
  };
}

export function attemptView(attempt: Attempt, location: string | null = null): AttemptView {
  return {
    id: attempt.id,
    number: attempt.number,
    state: attempt.state,
    executor: attempt.executor,
    pid: attempt.pid,
    exitCode: attempt.exitCode,
    signal: attempt.signal,
    message: attempt.message,
    worker: attempt.worker,
    result: attempt.result,
    progress: attempt.progress,
    claimedAtMs: attempt.claimedAtMs,
    startedAtMs: attempt.startedAtMs,
    endedAtMs: attempt.endedAtMs,
    ...(location === null ? {} : { location }),
  };
}

export function instanceView(instance: Instance): InstanceView {
  return {
    id: instance.id,
    index: instance.index,
    state: instance.state,
    attempts: instance.attempts.map((attempt) => attemptView(attempt)),
  };
}

export function runEventView({ seq, atMs, subject, from, to, reason }: RunEvent): RunEventView {
  return { seq, atMs, subject, from, to, reason };
}
