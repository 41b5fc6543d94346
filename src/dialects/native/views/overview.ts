import { Type, type Static } from 'typebox';
import type { EndedBucket, OverviewFacts } from '../../../engine/index.ts';
import { timeMs } from './common.ts';
import { RunRowView, runRowView } from './run.ts';

const durationMs = (description: string) =>
  Type.Union([Type.Integer(), Type.Null()], { description });

/** How runs ended within a time. */
export const EndedBucketView = Type.Object(
  {
    fromMs: timeMs,
    succeeded: Type.Integer(),
    failed: Type.Integer(),
    canceled: Type.Integer(),
    p50Ms: durationMs('Half of them took at most this long, within 7 %; null when none began.'),
    p95Ms: durationMs('95 % of them took at most this long, within 7 %.'),
  },
  { title: 'EndedBucket' },
);
export type EndedBucketView = Static<typeof EndedBucketView>;

/** What a person on call wants to know first. */
export const OverviewView = Type.Object(
  {
    now: Type.Object({
      queued: Type.Integer(),
      running: Type.Integer(),
      activeAttempts: Type.Integer(),
    }),
    failed: Type.Array(RunRowView, { description: 'The newest that failed, at most 20.' }),
    late: Type.Array(RunRowView, { description: 'Due for over a minute and not begun.' }),
    missed: Type.Array(
      Type.Object(
        {
          templateId: Type.String(),
          templateName: Type.String(),
          nominalMs: timeMs,
          untilMs: timeMs,
          count: Type.Integer(),
          outcome: Type.Enum(['fired', 'refused', 'skipped', 'dropped']),
          decidedAtMs: timeMs,
          rule: Type.String(),
          reason: Type.String(),
        },
        { title: 'MissedFiring' },
      ),
      { description: 'Firings that made no run, the latest first.' },
    ),
    next: Type.Array(
      Type.Object(
        {
          templateId: Type.String(),
          templateName: Type.String(),
          dialect: Type.String(),
          namespace: Type.String(),
          nextAtMs: timeMs,
        },
        { title: 'NextFiring' },
      ),
      { description: 'The next firing of each template, the soonest first.' },
    ),
    bucketMs: Type.Integer({ description: 'Width of a bucket; chosen so that they are few.' }),
    buckets: Type.Array(EndedBucketView),
    total: EndedBucketView,
    complete: Type.Boolean({
      description: 'False when not everything is counted yet: ask again in a second.',
    }),
    executors: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          maxConcurrent: Type.Integer({ description: 'Room on this server.' }),
          active: Type.Integer({ description: 'Live attempts of all servers.' }),
          ready: Type.Boolean(),
          reason: Type.String({ description: 'Why it is not ready; else empty.' }),
        },
        { title: 'ExecutorUse' },
      ),
    ),
  },
  { title: 'Overview' },
);
export type OverviewView = Static<typeof OverviewView>;

const bucketView = ({
  fromMs,
  succeeded,
  failed,
  canceled,
  p50Ms,
  p95Ms,
}: EndedBucket): EndedBucketView => ({ fromMs, succeeded, failed, canceled, p50Ms, p95Ms });

export function overviewView(facts: OverviewFacts): OverviewView {
  const { queued, running, activeAttempts, bucketMs, complete } = facts;
  return {
    now: { queued, running, activeAttempts },
    failed: facts.failed.map(runRowView),
    late: facts.late.map(runRowView),
    missed: facts.missed.map((firing) => ({
      templateId: firing.templateId,
      templateName: firing.templateName,
      nominalMs: firing.nominalMs,
      untilMs: firing.untilMs,
      count: firing.count,
      outcome: firing.outcome,
      decidedAtMs: firing.decidedAtMs,
      rule: firing.rule,
      reason: firing.reason,
    })),
    next: facts.next.map(({ templateId, templateName, dialect, namespace, nextAtMs }) => ({
      templateId,
      templateName,
      dialect,
      namespace,
      nextAtMs,
    })),
    bucketMs,
    buckets: facts.buckets.map(bucketView),
    total: bucketView(facts.total),
    complete,
    executors: facts.executors.map(({ name, maxConcurrent, active, ready, reason }) => ({
      name,
      maxConcurrent,
      active,
      ready,
      reason,
    })),
  };
}
