import { Type } from 'typebox';

/** Objects of requests refuse members they do not know. */
export const closed = { additionalProperties: false } as const;

/** Most rows of one page, and how many when nothing is asked. */
export const maxPageSize = 500;
export const defaultPageSize = 50;

/** Paging members of every list's query. */
export const paging = {
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 10_000_000, default: 0, description: 'Rows to skip.' }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxPageSize,
      default: defaultPageSize,
      description: 'Rows to return at most.',
    }),
  ),
};

/** The page asked for, with defaults. */
export function pageOf(query: { readonly offset?: number; readonly limit?: number }): {
  readonly offset: number;
  readonly limit: number;
} {
  return { offset: query.offset ?? 0, limit: query.limit ?? defaultPageSize };
}

/** A time in milliseconds since the epoch. */
export const timeMs = Type.Integer({ description: 'Milliseconds since 1970-01-01T00:00:00Z.' });

/** A time that may not have come. */
export const timeMsOrNull = Type.Union([timeMs, Type.Null()]);

/** Text that may be absent. */
export const textOrNull = Type.Union([Type.String(), Type.Null()]);

/** A number that may be absent. */
export const integerOrNull = Type.Union([Type.Integer(), Type.Null()]);

/** A page of rows. `title` names the schema in the OpenAPI document. */
export function pageSchema<T extends Parameters<typeof Type.Array>[0]>(title: string, row: T) {
  return Type.Object({ rows: Type.Array(row), total: Type.Integer() }, { title });
}
