import { Type, type Static } from 'typebox';
import type { Attempt, Instance, Run, RunDetail, RunEvent } from '../../../domain/run.ts';
import type { ListedRun, ShownVariable } from '../../../engine/index.ts';
import { integerOrNull, textOrNull, timeMs, timeMsOrNull } from './common.ts';

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

/** A run as searches show it, with its template's name. */
export const RunRowView = Type.Object(
  { ...runMembers, templateName: Type.String() },
  { title: 'RunRow' },
);
export type RunRowView = Static<typeof RunRowView>;

/** A run with what it runs. */
export const RunDetailView = Type.Object(
  {
    ...runMembers,
    templateName: Type.String(),
    rerun: Type.Union(
      [
        Type.Object({
          of: Type.String({ description: 'The run that it repeats.' }),
          total: Type.Integer({ description: 'Shards of the whole job.' }),
          indexes: Type.Union([Type.Array(Type.Integer()), Type.Null()], {
            description: 'Shard number of each instance; null when it repeats all of them.',
          }),
        }),
        Type.Null(),
      ],
      { description: 'What it repeats; null when nothing.' },
    ),
    movesData: Type.Boolean({ description: 'Whether it is a data job.' }),
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

/** A page of runs: by cursor, or (with `offset`) with the total. */
export const RunPage = Type.Object(
  {
    rows: Type.Array(RunRowView),
    nextCursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Where to go on; null when nothing older is left. A page may be short.',
    }),
    total: Type.Optional(
      Type.Integer({ description: 'All that match; only when `offset` was given.' }),
    ),
  },
  { title: 'RunPage' },
);
export type RunPage = Static<typeof RunPage>;

/** A variable that an instance starts with. */
export const VariableView = Type.Object(
  {
    name: Type.String(),
    value: Type.Union([Type.String(), Type.Null()], {
      description: 'Null when it is hidden, or its ConfigMap is gone.',
    }),
    masked: Type.Boolean({ description: 'Hidden, because its name says that it is a secret.' }),
    origin: Type.Enum(['definition', 'config-map', 'shard', 'fact']),
  },
  { title: 'Variable' },
);
export type VariableView = Static<typeof VariableView>;
export const VariableList = Type.Object(
  { rows: Type.Array(VariableView) },
  { title: 'VariableList' },
);

export function variableView({ name, value, masked, origin }: ShownVariable): VariableView {
  return { name, value, masked, origin };
}

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

/** A row of a search. */
export function runRowView(run: ListedRun): RunRowView {
  return { ...runView(run), templateName: run.templateName };
}

function rerunView({ spec: { rerun } }: RunDetail): RunDetailView['rerun'] {
  if (rerun === undefined) return null;
  const { of, total, indexes } = rerun;
  return { of, total, indexes: indexes === null ? null : [...indexes] };
}

export function runDetailView(run: RunDetail): RunDetailView {
  return {
    ...runView(run),
    templateName: run.templateName,
    rerun: rerunView(run),
    movesData: run.spec.task.artifact.kind === 'transfer',
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
