import { Type } from 'typebox';
import { defaultPageSize, maxPageSize } from './views/common.ts';

/** Query members of short lists that are paged by cursor: the cursor counts rows. */
export const offsetPaging = {
  cursor: Type.Optional(
    Type.String({ pattern: '^\\d{1,9}$', description: '`nextCursor` of the page before.' }),
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

/** Texts of requests: some stores refuse to look for NUL. */
export const withoutNul = { pattern: '^[^\\u0000]*$' } as const;

/** Part of a name to look for. */
export const searchText = Type.Optional(
  Type.String({ maxLength: 200, ...withoutNul, description: 'Part of the name.' }),
);

/** The page asked for. */
export function offsetPageOf(query: { readonly cursor?: string; readonly limit?: number }): {
  readonly offset: number;
  readonly limit: number;
} {
  return { offset: Number(query.cursor ?? 0), limit: query.limit ?? defaultPageSize };
}

/** The cursor after a page; null when it was the last one. */
export function nextOffset(offset: number, rows: number, total: number): string | null {
  return rows > 0 && offset + rows < total ? String(offset + rows) : null;
}

/** A page of what is all there already. */
export function slicePage<T>(
  all: readonly T[],
  { offset, limit }: { readonly offset: number; readonly limit: number },
): { readonly rows: readonly T[]; readonly nextCursor: string | null } {
  const rows = all.slice(offset, offset + limit);
  return { rows, nextCursor: nextOffset(offset, rows.length, all.length) };
}
