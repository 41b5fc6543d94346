import { Type, type Static } from 'typebox';
import type { Engine } from '../../../engine/index.ts';
import { timeMs, timeMsOrNull } from './common.ts';

type Logs = NonNullable<Engine['logs']>;
type LogStoreInfo = Awaited<ReturnType<Logs['list']>>[number];
type LogPage = NonNullable<Awaited<ReturnType<Logs['search']>>>;

/** A log store. */
export const LogStoreView = Type.Object(
  {
    project: Type.String(),
    logstore: Type.String(),
    templateId: Type.Union([Type.String(), Type.Null()], {
      description: 'The template it was made for and goes with; null = named by templates.',
    }),
    bytes: Type.Integer({ description: 'Bytes on the disk.' }),
    oldestMs: Type.Union([timeMs, Type.Null()], {
      description: 'No kept line is older; null = there is none.',
    }),
    newestMs: timeMsOrNull,
    createdAtMs: timeMs,
  },
  { title: 'LogStore' },
);
export type LogStoreView = Static<typeof LogStoreView>;

/** A collected line. */
export const LogRecordView = Type.Object(
  {
    id: Type.String({ description: 'Its place in the log store.' }),
    atMs: Type.Integer({ description: 'When it was collected, milliseconds since the epoch.' }),
    templateId: Type.String(),
    templateName: Type.String(),
    runId: Type.String(),
    index: Type.Integer({ description: 'Of the instance, 0-based.' }),
    attempt: Type.Integer({ description: 'Of the instance, 1-based.' }),
    source: Type.String({ description: '`stdout`, `stderr`, or the path of the file.' }),
    text: Type.String(),
    continues: Type.Boolean({
      description: 'The line was too long: the next one of this source goes on with it.',
    }),
    missedBytes: Type.Integer({
      description: 'Bytes before this line that were released before they could be collected.',
    }),
  },
  { title: 'LogRecord' },
);
export type LogRecordView = Static<typeof LogRecordView>;

export const LogStoreList = Type.Object(
  { rows: Type.Array(LogStoreView) },
  { title: 'LogStoreList' },
);

/** A bounded part of what was found. */
export const LogRecordPage = Type.Object(
  {
    rows: Type.Array(LogRecordView),
    cursor: Type.String({
      description: 'Where to go on. `oldest` first it also gives what comes later.',
    }),
    more: Type.Boolean({
      description:
        'There may be more now. True without rows when enough was looked through for one call.',
    }),
    end: Type.String({
      description: 'Place after the newest line: a cursor, `oldest` first, for what comes later.',
    }),
  },
  { title: 'LogRecordPage' },
);
export type LogRecordPage = Static<typeof LogRecordPage>;

/** What names a log store in a path. */
export const logStoreParams = Type.Object({
  project: Type.String({ minLength: 1, maxLength: 256 }),
  logstore: Type.String({ minLength: 1, maxLength: 256 }),
});

/** A filter that may be left out. */
export const optionalText = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }));

export function logStoreView({
  project,
  logstore,
  templateId,
  bytes,
  oldestMs,
  newestMs,
  createdAtMs,
}: LogStoreInfo): LogStoreView {
  return { project, logstore, templateId, bytes, oldestMs, newestMs, createdAtMs };
}

export function logPageView({ rows, cursor, more, end }: LogPage): LogRecordPage {
  return {
    rows: rows.map(({ number, ...record }) => ({ ...record, attempt: number })),
    cursor,
    more,
    end,
  };
}
