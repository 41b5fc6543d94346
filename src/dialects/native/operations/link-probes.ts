/** What links reach: tests, tables, columns. */
import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { Link } from '../../../domain/transfer/link.ts';
import { authorize } from '../auth.ts';
import { readLinkOptions } from '../data-jobs/link-options.ts';
import { defineOperation, json } from '../operation.ts';
import { closed, maxPageSize } from '../views/common.ts';
import {
  ColumnList,
  columnListView,
  LinkTestView,
  LinkTrial,
  TableList,
  tableListView,
} from '../views/link.ts';
import { findLink, linkParams, requireConnector } from './links.ts';

const group = 'links';
/** How long a link is tried. */
const testMs = 10_000;

const schema = Type.Optional(
  Type.String({ maxLength: 1_024, default: '', description: 'Empty = the link’s default.' }),
);

/** What a usable link is made of. @throws DomainError `invalid-argument`. */
function optionsOf({ name, options }: Link): NonNullable<Link['options']> {
  if (options !== null) return options;
  throw new DomainError(
    'invalid-argument',
    `the connector of link ${name} is not installed on this server`,
  );
}

const test = defineOperation({
  name: 'TestLink',
  method: 'POST',
  path: '/links/{namespace}/{link}/test',
  group,
  summary: 'Connects, asks something small and lets go, within 10 s. A refusal says what failed.',
  params: linkParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: LinkTestView,
    description: 'The link works.',
  },
  async handle({ params }, { engine }) {
    const options = optionsOf(await findLink(engine, params));
    const beganAtMs = performance.now();
    await engine.dataJobs.test(options, testMs);
    return json({ tookMs: Math.round(performance.now() - beganAtMs) });
  },
});

const tryOut = defineOperation({
  name: 'TryLink',
  method: 'POST',
  path: '/link-trials',
  group,
  summary:
    'Tries options that are not stored, within 10 s. With secrets of a stored link it asks for `longshore:TestLink` on that link.',
  body: LinkTrial,
  reply: {
    status: 200,
    type: 'application/json',
    schema: LinkTestView,
    description: 'The options work.',
  },
  async handle({ body, caller }, services) {
    const { engine, region, accountId } = services;
    const { namespace = region, link } = body;
    if (link !== undefined) {
      const resource = `acs:longshore:${region}:${accountId}:links/${namespace}/${link}`;
      authorize(caller, 'TestLink', resource, services);
    }
    const current = link === undefined ? null : await findLink(engine, { namespace, link });
    const options = readLinkOptions(body.options, current?.options ?? null);
    requireConnector(engine, options.kind);
    const beganAtMs = performance.now();
    await engine.dataJobs.test(options, testMs);
    return json({ tookMs: Math.round(performance.now() - beganAtMs) });
  },
});

const tables = defineOperation({
  name: 'ListLinkTables',
  method: 'GET',
  path: '/links/{namespace}/{link}/tables',
  group,
  summary: 'Tables that a database link reaches, sorted.',
  params: linkParams,
  query: Type.Object(
    {
      schema,
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: maxPageSize,
          description: 'Most tables.',
        }),
      ),
    },
    closed,
  ),
  reply: { status: 200, type: 'application/json', schema: TableList, description: 'The tables.' },
  async handle({ params, query }, { engine }) {
    const options = optionsOf(await findLink(engine, params));
    const limit = query.limit ?? maxPageSize;
    const found = await engine.dataJobs.tables(options, query.schema ?? '', limit);
    return json(tableListView(found));
  },
});

const columns = defineOperation({
  name: 'ListLinkColumns',
  method: 'GET',
  path: '/links/{namespace}/{link}/tables/{table}',
  group,
  summary: 'Columns of one table of a database link.',
  params: Type.Object({
    ...linkParams.properties,
    table: Type.String({ minLength: 1, maxLength: 1_024 }),
  }),
  query: Type.Object({ schema }, closed),
  reply: { status: 200, type: 'application/json', schema: ColumnList, description: 'The columns.' },
  async handle({ params, query }, { engine }) {
    const options = optionsOf(await findLink(engine, params));
    const table = { schema: query.schema ?? '', name: params.table };
    const found = await engine.dataJobs.columns(options, table);
    if (found === null) {
      throw new TransferError(
        'table-missing',
        `link ${params.link} reaches no table ${params.table}`,
      );
    }
    return json(columnListView(found));
  },
});

export const linkProbeOperations = [test, tryOut, tables, columns] as const;
