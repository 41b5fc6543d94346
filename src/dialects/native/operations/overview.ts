import { Type } from 'typebox';
import { defineOperation, json } from '../operation.ts';
import { ProblemError } from '../problem.ts';
import { closed } from '../views/common.ts';
import { OverviewView, overviewView } from '../views/overview.ts';

const dayMs = 86_400_000;
/** Longest time that is looked back on. */
const maxSpanMs = 400 * dayMs;
const maxBuckets = 500;
const defaultBuckets = 96;

const time = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e15, description }));

const overview = defineOperation({
  name: 'GetOverview',
  method: 'GET',
  path: '/overview',
  group: 'server',
  summary:
    'What runs, failed, is late or was never started, comes next, and how much room is left.',
  query: Type.Object(
    {
      sinceMs: time('Counts what ended from this time on; absent = a day before `untilMs`.'),
      untilMs: time('Until this time, exclusive; absent = now.'),
      buckets: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxBuckets,
          default: defaultBuckets,
          description: 'Parts of that time, at most.',
        }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: OverviewView,
    description: 'Lists have at most 20 rows.',
  },
  async handle({ query }, { engine, nowMs }) {
    const untilMs = query.untilMs ?? nowMs();
    const sinceMs = query.sinceMs ?? Math.max(0, untilMs - dayMs);
    if (sinceMs >= untilMs || untilMs - sinceMs > maxSpanMs) {
      throw new ProblemError(
        'invalid-request',
        'sinceMs must lie before untilMs, by at most 400 days',
        'Give a shorter time.',
      );
    }
    const buckets = query.buckets ?? defaultBuckets;
    return json(overviewView(await engine.overview({ sinceMs, untilMs, buckets })));
  },
});

export const overviewOperations = [overview] as const;
