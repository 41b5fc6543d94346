import { Type, type Static } from 'typebox';
import { cdmError } from '../../errors.ts';
import { answer, defineOperation } from '../../operation.ts';
import { optionalText } from './fields.ts';

/** Longest wait before a cluster stops or restarts: a week. */
const longestDelayS = 604_800;

const Body = Type.Object({
  start: Type.Optional(Type.Object({})),
  stop: Type.Optional(
    Type.Object({
      stopMode: Type.Optional(Type.Enum(['IMMEDIATELY', 'GRACEFULLY'])),
      delayTime: Type.Optional(Type.Integer({ minimum: -1, maximum: longestDelayS })),
    }),
  ),
  restart: Type.Optional(
    Type.Object({
      restartDelayTime: Type.Optional(Type.Integer({ minimum: 0, maximum: longestDelayS })),
      restartMode: Type.Optional(Type.Enum(['IMMEDIATELY', 'FORCELY', 'SOFTLY'])),
      restartLevel: Type.Optional(Type.Enum(['SERVICE', 'VM'])),
      type: optionalText,
      instance: optionalText,
      group: optionalText,
    }),
  ),
});

/**
 * startCluster, stopCluster and restartCluster: one path, told apart by the body. The first two
 * answer with a list of job ids, the third with one (cdm.md appendix B).
 */
export const actOnCluster = defineOperation({
  name: 'startCluster, stopCluster, restartCluster',
  action: 'cdm:cluster:operate',
  method: 'POST',
  path: '/clusters/{cluster_id}/action',
  summary:
    'Starts, stops or restarts a cluster. At once, active submissions fail; gracefully, they end by themselves, or are stopped when `delayTime` is over. Nothing starts meanwhile.',
  body: Body,
  async handle({ params, body, project }, { clusters, context }) {
    const { start, stop, restart } = body;
    const id = params.cluster_id;
    if ([start, stop, restart].filter((part) => part !== undefined).length !== 1) {
      throw cdmError('Cdm.0014', 'the body must have one of [start], [stop] and [restart].');
    }
    const nowMs = context.nowMs();
    const jobId = context.uuid();
    if (start !== undefined) {
      await clusters.start(project, id);
      return answer({ jobId: [jobId] });
    }
    if (stop !== undefined) {
      await clusters.end(project, id, 'stopping', stopAt(stop, nowMs));
      return answer({ jobId: [jobId] });
    }
    await clusters.end(project, id, 'restarting', restartAt(restart, nowMs));
    return answer({ jobId });
  },
});

/** When what runs is stopped; null = never. */
function stopAt(stop: NonNullable<Static<typeof Body>['stop']>, nowMs: number): number | null {
  const { stopMode = 'IMMEDIATELY', delayTime = -1 } = stop;
  if (stopMode === 'IMMEDIATELY') return nowMs;
  return delayTime === -1 ? null : nowMs + delayTime * 1_000;
}

function restartAt(restart: Static<typeof Body>['restart'], nowMs: number): number | null {
  const { restartMode = 'IMMEDIATELY', restartDelayTime = 0 } = restart ?? {};
  return restartMode === 'SOFTLY' ? null : nowMs + restartDelayTime * 1_000;
}
