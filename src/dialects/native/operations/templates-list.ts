import { Type } from 'typebox';
import { defineOperation, json } from '../operation.ts';
import { ProblemError } from '../problem.ts';
import { closed, pageOf, paging } from '../views/common.ts';
import { TemplatePage, templateRowView } from '../views/template.ts';

const group = 'templates';

const list = defineOperation({
  name: 'ListTemplates',
  method: 'GET',
  path: '/templates',
  group,
  summary: 'Templates of every dialect with their newest run, newest first.',
  query: Type.Object(
    {
      ...paging,
      name: Type.Optional(Type.String({ maxLength: 256, description: 'Part of the name.' })),
      namespace: Type.Optional(Type.String({ maxLength: 256 })),
      dialect: Type.Optional(Type.Enum(['sae', 'schedulerx', 'cdm', 'native'])),
      state: Type.Optional(
        Type.Enum(['active', 'suspended', 'failing'], {
          description: 'failing: its newest run failed and nobody has judged otherwise.',
        }),
      ),
      tag: Type.Optional(
        Type.String({ minLength: 1, maxLength: 400, description: '`key`, or `key=value`.' }),
      ),
      search: Type.Optional(
        Type.String({
          maxLength: 256,
          description: 'Beginning of the id, or part of the name in any letter case.',
        }),
      ),
      cursor: Type.Optional(
        Type.String({
          pattern: '^\\d{0,15}$',
          description:
            '`nextCursor` of the page before; empty = the first page. Costs the same however far back; `offset` and `name` do not go with it.',
        }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: TemplatePage,
    description: 'A page of templates.',
  },
  async handle({ query }, { engine }) {
    const { namespace, dialect, state, tag, search, cursor } = query;
    const common = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(dialect === undefined ? {} : { dialect }),
    };
    const seeks =
      cursor !== undefined || state !== undefined || tag !== undefined || search !== undefined;
    if (query.offset !== undefined || query.name !== undefined) {
      if (seeks) {
        throw new ProblemError(
          'invalid-request',
          'query: offset and name do not go with cursor, state, tag and search',
          'Use search and cursor.',
        );
      }
      const { rows, total } = await engine.templates.list({
        ...pageOf(query),
        orderBy: 'created',
        ...common,
        ...(query.name === undefined ? {} : { nameContains: query.name }),
      });
      return json({ rows: rows.map(templateRowView), nextCursor: null, total });
    }
    const { rows, next } = await engine.templates.search({
      ...common,
      ...(state === undefined ? {} : { condition: state }),
      ...(tag === undefined ? {} : { tag: tagOf(tag) }),
      ...(search === undefined ? {} : { text: search }),
      before: cursor === undefined || cursor === '' ? null : Number(cursor),
      limit: pageOf(query).limit,
    });
    const counted = seeks
      ? {}
      : { total: (await engine.templates.list({ ...common, offset: 0, limit: 0 })).total };
    return json({
      rows: rows.map(templateRowView),
      nextCursor: next === null ? null : String(next),
      ...counted,
    });
  },
});

/** Keys may hold no equals sign here; values may. */
function tagOf(text: string): { readonly key: string; readonly value?: string } {
  const at = text.indexOf('=');
  return at === -1 ? { key: text } : { key: text.slice(0, at), value: text.slice(at + 1) };
}

export const templateListOperations = [list] as const;
