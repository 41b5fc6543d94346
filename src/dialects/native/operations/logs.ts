import { Type } from 'typebox';
import { outputRemoved } from '../../../domain/retention.ts';
import { isFinal } from '../../../domain/states.ts';
import type { Engine } from '../../../engine/index.ts';
import { followLog } from '../follow.ts';
import { defineOperation, json } from '../operation.ts';
import { ProblemError } from '../problem.ts';
import { createStreamLimit } from '../stream-limit.ts';
import { closed } from '../views/common.ts';
import { AttemptView, attemptView } from '../views/run.ts';

const group = 'logs';
const maxReadBytes = 1024 * 1024;
const defaultReadBytes = 64 * 1024;

/** Most `follow` streams at once: each costs a look at the store four times a second. */
const streams = createStreamLimit(256, 'logs are being followed');

const attemptId = Type.String({
  minLength: 1,
  maxLength: 256,
  description: '`<run>.<index>.<number>`',
});
export const logParams = Type.Object({
  attempt: attemptId,
  stream: Type.Enum(['stdout', 'stderr']),
});
const offsetSchema = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
  description: 'Byte to start at.',
});

/** @throws ProblemError `attempt-not-found`. */
export async function findAttempt(engine: Engine, id: string) {
  const attempt = await engine.runs.attempt(id);
  if (attempt === null) {
    throw new ProblemError('attempt-not-found', `no attempt has the id ${id}`);
  }
  return attempt;
}

/** Why there is no output: retention's words with the day, when it let the output go. */
export async function nothingKept(engine: Engine, id: string, runId: string, stream: string) {
  const subject = `#${id.slice(runId.length + 1)}`;
  const events = await engine.runs.events(runId);
  const line = events.findLast((event) => event.to === outputRemoved && event.subject === subject);
  return line === undefined
    ? new ProblemError('log-not-found', `nothing is kept of ${stream} of ${id}`)
    : new ProblemError(
        'log-not-found',
        `nothing is kept of ${stream} of ${id} since ${new Date(line.atMs).toISOString()}: ${line.reason}`,
        'Raise the bound that the detail names, for later runs.',
      );
}

/** The byte that lies so many before the end as it is now. */
async function beforeEnd(
  engine: Engine,
  id: string,
  stream: 'stdout' | 'stderr',
  bytes: number,
): Promise<number> {
  const probe = await engine.runs.readLog(id, stream, 0, 0);
  return Math.max(0, (probe?.size ?? 0) - bytes);
}

const get = defineOperation({
  name: 'GetAttempt',
  method: 'GET',
  path: '/attempts/{attempt}',
  group,
  summary: 'One try of an instance, with where its output is kept.',
  params: Type.Object({ attempt: attemptId }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: AttemptView,
    description: 'The attempt.',
  },
  async handle({ params }, { engine }) {
    const attempt = await findAttempt(engine, params.attempt);
    return json(attemptView(attempt, await engine.runs.location(attempt.id)));
  },
});

const read = defineOperation({
  name: 'ReadLog',
  method: 'GET',
  path: '/attempts/{attempt}/logs/{stream}',
  group,
  summary: 'Bytes of an attempt’s output from an offset. Headers tell where to go on.',
  params: logParams,
  query: Type.Object(
    {
      offset: Type.Optional(offsetSchema),
      fromEnd: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'Bytes before the end to start at, instead of `offset`.',
        }),
      ),
      maxBytes: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxReadBytes,
          default: defaultReadBytes,
          description: 'Most bytes to return.',
        }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/octet-stream',
    description:
      'The bytes. `Longshore-Log-Offset`: offset of the first; `Longshore-Log-Next-Offset`: where to go on; `Longshore-Log-Size`: bytes written so far; `Longshore-Log-Final`: whether no more will come.',
  },
  async handle({ params, query }, { engine }) {
    const attempt = await findAttempt(engine, params.attempt);
    const chunk = await engine.runs.readLog(
      params.attempt,
      params.stream,
      query.fromEnd === undefined
        ? (query.offset ?? 0)
        : await beforeEnd(engine, attempt.id, params.stream, query.fromEnd),
      query.maxBytes ?? defaultReadBytes,
    );
    if (chunk === null) {
      throw await nothingKept(engine, attempt.id, attempt.runId, params.stream);
    }
    const ended = isFinal('attempt', attempt.state) && chunk.nextOffset >= chunk.size;
    return {
      kind: 'bytes',
      bytes: chunk.bytes,
      headers: {
        'longshore-log-offset': String(chunk.offset),
        'longshore-log-next-offset': String(chunk.nextOffset),
        'longshore-log-size': String(chunk.size),
        'longshore-log-final': String(ended),
      },
    };
  },
});

/** Where a stream goes on: the id of the last event that was received, else the offset asked for. */
function resumeAt(lastEventId: string | null, offset: number): number {
  const resumed = lastEventId === null ? Number.NaN : Number(lastEventId);
  return Number.isSafeInteger(resumed) && resumed >= 0 ? resumed : offset;
}

const follow = defineOperation({
  name: 'FollowLog',
  method: 'GET',
  path: '/attempts/{attempt}/logs/{stream}/follow',
  group,
  summary: 'An attempt’s output as it grows, as server-sent events. `Last-Event-ID` resumes.',
  params: logParams,
  query: Type.Object({ offset: Type.Optional(offsetSchema) }, closed),
  reply: {
    status: 200,
    type: 'text/event-stream',
    description:
      'Events `chunk` {offset, nextOffset, base64} with the next offset as id, then `end` {state, exitCode, signal, offset}.',
  },
  async handle({ params, query, lastEventId }, { engine, closing }) {
    const attempt = await findAttempt(engine, params.attempt);
    // Of an ended attempt nothing will come: better words than an empty stream.
    const over = isFinal('attempt', attempt.state);
    if (over && (await engine.runs.readLog(attempt.id, params.stream, 0, 1)) === null) {
      throw await nothingKept(engine, attempt.id, attempt.runId, params.stream);
    }
    const from = resumeAt(lastEventId, query.offset ?? 0);
    const events = followLog(engine, params.attempt, params.stream, from, closing);
    return { kind: 'events', events: streams.admit(engine, events) };
  },
});

export const logOperations = [get, read, follow] as const;
