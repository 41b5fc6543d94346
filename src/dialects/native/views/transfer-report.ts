import { Type, type Static } from 'typebox';
import type {
  QuarantinedRow,
  QuarantineSlice,
  TransferPlan,
  TransferReport,
} from '../../../domain/transfer/report.ts';
import { integerOrNull, textOrNull, timeMs, timeMsOrNull } from './common.ts';

const counters = Type.Object(
  {
    rowsRead: integerOrNull,
    rowsWritten: integerOrNull,
    rowsUpdated: Type.Integer({ description: 'Of those written, rows that changed others.' }),
    rowsDeleted: Type.Integer({ description: 'Rows that clearing by a condition removed.' }),
    rowsRejected: integerOrNull,
    bytesRead: integerOrNull,
    bytesWritten: integerOrNull,
    filesTotal: integerOrNull,
    filesRead: integerOrNull,
    filesWritten: integerOrNull,
    filesSkipped: integerOrNull,
    bytesTotal: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Sum of the sizes of the files.',
    }),
  },
  { title: 'TransferCounters', description: 'Null = does not apply.' },
);

const proof = Type.Object(
  {
    outcome: Type.Enum(['match', 'mismatch', 'counts-only', 'skipped']),
    tables: Type.Array(
      Type.Object({
        table: Type.String(),
        sourceRows: Type.Integer(),
        targetRows: Type.Integer(),
        sourceChecksum: textOrNull,
        targetChecksum: textOrNull,
        method: Type.String({ description: 'How it was computed, or why not.' }),
      }),
    ),
    durationMs: Type.Integer(),
  },
  { title: 'TransferProof', description: 'Source and target compared after the load.' },
);

/** Where the run of a data job stands. */
export const ReportView = Type.Object(
  {
    phase: Type.Enum(['planning', 'loading', 'finishing', 'proving', 'done', 'failed']),
    percent: Type.Number(),
    counters,
    expectedRows: Type.Union([Type.Number(), Type.Null()], { description: 'An estimate.' }),
    chunksTotal: Type.Integer(),
    chunksDone: Type.Integer(),
    tables: Type.Array(
      Type.Object({
        source: Type.String(),
        target: Type.String(),
        rowsRead: Type.Integer(),
        rowsWritten: Type.Integer(),
        rowsRejected: Type.Integer(),
        state: Type.Enum(['waiting', 'loading', 'done', 'failed']),
        message: Type.String(),
      }),
    ),
    resumes: Type.Array(
      Type.Object({
        atMs: timeMs,
        shard: Type.Integer(),
        message: Type.String(),
        rowsRepeated: Type.Integer({
          description: 'Rows that may have been written twice and were told apart by their key.',
        }),
      }),
      { description: 'What was taken up again after crashes and failures.' },
    ),
    proof: Type.Union([proof, Type.Null()]),
    error: Type.Union([
      Type.Object({
        code: Type.String(),
        message: Type.String(),
        details: Type.String({ description: 'May be empty.' }),
      }),
      Type.Null(),
    ]),
    startedAtMs: timeMs,
    updatedAtMs: timeMs,
    endedAtMs: timeMsOrNull,
  },
  { title: 'TransferReport' },
);
export type ReportView = Static<typeof ReportView>;

/** What is known of a run that moves data. */
export const TransferStatus = Type.Object(
  {
    runId: Type.String(),
    state: Type.String(),
    message: Type.String(),
    report: Type.Union([ReportView, Type.Null()], { description: 'Null = it has not begun.' }),
  },
  { title: 'TransferStatus' },
);
export type TransferStatus = Static<typeof TransferStatus>;

/** What a data job would do. */
export const PlanView = Type.Object(
  {
    tables: Type.Array(
      Type.Object({
        source: Type.String(),
        target: Type.String(),
        columns: Type.Array(
          Type.Object({
            source: Type.String(),
            sourceType: Type.String(),
            target: Type.String(),
            targetType: Type.String(),
          }),
        ),
        format: Type.String({ description: 'How rows travel: pg-binary, text, csv, binary.' }),
        estimatedRows: Type.Union([Type.Number(), Type.Null()]),
        chunks: Type.Integer(),
        shards: Type.Integer(),
        statements: Type.Array(Type.String(), {
          description: 'What preparing would run, in order.',
        }),
      }),
    ),
    notes: Type.Array(Type.String()),
  },
  { title: 'TransferPlan' },
);
export type PlanView = Static<typeof PlanView>;

const QuarantinedRowView = Type.Object(
  {
    id: Type.Integer(),
    shard: Type.Integer(),
    table: Type.String(),
    where: Type.String({ description: 'A file and its line, or a part of the table.' }),
    reason: Type.String(),
    fields: Type.Array(textOrNull, {
      description: 'As they were read; one when the row could not be taken apart.',
    }),
  },
  { title: 'QuarantinedRow' },
);
export type QuarantinedRowView = Static<typeof QuarantinedRowView>;

/** A page of rows that a run kept out. */
export const QuarantinePage = Type.Object(
  {
    rows: Type.Array(QuarantinedRowView),
    total: Type.Integer({ description: 'Rows of the run, whatever is asked for.' }),
    nextCursor: Type.Union([Type.String(), Type.Null()], {
      description:
        'Where to go on; null = nothing comes. A filtered page may be empty and not the last.',
    }),
    columns: Type.Record(Type.String(), Type.Array(Type.String()), {
      description: 'Names of the fields by table, as far as they are known.',
    }),
  },
  { title: 'QuarantinePage' },
);
export type QuarantinePage = Static<typeof QuarantinePage>;

export function reportView(report: TransferReport): ReportView {
  const { tables, resumes, proof: proved, ...rest } = report;
  return {
    ...rest,
    counters: { ...report.counters },
    tables: [...tables],
    resumes: [...resumes],
    proof: proved === null ? null : { ...proved, tables: [...proved.tables] },
  };
}

export function planView({ tables, notes }: TransferPlan): PlanView {
  return {
    tables: tables.map((table) => ({
      ...table,
      columns: [...table.columns],
      statements: [...table.statements],
    })),
    notes: [...notes],
  };
}

export function quarantinedRowView(row: QuarantinedRow): QuarantinedRowView {
  return { ...row, fields: [...row.fields] };
}

export function quarantinePageView({
  rows,
  total,
  next,
  columns,
}: QuarantineSlice): QuarantinePage {
  return {
    rows: rows.map(quarantinedRowView),
    total,
    nextCursor: next === null ? null : String(next),
    columns: Object.fromEntries(
      Object.entries(columns).map(([table, names]) => [table, [...names]]),
    ),
  };
}
