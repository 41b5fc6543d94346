import { Type } from 'typebox';
import type { NamespaceFacts } from '../../kit/insight.ts';
import { offsetPageOf, offsetPaging, searchText, slicePage } from '../offset-cursor.ts';
import { defineOperation, json, type NativeServices } from '../operation.ts';
import { NamespacePage, type NamespaceView } from '../views/namespaces.ts';

/** What native templates live in that name no other. */
function nativeNamespace(region: string): NamespaceFacts {
  return {
    dialect: 'native',
    kind: 'namespace',
    id: region,
    name: 'default',
    description: '',
    parent: null,
    templateNamespace: region,
    createdAtMs: 0,
    updatedAtMs: 0,
  };
}

const list = defineOperation({
  name: 'ListNamespaces',
  method: 'GET',
  path: '/namespaces',
  group: 'namespaces',
  summary: 'Namespaces of all APIs, with what lies in each.',
  query: Type.Object({
    ...offsetPaging,
    search: searchText,
    dialect: Type.Optional(Type.Enum(['sae', 'schedulerx', 'cdm', 'native'])),
  }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: NamespacePage,
    description: 'Namespaces by API; what lies in another follows it.',
  },
  async handle({ query }, services) {
    const { insights, region } = services;
    const asked = (dialect: string): boolean =>
      query.dialect === undefined || query.dialect === dialect;
    const lists = await Promise.all([
      ...(asked('native') ? [[nativeNamespace(region)]] : []),
      ...insights.filter(({ dialect }) => asked(dialect)).map((each) => each.namespaces()),
    ]);
    const search = (query.search ?? '').toLowerCase();
    const found = lists
      .flat()
      .filter(({ id, name }) => `${id}\n${name}`.toLowerCase().includes(search));
    const { rows, nextCursor } = slicePage(found, offsetPageOf(query));
    const counts = await itemCounts(rows, services);
    const views = rows.map((row) => view(row, counts.get(keyOf(row)) ?? null, services));
    return json({ rows: await Promise.all(views), nextCursor });
  },
});

const keyOf = ({ dialect, id }: Pick<NamespaceFacts, 'dialect' | 'id'>): string =>
  `${dialect} ${id}`;

/** What lies in those namespaces that can hold ConfigMaps and Secrets. */
async function itemCounts(
  rows: readonly NamespaceFacts[],
  { engine, insights }: Pick<NativeServices, 'engine' | 'insights'>,
): Promise<ReadonlyMap<string, { readonly configMaps: number; readonly secrets: number }>> {
  const lists = await Promise.all(
    insights
      .filter(({ items }) => items !== undefined)
      .map(async ({ dialect }) => {
        const ids = rows.filter((row) => row.dialect === dialect).map(({ id }) => id);
        const counts = await engine.catalog.catalogCounts(dialect, ids);
        return counts.map((count) => [keyOf({ dialect, id: count.namespace }), count] as const);
      }),
  );
  return new Map(lists.flat());
}

async function view(
  facts: NamespaceFacts,
  counts: { readonly configMaps: number; readonly secrets: number } | null,
  { engine }: Pick<NativeServices, 'engine'>,
): Promise<NamespaceView> {
  const { dialect, templateNamespace, id } = facts;
  const templates =
    templateNamespace === null
      ? null
      : await engine.templates.list({
          dialect,
          namespace: templateNamespace,
          offset: 0,
          limit: 1,
        });
  return {
    dialect,
    kind: facts.kind,
    id,
    name: facts.name,
    description: facts.description,
    parent: facts.parent,
    templateNamespace,
    templates: templates?.total ?? null,
    configMaps: counts?.configMaps ?? null,
    secrets: counts?.secrets ?? null,
    createdAtMs: facts.createdAtMs === 0 ? null : facts.createdAtMs,
  };
}

export const namespaceOperations = [list] as const;
