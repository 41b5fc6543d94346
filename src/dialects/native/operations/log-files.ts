import { Type } from 'typebox';
import {
  type Engine,
  type RunLogPosition,
  searchLog,
  searchLogs,
  type SearchPace,
} from '../../../engine/index.ts';
import { byteRange } from '../byte-range.ts';
import { defineOperation, json } from '../operation.ts';
import { closed } from '../views/common.ts';
import { LogMatches, RunLogMatches } from '../views/logs.ts';
import { findAttempt, logParams, nothingKept } from './logs.ts';
import { findRun, runParams } from './runs.ts';

const group = 'logs';
/** Bytes read at a time for a download. */
const pieceBytes = 512 * 1024;
/** Longest time that one call searches. */
const searchMs = 100;
const maxMatches = 500;
const defaultMatches = 100;

const searchMembers = {
  q: Type.String({
    minLength: 1,
    maxLength: 256,
    description: 'What to look for; every character means itself.',
  }),
  ignoreCase: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Takes letters of ASCII as equal in either case.',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxMatches,
      default: defaultMatches,
      description: 'Lines to return at most.',
    }),
  ),
};

const search = defineOperation({
  name: 'SearchLog',
  method: 'GET',
  path: '/attempts/{attempt}/logs/{stream}/search',
  group,
  summary: 'Lines of an attempt’s output that hold a text, for a bounded time; `next` goes on.',
  params: logParams,
  query: Type.Object(
    {
      ...searchMembers,
      from: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'Byte to begin at; absent = the end that comes first.',
        }),
      ),
      backwards: Type.Optional(
        Type.Boolean({ default: false, description: 'From the end towards the beginning.' }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: LogMatches,
    description: 'Lines in the order in which they were found.',
  },
  async handle({ params, query }, { engine }) {
    const attempt = await findAttempt(engine, params.attempt);
    const found = await searchLog(
      reader(engine, attempt.id, params.stream),
      {
        text: query.q,
        ignoreCase: query.ignoreCase ?? false,
        from: query.from ?? null,
        backwards: query.backwards ?? false,
        limit: query.limit ?? defaultMatches,
      },
      pace(),
    );
    if (found === null) throw await nothingKept(engine, attempt.id, attempt.runId, params.stream);
    return json({ rows: found.matches, next: found.next, size: found.size });
  },
});

const searchRun = defineOperation({
  name: 'SearchRunLogs',
  method: 'GET',
  path: '/runs/{run}/logs/search',
  group: 'runs',
  summary: 'Lines of all outputs of a run that hold a text, for a bounded time.',
  params: runParams,
  query: Type.Object(
    {
      ...searchMembers,
      cursor: Type.Optional(
        Type.String({
          pattern: '^\\d{1,9}\\.\\d{1,9}\\.(stdout|stderr)\\.\\d{1,15}$',
          description: '`nextCursor` of the call before.',
        }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: RunLogMatches,
    description: 'Lines by instance, attempt and place.',
  },
  async handle({ params, query }, { engine }) {
    const run = await findRun(engine, params.run);
    const instances = await engine.runs.instances(run.id);
    const logs = instances.flatMap(({ attempts }) =>
      attempts.flatMap(({ id }) =>
        (['stdout', 'stderr'] as const).map((stream) => ({ attemptId: id, stream })),
      ),
    );
    const { matches, next } = await searchLogs(
      logs,
      ({ attemptId, stream }) => reader(engine, attemptId, stream),
      {
        text: query.q,
        ignoreCase: query.ignoreCase ?? false,
        limit: query.limit ?? defaultMatches,
      },
      query.cursor === undefined ? null : positionOf(run.id, query.cursor),
      pace(),
    );
    return json({
      rows: matches.map(({ attemptId, ...match }) => ({ attempt: attemptId, ...match })),
      nextCursor: next === null ? null : cursorOf(run.id, next),
    });
  },
});

const download = defineOperation({
  name: 'DownloadLog',
  method: 'GET',
  path: '/attempts/{attempt}/logs/{stream}/download',
  group,
  summary: 'An attempt’s output as a file, as far as it is written. `Range` gives a part of it.',
  params: logParams,
  reply: {
    status: 200,
    type: 'application/octet-stream',
    description: 'The bytes; 206 for a part.',
  },
  async handle({ params, range }, { engine }) {
    const attempt = await findAttempt(engine, params.attempt);
    const { stream } = params;
    const read = reader(engine, attempt.id, stream);
    const probe = await read(0, 1);
    if (probe === null) throw await nothingKept(engine, attempt.id, attempt.runId, stream);
    // Offsets of a file begin with what is kept.
    const length = probe.size - probe.offset;
    const part = byteRange(range, length);
    const from = probe.offset + (part?.from ?? 0);
    const until = probe.offset + (part?.until ?? length);
    return {
      kind: 'download',
      fileName: `${attempt.id.replaceAll(/[^\w.-]/g, '_')}.${stream}.log`,
      type: 'application/octet-stream',
      content: pieces(read, from, until),
      status: part === null ? 200 : 206,
      headers: {
        'accept-ranges': 'bytes',
        'content-length': String(until - from),
        ...(part === null
          ? {}
          : { 'content-range': `bytes ${part.from}-${part.until - 1}/${length}` }),
      },
    };
  },
});

function pace(): SearchPace {
  const overAtMs = performance.now() + searchMs;
  return {
    isOver: () => performance.now() > overAtMs,
    rest: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

/** Bytes from an offset until another. @throws Error when they were let go meanwhile. */
async function* pieces(
  read: ReturnType<typeof reader>,
  from: number,
  until: number,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < until;) {
    const chunk = await read(at, Math.min(pieceBytes, until - at));
    if (chunk === null || chunk.offset !== at || chunk.bytes.length === 0) {
      throw new Error('the output was let go while it was read');
    }
    at = chunk.nextOffset;
    yield chunk.bytes;
  }
}

function reader(engine: Engine, attemptId: string, stream: 'stdout' | 'stderr') {
  return (offset: number, maxBytes: number) =>
    engine.runs.readLog(attemptId, stream, offset, maxBytes);
}

/** The attempt's id begins with the run's, which is known already. */
function cursorOf(runId: string, { attemptId, stream, offset }: RunLogPosition): string {
  return `${attemptId.slice(runId.length + 1)}.${stream}.${offset}`;
}

function positionOf(runId: string, cursor: string): RunLogPosition {
  const [index, number, stream, offset] = cursor.split('.');
  return {
    attemptId: `${runId}.${index}.${number}`,
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    offset: Number(offset),
  };
}

export const logFileOperations = [search, searchRun, download] as const;
