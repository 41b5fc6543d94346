import { Type, type Static } from 'typebox';
import type { RefusedTrigger } from '../../../domain/run.ts';
import type { ScheduleDefinition } from '../../../domain/schedule/definition.ts';
import type {
  Artifact,
  LogCollection,
  Template,
  TemplateChange,
} from '../../../domain/template.ts';
import { closed, integerOrNull, pageSchema, textOrNull, timeMs } from './common.ts';
import { RunView, runView } from './run.ts';
import { OptionalScheduleAsSent, ScheduleView } from './schedule-definition.ts';
import { nextFiringMembers } from './schedule.ts';

const maxEnvEntries = 1000;
const maxArguments = 1000;
const maxTextLength = 128 * 1024;

const commandSchema = Type.Array(Type.String({ maxLength: maxTextLength }), {
  minItems: 1,
  maxItems: maxArguments,
  description: 'Program and arguments; no shell is involved.',
});
const envSchema = Type.Record(
  Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,255}$' }),
  Type.String({ maxLength: maxTextLength }),
  { maxProperties: maxEnvEntries, description: 'Variables of the job.' },
);
/** Names of log stores; those that begin with `sae-` are the service's. */
const logStoreName = Type.String({ pattern: '^(?!sae-)[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$' });
const maxCollections = 20;
const collectSchema = Type.Array(
  Type.Object(
    {
      file: Type.Optional(
        Type.String({
          pattern: '^(/[^/\\u0000]+)+$',
          maxLength: 1024,
          description:
            'Files by absolute path, whose last part may hold `*`. Absent = standard output and error.',
        }),
      ),
      project: Type.Optional(logStoreName),
      logstore: Type.Optional(logStoreName),
    },
    { ...closed, dependentRequired: { project: ['logstore'], logstore: ['project'] } },
  ),
  {
    maxItems: maxCollections,
    description:
      'Output that is collected into log stores: into the named one, or into one that is made for the template and goes with it.',
  },
);

const replicasSchema = Type.Integer({
  minimum: 1,
  maximum: 10_000,
  description: 'Instances started in parallel; all must succeed.',
});

/** Definition of a native template: one command. */
export const TemplateInput = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$' }),
    namespace: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$',
        description: 'Default: the region.',
      }),
    ),
    command: commandSchema,
    env: Type.Optional(envSchema),
    replicas: Type.Optional(replicasSchema),
    concurrency: Type.Optional(
      Type.Enum(['allow', 'forbid', 'replace'], {
        default: 'allow',
        description: 'What happens when a trigger fires while a run is unfinished.',
      }),
    ),
    retries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        default: 0,
        description: 'Failed attempts a run survives.',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 31_536_000_000 }), Type.Null()], {
        default: null,
        description: 'Wall time of a run from its start, retries included; null = no limit.',
      }),
    ),
    graceMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600_000,
        default: 30_000,
        description: 'From SIGTERM to SIGKILL.',
      }),
    ),
    timezone: Type.Optional(
      Type.String({ default: 'UTC', maxLength: 64, description: 'IANA zone given as TZ.' }),
    ),
    collect: Type.Optional(collectSchema),
    schedule: Type.Optional(OptionalScheduleAsSent),
  },
  { ...closed, title: 'TemplateInput' },
);
export type TemplateInput = Static<typeof TemplateInput>;

/** Values of `${name}` macros of data jobs. */
export const variablesSchema = Type.Record(
  Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,127}$' }),
  Type.String({ maxLength: 65_536 }),
  { maxProperties: 1_000, description: 'Values of `${name}` in the definition of a data job.' },
);

/** What a single run may change of a native template. */
export const RunInput = Type.Object(
  {
    idempotencyKey: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'One run per key and template, however often it is sent.',
      }),
    ),
    notBeforeMs: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Delayed start, milliseconds since the epoch.' }),
    ),
    command: Type.Optional(commandSchema),
    env: Type.Optional(envSchema),
    replicas: Type.Optional(replicasSchema),
    variables: Type.Optional(variablesSchema),
  },
  { ...closed, title: 'RunInput' },
);
export type RunInput = Static<typeof RunInput>;

/** A stored job definition of any dialect. */
export const TemplateView = Type.Object(
  {
    id: Type.String(),
    dialect: Type.String(),
    namespace: Type.String(),
    name: Type.String(),
    revision: Type.Integer(),
    suspended: Type.Boolean(),
    command: Type.Array(Type.String()),
    artifact: Type.String({
      description: 'Image or package the program comes from; empty = this machine.',
    }),
    env: Type.Record(Type.String(), Type.String()),
    replicas: Type.Integer(),
    concurrency: Type.String(),
    retries: Type.Integer(),
    timeoutMs: integerOrNull,
    graceMs: Type.Integer(),
    timezone: Type.String(),
    collect: Type.Array(
      Type.Object({
        file: Type.Optional(Type.String()),
        project: Type.Optional(Type.String()),
        logstore: Type.Optional(Type.String()),
      }),
      { description: 'Output that is collected into log stores, as it was sent.' },
    ),
    notActedOn: Type.Array(Type.String(), {
      description: 'Parameters that are stored and echoed without effect.',
    }),
    schedule: Type.Union([ScheduleView, Type.Null()]),
    ...nextFiringMembers,
    createdAtMs: timeMs,
    updatedAtMs: timeMs,
    latestRun: Type.Optional(Type.Union([RunView, Type.Null()])),
  },
  { title: 'Template' },
);
export type TemplateView = Omit<Static<typeof TemplateView>, 'schedule'> & {
  readonly schedule: ScheduleDefinition | null;
};

/** One change of a template. */
export const TemplateChangeView = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum(['create', 'update', 'delete', 'suspend', 'resume']),
    revision: Type.Integer(),
    atMs: timeMs,
    by: Type.String(),
    note: Type.String(),
  },
  { title: 'TemplateChange' },
);
export type TemplateChangeView = Static<typeof TemplateChangeView>;

/** A trigger that made no run, and why. */
export const RefusalView = Type.Object(
  {
    atMs: timeMs,
    trigger: Type.String(),
    by: Type.String(),
    code: Type.String(),
    reason: Type.String(),
  },
  { title: 'Refusal' },
);
export type RefusalView = Static<typeof RefusalView>;

/** A template in a list. */
export const TemplateRowView = Type.Object(
  {
    ...TemplateView.properties,
    tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
  },
  { title: 'TemplateRow' },
);
export type TemplateRowView = TemplateView & {
  readonly tags: readonly { readonly key: string; readonly value: string }[];
};

export const TemplatePage = Type.Object(
  {
    rows: Type.Array(TemplateRowView),
    nextCursor: textOrNull,
    total: Type.Optional(
      Type.Integer({ description: 'Absent when a cursor or what only it can look for was given.' }),
    ),
  },
  { title: 'TemplatePage' },
);

/** The dialect’s own record of one revision. */
export const TemplateDocumentView = Type.Object(
  {
    templateId: Type.String(),
    revision: Type.Integer(),
    document: Type.Record(Type.String(), Type.Unknown(), {
      description: 'As the dialect keeps it, secrets masked.',
    }),
  },
  { title: 'TemplateDocument' },
);
export type TemplateDocumentView = Static<typeof TemplateDocumentView>;

/** The record of the template as it is, also by the fields of its form. */
export const TemplateDefinitionView = Type.Object(
  {
    ...TemplateDocumentView.properties,
    form: Type.Union(
      [
        Type.Object({
          operation: Type.String({ description: 'Operation that changes it.' }),
          values: Type.Record(Type.String(), Type.Unknown(), {
            description: 'By field of that operation’s form, secrets masked.',
          }),
        }),
        Type.Null(),
      ],
      { description: 'Null when no form is for it.' },
    ),
  },
  { title: 'TemplateDefinition' },
);
export type TemplateDefinitionView = Static<typeof TemplateDefinitionView>;

/** One revision: what the engine runs, and what the dialect keeps of it. */
export const TemplateRevisionView = Type.Object(
  {
    ...TemplateDocumentView.properties,
    spec: Type.Record(Type.String(), Type.Unknown(), {
      description: 'What the engine runs, secrets masked.',
    }),
    schedule: Type.Union([ScheduleView, Type.Null()]),
    notActedOn: Type.Array(Type.String()),
  },
  { title: 'TemplateRevision' },
);
export type TemplateRevisionView = Static<typeof TemplateRevisionView>;
export const TemplateChangePage = pageSchema('TemplateChangePage', TemplateChangeView);
export const RefusalList = Type.Object({ rows: Type.Array(RefusalView) }, { title: 'RefusalList' });

export function templateView(template: Template): TemplateView {
  const { spec } = template;
  const { artifact } = spec.task;
  return {
    id: template.id,
    dialect: template.dialect,
    namespace: template.namespace,
    name: template.name,
    revision: template.revision,
    suspended: template.suspended,
    command: [...spec.task.argv],
    artifact: artifactName(artifact),
    env: { ...spec.task.env },
    replicas: spec.replicas,
    concurrency: spec.concurrency,
    retries: spec.retry.limit,
    timeoutMs: spec.timeoutMs,
    graceMs: spec.graceMs,
    timezone: spec.timezone,
    collect: (spec.task.collect ?? []).map(collectView),
    notActedOn: [...template.notActedOn],
    schedule: template.schedule,
    createdAtMs: template.createdAtMs,
    updatedAtMs: template.updatedAtMs,
  };
}

/** What is collected, as a template is sent. */
type CollectInput = NonNullable<TemplateInput['collect']>[number];

function collectView({ source, into }: LogCollection): CollectInput {
  return { ...(source.kind === 'file' ? { file: source.path } : {}), ...into };
}

/** What a native template asks to collect, in the engine's words. */
export function collectionsOf(input: readonly CollectInput[]): readonly LogCollection[] {
  return input.map(({ file, project, logstore }) => ({
    source: file === undefined ? { kind: 'stdout' } : { kind: 'file', path: file },
    into: project === undefined || logstore === undefined ? null : { project, logstore },
  }));
}

export function templateSummaryView(
  template: Template & { readonly latestRun: Parameters<typeof runView>[0] | null },
): TemplateView {
  return {
    ...templateView(template),
    latestRun: template.latestRun === null ? null : runView(template.latestRun),
  };
}

/** A template in a list, with its tags. */
export function templateRowView(
  template: Parameters<typeof templateSummaryView>[0] & {
    readonly tags: readonly { readonly key: string; readonly value: string }[];
  },
): TemplateRowView {
  return {
    ...templateSummaryView(template),
    tags: template.tags.map(({ key, value }) => ({ key, value })),
  };
}

export function changeView({
  id,
  kind,
  revision,
  atMs,
  by,
  note,
}: TemplateChange): TemplateChangeView {
  return { id, kind, revision, atMs, by, note };
}

export function refusalView({ atMs, trigger, by, code, reason }: RefusedTrigger): RefusalView {
  return { atMs, trigger, by, code, reason };
}

/** What runs, in one word: an image, an address, or the kind of what the template carries. */
function artifactName(artifact: Artifact): string {
  if (artifact.kind === 'image') return artifact.image;
  return 'url' in artifact ? artifact.url : artifact.kind;
}
