import { Type, type Static } from 'typebox';
import { timeMs } from './common.ts';
import { ReportView } from './transfer-report.ts';

const counts = {
  rowsRead: Type.Integer(),
  rowsWritten: Type.Integer(),
  rowsRejected: Type.Integer(),
  bytesRead: Type.Integer(),
  bytesWritten: Type.Integer(),
};

/** Where a run stood at one time, all shards together. */
export const TransferSampleView = Type.Object(
  { atMs: timeMs, ...counts },
  { title: 'TransferSample' },
);
export type TransferSampleView = Static<typeof TransferSampleView>;

/** A shard of a run. */
export const ShardView = Type.Object(
  {
    shard: Type.Integer({ description: '0-based.' }),
    state: Type.Enum(['waiting', 'loading', 'done']),
    chunksTotal: Type.Integer(),
    chunksDone: Type.Integer(),
    ...counts,
    doing: Type.String({ description: 'The piece that is under way; empty = none.' }),
  },
  { title: 'Shard' },
);
export type ShardView = Static<typeof ShardView>;

/** One event of a followed run. */
export const TransferProgress = Type.Object(
  {
    runId: Type.String(),
    state: Type.String({ description: 'State of the run.' }),
    message: Type.String(),
    report: Type.Union([ReportView, Type.Null()], { description: 'Null = it has not begun.' }),
    shards: Type.Array(ShardView),
    samples: Type.Array(TransferSampleView, {
      description: 'Those that came since the event before; at first all.',
    }),
  },
  { title: 'TransferProgress' },
);
export type TransferProgress = Static<typeof TransferProgress>;
