import { Type, type Static } from 'typebox';
import type { WorkerInfo } from '../../../engine/index.ts';
import type { WorkerGroupFacts } from '../../kit/insight.ts';
import { integerOrNull, timeMs } from './common.ts';

/** A live worker. */
export const WorkerView = Type.Object(
  {
    address: Type.String({ description: 'What designations name it by.' }),
    ip: Type.String(),
    port: Type.Integer(),
    label: Type.String(),
    starter: Type.String({ description: 'Kind of program, e.g. `xxljob`, `go`.' }),
    version: Type.String(),
    seenAtMs: timeMs,
    busy: Type.Enum(['free', 'load', 'memory', 'disk']),
    metrics: Type.Record(Type.String(), Type.Number(), {
      description: 'Numbers it reported about itself, e.g. `CpuLoad1`.',
    }),
  },
  { title: 'Worker' },
);
export type WorkerView = Static<typeof WorkerView>;

/** A group that workers register in, with those that are there. */
export const WorkerGroupView = Type.Object(
  {
    dialect: Type.String(),
    number: Type.Integer(),
    name: Type.String(),
    alias: Type.String(),
    namespace: Type.String(),
    description: Type.String(),
    maxConcurrent: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Most runs at the same time; null = any number.',
    }),
    usesBusyWorkers: Type.Boolean(),
    workers: Type.Array(WorkerView, {
      description: 'Live ones that are registered at the server that answers.',
    }),
  },
  { title: 'WorkerGroup' },
);
export type WorkerGroupView = Static<typeof WorkerGroupView>;

export const WorkerGroupPage = Type.Object(
  {
    rows: Type.Array(WorkerGroupView),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
    total: integerOrNull,
  },
  { title: 'WorkerGroupPage' },
);
export type WorkerGroupPage = Static<typeof WorkerGroupPage>;

export function workerGroupView(
  dialect: string,
  group: WorkerGroupFacts,
  workers: readonly WorkerInfo[],
): WorkerGroupView {
  const { number, name, alias, namespace, description, maxConcurrent, usesBusyWorkers } = group;
  return {
    dialect,
    number,
    name,
    alias,
    namespace,
    description,
    maxConcurrent,
    usesBusyWorkers,
    workers: workers.map(workerView),
  };
}

function workerView(worker: WorkerInfo): WorkerView {
  const { address, ip, port, label, starter, version, seenAtMs, busy, metrics } = worker;
  return {
    address,
    ip,
    port,
    label,
    starter,
    version,
    seenAtMs: Math.trunc(seenAtMs),
    busy,
    metrics: { ...metrics },
  };
}
