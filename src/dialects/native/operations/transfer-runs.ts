/** Runs that move data: where they stand, and the rows they kept out. */
import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { RunDetail } from '../../../domain/run.ts';
import type { Engine } from '../../../engine/index.ts';
import { quarantineCsv } from '../data-jobs/quarantine-csv.ts';
import { followTransfer } from '../follow-transfer.ts';
import { defineOperation, json } from '../operation.ts';
import { createStreamLimit } from '../stream-limit.ts';
import { closed, defaultPageSize, maxPageSize } from '../views/common.ts';
import {
  QuarantinePage,
  quarantinePageView,
  reportView,
  TransferStatus,
} from '../views/transfer-report.ts';
import { findRun, runParams } from './runs.ts';

const group = 'data-jobs';
/** Most `follow` streams at once: each costs a look at the run's state in a second. */
const streams = createStreamLimit(256, 'runs are being followed');

/** @throws DomainError `run-not-found`, `invalid-argument` for a run that moves no data. */
async function transferRun(engine: Engine, id: string): Promise<RunDetail> {
  const run = await findRun(engine, id);
  if (run.spec.task.artifact.kind === 'transfer') return run;
  throw new DomainError('invalid-argument', `run ${run.id} moves no data`);
}

const report = defineOperation({
  name: 'GetTransferReport',
  method: 'GET',
  path: '/runs/{run}/transfer',
  group,
  summary: 'Where a run that moves data stands: counters, tables, what was resumed, the proof.',
  params: runParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: TransferStatus,
    description: 'Live while it runs on this server’s machine; else as its workers told last.',
  },
  async handle({ params }, { engine }) {
    const { id: runId, state, message } = await transferRun(engine, params.run);
    const told = await engine.dataJobs.report(runId);
    return json({ runId, state, message, report: told === null ? null : reportView(told) });
  },
});

const follow = defineOperation({
  name: 'FollowTransfer',
  method: 'GET',
  path: '/runs/{run}/transfer/follow',
  group,
  summary:
    'Where a run that moves data stands, as it goes on, as server-sent events. `Last-Event-ID` resumes.',
  params: runParams,
  reply: {
    status: 200,
    type: 'text/event-stream',
    description:
      'Events `progress` {runId, state, message, report, shards, samples}: samples are those since the event before, its id the time of the latest; then `end` {state}.',
  },
  async handle({ params, lastEventId }, { engine, closing }) {
    const { id } = await transferRun(engine, params.run);
    const since = lastEventId === null ? 0 : Number(lastEventId);
    const events = followTransfer(engine, id, Number.isSafeInteger(since) ? since : 0, closing);
    return { kind: 'events', events: streams.admit(engine, events) };
  },
});

const filter = {
  contains: Type.Optional(
    Type.String({
      maxLength: 256,
      description: 'Text that the reason, the place or a field holds, whatever its case.',
    }),
  ),
  shard: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
};

function filterOf({ contains, shard }: { readonly contains?: string; readonly shard?: number }): {
  readonly contains?: string;
  readonly shard?: number;
} {
  return {
    ...(contains === undefined ? {} : { contains }),
    ...(shard === undefined ? {} : { shard }),
  };
}

const quarantine = defineOperation({
  name: 'ListQuarantinedRows',
  method: 'GET',
  path: '/runs/{run}/quarantine',
  group,
  summary:
    'Rows that a run kept out of the target, each with its reason, in the order they were met.',
  params: runParams,
  query: Type.Object(
    {
      // No copy of another schema: a copy loses its kind, and texts are not read as numbers.
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          default: 0,
          description: 'Id of the last row that was seen.',
        }),
      ),
      cursor: Type.Optional(
        Type.String({
          pattern: '^[0-9]{1,15}$',
          description: '`nextCursor` of the page before; instead of `after`.',
        }),
      ),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxPageSize,
          default: defaultPageSize,
          description: 'Rows to return at most.',
        }),
      ),
      ...filter,
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: QuarantinePage,
    description: 'A page of rows. They are kept on the machine that ran it, as long as the run.',
  },
  async handle({ params, query }, { engine }) {
    const { id } = await transferRun(engine, params.run);
    const slice = await engine.dataJobs.quarantine(id, {
      after: query.cursor === undefined ? (query.after ?? 0) : Number(query.cursor),
      limit: query.limit ?? defaultPageSize,
      ...filterOf(query),
    });
    return json(quarantinePageView(slice));
  },
});

const download = defineOperation({
  name: 'DownloadQuarantine',
  method: 'GET',
  path: '/runs/{run}/quarantine/csv',
  group,
  summary: 'All rows that a run kept out of the target, as a file of CSV.',
  params: runParams,
  query: Type.Object(filter, closed),
  reply: {
    status: 200,
    type: 'text/csv',
    description: 'Columns id, shard, table, where, reason, then the fields of the row.',
  },
  async handle({ params, query }, { engine }) {
    const { id } = await transferRun(engine, params.run);
    return {
      kind: 'download',
      fileName: `quarantine-${id.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100)}.csv`,
      type: 'text/csv; charset=utf-8',
      content: quarantineCsv(engine, id, filterOf(query)),
    };
  },
});

export const transferRunOperations = [report, follow, quarantine, download] as const;
