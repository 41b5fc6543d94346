import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { Document } from '../../../engine/index.ts';

const text = (): ReturnType<typeof Type.String> => Type.String({ maxLength: 2_000, default: '' });

/** What a user said about a cluster, as it is kept. */
const Spec = Type.Object({
  name: text(),
  /** Id of its flavor. */
  flavorId: text(),
  vpcId: text(),
  subnetId: text(),
  securityGroupId: text(),
  zone: text(),
  version: text(),
  workSpaceId: text(),
  resourceId: text(),
  trial: text(),
  tags: Type.Array(Type.Object({ key: text(), value: text() }), { default: [] }),
  autoOff: Type.Boolean({ default: false }),
  scheduleBootOff: Type.Boolean({ default: false }),
  scheduleBootTime: text(),
  scheduleOffTime: text(),
  autoRemind: Type.Boolean({ default: false }),
  phoneNum: text(),
  email: text(),
});

/** What a user said about a cluster. Networks and reminders are kept and act on nothing here. */
export type ClusterSpec = Static<typeof Spec>;

/**
 * - `normal`: runs jobs. `stopped`: runs none.
 * - `stopping`, `restarting`: starts none and ends when none runs any more.
 */
export const clusterStates = ['normal', 'stopping', 'stopped', 'restarting'] as const;
export type ClusterState = (typeof clusterStates)[number];

const Stored = Type.Object({
  spec: Spec,
  state: Type.Enum([...clusterStates], { default: 'normal' }),
  /** When what still runs there is stopped, while it stops or restarts; null = never. */
  killAtMs: Type.Union([Type.Number(), Type.Null()], { default: null }),
  /** Jobs whose schedules rest until it runs again. */
  resting: Type.Array(Type.String(), { default: [] }),
  /** It was there from the start and was deleted. */
  deleted: Type.Boolean({ default: false }),
});

/** What is kept of a cluster in its document. */
export type StoredCluster = Static<typeof Stored>;

/** Where jobs of a project run, in the user's eyes: a name for links, jobs and their state. */
export interface Cluster {
  readonly id: string;
  readonly projectId: string;
  readonly spec: ClusterSpec;
  readonly state: ClusterState;
  readonly killAtMs: number | null;
  /** Jobs whose schedules rest until it runs again. */
  readonly resting: readonly string[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A spec with all that was not said. */
export function clusterSpec(given: Partial<ClusterSpec>): ClusterSpec {
  return { ...(Value.Create(Spec) as ClusterSpec), ...given };
}

/** What a document holds; null when it is none of ours. */
export function readStored({ value }: Pick<Document, 'value'>): StoredCluster | null {
  // A later version may have kept more, an earlier one less.
  const filled = Value.Default(Stored, structuredClone(value));
  return Value.Check(Stored, filled) ? filled : null;
}
