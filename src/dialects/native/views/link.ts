import { Type, type Static } from 'typebox';
import type { Column, TableName } from '../../../domain/transfer/columns.ts';
import type { Link } from '../../../domain/transfer/link.ts';
import { LinkOptionsInput, secretsOf, shownOptions } from '../data-jobs/link-options.ts';
import { closed, pageSchema, timeMs } from './common.ts';

/** Names of links and of what they belong to. */
export const linkName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$' });
export const linkNamespace = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$',
  description: 'What links belong to: the region, or a cluster of CDM.',
});

/** `readLinkOptions` checks them: it tells faults of the kind that was meant. */
const OptionsAsSent = Type.Unsafe<unknown>({ documentedAs: LinkOptionsInput });

/** What a link is changed to. */
export const LinkChange = Type.Object(
  { options: OptionsAsSent, enabled: Type.Optional(Type.Boolean({ default: true })) },
  { ...closed, title: 'LinkChange' },
);

/** A link on its way in. */
export const LinkInput = Type.Object(
  {
    name: linkName,
    namespace: Type.Optional(linkNamespace),
    options: OptionsAsSent,
    enabled: Type.Optional(Type.Boolean({ default: true })),
  },
  { ...closed, title: 'LinkInput' },
);
export type LinkInput = Omit<Static<typeof LinkInput>, 'options'> & {
  readonly options: Readonly<Record<string, unknown>>;
};

/** A link as answers have it: without secrets. */
export const LinkView = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    kind: Type.String({ description: 'Empty when its connector is not installed.' }),
    enabled: Type.Boolean(),
    options: Type.Record(Type.String(), Type.Unknown(), {
      description: 'As they were sent, without secrets.',
    }),
    secrets: Type.Array(Type.String(), { description: 'Which secrets it has.' }),
    dialect: Type.String({ description: 'The API that made it and changes it.' }),
    createdBy: Type.String(),
    updatedBy: Type.String(),
    createdAtMs: timeMs,
    updatedAtMs: timeMs,
  },
  { title: 'Link' },
);
export type LinkView = Static<typeof LinkView>;

export const LinkPage = pageSchema('LinkPage', LinkView);

/** What a link would be, to be tried before it is stored. */
export const LinkTrial = Type.Object(
  {
    options: OptionsAsSent,
    namespace: Type.Optional(linkNamespace),
    link: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        description: 'A stored link whose secrets count where `options` has none.',
      }),
    ),
  },
  { ...closed, title: 'LinkTrial' },
);

/** Namespaces that have links. */
export const LinkNamespaceList = Type.Object(
  {
    rows: Type.Array(
      Type.Object({
        namespace: Type.String(),
        name: Type.String({ description: 'Of the cluster; empty for the region.' }),
        links: Type.Integer({ description: 'How many it has.' }),
      }),
    ),
    kinds: Type.Array(Type.String(), { description: 'Kinds of links that work on this server.' }),
  },
  { title: 'LinkNamespaceList' },
);
export type LinkNamespaceList = Static<typeof LinkNamespaceList>;

/** What a test of a link found. */
export const LinkTestView = Type.Object({ tookMs: Type.Integer() }, { title: 'LinkTest' });
export type LinkTestView = Static<typeof LinkTestView>;

/** Tables of a link, sorted. */
export const TableList = Type.Object(
  { rows: Type.Array(Type.Object({ schema: Type.String(), name: Type.String() })) },
  { title: 'TableList' },
);
export type TableList = Static<typeof TableList>;

/** A column of a table. */
export const ColumnView = Type.Object({
  name: Type.String(),
  type: Type.String({ description: 'In words of no database.' }),
  nativeType: Type.String(),
  nullable: Type.Boolean(),
  keyPosition: Type.Integer({ description: '1-based place in the key; 0 = not in it.' }),
  comment: Type.String(),
});
export type ColumnView = Static<typeof ColumnView>;

/** Columns of a table. */
export const ColumnList = Type.Object({ rows: Type.Array(ColumnView) }, { title: 'ColumnList' });
export type ColumnList = Static<typeof ColumnList>;

/** Marks links of this dialect. */
export const linkDocument = { kind: 'native' } as const;

export function isNativeLink({ document }: Pick<Link, 'document'>): boolean {
  return document['kind'] === linkDocument.kind;
}

export function linkView(link: Link): LinkView {
  const { namespace, name, options, enabled } = link;
  const { createdBy, updatedBy, createdAtMs, updatedAtMs } = link;
  return {
    namespace,
    name,
    kind: options?.kind ?? '',
    enabled,
    options: options === null ? {} : { ...shownOptions(options) },
    secrets: options === null ? [] : [...secretsOf(options)],
    dialect: isNativeLink(link) ? 'native' : 'cdm',
    createdBy,
    updatedBy,
    createdAtMs,
    updatedAtMs,
  };
}

export function tableListView(tables: readonly TableName[]): TableList {
  return { rows: tables.map(({ schema, name }) => ({ schema, name })) };
}

export function columnListView(columns: readonly Column[]): ColumnList {
  return { rows: columns.map(columnView) };
}

export function columnView(column: Column): ColumnView {
  const { name, type, nativeType, nullable, keyPosition, comment } = column;
  return { name, type: type.kind, nativeType, nullable, keyPosition, comment };
}
