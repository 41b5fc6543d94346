import { Type } from 'typebox';
import type { TriggerKind } from '../../../domain/run.ts';
import type { RunState } from '../../../domain/states.ts';
import type { Engine, RunChange } from '../../../engine/index.ts';
import { findTemplate } from '../find-template.ts';
import { defineOperation, json, type StreamEvent } from '../operation.ts';
import { ProblemError } from '../problem.ts';
import { runCursor, runCursorAt, runCursorPosition } from '../run-cursor.ts';
import { createStreamLimit } from '../stream-limit.ts';
import { closed, pageOf, paging } from '../views/common.ts';
import { RunPage, runRowView } from '../views/run.ts';

const group = 'runs';

/** Most feeds at once: each looks at the store once a second, and when something changes. */
const feeds = createStreamLimit(64, 'feeds of runs are open');

const states = ['queued', 'running', 'stopping', 'succeeded', 'failed', 'canceled'] as const;
const triggers = ['manual', 'schedule', 'webhook', 'workflow', 'retry'] as const;

/** Several values of a set, with commas between them. */
const severalOf = (values: readonly string[], description: string) =>
  Type.Optional(
    Type.String({
      pattern: `^(${values.join('|')})(,(${values.join('|')}))*$`,
      maxLength: 200,
      description,
    }),
  );
const timeMs = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e15, description }));
const template = Type.Optional(
  Type.String({ maxLength: 256, description: 'Id or name of a template.' }),
);

const list = defineOperation({
  name: 'ListRuns',
  method: 'GET',
  path: '/runs',
  group,
  summary:
    'Runs, newest first. Filters are answered through indexes; a page is found in bounded time and may be short.',
  query: Type.Object(
    {
      cursor: runCursor,
      ...paging,
      offset: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 10_000_000,
          description: 'Rows to skip, instead of `cursor`; the answer then has a `total`.',
        }),
      ),
      template,
      dialect: Type.Optional(Type.Enum(['sae', 'schedulerx', 'cdm', 'native'])),
      namespace: Type.Optional(Type.String({ maxLength: 256 })),
      state: severalOf(states, 'One state, or several with commas between them.'),
      trigger: severalOf(triggers, 'One trigger, or several with commas between them.'),
      createdFromMs: timeMs('Accepted at this time or later.'),
      createdUntilMs: timeMs('Accepted before this time.'),
      search: Type.Optional(
        Type.String({
          maxLength: 200,
          pattern: '^[^\\u0000]*$',
          description: 'Beginning of the run’s id, or a part of its template’s name.',
        }),
      ),
    },
    closed,
  ),
  reply: { status: 200, type: 'application/json', schema: RunPage, description: 'A page of runs.' },
  async handle({ query }, { engine }) {
    const { limit, offset } = pageOf(query);
    const filters = {
      ...(query.template === undefined
        ? {}
        : { templateId: (await findTemplate(engine, query.template)).id }),
      ...(query.dialect === undefined ? {} : { dialect: query.dialect }),
      ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
      ...(query.state === undefined ? {} : { states: query.state.split(',') as RunState[] }),
      ...(query.createdFromMs === undefined ? {} : { createdFromMs: query.createdFromMs }),
      ...(query.createdUntilMs === undefined ? {} : { createdUntilMs: query.createdUntilMs }),
    };
    if (query.offset !== undefined) {
      const { search, trigger, cursor } = query;
      if (search !== undefined || trigger !== undefined || cursor !== undefined) {
        throw new ProblemError(
          'invalid-request',
          'offset cannot be given together with search, trigger or cursor',
          'Page by cursor.',
        );
      }
      return json(await countedPage(engine, { ...filters, offset, limit }));
    }
    const { rows, next } = await engine.runs.search({
      ...filters,
      ...(query.trigger === undefined
        ? {}
        : { triggers: query.trigger.split(',') as TriggerKind[] }),
      ...(query.search === undefined ? {} : { text: query.search }),
      before: runCursorPosition(query.cursor),
      limit,
    });
    return json({ rows: rows.map(runRowView), nextCursor: runCursorAt(next) });
  },
});

/** The old way of paging: what it counts costs by what is stored. */
async function countedPage(
  engine: Engine,
  query: Parameters<Engine['runs']['list']>[0],
): Promise<RunPage> {
  const { rows, total } = await engine.runs.list(query);
  return { rows: rows.map(runRowView), nextCursor: null, total };
}

async function* feedEvents(changes: AsyncGenerator<RunChange>): AsyncGenerator<StreamEvent> {
  for await (const change of changes) {
    if (change.kind === 'quiet') yield { event: null, id: null, data: null };
    else if (change.kind === 'reset') yield { event: 'reset', id: change.position, data: {} };
    else {
      const { rows, gone, position } = change;
      yield { event: 'runs', id: position, data: { rows: rows.map(runRowView), gone } };
    }
  }
}

const follow = defineOperation({
  name: 'FollowRuns',
  method: 'GET',
  path: '/runs/follow',
  group,
  summary:
    'Runs as they change, on all servers of the store, as server-sent events. `Last-Event-ID` resumes.',
  query: Type.Object({ template }, closed),
  reply: {
    status: 200,
    type: 'text/event-stream',
    description:
      'Events `runs` {rows, gone}: each run that changed as it is now, and ids of runs that are gone; the first has everything unfinished. `reset` {}: more changed than can be told; read the list anew.',
  },
  async handle({ query, lastEventId }, { engine, closing }) {
    const templateId =
      query.template === undefined ? undefined : (await findTemplate(engine, query.template)).id;
    const changes = engine.runs.follow(templateId, lastEventId, closing);
    return { kind: 'events', events: feeds.admit(engine, feedEvents(changes)) };
  },
});

// `follow` first: the router prefers fixed paths, and so does a reader.
export const runListOperations = [follow, list] as const;
