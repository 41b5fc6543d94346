import { Type, type Static } from 'typebox';
import type { Run } from '../../../domain/run.ts';
import type { Template, TransferArtifact } from '../../../domain/template.ts';
import type {
  TransferDefinition,
  TransferSource,
  TransferTarget,
} from '../../../domain/transfer/definition.ts';
import type { TransferReport } from '../../../domain/transfer/report.ts';
import { TransferInput } from '../data-jobs/definition-schema.ts';
import { transferOf } from '../data-jobs/transfer-of.ts';
import { RunView, runView } from './run.ts';
import { closed } from './common.ts';
import { linkNamespace } from './link.ts';
import { OptionalScheduleAsSent } from './schedule-definition.ts';
import { TemplateView, variablesSchema } from './template.ts';

/** `readDefinition` checks it: it tells faults of the kind that was meant. */
const DefinitionAsSent = Type.Unsafe<unknown>({ documentedAs: TransferInput });

/** Definition of a template that moves data. */
export const DataJobInput = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$' }),
    namespace: Type.Optional(linkNamespace),
    definition: DefinitionAsSent,
    variables: Type.Optional(variablesSchema),
    concurrency: Type.Optional(
      Type.Enum(['allow', 'forbid', 'replace'], {
        default: 'forbid',
        description: 'What happens when a trigger fires while a run is unfinished.',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 31_536_000_000 }), Type.Null()], {
        default: null,
        description: 'Wall time of a run from its start, retries included; null = no limit.',
      }),
    ),
    timezone: Type.Optional(
      Type.String({
        default: 'UTC',
        maxLength: 64,
        description: 'IANA zone of macros, and of a schedule that names none.',
      }),
    ),
    schedule: Type.Optional(OptionalScheduleAsSent),
  },
  { ...closed, title: 'DataJobInput' },
);
export type DataJobInput = Static<typeof DataJobInput>;

/** A template that moves data. */
export const DataJobView = Type.Object(
  {
    ...TemplateView.properties,
    linkNamespace: Type.String({ description: 'What its links belong to.' }),
    definition: Type.Object(
      { ...TransferInput.properties, name: Type.String() },
      { title: 'StoredTransfer', description: 'Complete, without keys of ciphers.' },
    ),
    variables: variablesSchema,
  },
  { title: 'DataJob' },
);
export type DataJobView = Omit<Static<typeof DataJobView>, 'schedule'> &
  Pick<TemplateView, 'schedule'>;

/** A template that moves data, as lists show it. */
export const DataJobRow = Type.Object(
  {
    id: Type.String(),
    dialect: Type.String(),
    namespace: Type.String(),
    name: Type.String(),
    suspended: Type.Boolean(),
    linkNamespace: Type.String({ description: 'What its links belong to.' }),
    from: Type.Object({ kind: Type.String(), link: Type.String(), what: Type.String() }),
    to: Type.Object({ kind: Type.String(), link: Type.String(), what: Type.String() }),
    scheduled: Type.Boolean(),
    updatedAtMs: Type.Integer(),
    latestRun: Type.Union([RunView, Type.Null()]),
    progress: Type.Union(
      [
        Type.Object({
          phase: Type.String(),
          percent: Type.Number(),
          rowsWritten: Type.Union([Type.Integer(), Type.Null()]),
          rowsRejected: Type.Union([Type.Integer(), Type.Null()]),
          proof: Type.Union([Type.String(), Type.Null()], { description: 'Its outcome.' }),
        }),
        Type.Null(),
      ],
      { description: 'Where the newest run stands; null = it has not begun.' },
    ),
  },
  { title: 'DataJobRow' },
);
export type DataJobRow = Static<typeof DataJobRow>;

/** What a data job does, complete; for those who edit it. */
export type DataJobDefinition = TransferDefinition;

/** A page of data jobs. */
export const DataJobPage = Type.Object(
  {
    rows: Type.Array(DataJobRow),
    total: Type.Integer(),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'DataJobPage' },
);
export type DataJobPage = Static<typeof DataJobPage>;

/** The row of a template that moves data. @throws DomainError for another one. */
export function dataJobRowView(
  template: Template & { readonly latestRun: Run | null },
  report: TransferReport | null,
): DataJobRow {
  const { linkNamespace: links, definition } = transferOf(template);
  const { id, dialect, namespace, name, suspended, schedule, updatedAtMs, latestRun } = template;
  return {
    id,
    dialect,
    namespace,
    name,
    suspended,
    linkNamespace: links,
    from: endView(definition.from),
    to: endView(definition.to),
    scheduled: schedule !== null,
    updatedAtMs,
    latestRun: latestRun === null ? null : runView(latestRun),
    progress:
      report === null
        ? null
        : {
            phase: report.phase,
            percent: report.percent,
            rowsWritten: report.counters.rowsWritten,
            rowsRejected: report.counters.rowsRejected,
            proof: report.proof?.outcome ?? null,
          },
  };
}

/** Longest text about an end in a list. */
const maxEndChars = 200;

function endView(end: TransferSource | TransferTarget): DataJobRow['from'] {
  return { kind: end.kind, link: end.link, what: wordsOf(end).slice(0, maxEndChars) };
}

function wordsOf(end: TransferSource | TransferTarget): string {
  switch (end.kind) {
    case 'query':
      return end.sql;
    case 'files':
      return [end.bucket, 'paths' in end ? end.paths.join(', ') : end.directory]
        .filter((part) => part !== '')
        .join('/');
    case 'warehouse':
      return `${end.database}.${end.table}`;
    default: {
      const name = end.table === '' ? '*' : end.table;
      return end.schema === '' ? name : `${end.schema}.${name}`;
    }
  }
}

/** What answers tell of a data job besides what they tell of every template. */
export function dataJobMembers({
  linkNamespace: namespace,
  definition,
  variables,
}: TransferArtifact) {
  return {
    linkNamespace: namespace,
    definition: shownDefinition(definition),
    variables: { ...variables },
  };
}

/** Without keys: they are never shown, sealed or not. */
function shownDefinition(definition: TransferDefinition): Record<string, unknown> {
  const { from, to } = definition;
  return {
    ...definition,
    from: from.kind === 'files' && from.decrypt !== null ? { ...from, decrypt: {} } : from,
    to:
      to.kind === 'files' && to.encrypt !== null && 'key' in to.encrypt
        ? { ...to, encrypt: {} }
        : to,
  };
}
